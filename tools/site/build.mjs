// Builds the reading room: node build.mjs [--notebooks DIR] [--out DIR] [--single DIR] [--only KEY,KEY] [--programs DIR] [--data JSON]
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fenced } from './code.mjs';
import { addressOf, inlined } from './single.mjs';
import { deadFiles, deadLinks } from './links.mjs';
import { letters, loadLedger, seen, summary } from './ledger.mjs';
import { loadNotebook, Page, renderCells, renderReview, WHOLE } from './notebook.mjs';
import { forReaders, loadPackages, packagesPage, packageTable } from './packages.mjs';
import * as html from './pages.mjs';
import { withPolicy, withPolicyOfOne } from './policy.mjs';
import { ideaSection, recomputing, writePrograms } from './recompute.mjs';
import { HERE, HOME, ROOT } from './repository.mjs';
import { searchScript, sections } from './search.mjs';
import { thumbnail } from './thumbs.mjs';

/** Reads every paper that has an executed notebook in the folder, in the order of papers.json, then by key. */
export function findPapers(folder) {
  const known = JSON.parse(readFileSync(join(HERE, 'papers.json'), 'utf8'));
  const keys = existsSync(folder) ? readdirSync(folder).filter((k) => existsSync(join(folder, k, `${k}.ipynb`))) : [];
  const order = [...known.map((p) => p.key), ...keys.filter((k) => !known.some((p) => p.key === k)).sort()];
  return order.map((key) => {
    const listed = known.find((p) => p.key === key);
    if (!keys.includes(key)) return { key, paper: listed };
    const notebook = loadNotebook(join(folder, key, `${key}.ipynb`));
    const ledger = loadLedger(join(folder, key, 'claims.json'));
    seen(ledger, beside(folder, key, 'seeds.json'), `${key}/seeds.json`);
    return { key, notebook, ledger, folder, paper: ledger.paper };
  });
}

/** The folder with what a person wrote for a paper: beside the notebook, or in the checkout where that was built elsewhere. */
function sourceFolder(folder, key) {
  return [join(folder, key), join(ROOT, 'notebooks', key)].find((dir) => existsSync(join(dir, `${key}.go`))) ?? join(folder, key);
}

/** The source of a paper: its path in the repository, and the line of a function. */
function sourceOf(folder, key) {
  const dir = sourceFolder(folder, key), file = join(dir, `${key}.go`);
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, 'utf8').split('\n');
  const inside = relative(ROOT, file);
  return { path: inside.startsWith('..') ? `notebooks/${key}/${key}.go` : inside, line: (name) => lines.findIndex((l) => l.startsWith(`func ${name}(`)) + 1 || null };
}

/** A text beside the source, or ''. */
const beside = (folder, key, name) => { const path = join(sourceFolder(folder, key), name); return existsSync(path) ? readFileSync(path, 'utf8') : ''; };

function paperPage(paper, cff, library, { programs, sets }) {
  const page = new Page(paper.key);
  for (const id of ['rerun', 'cite', 'ledger', 'main', 'contents', 'find', 'fold', 'theme', 'toc', 'recompute', 'in-your-hand']) page.target(id);
  const recompute = recomputing({ key: paper.key, ledger: paper.ledger, times: JSON.parse(beside(paper.folder, paper.key, 'browser.json') || '{}'), programs, data: sets });
  if (recompute?.idea) page.target('fig-explore');
  page.library = library;
  page.source = sourceOf(paper.folder, paper.key);
  const run = { ...paper.ledger.run, ...paper.notebook.metadata?.marginalia };
  const review = beside(paper.folder, paper.key, 'review.md');
  let body = renderReview(page, renderCells(page, paper.notebook, paper.ledger), review);
  const title = page.headings.find((h) => h.level === 1);
  if (!title) throw new Error(`${paper.key}: the notebook has no title; start its first cell with "# Title"`);
  const data = [...page.imports.values()].some((path) => path.endsWith('/data'));
  const folder = page.source?.path.replace(/\/[^/]*$/, '') ?? `notebooks/${paper.key}`;
  const byline = html.byline(paper.paper, paper.ledger, run, title.text, html.sources(paper.key, { paper: beside(paper.folder, paper.key, 'paper.json'), review, data, folder }));
  body = placeHead(body, byline, html.overview(paper.ledger, page.line, page.ids.has(WHOLE)) + ideaSection(page, paper.key, recompute?.idea), paper.paper.arxiv) + html.colophon(paper.key, paper.paper, run, page.cells, html.projectEntry(cff, run.commit));
  const heading = (h) => page.md.renderer.render(h.inline.children.filter((t) => t.type !== 'html_inline' || !/^<\/?a\b/.test(t.content)), page.md.options, {});
  const headings = [...page.headings, { level: 2, id: 'rerun', text: 'Rerun this page' }, { level: 2, id: 'cite', text: 'How to cite' }];
  const contents = html.contents(headings, (h) => (h.inline ? heading(h) : h.text));
  const text = html.document({ title: `${title.text} · marginalia`, description: `${paper.paper.title}, executed: ${summary(paper.ledger.claims)}.`,
    kind: 'paper', body: `<article${paper.paper.unread ? ' class="unread"' : ''}>\n${body}</article>${recompute?.data ?? ''}`, contents, glyphs: page.typesetter.glyphs(), live: page.figures > 0 || recompute !== null, recomputes: recompute !== null });
  if (page.drawing) {
    const { svg, width, height } = thumbnail(page.drawing, page.panel);
    page.images.set(`${paper.key}-cover.svg`, svg);
    page.cover = { src: `img/${paper.key}-cover.svg`, width, height };
  }
  return { ...paper, run, page, recompute, html: text, title: title.text };
}

