// Formulas are typeset while the site is built: a page carries SVG for the eye and MathML for the ear, and needs
// no script to show either.
import { createRequire } from 'node:module';
import { escapeHtml } from './mathtext.mjs';

const MathJax = await createRequire(import.meta.url)('mathjax').init({
  loader: { load: ['input/tex-full', 'output/svg', 'a11y/assistive-mml'] },
  // An unknown command must be an error: without these packages it is one, instead of red text or a download.
  tex: { packages: { '[-]': ['noerrors', 'noundefined', 'require', 'autoload'] } },
  svg: { fontCache: 'global' },
  startup: { typeset: false },
});
const { adaptor, output } = MathJax.startup;

/** The width, in pixels, for which MathJax lays out tables whose rows are numbered. */
const COLUMN = 640;

/** Formulas that were typeset before, by their TeX: pages share many, and the claims stand on the front page again. */
const done = new Map();

/** The outline of each glyph that formulas drew so far, by its id. */
function outlines() {
  return new Map(adaptor.childNodes(output.fontCache.getCache()).map((path) => [adaptor.getAttribute(path, 'id'), adaptor.outerHTML(path)]));
}

/** Typesetter of one page: glyphs that its formulas share are drawn once, in `glyphs()`. */
export class Typesetter {
  used = new Set(); // ids of glyphs, in the order of the page

  /** Returns the HTML of one formula; throws an Error that says what is wrong with it. */
  formula(tex, display) {
    const key = `${display} ${tex}`;
    if (!done.has(key)) done.set(key, typeset(tex, display));
    const { html, glyphs } = done.get(key);
    glyphs.forEach((id) => this.used.add(id));
    return html;
  }

  /** The hidden drawing that holds the glyphs; it has to stand once in the page. */
  glyphs() {
    if (this.used.size === 0) return '';
    const paths = outlines();
    return `<svg class="glyphs" aria-hidden="true"><defs>${[...this.used].map((id) => paths.get(id)).join('')}</defs></svg>`;
  }
}

function typeset(tex, display) {
  MathJax.texReset();
  const node = MathJax.tex2svg(tex, { display, em: 16, ex: 8, containerWidth: COLUMN });
  const drawn = adaptor.outerHTML(node);
  const wrong = /data-mjx-error="([^"]*)"/.exec(drawn);
  if (wrong) throw new Error(`formula ${JSON.stringify(tex.trim())}: ${wrong[1]}`);
  const html = flattened(drawn.replace(DEAD, '')).replace(/^<mjx-container/, (tag) => `${tag} data-tex="${escapeHtml(tex)}"`); // for the search; the written page has it no more
  return { html, glyphs: [...new Set([...html.matchAll(/href="#(MJX-[^"]+)"/g)].map((m) => m[1]))] };
}

/** What MathJax's own scripts would use and a finished page does not. */
const DEAD = / (?:data-mml-node|data-c|data-mjx-texclass|data-mjx-variant|focusable|unselectable|xmlns:xlink|jax)="[^"]*"| style="position: relative;"/g;

/**
 * The drawing without groups that do nothing but move and scale what is in them: that goes into what is drawn. A page
 * has thousands of them, and a browser lays out each.
 */
export function flattened(svg) {
  const open = [{ at: NOWHERE }]; // the groups and drawings around, each with where its content stands in what was written last
  return svg.replace(/<(\/?)(g|svg|use|rect|path|line|polygon|polyline|ellipse|circle|text)\b([^>]*?)(\/?)>/g, (all, closing, name, attributes, empty) => {
    if (closing) return GROUPS.has(name) ? open.pop().close : name === 'text' ? all : '';
    const own = / transform="([^"]*)"/.exec(attributes), rest = own ? attributes.replace(own[0], '') : attributes;
    const outer = open.at(-1).at, move = placed(outer, own?.[1]);
    if (name === 'svg') { // a drawing in a drawing is cut to its size, and moved by a group alone
      const group = move && open.length > 1 ? `<g transform="${move}">` : '';
      open.push({ at: NOWHERE, close: `</svg>${group && '</g>'}` });
      return `${group}<svg${rest}>`;
    }
    const to = move && ` transform="${move}"`;
    if (name === 'g') {
      const idle = !rest.trim() && moved(own?.[1]);
      open.push(idle ? { at: combined(outer, moved(own?.[1])), close: '' } : { at: NOWHERE, close: '</g>' });
      return idle ? '' : `<g${rest}${to}>`;
    }
    return name === 'text' ? `<text${rest}${to}>` : `<${name}${rest}${to}/>`;
  });
}

const GROUPS = new Set(['g', 'svg']);

