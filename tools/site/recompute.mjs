// What a page needs to recompute: its paper's program for browsers, if it was built, and what became of each claim there.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MEANING } from './ledger.mjs';
import { escapeHtml, words } from './mathtext.mjs';
import { workerSource } from './run/source.mjs';
import { still } from './thumbs.mjs';

const WIDTH = 720; // of the picture that stands for the figure to explore

const named = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);

/**
 * Reads the program of a paper from a folder that scripts/site left, {files, data, idea, here}; null where there is none. A page
 * that lies in a folder may fetch nothing: for it there are scripts that have the bytes in their text, beside the files that a page
 * of a server fetches. `here` is how many claims run in a browser. `data` says where files of data sets lie, by the path at which a
 * program asks for them.
 */
export function recomputing({ key, ledger, times, programs, data = {} }) {
  const folder = programs && join(programs, key, 'browser'), packed = folder && join(folder, 'program.wasm.gz');
  if (!packed || !existsSync(packed)) return null;
  const worker = workerSource(), files = new Map();
  const speaker = `run/worker-${named(worker)}.js`;
  files.set(speaker, `(window.marginalia ??= {}).worker = ${JSON.stringify(worker)};\n`);
  const bytes = readFileSync(packed), program = twice(files, `run/${key}`, 'program', bytes);
  const claims = Object.fromEntries(ledger.claims.map((c) => [c.id, became(c, times[c.id], data)]));
  const read = [...new Set(Object.values(claims).flatMap((c) => c.data ?? []))];
  const sets = Object.fromEntries(read.map((path) => [path, twice(files, `data/${path.split('/')[2]}`, path, readFileSync(data[path]))]));
  const kept = existsSync(join(folder, 'idea.json')) ? JSON.parse(readFileSync(join(folder, 'idea.json'), 'utf8')) : null;
  const idea = kept && { title: kept.title, words: kept.words, controls: kept.controls, spec: kept.figure.spec };
  const about = { key, program, worker: `_/${speaker}`, sets, seed: String(ledger.run.seed ?? 1), claims, meaning: MEANING, idea };
  return { files, idea: kept, here: Object.values(claims).filter((c) => !c.without).length, data: `<script type="application/json" id="recompute">${JSON.stringify(about).replace(/</g, '\\u003c')}</script>\n` };
}

/** Adds bytes to the files, as they are and as a script: {script, file, megabytes}. */
function twice(files, place, name, bytes) {
  const path = `${place}-${named(bytes)}`;
  files.set(`${path}.bin`, bytes);
  files.set(`${path}.js`, `((window.marginalia ??= {}).bytes ??= {})[${JSON.stringify(name)}] = "${bytes.toString('base64')}";\n`);
  return { script: `_/${path}.js`, file: `_/${path}.bin`, megabytes: (bytes.length / 1e6).toFixed(1) };
}

/** What a page says of a claim: its seconds and files of data, or what keeps it from running there. */
export function became(claim, entry, data) {
  if (claim.scale === 'paper') return { without: 'the paper’s scale', kind: 'are of the paper’s scale' };
  if (!entry) return { without: 'not tried', kind: 'were not tried there' };
  if (entry.without) return { without: entry.without, kind: KINDS.find(([pattern]) => pattern.test(entry.without))?.[1] ?? 'need what a browser has not' };
  const paths = (entry.data ?? []).map((set) => Object.keys(data).find((path) => path.split('/')[2] === set) ?? set), missing = paths.filter((path) => !data[path]);
  if (missing.length) return { without: `the data set ${missing.join(', ')} was not there when the page was built`, kind: 'read data that were not there' };
  return { seconds: entry.seconds, ...(paths.length ? { data: paths } : {}) };
}

const KINDS = [[/^it takes longer than 60 s/, 'take longer'], [/^it takes longer than/, 'got less time when they were measured'], [/^it reads files of data/, 'read data that are too large']];

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

/** Writes the programs of pages, and the data that these read. */
export function writePrograms(pages, out) {
  for (const page of pages) for (const [name, content] of page.recompute?.files ?? []) {
    mkdirSync(dirname(join(out, name)), { recursive: true });
    writeFileSync(join(out, name), content);
  }
}