/**
 * The byline stands under the title, in place of a first paragraph that only names the paper (it has the arXiv number);
 * the claims stand under the introduction, before the next heading or cell.
 */
function placeHead(body, byline, overview, arxiv) {
  const at = body.indexOf('</h1>') + '</h1>'.length;
  const named = /^\s*<p>(?:(?!<\/p>).)*<\/p>/s.exec(body.slice(at));
  const from = named && arxiv && named[0].includes(arxiv) ? at + named[0].length : at;
  const next = /<h2\b|<div class="cell"|<div class="note claim"/.exec(body.slice(from));
  const to = next ? from + next.index : body.length;
  return `<header class="title">${body.slice(0, at)}${byline}</header><div class="intro">${body.slice(from, to)}</div>${overview}${body.slice(to)}`;
}

function frontPage(papers, cff, library) {
  const page = new Page('index');
  const here = papers.filter((p) => p.page);
  const parts = {
    counts: html.counts(papers),
    papers: html.paperList(papers.map((p) => ({ ...p, picture: p.page?.cover, learn: p.page && page.line(p.paper.learn) }))),
    packages: packageTable(forReaders(library)),
    letters: letters(here.flatMap((p) => p.ledger.claims)),
    claims: html.claimsOf(here, page.line),
    cite: fenced(html.projectEntry(cff, here[0]?.run.commit), ''),
  };
  if (!here.length) parts.claims = '<p>No paper has been run yet: <code>scripts/run --write</code> writes the first.</p>';
  const body = page.text(readFileSync(join(HERE, 'front.md'), 'utf8').replaceAll('REPOSITORY', HOME)).replace(/<!-- (\w+) -->/g, (all, name) => parts[name] ?? all);
  const text = html.document({ title: 'marginalia', description: 'Learning-theory papers as executable notebooks: every claim measured beside a control that must fail.',
    kind: 'front', body, contents: '', glyphs: page.typesetter.glyphs(), live: false });
  return { key: 'index', page, html: text, title: 'marginalia' };
}

function libraryPage(library) {
  const page = new Page('packages'), { body, headings } = packagesPage(library);
  const text = html.document({ title: 'Packages · marginalia', description: 'The Go packages of marginalia: overview, examples and every exported name.',
    kind: 'paper library', body: `<article>\n${body}</article>`, contents: html.contents(headings, (h) => h.text), glyphs: '', live: false });
  return { key: 'packages', page, html: text, title: 'Packages' };
}

/** Writes the parts that all pages share. */
function writeAssets(out) {
  cpSync(join(HERE, 'static'), out, { recursive: true });
  for (const name of ['echarts.min.js', 'mathtext.js', 'livefig.js']) cpSync(join(ROOT, 'pkg/figure', name), join(out, name));
  const require = createRequire(import.meta.url);
  cpSync(join(dirname(require.resolve('minisearch')), '../umd/index.js'), join(out, 'minisearch.js'));
  writeLicences(join(out, 'licences'), require);
  mkdirSync(join(out, 'fonts'));
  writeFileSync(join(out, 'fonts.css'), FONTS.map(([name, sheet]) => fontFaces(dirname(require.resolve(`@fontsource-variable/${name}/package.json`)), sheet, out)).join('\n'));
}

/** The licences of what the site ships: ECharts and what is in it, MiniSearch, the fonts, the glyphs of formulas. */
function writeLicences(folder, require) {
  mkdirSync(folder);
  for (const name of readdirSync(join(ROOT, 'pkg/figure')).filter((n) => /^echarts\.(?:LICENSE|NOTICE)/.test(n))) cpSync(join(ROOT, 'pkg/figure', name), join(folder, name));
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'marginalia.LICENSE'));
  for (const [name, start] of [['minisearch', require.resolve('minisearch')], ['mathjax', require.resolve('mathjax')], ...[...new Set(FONTS.map(([f]) => f))].map((f) => [f, require.resolve(`@fontsource-variable/${f}/package.json`)])]) {
    cpSync(licenceAbove(start, name), join(folder, `${name}.LICENSE`));
  }
}

