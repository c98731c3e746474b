// The index of the search: one entry a section, made while building, loaded when somebody searches.
import MiniSearch from 'minisearch';

const OPTIONS = { fields: ['head', 'text'], storeFields: ['head', 'title', 'href', 'text'] };

/** Splits a rendered page at its headings into what can be found: {id, href, title, head, text}. */
export function sections({ key, title, html }) {
  const body = html.slice(html.indexOf('<article>'), html.indexOf('</article>'));
  return body.split(/(?=<h[1-4]\b)/).map((part, i) => {
    const head = /^<h[1-4]\b([^>]*)>(.*?)<\/h[1-4]>/s.exec(part);
    const id = /\bid="([^"]+)"/.exec(head?.[1] ?? '')?.[1];
    return { id: `${key}-${i}`, title, href: `${key}.html${id ? `#${id}` : ''}`, head: head ? words(head[2]) : '', text: words(head ? part.slice(head[0].length) : part) };
  }).filter((s) => s.head || s.text);
}

/** The text of a piece of HTML, without drawings, code and scripts. */
function words(html) {
  return html.replace(/<(script|style|svg|pre|mjx-assistive-mml)\b.*?<\/\1>/gs, ' ').replace(/<[^>]+>/g, ' ')
    .replace(/&(amp|lt|gt|quot);/g, (_, e) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[e]).replace(/\s+/g, ' ').trim();
}

/** The script that a page loads from its own folder: from a file:// address nothing but a script can be loaded. */
export function searchScript(entries) {
  const index = new MiniSearch(OPTIONS);
  index.addAll(entries);
  return `window.searchIndex = ${JSON.stringify({ options: OPTIONS, index })};\n`;
}
