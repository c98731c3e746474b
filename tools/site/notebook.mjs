// One executed notebook becomes the body of one page.
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { goCell, fenced, importsOf, packagesIn } from './code.mjs';
import { markdown, escapeHtml } from './markdown.mjs';
import { captioned } from './mathtext.mjs';
import { scriptsIn } from './policy.mjs';
import { fileAt } from './repository.mjs';
import { Typesetter } from './tex.mjs';
import * as ledgers from './ledger.mjs';

/** What a page collects while its cells are rendered. */
export class Page {
  constructor(name) {
    this.name = name;
    this.ids = new Set();
    this.cell = ''; // that is at hand, in words
    this.origins = new Map(); // of ids: that cell
    this.scripts = []; // of figures
    this.headings = [];
    this.cells = []; // {id, name, seconds} of code cells
    this.images = new Map(); // file name to bytes
    this.figures = 0;
    this.numbers = new Map(); // number of each figure by its id, in the order of the page
    this.boxed = new Set(); // claims whose box stands in the text
    this.source = null; // {path, line(name)} of the notebook's source in the repository
    this.library = null; // what the page of packages has: {packages, has(name)}
    this.imports = new Map(); // import paths of the notebook by name
    this.cover = null; // the picture that stands for the page: of the cell tagged "cover", else the first
    this.drawing = null; // its chart, as JSON for livefig.js
    this.typesetter = new Typesetter();
    this.code = fenced;
    this.ledger = null;
    this.beside = []; // the claims whose notes stand beside the cell at hand
    this.md = markdown(this);
  }

  /** Registers a target. Returns its id, or null where it is taken; a target that somebody wrote must not be taken. */
  target(id, written = false) {
    if (this.ids.has(id)) {
      if (written) throw new Error(`the target "${id}" is there twice, ${this.cell ? `in ${this.cell} and ` : ''}${this.origins.get(id) ? `in ${this.origins.get(id)}` : 'as one of the page\'s own'}: give each <a id> an id of its own`);
      return null;
    }
    this.ids.add(id);
    this.origins.set(id, this.cell);
    return id;
  }

