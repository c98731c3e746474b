// Every page of the built site in a real browser, or those that ONLY names: wide and narrow, or, where TURN names a day, one of
// both, and the other the next day.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inspect, inspectStill, WIDTHS } from '../check.mjs';
import { stillFile } from '../still.mjs';
import { browser, fine, fixtures, together } from './browser.mjs';

const SITE = process.env.SITE, ONLY = process.env.ONLY?.split(','), TURN = process.env.TURN;

const names = (site) => readdirSync(site).filter((f) => f.endsWith('.html')).map((f) => f.replace('.html', ''));
const pages = [...names(SITE).filter((name) => !ONLY || ONLY.includes(name)).map((name) => ({ site: SITE, name })),
  ...(ONLY ? [] : names(fixtures).filter((name) => name.startsWith('fixture-')).map((name) => ({ site: fixtures, name })))];
const targets = new Map();

/** The widths at which the page of a number is looked at. */
const widths = ({ site }, i) => (TURN === undefined || site === fixtures ? WIDTHS : [WIDTHS[(i + Number(TURN)) % WIDTHS.length]]);
if (TURN !== undefined) for (const width of WIDTHS) console.log(`today ${width} wide: ${pages.filter((p, i) => p.site === SITE && widths(p, i).includes(width)).map((p) => p.name).join(', ')}`);

await together(pages.flatMap(({ site, name }, i) => {
  const file = join(site, `${name}.html`);
  return [...widths({ site }, i).map((width) => async () => {
    const found = await inspect(browser, file, width, { print: width === WIDTHS[0] });
    for (const [theme, checks] of found) for (const [check, faults] of checks) fine(`${name}, ${width} ${theme}: ${check}`, faults);
    if (found.printed) for (const [check, faults] of found.printed) fine(`${name}, printed: ${check}`, faults);
    if (site === SITE) targets.set(`${name}.html`, found.links);
  }), ...(site === fixtures ? [async () => {
    for (const [check, faults] of await inspectStill(browser, file)) fine(`${name}, scripts off: ${check}`, faults);
  }] : [])];
}));

for (const { site, name } of pages) for (const [check, faults] of stillFile(join(site, `${name}.html`))) fine(`${name}, without scripts: ${check}`, faults);

if (!ONLY) for (const [file, { hrefs }] of targets) {
  fine(`${file.replace('.html', '')}: every link is alive`, hrefs.filter((href) => {
    if (/^https?:\/\/[\w.-]+\.\w+/.test(href)) return false;
    const [to, id] = href.split('#');
    const target = targets.get(to || file);
    return !target || (id && !target.ids.includes(decodeURIComponent(id)));
  }));
}