/** A scale and, before it, a translation: [s, x, y]. */
const NOWHERE = [1, 0, 0];

const combined = ([s, x, y], [t, u, v]) => [s * t, x + s * u, y + s * v];

/** What a transform of translations and equal scalings does, as [s, x, y]; null for any other. */
function moved(transform = '') {
  let at = NOWHERE;
  const left = transform.replace(/(translate|scale)\(\s*([-\d.e]+)(?:[\s,]+([-\d.e]+))?\s*\)/g, (all, name, a, b) => {
    if (name === 'scale' && b !== undefined && Number(b) !== Number(a)) return all;
    at = combined(at, name === 'scale' ? [Number(a), 0, 0] : [1, Number(a), Number(b ?? 0)]);
    return '';
  });
  return left.trim() ? null : at;
}

/** The transform of something that stands at a place and has one of its own, in words; '' for none. */
function placed(at, own) {
  const inner = moved(own), short = (x) => String(Number(x.toFixed(3)));
  const [s, x, y] = inner ? combined(at, inner) : at;
  return [x || y ? `translate(${short(x)}${y ? `,${short(y)}` : ''})` : '', s === 1 ? '' : `scale(${short(s)})`, inner ? '' : own].filter(Boolean).join(' ');
}

/**
 * Takes the number off a display formula that has exactly one, so that the page can set it itself, where it stays in
 * view while a long formula scrolls. Formulas with more than one keep theirs: MathJax aligns them with their rows.
 */
export function takeTag(tex) {
  const tags = [...tex.matchAll(/\\tag\{([^{}]*)\}/g)].map((m) => m[1]);
  return tags.length === 1 ? { tex: tex.replace(/\s*\\tag\{[^{}]*\}/, ''), tags, number: tags[0] } : { tex, tags, number: null };
}

const RELATIONS = new Set(['=', '<', '>', ...['le', 'leq', 'ge', 'geq', 'lt', 'gt', 'ne', 'sim', 'simeq', 'approx', 'asymp', 'equiv', 'propto', 'to',
  'rightarrow', 'longrightarrow', 'Rightarrow', 'Longrightarrow', 'iff', 'Leftrightarrow', 'Longleftrightarrow', 'implies', 'subset', 'subseteq',
  'succeq', 'preceq', 'll', 'gg', 'coloneqq'].map((name) => `\\${name}`)]);
const OPEN = new Set(['{', '(', '[', '\\{', '\\left', '\\begin']), CLOSE = new Set(['}', ')', ']', '\\}', '\\right', '\\end']);

/** Formulas shorter than the first, in characters of TeX, stay whole; pieces longer than the second are cut at sums too. */
const SHORT = 24, LONG = 60;

/**
 * Cuts a formula of the running text before the relations that stand in no brackets, and behind commas with a space:
 * there a line may end, as it may in print; what is still long may end at a sum. A formula whose brackets do not pair,
 * like ]0, 1[, stays whole.
 */
export function pieces(tex) {
  if (tex.length < SHORT || /\\begin|&|\\\\/.test(tex)) return [tex];
  const found = [''];
  let depth = 0;
  for (const [token] of tex.matchAll(/\\(?:[a-zA-Z]+|.)|[^\\]/gs)) {
    if (CLOSE.has(token)) depth--;
    if (depth < 0) return [tex];
    if (depth === 0 && RELATIONS.has(token) && /\S/.test(found.at(-1)) && !/(?:[_^]|\\not)\s*$/.test(found.at(-1)) && !STARTED.test(found.at(-1))) found.push('{}');
    if (OPEN.has(token)) depth++;
    found[found.length - 1] += token;
    if (depth === 0 && /,\s*\\(?:quad|qquad|;|,| )$/.test(found.at(-1))) found.push('');
  }
  return depth === 0 ? found.filter((piece) => piece.trim()).flatMap(summands) : [tex];
}

/** A long piece, cut before the signs that stand in no brackets and behind something. */
function summands(piece) {
  if (piece.length <= LONG) return [piece];
  const found = [''];
  let depth = 0;
  for (const [token] of piece.matchAll(/\\(?:[a-zA-Z]+|.)|[^\\]/gs)) {
    if (CLOSE.has(token)) depth--;
    if (depth === 0 && (token === '+' || token === '-') && /[\w})\]|]\s*$|\\r\w+\s*$/.test(found.at(-1)) && !STARTED.test(found.at(-1))) found.push('{}');
    if (OPEN.has(token)) depth++;
    found[found.length - 1] += token;
  }
  return found;
}

/** A piece that is no more than a relation and an accent or negation so far is not to be cut again. */
const STARTED = /^\{\}\s*(?:\\[a-zA-Z]+|[=<>])?\s*$/;