  /** The HTML of Markdown, in which two nuclear norms, ‖L‖_*, make no emphasis. */
  text(source) { return this.md.render(source.replaceAll('‖_*', '‖\\_\\*')); }
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

/** The heading under which review.md stands, and what the notebook says there; else the page gets one at its end. */
const REVIEW = /(<h2[^>]*>(?:<span[^>]*><\/span>)?What was tried against this page<\/h2>)(.*?)(?=<h2\b|<div class="cell"|$)/s;

/**
 * What was tried against the page: the text of review.md, folded behind what the page itself says of it. Its headings
 * are those of a part of the page, but not in its contents.
 */
export function renderReview(page, body, review) {
  if (!review) return body;
  const own = page.headings.length;
  const text = page.text(review.replace(/^#\s.*\n/, '').replace(/^(#+)\s/gm, (_, marks) => `${'#'.repeat(Math.min(6, marks.length + 1))} `));
  page.headings.length = own;
  const box = `<details class="review"><summary>The whole review</summary>\n${text}</details>\n`;
  if (REVIEW.test(body)) return body.replace(REVIEW, (_, head, said) => `${head}${said}${box}`);
  const id = page.target('what-was-tried-against-this-page');
  page.headings.push({ level: 2, id, text: 'What was tried against this page' });
  return `${body}\n<h2 id="${id}">What was tried against this page</h2>\n${box}`;
}

/** Renders the cells of a notebook in order; an error names the cell. */
export function renderCells(page, nb, ledger) {
  page.ledger = ledger;
  reserveFigures(page, nb);
  const cells = nb.cells.map((c) => ({ ...c, text: c.cell_type === 'markdown' ? marked(joined(c.source)) : joined(c.source), tags: c.metadata?.tags ?? [] }));
  page.imports = importsOf(cells.filter((c) => c.cell_type === 'code').map((c) => c.text).join('\n'));
  const measured = new Map(ledger.claims.map(({ id }) => [id, cells.findIndex((c) => c.cell_type === 'code' && measures(c.text, id))]).filter(([, at]) => at >= 0));
  const note = (id) => ledgers.note(claimOf(page, id), page.line);
  // A claim that no cell measures has its note behind its box.
  const boxes = (html) => html.replace(/<!-- claim: ([\w.-]+) -->/g, (_, id) => box(page, id, measured.has(id) ? `cell-${measured.get(id) + 1}` : '') + (measured.has(id) ? '' : note(id)));
  const body = cells.map((cell, i) => {
    if (cell.tags.includes('remove-cell')) return '';
    page.cell = `cell ${i + 1}`;
    try {
      page.beside = [...measured.keys()].filter((id) => measured.get(id) === i);
      if (cell.cell_type === 'markdown') return boxes(page.text(cell.text));
      return cell.cell_type === 'code' ? page.beside.map(note).join('') + codeCell(page, cell, i + 1) : '';
    } catch (err) {
      throw new Error(`${page.name}, cell ${i + 1}: ${err.message}`);
    }
  }).join('\n');
  page.cell = '';
  for (const { id } of ledger.claims) if (!page.boxed.has(id)) throw new Error(`${page.name}: claim ${id} has no box: write <!-- claim: ${id} --> where it is stated`);
  return body;
}

/**
 * Figures bring their ids with them, so that headings and cells take others, and are numbered as they come. The ids in
 * a picture are its own business.
 */
function reserveFigures(page, nb) {
  nb.cells.forEach((cell, i) => {
    if (cell.metadata?.tags?.includes('remove-cell')) return;
    page.cell = `cell ${i + 1}`;
    for (const out of cell.outputs ?? []) {
      const html = joined(out.data?.['text/html']).replace(/<(svg|script)\b[\s\S]*?<\/\1>/g, '');
      for (const [, id] of html.matchAll(/<[^>]*\bid="([^"]+)"/g)) page.target(id, true);
      if (isFigure(out)) for (const [, id] of html.matchAll(/<figure\b[^>]*\bid="([^"]+)"/g)) page.numbers.set(id, page.numbers.size + 1);
    }
  });
  page.cell = '';
}

/**
 * Text in which the box of a claim that scripts/run made is its comment again, without the targets that it gave to
 * equations; the table of claims is the page's own.
 */
const marked = (text) => text.replace(/<!-- begin: claims -->[\s\S]*?<!-- end: claims -->|<!-- claims -->/g, '')
  .replace(/<!-- begin: claim ([\w.-]+) -->[\s\S]*?<!-- end: claim[^>]*-->/g, (_, id) => `<!-- claim: ${id} -->`)
  .replace(/^(?:> ?)*(?:<a id="eq-[^"]+"><\/a>)+\n(?=(?:> ?)*\$\$)/gm, '');

function claimOf(page, id) {
  const claim = page.ledger.claims.find((c) => c.id === id);
  if (!claim) throw new Error(`<!-- claim: ${id} --> names a claim that the ledger does not have`);
  return claim;
}

/** The box of a claim, once. */
function box(page, id, where) {
  const claim = claimOf(page, id);
  page.target(`claim-${id}`, true);
  page.boxed.add(id);
  return ledgers.box(claim, page.line, where);
}

/** The name of the function that a cell runs, or ''. */
const runs = (source) => { const found = /^(?:\/\/gonb:)?%exec\s+\w+\.(?:Cell\((\w+)\)|(\w+))/m.exec(source); return found?.[1] ?? found?.[2] ?? ''; };

/** Whether a cell measures a claim: it says so, or runs the function of its name, which then needs to say no more. */
const measures = (source, id) => source.includes(`.Claim("${id}")`) || runs(source) === id;

function codeCell(page, cell, at) {
  const { tags } = cell, source = cell.text.replace(/\s+$/, '');
  if (tags.includes('cover')) { page.cover = null; page.drawing = null; page.panel = tags.map((t) => /^panel-([a-z])$/.exec(t)?.[1]).find(Boolean); }
  const outputs = renderOutputs(page, cell.outputs ?? []);
  if (!outputs && (!source || runs(source) === 'Begin')) return ''; // what the run was stands at the page's end
  const id = page.target(`cell-${at}`, true);
  if (tags.includes('remove-input')) return `<div class="cell" id="${id}">${outputs}</div>`;
  const seconds = cell.metadata?.marginalia?.seconds;
  const name = runs(source);
  const word = settings(source) ? 'Settings: what you may change' : 'Code';
  const label = `<span class="word">${word}</span>${name ? ` <code>${name}</code>` : ''}${seconds === undefined ? '' : ` <span class="seconds">${duration(seconds)}</span>`}`;
  page.cells.push({ id, name: name || `cell ${at}`, seconds });
  const code = `<details class="code"${plumbing(source, tags, outputs) ? '' : ' open'}><summary>${label}</summary><pre class="code" tabindex="0"><code>${goCell(source, page)}</code></pre></details>`;
  return `<div class="cell" id="${id}">${code}${whereabouts(page, source, name)}${outputs}</div>`;
}

/** The lines of code that a page shows unasked. */
const SHORT = 26;

/** Whether a cell declares variables and constants alone. */
const settings = (source) => /^(?:var|const)\b/m.test(source) && !/^func /m.test(source);

/**
 * Code that is folded: what is tagged so, what only draws, what only declares functions, and what is longer than a
 * reader goes through on the way.
 */
function plumbing(source, tags, outputs) {
  if (tags.includes('show-input')) return false;
  if (tags.includes('hide-input') || (outputs.includes('livefig') && !source.includes('.Claim('))) return true;
  if (/^func /m.test(source) && !runs(source)) return true;
  return source.split('\n').filter((line) => line.trim() && !/^\s*\/\//.test(line)).length > SHORT;
}

/** Where a cell's code is in the repository, and the pages of the packages that it calls. */
function whereabouts(page, source, name) {
  const line = name && page.source?.line(name);
  if (!line) return '';
  const file = page.source.path;
  const packages = packagesIn(source, page).map((p) => `<a href="packages.html#pkg-${p.anchor}">${p.name}</a>`);
  return `<p class="where"><a href="${fileAt(file, line)}">${file.split('/').at(-1)}, line ${line}</a>${packages.length ? `<span class="dot"> · </span>${packages.length > 1 ? 'packages' : 'package'} ${packages.join(', ')}` : ''}</p>`;
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
  if (!/^\| Claim \| (?:Statement|Measured)/.test(text)) return page.text(text);
  const ids = [...text.matchAll(/^\| \*\*([\w.-]+)\*\*/gm)].map((m) => m[1]);
  if (ids.every((id) => page.beside.includes(id))) return '';
  return tableOf(page, ids);
}

/** The table of some claims; that of all of them has a target, and is left out on paper. */
function tableOf(page, ids) {
  const claims = page.ledger.claims.filter((c) => ids.includes(c.id)), whole = claims.length === page.ledger.claims.length && page.target(WHOLE);
  const table = ledgers.table(claims, page.line);
  return whole ? `<div class="whole" id="${WHOLE}"><p class="paper-only">The table of claims is left out on paper: each claim has its numbers where it is stated.</p>${table}</div>` : table;
}

/** The target of the table of all claims. */
export const WHOLE = 'table-of-claims';

function stream(out) {
  const text = plain(joined(out.text)).replace(/\s+$/, '');
  return text && `<pre class="out${out.name === 'stderr' ? ' stderr' : ''}" tabindex="0">${escapeHtml(text)}</pre>`;
}

/** Text without the colours of a terminal. */
const plain = (text) => text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '');

/** A live figure with its picture: the script shows the one and hides the other, without scripts the picture stays. */
function figure(page, html, png) {
  page.figures++;
  page.scripts.push(...scriptsIn(html));
  const alt = /aria-label="([^"]*)"/.exec(html)?.[1] ?? '';
  const shape = /data-ratio="([\d.]+)\/([\d.]+)"/.exec(html);
  const ratio = shape ? shape[1] / shape[2] : 1.5;
  const wide = ratio >= WIDE ? ' wide' : ratio < TALL ? ' tall' : '';
  const still = png ? picture(page, png, alt) : '';
  const number = page.numbers.get(/<figure\b[^>]*\bid="([^"]+)"/.exec(html)?.[1]);
  html = html.replace(/(<figcaption>)(?:<strong class="no">[^<]*<\/strong> )?(.*?)(<\/figcaption>)/s, (_, open, text, close) => `${open}${number ? `<strong class="no">Figure ${number}.</strong> ` : ''}${captioned(text, page.line)}${close}`);
  const spec = /\bspec: (\{.*\})\}\);<\/script>/s.exec(html)?.[1];
  if (spec) page.drawing ??= spec;
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
