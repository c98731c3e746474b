// Every link inside the site must lead somewhere, and so must those into the repository; the build fails where one does not.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileAt, ROOT } from './repository.mjs';

/** Lists the links of the pages that lead nowhere, each with its page. Pages that were left out are not looked into. */
export function deadLinks(pages, left = new Set()) {
  const targets = new Map(pages.map((p) => [`${p.key}.html`, new Set([...p.html.matchAll(/\sid="([^"]+)"/g)].map((m) => m[1]))]));
  return pages.flatMap((p) => [...new Set([...p.html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)].map((m) => m[1]))]
    .filter((href) => !left.has(/^([\w-]+)\.html/.exec(href)?.[1]) && !alive(href, `${p.key}.html`, targets)).map((href) => `${p.key}: ${href || '(empty)'}`));
}

function alive(href, page, targets) {
  if (/^(?:https?:\/\/[\w.-]+\.\w+|mailto:)/.test(href)) return true; // cannot be tried offline
  const [file, id] = href.split('#');
  const ids = targets.get(file || page);
  return ids !== undefined && href !== '' && (id === undefined || id === '' || ids.has(decodeURIComponent(id)));
}

/**
 * Lists the links of the pages to files and lines that the checkout does not have, each with its page. A notebook from
 * elsewhere, whose folder the checkout lacks, may name what is beside it.
 */
export function deadFiles(pages, root = ROOT) {
  const base = fileAt(''), lines = new Map();
  const has = (path, line) => {
    if (!lines.has(path)) {
      const file = join(root, path);
      lines.set(path, !existsSync(file) ? -1 : statSync(file).isDirectory() ? 0 : readFileSync(file, 'utf8').split('\n').length);
    }
    const [, key] = /^notebooks\/([^/]+)/.exec(path) ?? [];
    return key && !existsSync(join(root, 'notebooks', key)) || lines.get(path) >= (line ?? 0);
  };
  return pages.flatMap((p) => [...new Set([...p.html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)].map((m) => m[1]))].filter((href) => href.startsWith(base)).filter((href) => {
    const [path, hash] = decodeURI(href.slice(base.length)).split('#');
    return !(hash === undefined ? has(path) : /^L\d+$/.test(hash) && has(path, Number(hash.slice(1))));
  }).map((href) => `${p.key}: ${href}`));
}
