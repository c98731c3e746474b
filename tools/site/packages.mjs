// The page of packages: what each is for, how it is used, and every exported name, from the Go sources.
import { execFileSync } from 'node:child_process';
import { fenced } from './code.mjs';
import { escapeHtml as esc } from './markdown.mjs';
import { captioned } from './mathtext.mjs';
import { HOME, MODULE, ROOT, fileAt } from './repository.mjs';

let kept = null;

/** What the Go program in packages/ says of the checkout's packages, asked once. */
export function loadPackages() {
  if (kept) return kept;
  let text;
  try {
    text = execFileSync('go', ['-C', 'tools', 'run', './site/packages', ROOT], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (err) {
    throw new Error(err.code === 'ENOENT' ? 'go was not found on the PATH; the page of packages is made from the Go sources' : `tools/site/packages: ${err.stderr}`);
  }
  kept = library(JSON.parse(text));
  return kept;
}

/** The packages with a way to the place of a name on the page. */
export function library(packages) {
  const names = new Map(packages.map((p) => [p.path, new Map(p.symbols.flatMap((s) => [s.name, ...(s.also ?? [])].map((n) => [n, `${p.anchor}.${n}`])))]));
  return { packages, anchor: (path, symbol) => names.get(path)?.get(symbol) };
}

/** A doc comment whose formulas in the text are set as those of the pages; displays stay as the source has them. */
const set = (html) => html.split(/(<pre>.*?<\/pre>)/s).map((part) => (part.startsWith('<pre>') ? part : captioned(part.replace(/\$/g, '&#36;'), (t) => t))).join('');

/** A whole program around the code of an example; that of a test inside the package would not compile as one, and stays. */
function program(p, e) {
  if (!e.imports?.some((i) => i.includes(`"${p.path}"`))) return e.code;
  const imports = e.imports?.length ? `import (\n${e.imports.map((i) => `\t${i}`).join('\n')}\n)\n\n` : '';
  return `package main\n\n${imports}func main() {\n${e.code.split('\n').map((l) => (l ? `\t${l}` : '')).join('\n')}\n}\n`;
}

function example(p, e) {
  const id = exampleId(p, e);
  return `<div class="example"><h3 id="${id}">${e.name ? `Example: ${esc(e.name)}` : 'Example'}</h3>
${set(e.doc)}${fenced(program(p, e), 'go')}${e.output ? `<p class="said">It prints</p><pre class="out" tabindex="0">${esc(e.output.trimEnd())}</pre>` : ''}
<p class="where"><a href="${fileAt(e.file, e.line)}">${esc(e.file)}, line ${e.line}</a></p></div>\n`;
}

const exampleId = (p, e) => `example-${p.anchor}${e.name ? `-${e.name.replace(/[^\w.]+/g, '-')}` : ''}`;

function symbol(p, s) {
  const others = (s.also ?? []).map((n) => `<span id="${p.anchor}.${n}"></span>`).join('');
  return `<div class="symbol" id="${p.anchor}.${s.name}">${others}${fenced(s.decl, 'go')}${set(s.doc)}<p class="where"><a href="${fileAt(s.file, s.line)}">${esc(s.file.split('/').at(-1))}, line ${s.line}</a></p></div>`;
}

function section(p) {
  return `<section class="package" aria-labelledby="pkg-${p.anchor}"><h2 id="pkg-${p.anchor}">${esc(p.anchor)}</h2>
${fenced(`import "${p.path}"`, 'go')}${set(p.doc)}<p class="where"><a href="${fileAt(p.file)}">${esc(p.file)}</a></p>
${p.examples.map((e) => example(p, e)).join('')}<details class="names"><summary>${p.symbols.length} exported ${p.symbols.length === 1 ? 'name' : 'names'} of ${esc(p.anchor)}</summary>${p.symbols.map((s) => symbol(p, s)).join('\n')}</details></section>\n`;
}

/** The packages for data of one's own: without what the cells of one notebook call. */
export const forReaders = ({ packages }) => ({ packages: packages.filter((p) => !p.path.startsWith(`${MODULE}/notebooks/`)) });

/** A table of the packages, each with a line of words and its examples. */
export function packageTable({ packages }) {
  const first = (p) => esc(p.synopsis.replace(/^Package \S+ /, '').replace(/[:,]$/, ''));
  const link = (p, e) => `<a href="packages.html#${exampleId(p, e)}">${esc(e.name || 'package')}</a>`;
  return `<div class="table packages" role="group" aria-label="Packages"><table><thead><tr><th scope="col">Package</th><th scope="col">What it does</th><th scope="col">Examples</th></tr></thead><tbody>
${packages.map((p) => `<tr><th scope="row"><a href="packages.html#pkg-${p.anchor}"><code>${esc(p.anchor)}</code></a></th><td>${first(p)}</td><td>${p.examples.map((e) => link(p, e)).join(', ') || '–'}</td></tr>`).join('\n')}</tbody></table></div>\n`;
}

const pages = new WeakMap(); // made once for a library: it does not depend on the notebooks

/** The body of the page, and its headings for the contents. */
export function packagesPage(lib) {
  if (pages.has(lib)) return pages.get(lib);
  const { packages } = lib;
  const targets = new Set(packages.flatMap((p) => [`pkg-${p.anchor}`, ...p.symbols.flatMap((s) => [s.name, ...(s.also ?? [])].map((n) => `${p.anchor}.${n}`)), ...p.examples.map((e) => exampleId(p, e))]));
  // A doc comment may name what is not exported: such a link stays text.
  const alive = (html) => html.replace(/<a href="#([^"]*)">(.*?)<\/a>/gs, (all, id, text) => (targets.has(id) ? all : text)).replace(/<pre>/g, '<pre tabindex="0">');
  const body = `<h1 id="packages">Packages</h1>
<p>What the notebooks compute with is an ordinary Go module: what one of them shows for the paper’s data, a program of a few lines does for yours. Every name links to its source in <a href="${HOME}">the repository</a>.</p>
${fenced(`go get ${MODULE}`, 'bash')}${packageTable(lib)}${packages.map((p) => alive(section(p))).join('')}`;
  pages.set(lib, { body, headings: packages.map((p) => ({ level: 2, id: `pkg-${p.anchor}`, text: p.anchor })) });
  return pages.get(lib);
}
