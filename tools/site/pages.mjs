// The pages around the notebooks: head, bar, contents, title, colophon, and the front page.
import { escapeHtml as esc } from './markdown.mjs';
import { fenced } from './code.mjs';
import { duration, WHOLE } from './notebook.mjs';
import * as ledgers from './ledger.mjs';
import { HOME, fileAt } from './repository.mjs';

/** A whole document. `live` says whether the page has figures that need the chart library. */
export function document({ title, description, kind, body, contents, glyphs, live, recomputes = false }) {
  const scripts = live ? '<script src="_/echarts.min.js" defer></script>\n<script src="_/legend.js" defer></script>\n<script src="_/mathtext.js" defer></script>\n<script src="_/livefig.js" defer></script>\n' : '';
  const recompute = recomputes ? '\n<script src="_/number.js" defer></script>\n<script src="_/recompute.js" defer></script>' : '';
  return `<!doctype html>
<html lang="en" class="${kind}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${esc(description)}">
<title>${esc(title)}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<link rel="stylesheet" href="_/fonts.css">
<link rel="stylesheet" href="_/site.css">
<link rel="stylesheet" href="_/paper.css">
<link rel="stylesheet" href="_/print.css" media="print">
<script src="_/theme.js"></script>
${scripts}<script src="_/site.js" defer></script>${recompute}
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
${glyphs}
<header class="bar">
<a class="mark" href="index.html" aria-label="marginalia, front page">marginalia</a>
<nav aria-label="Site"><a href="index.html#papers">Papers</a><a href="packages.html">Packages</a><a href="index.html#claims">Claims</a><a href="${HOME}">Repository</a></nav>
<div class="tools" hidden>${contents ? '<button type="button" id="toc" aria-expanded="false" aria-controls="contents">Contents</button>' : ''}${kind === 'paper' ? '<button type="button" id="fold" aria-pressed="false" aria-label="Fold code"><span class="roomy">Fold </span>code</button>' : ''}<button type="button" id="find" aria-haspopup="dialog">Search <kbd>/</kbd></button><button type="button" id="theme" aria-label="Theme: auto"><span class="roomy">Theme: </span>auto</button></div>
</header>
<div class="layout">
${contents}<main id="main" tabindex="-1">
${body}
</main>
</div>
<footer class="foot"><p>marginalia: text and code under the Apache License 2.0. This page was built offline and asks nothing of any other machine.</p></footer>
</body>
</html>
`;
}

/** The mark: a text and the rule that sets off its margin. */
const ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="2" fill="#fbf9f4"/><path d="M2.5 4h6M2.5 7h6M2.5 10h6M2.5 13h4" stroke="#3a352d" stroke-width="1.2"/><path d="M10.8 2v12.5" stroke="#9c2f1d" stroke-width="1.1"/><circle cx="13.2" cy="7" r="1.1" fill="#9c2f1d"/></svg>';

/** The contents of a page, from its headings of the second and third level. */
export function contents(headings, inline) {
  const items = headings.filter((h) => h.level === 2 || h.level === 3);
  if (items.length < 2) return '';
  const link = (h) => `<li class="l${h.level}"><a href="#${h.id}">${inline(h)}</a></li>`;
  return `<nav class="contents" id="contents" aria-label="Contents"><details open><summary>Contents</summary><ol>${items.map(link).join('')}</ol></details></nav>\n`;
}

const arxiv = (paper) => (paper.arxiv ? `<a href="https://arxiv.org/abs/${esc(paper.arxiv)}">arXiv:${esc(paper.arxiv)}</a>` : '');

const people = (authors) => (authors.length < 2 ? authors.join('') : `${authors.slice(0, -1).join(', ')} and ${authors.at(-1)}`);

const BACKENDS = { 'xla cpu': 'XLA on the CPU', 'xla cuda': 'XLA on a GPU', go: 'the pure-Go backend' };

/** What stands under the title of a paper: its facts, and in one line what became of its claims. */
export function byline(paper, ledger, run, title, links = []) {
  const facts = [title === paper.title ? '' : `<cite>${esc(paper.title)}</cite>`, esc(people(paper.authors)), esc(paper.venue), arxiv(paper)].filter(Boolean).join('<span class="dot"> · </span>');
  const seconds = run.seconds === undefined ? '' : ` in ${duration(run.seconds)}`;
  const where = [run.backend && (BACKENDS[run.backend] ?? run.backend), run.scale && `${run.scale} scale`].filter(Boolean).map(esc).join(', ');
  return `<div class="byline"><p class="facts">${facts}</p>
<p class="state"><a href="#ledger">${ledgers.summary(ledger.claims)}</a>. Executed${seconds}${where && ` on ${where}`}. <a href="#rerun">Rerun this page</a>, <a href="#cite">cite it</a>.</p>
${ledgers.reading(paper) ? `<p class="unread">${esc(ledgers.reading(paper))}</p>\n` : ''}<p class="links">${links.map(([text, href]) => `<a href="${href}">${text}</a>`).join('<span class="dot"> · </span>')}</p></div>\n`;
}

