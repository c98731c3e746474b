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
    return html.replace(DEAD, '');
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
