// What a page needs to recompute: its paper's program for browsers, if it was built, and what became of each claim there.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MEANING } from './ledger.mjs';
import { escapeHtml, words } from './mathtext.mjs';
import { workerSource } from './run/source.mjs';
import { still } from './thumbs.mjs';

const WIDTH = 720; // of the picture that stands for the figure to explore

const named = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);

/**
 * Reads the program of a paper from a folder that scripts/site left, {files, data, idea}; null where there is none. `files`
 * are scripts, since a page that lies in a folder may fetch nothing: the bytes are in their text.
 */
export function recomputing({ key, ledger, times, programs }) {
  const folder = programs && join(programs, key, 'browser'), packed = folder && join(folder, 'program.wasm.gz');
  if (!packed || !existsSync(packed)) return null;
  const bytes = readFileSync(packed), worker = workerSource();
  const files = new Map([
    [`run/${key}-${named(bytes)}.js`, `(window.marginaliaProgram ??= {}).bytes = "${bytes.toString('base64')}";\n`],
    [`run/worker-${named(worker)}.js`, `(window.marginaliaProgram ??= {}).worker = ${JSON.stringify(worker)};\n`],
  ]);
  const [program, speaker] = [...files.keys()].map((name) => `_/${name}`);
  const kept = existsSync(join(folder, 'idea.json')) ? JSON.parse(readFileSync(join(folder, 'idea.json'), 'utf8')) : null;
  const claims = Object.fromEntries(ledger.claims.filter((c) => times[c.id]).map(({ id }) => [id, { seconds: times[id].seconds, without: times[id].without }]));
  const idea = kept && { title: kept.title, words: kept.words, controls: kept.controls, spec: kept.figure.spec };
  const data = { key, program, worker: speaker, megabytes: (bytes.length / 1e6).toFixed(1), seed: String(ledger.run.seed ?? 1), claims, meaning: MEANING, idea };
  return { files, idea: kept, data: `<script type="application/json" id="recompute">${JSON.stringify(data).replace(/</g, '\\u003c')}</script>\n` };
}

/** The figure to explore as it starts: the picture, its words, its numbers. Scripts make it move. It has no number: it is not in the notebook. */
export function ideaSection(page, key, kept) {
  if (!kept) return '';
  const { svg, width, height } = still(kept.figure.spec, WIDTH);
  const file = `${key}-idea-${named(svg).slice(0, 10)}.svg`;
  page.images.set(file, svg);
  page.figures++;
  const facts = (kept.facts ?? []).map((f) => `<div><dt>${words(f.name)}</dt><dd>${words(f.value)}</dd></div>`).join('');
  return `<section class="idea" id="in-your-hand" aria-label="The idea, in your hand"><figure class="mg-figure" id="fig-explore"><img class="static" src="img/${file}" width="${width}" height="${height}" alt="${escapeHtml(kept.figure.alt)}"><div class="livefig" id="explore" data-ratio="${width}/${height}" role="img" aria-label="${escapeHtml(kept.figure.alt)}"></div><figcaption><strong>${words(kept.title)}.</strong> ${words(kept.words, page.line)} ${words(kept.figure.caption, page.line)}</figcaption></figure><dl class="facts">${facts}</dl></section>\n`;
}

/** Writes the programs of pages. */
export function writePrograms(pages, out) {
  for (const page of pages) for (const [name, text] of page.recompute?.files ?? []) {
    mkdirSync(join(out, 'run'), { recursive: true });
    writeFileSync(join(out, name), text);
  }
}