/** Where the page's own files are in the repository, and what it computes with. */
export function sources(key, { paper, review, data, folder }) {
  const at = (name) => fileAt(`${folder}/${name}`);
  return [['Notebook', at(`${key}.ipynb`)], ['Source', at(`${key}.go`)], ['Ledger', at('claims.json')], ...(paper ? [['Statements', at('paper.json')]] : []),
    ...(review ? [['Review', '#what-was-tried-against-this-page']] : []), ...(data ? [['Data', 'packages.html#pkg-data']] : [])];
}

/** The claims of the page: one mark each, and the way to the whole table, which stands here where it does not stand below. */
export function overview(ledger, inline, below) {
  const chips = ledger.claims.map((c) => `<li><a class="chip ${c.verdict.replace(' ', '-')}" href="#claim-${c.id}">${c.id}<span class="hush"> ${c.verdict}</span></a></li>`).join('');
  const legend = [...new Set(ledger.claims.map((c) => c.verdict))].map((v) => ledgers.verdict({ verdict: v })).join(' ');
  return `<section class="overview" id="ledger" aria-label="Claims of this paper"><div class="chips"><ul>${chips}</ul><p class="legend">${legend}</p></div>
${ledgers.letters(ledger.claims)}<p class="origins">${ledgers.origins(ledger.claims)}${below ? `<span class="dot"> · </span><a href="#${WHOLE}">the table of claims</a>` : ''}</p>
${below ? '' : `<details><summary>The table of claims</summary>${ledgers.table(ledger.claims, inline)}</details>`}</section>\n`;
}

/** How to rerun the page and how to cite it. */
export function colophon(key, paper, run, cells, citation) {
  const facts = [['Commit', run.commit && `<code>${esc(run.commit)}</code>`], ['Backend', esc(run.backend ?? '')],
    ['Device', esc(run.device ?? '')], ['Scale', esc(run.scale ?? '')], ['Seed', esc(run.seed ?? '')], ['Time', run.seconds !== undefined && duration(run.seconds)],
    ['Versions', Object.entries(run.versions ?? {}).map(([k, v]) => `${esc(k)} ${esc(v)}`).join(', ')]];
  const slow = cells.filter((c) => c.seconds !== undefined);
  const longest = Math.max(...slow.map((c) => c.seconds), 1e-9);
  const bars = slow.map((c) => `<tr><td><a href="#${c.id}">${esc(c.name)}</a></td><td class="num">${duration(c.seconds)}</td><td aria-hidden="true"><span class="time" style="width:${(100 * c.seconds / longest).toFixed(1)}%"></span></td></tr>`).join('');
  return `<section class="colophon" aria-labelledby="rerun">
<h2 id="rerun">Rerun this page</h2>
<p>In a checkout of the project, on a machine with Go, a C compiler and Python:</p>
${fenced(run.command ?? `scripts/run ${key}`, 'bash')}
<dl>${facts.filter(([, v]) => v).map(([k, v]) => `<div><dt>${k}</dt><dd>${v}</dd></div>`).join('')}</dl>
${bars && `<details><summary>Seconds a cell</summary><div class="table" role="group" aria-label="Seconds a cell"><table class="times"><thead><tr><th scope="col">Cell</th><th scope="col">Time</th><th scope="col"><span class="hush">Share of the longest</span></th></tr></thead><tbody>${bars}</tbody></table></div></details>`}
<h2 id="cite">How to cite</h2>
<p>The paper:</p>
${fenced(bibtex(key, paper), '')}
<p>This page and its code:</p>
${fenced(citation, '')}
</section>\n`;
}

