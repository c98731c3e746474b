// The index of the search: one entry a section, made while building, loaded when somebody searches.
import MiniSearch from 'minisearch';
import { flat } from './mathtext.mjs';

const OPTIONS = { fields: ['label', 'head', 'text'], storeFields: ['label', 'head', 'title', 'href', 'text', 'page'] };

/**
 * Splits a rendered page at its headings and statements into what can be found:
 * {id, page, href, title, label, head, text}. The label of a statement is its name, as in "Theorem 1 (descent)".
 */
export function sections({ key, title, html }) {
  const body = html.slice(html.indexOf('<article'), html.indexOf('</article>'));
  let under = '';
  return body.split(/(?=<h[1-4]\b)|(?=<div class="statement )|(?=<div class="symbol")/).map((part, i) => {
    const heading = /^<h[1-4]\b([^>]*)>(.*?)<\/h[1-4]>/s.exec(part);
    const statement = /^<div class="(?:statement|symbol)[^"]*"([^>]*)>/.exec(part);
    let id = /\bid="([^"]+)"/.exec((heading ?? statement)?.[1] ?? '')?.[1];
    if (heading) under = words(heading[2]);
    const label = !statement ? '' : part.startsWith('<div class="symbol') ? id ?? '' : words(/<strong>(.*?)<\/strong>/s.exec(part)?.[1] ?? '');
    if (statement && !id) { // its target stands before it
      const target = /^(\w+) ([\w.]+)/.exec(label)?.slice(1).join('-').toLowerCase();
      if (body.includes(` id="${target}"`)) id = target;
    }
    return { id: `${key}-${i}`, page: key, title, href: `${key}.html${id ? `#${id}` : ''}`, label: label.replace(/\.$/, ''), head: under, text: words(heading ? part.slice(heading[0].length) : part) };
  }).filter((s) => (s.head || s.text) && (s.href.includes('#') || s.text));
}

/** The text of a piece of HTML, without drawings, code and scripts; formulas are lines of Unicode. */
function words(html) {
  return html.replace(/<mjx-container[^>]* data-tex="([^"]*)".*?<\/mjx-container>/gs, (_, tex) => ` ${formula(tex)} `)
    .replace(/<(script|style|svg|pre|mjx-assistive-mml)\b.*?<\/\1>/gs, ' ').replace(/<sub>(.*?)<\/sub>/gs, '_$1').replace(/<[^>]+>/g, ' ')
    .replace(/&(amp|lt|gt|quot|apos|#39|#34);/g, (_, e) => ({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'", '#34': '"' })[e]).replace(/\s+([,.;:)])/g, '$1').replace(/\s+/g, ' ').trim();
}

/** A formula as a person would type it: what mathtext.js cannot say stays TeX. */
function formula(escaped) {
  const tex = escaped.replace(/&(amp|lt|gt|quot);/g, (_, e) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[e]).replace(/\\(?:begin|end)\{[^}]*\}|\\tag\{[^}]*\}|\\\\|&|\\,/g, ' ').replace(/^\{\}/, '').trim();
  let text = tex;
  try { text = flat(`$${tex}$`); } catch { /* stays TeX */ }
  return text.replace(/\s+/g, ' ').replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
}

/** The script that a page loads from its own folder: from a file:// address nothing but a script can be loaded. */
export function searchScript(entries) {
  const index = new MiniSearch(OPTIONS);
  index.addAll(entries);
  return `window.searchIndex = ${JSON.stringify({ options: OPTIONS, index })};\n`;
}
