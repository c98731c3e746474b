// One executed notebook becomes the body of one page.
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { goCell, fenced } from './code.mjs';
import { markdown, escapeHtml } from './markdown.mjs';
import { Typesetter } from './tex.mjs';
import * as ledgers from './ledger.mjs';

/** What a page collects while its cells are rendered. */
export class Page {
  constructor(name) {
    this.name = name;
    this.ids = new Set();
    this.headings = [];
    this.cells = []; // {id, name, seconds} of code cells
    this.images = new Map(); // file name to bytes
    this.figures = 0;
    this.cover = null; // the picture that stands for the page: of the cell tagged "cover", else the first
    this.typesetter = new Typesetter();
    this.code = fenced;
    this.ledger = null;
    this.beside = []; // the claims whose notes stand beside the cell at hand
    this.md = markdown(this);
  }

  /** Registers a target. Returns its id, or null where it is taken; a target that somebody wrote must not be taken. */
  target(id, written = false) {
    if (this.ids.has(id)) {
      if (written) throw new Error(`the target "${id}" is there twice: give each <a id> an id of its own`);
      return null;
    }
    this.ids.add(id);
    return id;
  }

  text(source) { return this.md.render(source); }
  line = (source) => this.md.renderInline(source);

  image(base64) {
    const bytes = Buffer.from(base64, 'base64');
    const file = `${this.name}-${createHash('sha256').update(bytes).digest('hex').slice(0, 10)}.png`;
    this.images.set(file, bytes);
    return { src: `img/${file}`, width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  }
}

export const joined = (text) => (Array.isArray(text) ? text.join('') : text ?? '');

export function loadNotebook(path) {
  let nb;
  try {
    nb = JSON.parse(readFileSync(path, 'utf8'));
  } catch (err) {
    throw new Error(`${path} is no notebook: ${err.message}; run scripts/run --write to write it again`);
  }
  if (nb.nbformat !== 4) throw new Error(`${path}: nbformat is ${nb.nbformat}, expected 4`);
  return nb;
}

/** Renders the cells of a notebook in order; an error names the cell. */
export function renderCells(page, nb, ledger) {
  page.ledger = ledger;
  reserveFigures(page, nb);
  const places = notePlaces(nb, ledger?.claims ?? []);
  return nb.cells.map((cell, i) => {
    const tags = cell.metadata?.tags ?? [];
    if (tags.includes('remove-cell')) return '';
    try {
      page.beside = (places.get(i) ?? []).map(({ claim }) => claim.id);
      const notes = (places.get(i) ?? []).map(({ claim, named }) => (named ? '' : `<span id="${page.target(`claim-${claim.id}`, true)}"></span>`) + ledgers.note(claim, page.line)).join('');
      if (cell.cell_type === 'markdown') return notes + page.text(joined(cell.source).replace(HEAD_TABLE, ''));
      return cell.cell_type === 'code' ? notes + codeCell(page, cell, tags, i + 1) : '';
    } catch (err) {
      throw new Error(`${page.name}, cell ${i + 1}: ${err.message}`);
    }
  }).join('\n');
}

/** Figures bring their ids with them: headings and cells take others. */
function reserveFigures(page, nb) {
  for (const out of nb.cells.flatMap((c) => c.outputs ?? [])) {
    for (const [, id] of joined(out.data?.['text/html']).matchAll(/<[^>]*\bid="([^"]+)"/g)) page.target(id, true);
  }
}

/**
 * Where the note of each claim stands: at the first code cell that measures it, else at the text that names it with
 * <a id="claim-...">. Returns a map from cell to [{claim, named}], named where the text has the target.
 */
function notePlaces(nb, claims) {
  const places = new Map();
  const first = (kind, test) => nb.cells.findIndex((c) => c.cell_type === kind && test(joined(c.source)));
  for (const claim of claims) {
    const text = first('markdown', (s) => s.includes(`<a id="claim-${claim.id}">`));
    const code = first('code', (s) => s.includes(`.Claim("${claim.id}")`));
    const at = code >= 0 ? code : text;
    if (at < 0) throw new Error(`claim ${claim.id} has no cell: write <a id="claim-${claim.id}"></a> where it is discussed`);
    places.set(at, [...(places.get(at) ?? []), { claim, named: text >= 0 }]);
  }
  return places;
}

/** The table that stands in the notebook for GitHub; the page sets its own from the ledger. */
const HEAD_TABLE = /<!-- begin: claims -->[\s\S]*?<!-- end: claims -->|<!-- claims -->/g;

function codeCell(page, cell, tags, at) {
  const source = joined(cell.source).replace(/\s+$/, '');
  if (tags.includes('cover')) page.cover = null;
  const outputs = renderOutputs(page, cell.outputs ?? []);
  if (!source && !outputs) return '';
  const id = page.target(`cell-${at}`, true);
  if (tags.includes('remove-input')) return `<div class="cell" id="${id}">${outputs}</div>`;
  const onlyDraws = outputs.includes('livefig') && !source.includes('.Claim(');
  const folded = tags.includes('hide-input') || onlyDraws;
  const seconds = cell.metadata?.marginalia?.seconds;
  const name = /^(?:\/\/gonb:)?%exec\s+(\w+)/m.exec(source)?.[1];
  const label = `<span class="word">Code</span>${name ? ` <code>${name}</code>` : ''}${seconds === undefined ? '' : ` <span class="seconds">${duration(seconds)}</span>`}`;
  page.cells.push({ id, name: name ?? `cell ${at}`, seconds });
  return `<div class="cell" id="${id}"><details class="code"${folded ? '' : ' open'}><summary>${label}</summary><pre class="code" tabindex="0"><code>${goCell(source)}</code></pre></details>${outputs}</div>`;
}

export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`;
}

function renderOutputs(page, outputs) {
  const html = [];
  for (let i = 0; i < outputs.length; i++) {
    const out = outputs[i], next = outputs[i + 1];
    if (out.output_type === 'stream') html.push(stream(out));
    else if (out.output_type === 'error') html.push(`<pre class="out failed" tabindex="0">${escapeHtml(plain(`${out.ename}: ${out.evalue}\n${joined(out.traceback?.join?.('\n'))}`))}</pre>`);
    else if (out.data?.['image/png'] && isFigure(next)) { html.push(figure(page, joined(next.data['text/html']), joined(out.data['image/png']))); i++; }
    else html.push(display(page, out));
  }
  const all = html.filter(Boolean).join('\n');
  return all && `<div class="outputs">${all}</div>`;
}

const isFigure = (out) => /class="[^"]*\blivefig\b/.test(joined(out?.data?.['text/html']));

function display(page, out) {
  const data = out.data ?? {};
  if (data['text/markdown']) return prose(page, joined(data['text/markdown']));
  if (data['text/html']) return isFigure(out) ? figure(page, joined(data['text/html']), data['image/png'] && joined(data['image/png'])) : joined(data['text/html']);
  if (data['image/png']) return `<figure>${picture(page, joined(data['image/png']), '')}</figure>`;
  if (data['image/svg+xml']) return `<figure>${joined(data['image/svg+xml'])}</figure>`;
  return data['text/plain'] ? `<pre class="out" tabindex="0">${escapeHtml(plain(joined(data['text/plain'])))}</pre>` : '';
}

/**
 * Text that a cell made. Two tables are for readers of the notebook alone, since the page says the same in its own
 * form: what the run was (at its end), and the claims that stand in the margin. Other tables of claims are set anew.
 */
function prose(page, text) {
  if (/^\| This run \|/.test(text)) return '';
  if (!page.ledger || !/^\| Claim \| Statement \|/.test(text)) return page.text(text);
  const ids = [...text.matchAll(/^\| \*\*([\w.-]+)\*\*/gm)].map((m) => m[1]);
  if (ids.every((id) => page.beside.includes(id))) return '';
  return ledgers.table([{ key: '', ledger: { ...page.ledger, claims: page.ledger.claims.filter((c) => ids.includes(c.id)) } }], page.line);
}

function stream(out) {
  const text = plain(joined(out.text)).replace(/\s+$/, '');
  return text && `<pre class="out${out.name === 'stderr' ? ' stderr' : ''}" tabindex="0">${escapeHtml(text)}</pre>`;
}

/** Text without the colours of a terminal. */
const plain = (text) => text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '');

/** A live figure with its picture: the script shows the one and hides the other, without scripts the picture stays. */
function figure(page, html, png) {
  page.figures++;
  const alt = /aria-label="([^"]*)"/.exec(html)?.[1] ?? '';
  const shape = /data-ratio="([\d.]+)\/([\d.]+)"/.exec(html);
  const ratio = shape ? shape[1] / shape[2] : 1.5;
  const wide = ratio >= WIDE ? ' wide' : ratio < TALL ? ' tall' : '';
  const still = png ? picture(page, png, alt) : '';
  if (/<figure\b/.test(html)) {
    return html.replace(/<figure\b(?:\s+class="([^"]*)")?/, (_, classes = '') => `<figure class="${classes}${wide}"`).replace(/(<figure\b[^>]*>)/, `$1${still}`);
  }
  return `<figure class="${wide.trim()}">${still}${html}</figure>`;
}

/** From this ratio of width to height on, a figure takes the margin too; below the other, it takes a page on paper. */
const WIDE = 2, TALL = 1.05;

function picture(page, base64, alt) {
  const { src, width, height } = page.image(base64);
  page.cover ??= { src, width, height };
  return `<img class="static" src="${src}" width="${width}" height="${height}" alt="${alt}">`;
}
