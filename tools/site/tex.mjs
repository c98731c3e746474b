// Formulas are typeset while the site is built: a page carries SVG for the eye and MathML for the ear, and needs
// no script to show either.
import { createRequire } from 'node:module';

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

/** Typesetter of one page: glyphs that its formulas share are drawn once, in `glyphs()`. */
export class Typesetter {
  constructor() {
    output.fontCache.clearCache();
    this.count = 0;
  }

  /** Returns the HTML of one formula; throws an Error that says what is wrong with it. */
  formula(tex, display) {
    this.count++;
    MathJax.texReset();
    const node = MathJax.tex2svg(tex, { display, em: 16, ex: 8, containerWidth: COLUMN });
    const html = adaptor.outerHTML(node);
    const wrong = /data-mjx-error="([^"]*)"/.exec(html);
    if (wrong) throw new Error(`formula ${JSON.stringify(tex.trim())}: ${wrong[1]}`);
    return html.replace(DEAD, '').replace(/^<mjx-container/, `<mjx-container data-tex="${tex.replace(/[&<>"]/g, (c) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[c]};`)}"`); // for the search; the written page has it no more
  }

  /** The hidden drawing that holds the glyphs; it has to stand once in the page. */
  glyphs() {
    if (this.count === 0) return '';
    return `<svg class="glyphs" aria-hidden="true">${adaptor.outerHTML(output.fontCache.getCache())}</svg>`;
  }
}

/** What MathJax's own scripts would use and a finished page does not. */
const DEAD = / (?:data-mml-node|data-c|data-mjx-texclass|data-mjx-variant|focusable|unselectable|xmlns:xlink|jax)="[^"]*"| style="position: relative;"/g;

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

/** Formulas shorter than this, in characters of TeX, stay whole. */
const SHORT = 24;

/**
 * Cuts a formula of the running text before the relations that stand in no brackets, and behind commas with a space:
 * there a line may end, as it may in print. A formula whose brackets do not pair, like ]0, 1[, stays whole.
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
  return depth === 0 ? found.filter((piece) => piece.trim()) : [tex];
}

/** A piece that is no more than a relation and an accent or negation so far is not to be cut again. */
const STARTED = /^\{\}\s*(?:\\[a-zA-Z]+|[=<>])?\s*$/;
