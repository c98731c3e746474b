// One page with everything in it, to mail or to keep.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const addressOf = (page) => `${page.key}.html`;

const TYPES = { png: 'image/png', woff2: 'font/woff2' };

const data = (path) => `data:${TYPES[path.split('.').at(-1)]};base64,${readFileSync(path).toString('base64')}`;

/** Puts style sheets, scripts, fonts and pictures into the page; links to other pages lose their address, and the paper's program stays behind. */
export function inlined(html, site) {
  return html
    .replace(/<script type="application\/json" id="recompute">.*?<\/script>\n?/s, '')
    .replace(/\n<script src="_\/(?:number|recompute)\.js" defer><\/script>/g, '')
    .replace(/<link rel="stylesheet" href="([^"]+)"( media="print")?>/g, (_, href, media) => `<style${media ?? ''}>\n${styles(join(site, href))}</style>`)
    .replace(/<script src="([^"]+)"( defer)?><\/script>/g, (_, src, later) => (later ? LATER(script(join(site, src))) : `<script>${script(join(site, src))}</script>`))
    .replace(/<img ([^>]*)src="(img\/[^"]+)"/g, (_, before, src) => `<img ${before}src="${data(join(site, src))}"`)
    .replace(/<nav aria-label="Site">.*?<\/nav>/s, '')
    .replace(/<button type="button" id="find".*?<\/button>/s, '')
    .replace(/<a ([^>]*)href="[\w-]+\.html(?:#[^"]*)?"([^>]*)>(.*?)<\/a>/gs, '<span $1$2>$3</span>');
}

const styles = (path) => readFileSync(path, 'utf8').replace(/url\((fonts\/[\w-]+\.woff2)\)/g, (_, font) => `url(${data(join(path, '..', font))})`);

const script = (path) => readFileSync(path, 'utf8').replace(/<\/script/gi, '<\\/script').replace(/<!--/g, '<\\!--');

/** Inline scripts cannot be deferred, except as data: modules wait for the whole page, as deferred files do. */
const LATER = (code) => `<script src="data:text/javascript;base64,${Buffer.from(code).toString('base64')}" defer></script>`;
