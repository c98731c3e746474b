// The mathematics of labels and ledgers, in the browser's and Go's own script (pkg/figure/mathtext.js).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { ROOT } from './repository.mjs';

for (const name of ['pkg/figure/mathtext.js', 'pkg/figure/livefig.js', 'tools/site/static/number.js']) runInThisContext(readFileSync(join(ROOT, name), 'utf8'), { filename: name });

const { math, layout, opening, textWidth, words: plainly, measured } = globalThis.marginalia;

export { layout, opening, textWidth, measured };

/** Text with its formulas as one line of Unicode. */
export const flat = (text) => math.flat(text);

/** Text with indices, exponents and powers of ten as HTML. What stands in dollars is set by `inline`, where it is given. */
export function words(text, inline) {
  const all = String(text);
  if (!all.includes('$') || !inline) return plainly(all);
  const parts = all.split('$');
  if (parts.length % 2 === 0) throw new Error(`“${text}” has an odd number of dollars`);
  return parts.map((part, i) => (i % 2 ? inline(`$${part}$`) : plainly(part))).join('');
}

/** Sets the texts between the tags of a piece of HTML, and formulas that keep their TeX. */
export function captioned(html, inline) {
  const dollars = html.includes('&#36;'); // dollars that are no mathematics
  return html.split(/(<span class="mg-math" data-tex="[^"]*">.*?<\/span>|<[^>]*>)/s).map((part) => {
    const tex = /^<span class="mg-math" data-tex="([^"]*)"/.exec(part);
    if (tex) return inline(`$${unescape(tex[1])}$`);
    return part.startsWith('<') ? part : dollars ? part.split('&#36;').map((p) => words(unescape(p))).join('$') : words(unescape(part), inline);
  }).join('');
}

export const escapeHtml = (text) => String(text).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'", '#34': '"' };
const unescape = (text) => text.replace(/&(amp|lt|gt|quot|apos|#39|#34);/g, (_, e) => ENTITIES[e]);
