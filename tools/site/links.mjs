// Every link inside the site must lead somewhere; the build fails where one does not.

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
