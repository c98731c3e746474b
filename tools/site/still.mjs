// What a reader without scripts gets, as the file alone says it.
import { existsSync, openSync, readSync, closeSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The faults of a page without scripts, by name of the check: pictures that are not there or say nothing, dead buttons, fetches. */
export function stillFile(file) {
  const html = readFileSync(file, 'utf8'), images = [...html.matchAll(/<img\b[^>]*>/g)].map(([tag]) => attributes(tag));
  const figures = html.match(/<figure\b.*?<\/figure>/gs) ?? [];
  const text = (part) => part.replace(/<(script|style|svg)\b.*?<\/\1>|<[^>]*>/gs, '').trim().slice(0, 50);
  return new Map([
    ['pictures are shown', [...images.filter(({ src }) => !src.startsWith('data:') && !picture(join(dirname(file), src))).map(({ src }) => `${src.slice(0, 60)} is no picture`),
      ...figures.filter((f) => f.includes('class="livefig"') && !/<img class="static"/.test(f)).map((f) => `the figure “${text(f)}” has no picture`)]],
    ['pictures have words', images.filter((i) => i.class === 'static' && (i.alt ?? '').trim().length < 20).map(({ src }) => `${src} has no words that say what it shows`)],
    ['no button is dead', /<div class="tools" hidden>/.test(html) || !html.includes('class="tools"') ? [] : ['buttons are shown that do nothing']],
    ['nothing is fetched', [...html.matchAll(/<(?:img|link|script|source|iframe)\b[^>]*\b(?:src|href)="((?:https?:)?\/\/[^"]*)"/g)].map((m) => m[1])],
  ]);
}

const attributes = (tag) => Object.fromEntries([...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map((m) => [m[1], m[2]]));

/** Whether a file is a PNG, or an SVG, of some size. */
function picture(path) {
  if (!existsSync(path)) return false;
  const head = Buffer.alloc(1024), file = openSync(path);
  const n = readSync(file, head, 0, 1024, 0);
  closeSync(file);
  if (path.endsWith('.svg')) return /<svg[^>]* width="[1-9][^>]* height="[1-9]/.test(head.toString('utf8', 0, n));
  return n > 24 && head.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n' && head.readUInt32BE(16) > 0 && head.readUInt32BE(20) > 0;
}
