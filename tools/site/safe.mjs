// HTML in Markdown: the form that tools/site/README.md describes passes, everything else is text.
import { escapeHtml } from './mathtext.mjs';

const TAGS = new Set(['a', 'b', 'br', 'code', 'dd', 'del', 'details', 'div', 'dl', 'dt', 'em', 'figcaption', 'figure', 'i', 'img', 'kbd', 'li', 'ol', 'p', 'section', 'small', 'span', 'strong', 'sub', 'summary', 'sup',
  'table', 'tbody', 'td', 'th', 'thead', 'tr', 'u', 'ul']);
const ATTRIBUTES = new Set(['align', 'alt', 'aria-hidden', 'aria-label', 'class', 'colspan', 'height', 'href', 'id', 'name', 'open', 'role', 'rowspan', 'scope', 'src', 'style', 'tabindex', 'title', 'width']);
const TAG = /^<\/?([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*\/?>/i;
const COMMENT = /^<!--[\s\S]*?-->/;

/** A piece of HTML in which what is not of the form is text. */
export function safe(html) {
  let out = '';
  for (let at = 0; at < html.length;) {
    const rest = html.slice(at), found = rest[0] === '<' && (COMMENT.exec(rest) ?? allowed(rest));
    const piece = found ? found[0] : rest[0];
    out += found || piece !== '<' ? piece : escapeHtml(piece);
    at += piece.length;
  }
  return out;
}

function allowed(text) {
  const tag = TAG.exec(text);
  if (!tag || !TAGS.has(tag[1].toLowerCase())) return null;
  for (const [, name, value = ''] of tag[2].matchAll(/([a-z-]+)(?:="([^"]*)")?/gi)) {
    if (!ATTRIBUTES.has(name.toLowerCase()) || (/^(?:href|src)$/i.test(name) && !address(value))) return null;
  }
  return tag;
}

/** No address that is a script. */
const address = (value) => /^(?:https?:|mailto:|[#./]|[\w-]+(?:[./#]|$))/i.test(value.trim());
