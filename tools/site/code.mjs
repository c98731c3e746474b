// Go cells with GoNB's magic lines, in colour.
import hljs from 'highlight.js/lib/core';
import go from 'highlight.js/lib/languages/go';
import bash from 'highlight.js/lib/languages/bash';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import { escapeHtml } from './markdown.mjs';

for (const [name, language] of Object.entries({ go, bash, json, python })) hljs.registerLanguage(name, language);

/**
 * Makes every line of coloured code a block of its own: one that is too long for its box goes on below, indented
 * behind its own beginning, on a narrow screen and on paper too. A colour that spans lines is begun anew in each.
 */
function inLines(html) {
  let open = [];
  return html.split('\n').map((line) => {
    const before = open.join('');
    for (const [tag] of line.matchAll(/<span[^>]*>|<\/span>/g)) tag === '</span>' ? open.pop() : open.push(tag);
    const indent = /^[\t ]*/.exec(line)[0].replaceAll('\t', TAB);
    return `<span class="line" style="--in:${indent.length}">${before}${indent}${line.trimStart()}${'</span>'.repeat(open.length)}</span>`;
  }).join('');
}

const TAB = '    ';

const MAGIC = /^(?:\/\/gonb:)?[%!]\S/;

/** The import paths of Go code by the name that the code calls them. */
export function importsOf(source) {
  const found = new Map();
  for (const [, block] of source.matchAll(/^import\s*\(([^)]*)\)/gm)) {
    for (const [, name, path] of block.matchAll(/^\s*(?:([\w.]+)\s+)?"([^"]+)"/gm)) found.set(name ?? path.split('/').at(-1), path);
  }
  return found;
}

/** The packages of this project that a cell names, in the order of their names. */
export function packagesIn(source, page) {
  const called = new Set([...source.matchAll(/(?<![\w.])([a-z]\w*)\.[A-Z]/g)].map((m) => m[1]));
  return (page.library?.packages ?? []).filter((p) => [...called].some((name) => page.imports.get(name) === p.path)).sort((a, b) => a.name.localeCompare(b.name));
}

/** Coloured code whose names from this project's packages lead to their documentation. */
function linked(html, page) {
  if (!page?.library) return html;
  const spans = [];
  return html.split(/(<[^>]*>)/).map((part) => {
    if (part.startsWith('</')) spans.pop();
    else if (part.startsWith('<')) spans.push(part);
    else if (!spans.some((s) => /hljs-(?:string|comment)/.test(s))) {
      return part.replace(/(?<![\w.])([a-z]\w*)\.([A-Z]\w*)/g, (all, name, symbol) => {
        const anchor = page.library.anchor(page.imports.get(name), symbol);
        return anchor ? `${name}.<a href="packages.html#${anchor}">${symbol}</a>` : all;
      });
    }
    return part;
  }).join('');
}

/** Colours a cell; lines that speak to GoNB instead of the compiler are set apart. */
export function goCell(source, page) {
  const parts = [];
  let lines = [];
  const flush = () => {
    if (lines.length) parts.push(linked(hljs.highlight(lines.join('\n'), { language: 'go' }).value, page));
    lines = [];
  };
  for (const line of source.split('\n')) {
    if (!MAGIC.test(line)) { lines.push(line); continue; }
    flush();
    parts.push(`<span class="magic">${escapeHtml(line)}</span>`);
  }
  flush();
  return inLines(parts.join('\n'));
}

/** A block of code inside text, with the language that its fence names. */
export function fenced(source, language) {
  const text = source.replace(/\n$/, '');
  const html = language === 'go' ? goCell(text) : inLines(hljs.getLanguage(language) ? hljs.highlight(text, { language }).value : escapeHtml(text));
  return `<pre class="code" tabindex="0"><code>${html}</code></pre>\n`;
}