function bibtex(key, paper) {
  const year = /\b(?:19|20)\d\d\b/.exec(paper.venue)?.[0] ?? (paper.arxiv ? `20${paper.arxiv.slice(0, 2)}` : '');
  const lines = [['title', `{${paper.title}}`], ['author', paper.authors.join(' and ')], ['note', paper.venue], ['year', year],
    ['eprint', paper.arxiv], ['archiveprefix', paper.arxiv && 'arXiv']].filter(([, v]) => v);
  return `@misc{${(paper.authors[0] ?? key).split(' ').at(-1).toLowerCase()}${year},\n${lines.map(([k, v]) => `  ${k} = {${v}}`).join(',\n')}\n}`;
}

/** The entry of the project itself, from CITATION.cff. */
export function projectEntry(cff, commit) {
  const title = /^title:\s*"?(.*?)"?\s*$/m.exec(cff)?.[1];
  const authors = [...cff.matchAll(/^\s+- name:\s*"?(.*?)"?\s*$/gm)].map((m) => `{${m[1]}}`);
  if (!title || !authors.length) throw new Error('CITATION.cff: expected a title and authors with a name');
  return `@software{marginalia,\n  title = {{${title}}},\n  author = {${authors.join(' and ')}},\n${commit ? `  version = {commit ${commit}},\n` : ''}  license = {Apache-2.0}\n}`;
}

/** The list of papers on the front page: those that are here, then those that are not yet. */
export function paperList(papers) {
  return `<ol class="papers">${papers.map((p) => (p.page ? present(p) : absent(p))).join('\n')}</ol>\n`;
}

function present({ key, paper, ledger, run, picture, learn }) {
  const still = picture ? `<a class="thumb" href="${key}.html" tabindex="-1" aria-hidden="true"><img src="${picture.src}" width="${picture.width}" height="${picture.height}" alt="" loading="lazy"></a>` : '<span class="thumb"></span>';
  const time = run.seconds === undefined ? '' : `<span class="dot"> · </span>${duration(run.seconds)}`;
  return `<li class="here">${still}<div><h3><a href="${key}.html">${esc(paper.title)}</a></h3><p class="facts">${esc(people(paper.authors))}<span class="dot"> · </span>${esc(paper.venue)}${paper.arxiv ? `<span class="dot"> · </span>${arxiv(paper)}` : ''}</p>
<p class="learn">${learn}</p><p class="state">${ledgers.summary(ledger.claims)}${time}</p><p class="origins">${ledgers.origins(ledger.claims)}</p>${ledgers.reading(paper) ? `<p class="unread">${esc(ledgers.reading(paper))}</p>` : ''}</div></li>`;
}

/** The claims of all papers, a folded table each. */
export function claimsOf(papers, inline) {
  return papers.map(({ key, paper, ledger, run }) => `<details class="claims-of"><summary>${esc(paper.title)} <span class="count">${ledgers.summary(ledger.claims)}${run.seconds === undefined ? '' : `; ${duration(run.seconds)}`}</span></summary>
${ledgers.table(ledger.claims, inline, key, paper.title)}</details>`).join('\n');
}

/** How much there is, counted: papers, claims, and whose they are. */
export function counts(papers) {
  const here = papers.filter((p) => p.page), claims = here.flatMap((p) => p.ledger.claims);
  if (!claims.length) return '';
  const figures = here.reduce((n, p) => n + p.page.figures, 0), unread = here.filter((p) => p.paper.unread).length;
  const runs = here.reduce((n, p) => n + (p.recompute?.here ?? 0), 0);
  const slips = claims.filter((c) => c.verdict === 'slip' || c.verdict === 'corrected').length;
  const rows = [['Papers', `${here.length} here, of ${papers.length} listed`], ['Claims', ledgers.summary(claims).replace(/^\d+ claims?: /, `${claims.length}: `)], ['Whose', ledgers.origins(claims)],
    ...(slips ? [['False as printed', `${slips}, each with its counter-example and its repair`]] : []), ...(runs ? [['Checked here', `${runs} claims run in your browser, by a button beside each`]] : []), ['Figures', String(figures)], ...(unread ? [['Not read', `the body of ${unread} ${unread === 1 ? 'paper' : 'papers'}, which ${unread === 1 ? 'says' : 'say'} so`]] : [])];
  return `<dl class="counts">${rows.map(([k, v]) => `<div><dt>${k}</dt><dd>${v}</dd></div>`).join('')}</dl>\n`;
}

function absent({ paper }) {
  return `<li class="away"><div><h3>${esc(paper.title)}</h3><p class="facts">${esc(people(paper.authors))}<span class="dot"> · </span>${esc(paper.venue)}<span class="dot"> · </span>${arxiv(paper)}</p><p class="state">not yet here</p></div></li>`;
}