/** The licence in the folder of a package, which is the first with a package.json above a file of it. */
function licenceAbove(file, name) {
  for (let at = dirname(file); at !== dirname(at); at = dirname(at)) {
    const found = readdirSync(at).find((n) => /^licen[cs]e(?:\.\w+)?$/i.test(n));
    if (found) return join(at, found);
  }
  throw new Error(`the package ${name} has no licence above ${file}, and the site ships parts of it`);
}

const FONTS = [['source-serif-4', 'opsz.css'], ['source-serif-4', 'opsz-italic.css'], ['source-sans-3', 'wght.css'], ['source-code-pro', 'wght.css']];

/** The faces of a sheet for the alphabets that the pages use; their files are copied. */
function fontFaces(folder, sheet, out) {
  const faces = readFileSync(join(folder, sheet), 'utf8').match(/@font-face\s*\{[^}]*\}/g).filter((f) => /-(?:latin|latin-ext|greek)-(?:opsz|wght)-/.test(f));
  return faces.map((face) => face.replace(/url\(\.?\/?(files\/([\w-]+\.woff2))\)/, (_, path, name) => {
    cpSync(join(folder, path), join(out, 'fonts', name));
    return `url(fonts/${name})`;
  })).join('\n');
}

/**
 * Builds the site into `out`, which is replaced at the end, whole. Returns its pages. Where `only` names papers, the pages
 * of the others are left out, and links to them are not tried. `programs` is the folder in which scripts/site left the papers'
 * programs for browsers; a paper without one has a page that does not recompute. `data` says where files of data lie that these ask for.
 */
export function build({ notebooks, out, only = null, programs = null, data = {} }) {
  const cff = readFileSync(join(ROOT, 'CITATION.cff'), 'utf8');
  const library = loadPackages();
  const found = findPapers(notebooks), left = new Set(only ? found.filter((p) => p.notebook && !only.includes(p.key)).map((p) => p.key) : []);
  const papers = found.map((p) => (p.notebook && !left.has(p.key) ? paperPage(p, cff, library, { programs, sets: data }) : p));
  const pages = [frontPage(papers, cff, library), libraryPage(library), ...papers.filter((p) => p.page)];
  const dead = [...deadLinks(pages, left), ...deadFiles(pages)];
  if (dead.length) throw new Error(`dead links:\n  ${dead.join('\n  ')}`);
  const fresh = `${out}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(fresh, '_'), { recursive: true });
  mkdirSync(join(fresh, 'img'));
  writeAssets(join(fresh, '_'));
  writePrograms(pages, join(fresh, '_'));
  for (const p of pages) {
    writeFileSync(join(fresh, `${p.key}.html`), withPolicy(p.html.replace(/ data-tex="[^"]*"/g, ''), p.page.scripts));
    for (const [name, bytes] of p.page.images) writeFileSync(join(fresh, 'img', name), bytes);
  }
  writeFileSync(join(fresh, '_', 'search-index.js'), searchScript(pages.slice(1).flatMap(sections)));
  rmSync(out, { recursive: true, force: true });
  renameSync(fresh, out);
  return pages;
}

/** Writes each paper of a built site as one file that needs no other. */
export function single({ site, out, pages }) {
  mkdirSync(out, { recursive: true });
  return pages.filter((p) => p.notebook).map((p) => {
    const file = join(out, `${p.key}.html`);
    writeFileSync(`${file}.${process.pid}`, withPolicyOfOne(inlined(readFileSync(join(site, addressOf(p)), 'utf8'), site)));
    renameSync(`${file}.${process.pid}`, file);
    return file;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { notebooks: { type: 'string', default: join(ROOT, 'notebooks') }, out: { type: 'string', default: join(ROOT, 'build/site') }, single: { type: 'string' }, only: { type: 'string' }, programs: { type: 'string' }, data: { type: 'string', default: '{}' } } });
  try {
    const start = Date.now();
    const out = resolve(values.out);
    mkdirSync(dirname(out), { recursive: true });
    const pages = build({ notebooks: resolve(values.notebooks), out, only: values.only?.split(',') ?? null, programs: values.programs ?? null, data: JSON.parse(values.data) });
    console.log(`${join(out, 'index.html')}: ${pages.length} ${pages.length === 1 ? 'page' : 'pages'} in ${((Date.now() - start) / 1000).toFixed(1)} s`);
    if (values.single) single({ site: out, out: resolve(values.single), pages }).forEach((f) => console.log(f));
  } catch (err) {
    console.error(`site: ${err.message}`);
    process.exitCode = 1;
  }
}
