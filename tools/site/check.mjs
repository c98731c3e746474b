// What must be true of a page in a browser. Each check returns the faults that it found, in words.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { open } from './browser.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const WIDTHS = [1280, 390], THEMES = ['light', 'dark'];

/**
 * Looks at one page with its scripts at one width, in each theme in turn as when a machine changes from day to night.
 * Returns the faults by theme and name of the check; `checks` says which are wanted.
 */
export async function inspect(browser, file, width, { themes = THEMES, checks = [...CHECKS.keys(), READING] } = {}) {
  const { page, heard, close } = await open(browser, file, { width, theme: themes[0] });
  try {
    await scrollThrough(page);
    const found = new Map(themes.map((theme) => [theme, new Map()]));
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme });
      await page.waitForTimeout(SETTLED);
      const seen = { page, heard, ...await page.evaluate(look) };
      for (const name of checks) if (CHECKS.has(name)) found.get(theme).set(name, await CHECKS.get(name)(seen));
    }
    if (checks.includes(READING)) await reading(page, found);
    return found;
  } finally {
    await close();
  }
}

/** The checks by name; each gets what was seen and heard, and returns its faults. */
export const CHECKS = new Map([
  ['the console is silent', ({ heard }) => heard.console.splice(0)],
  ['no request leaves the machine', ({ heard }) => heard.outside.splice(0)],
  ['every file is there', ({ heard }) => heard.missing.splice(0)],
  ['formulas are typeset', ({ formulas }) => formulas],
  ['every figure is drawn', async ({ page, undrawn, figures }) => {
    const faults = [...undrawn];
    for (const id of figures) faults.push(...await emptiness(page, id));
    return faults;
  }],
  ['labels of figures are whole', ({ labels }) => labels],
  ['nothing is wider than the page', ({ wide }) => wide],
]);

/** Milliseconds in which figures are drawn again after the theme changed. */
const SETTLED = 250;

/** Figures may wait until they are seen. */
async function scrollThrough(page) {
  await page.evaluate(async () => {
    for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
      scrollTo(0, y);
      await new Promise((done) => requestAnimationFrame(done));
    }
    scrollTo(0, 0);
    await new Promise((done) => setTimeout(done, 300));
  });
}

/** Runs in the page. */
function look() {
  const root = document.documentElement;
  const seen = (el) => el.checkVisibility() && el.getBoundingClientRect().width > 0;
  const what = (el) => `${el.tagName.toLowerCase()}${el.id ? `#${el.id}` : ''}${el.className?.baseVal === undefined && el.className ? `.${String(el.className).replace(/ /g, '.')}` : ''}`;

  const formulas = [...document.querySelectorAll('merror, [data-mjx-error]')].map((el) => `error: ${el.textContent}`);
  for (const el of document.querySelectorAll('mjx-container')) {
    if (el.checkVisibility() && !(el.querySelector('svg')?.getBoundingClientRect().height > 0)) formulas.push(`nothing is shown for ${el.textContent.slice(0, 40)}`);
  }
  for (const el of document.querySelectorAll('td mjx-container, .note mjx-container')) {
    const over = el.checkVisibility() ? (el.querySelector('svg')?.getBoundingClientRect().right ?? 0) - el.closest('td, .note').getBoundingClientRect().right : 0;
    if (over > 1) formulas.push(`${el.textContent.slice(0, 40)} sticks out of its column by ${Math.round(over)} pixels`);
  }
  for (const use of document.querySelectorAll('mjx-container use')) {
    const id = use.getAttribute('xlink:href') ?? use.getAttribute('href');
    if (!document.getElementById(id.slice(1))) { formulas.push(`the glyph ${id} is missing`); break; }
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest('pre, code, script, style, mjx-container, .livefig')) continue;
    const raw = /\$[^$\s][^$]*\$|\\\(|\\\[|\\begin\{|\\[a-zA-Z]{3,}/.exec(node.data);
    if (raw) formulas.push(`raw TeX in the text: ${node.data.trim().slice(0, 60)}`);
  }

  const live = [...document.querySelectorAll('.livefig')];
  const undrawn = live.filter((el) => !el.querySelector('svg')).map((el) => `${what(el)} has no drawing`);
  const labels = [];
  for (const fig of live.filter(seen)) {
    const box = fig.getBoundingClientRect();
    const texts = [...fig.querySelectorAll('svg text')].filter((t) => seen(t) && t.textContent.trim()).map((t) => ({ text: t.textContent, r: t.getBoundingClientRect() }));
    // A letter's box is higher than its ink, but not wider.
    for (const { text, r } of texts) if (r.left < box.left - 1.5 || r.right > box.right + 1.5 || r.top < box.top - 4 || r.bottom > box.bottom + 4) labels.push(`#${fig.id}: “${text}” is cut at the edge`);
    texts.forEach((a, i) => texts.slice(i + 1).forEach((b) => {
      const w = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left), h = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
      if (w > 0 && h > 0 && w * h > 0.2 * Math.min(a.r.width * a.r.height, b.r.width * b.r.height)) labels.push(`#${fig.id}: “${a.text}” lies on “${b.text}”`);
    }));
  }

  const wide = [];
  if (root.scrollWidth > root.clientWidth) {
    wide.push(`the page is ${root.scrollWidth} wide on a screen of ${root.clientWidth}`);
    for (const el of document.querySelectorAll('main *')) if (el.getBoundingClientRect().right > root.clientWidth + 1 && !el.closest('pre, .formula, .table, svg')) { wide.push(what(el)); break; }
  }
  return { formulas, undrawn, labels, wide, figures: live.filter((el) => el.querySelector('svg')).map((el) => el.id) };
}

/** Draws the figure's picture once more on a canvas and counts what is not its background. */
async function emptiness(page, id) {
  const { share, colours } = await page.evaluate(async (id) => {
    const svg = document.querySelector(`[id="${id}"] svg`), box = svg.getBoundingClientRect();
    const canvas = Object.assign(document.createElement('canvas'), { width: box.width, height: box.height });
    const draw = canvas.getContext('2d'), img = new Image();
    img.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
    await img.decode();
    draw.drawImage(img, 0, 0, box.width, box.height);
    const pixels = new Uint32Array(draw.getImageData(0, 0, canvas.width, canvas.height).data.buffer), count = new Map();
    for (const p of pixels) count.set(p, (count.get(p) ?? 0) + 1);
    return { share: 1 - Math.max(...count.values()) / pixels.length, colours: count.size };
  }, id);
  return share > INK && colours > COLOURS ? [] : [`#${id} is empty: ${(100 * share).toFixed(2)} % of it is drawn, in ${colours} colours`];
}

/** Axes alone cover about 0.5 % of a figure, in a few shades of grey; a curve and labels bring it above these. */
const INK = 0.008, COLOURS = 24;

const READING = 'contrast, landmarks and names';

/** Asks axe-core about the page; in another theme nothing but the contrast is another. Changes the page for good. */
async function reading(page, found) {
  await page.evaluate(AXE);
  // Most of a page's elements are the drawings of its formulas, which readers do not get: a letter stands for each.
  await page.evaluate(() => {
    document.querySelectorAll('.glyphs, .livefig svg').forEach((el) => el.remove());
    document.querySelectorAll('mjx-container').forEach((el) => { el.textContent = 'x'; });
  });
  const rules = [['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'], ['color-contrast']];
  for (const [i, theme] of [...found.keys()].entries()) {
    await page.emulateMedia({ colorScheme: theme });
    await page.waitForTimeout(SETTLED);
    found.get(theme).set(READING, await page.evaluate(async (runOnly) => {
      const result = await window.axe.run(document, { runOnly, resultTypes: ['violations'] });
      return result.violations.flatMap((v) => v.nodes.slice(0, 4).map((n) => `${v.id}: ${n.target.join(' ')} ${n.failureSummary.replace(/\s+/g, ' ').slice(0, 180)}`));
    }, rules[Math.min(i, 1)]));
  }
}

/** Looks at a page whose scripts do not run: everything is there to read all the same. */
export async function inspectStill(browser, file) {
  const { page, heard, close } = await open(browser, file, { scripts: false });
  try {
    // Playwright itself can still ask the page questions where the page's own scripts are off.
    const found = await page.evaluate(() => ({
      pictures: [...document.querySelectorAll('img')].filter((i) => i.checkVisibility() && !(i.complete && i.naturalWidth > 0 && i.getBoundingClientRect().width > 0)).map((i) => `${i.getAttribute('src').slice(0, 60)} is not shown`),
      bare: [...document.querySelectorAll('figure:has(.livefig)')].filter((f) => !f.querySelector('img.static')?.checkVisibility()).map((f) => `the figure “${f.textContent.trim().slice(0, 50)}” has no picture`),
      silent: [...document.querySelectorAll('main img.static')].filter((i) => i.alt.trim().length < 20).map((i) => `${i.getAttribute('src')} has no words that say what it shows`),
      dead: [...document.querySelectorAll('.tools')].filter((t) => t.checkVisibility()).map(() => 'buttons are shown that do nothing'),
    }));
    return new Map([['pictures are shown', [...found.pictures, ...found.bare]], ['pictures have words', found.silent], ['no button is dead', found.dead], ['nothing is fetched', [...heard.outside, ...heard.missing]]]);
  } finally {
    await close();
  }
}

/** Looks at a page as it is printed: nothing may stick out of the paper. */
export async function inspectPrinted(browser, file) {
  const { page, close } = await open(browser, file, { width: PRINT_WIDTH });
  try {
    await page.emulateMedia({ media: 'print', colorScheme: 'light' });
    await page.evaluate(() => { dispatchEvent(new Event('beforeprint')); return new Promise((done) => setTimeout(done, 300)); });
    return new Map([['nothing is cut', await page.evaluate(() => [...document.querySelectorAll('main *')]
      .filter((el) => el.checkVisibility() && !el.closest('mjx-assistive-mml, .hush, svg') && el.getBoundingClientRect().right > document.documentElement.clientWidth + 2)
      .map((el) => `${el.tagName.toLowerCase()}.${el.className} ends at ${Math.round(el.getBoundingClientRect().right)}: ${el.textContent.trim().slice(0, 40)}`).slice(0, 5)
      .concat([...document.querySelectorAll('main :is(pre, .formula, .table, td, dd)')].filter((el) => el.checkVisibility() && el.scrollWidth > el.clientWidth + 2 && el.clientWidth > 0)
        .map((el) => `${el.tagName.toLowerCase()}.${el.className} holds more than its width: ${el.textContent.trim().slice(0, 40)}`).slice(0, 5)))]]);
  } finally {
    await close();
  }
}

/** The width of the text on A4 with the margins of print.css, in CSS pixels. */
export const PRINT_WIDTH = 657;

/** Collects what a page links to and what can be linked to in it. */
export async function linksOf(browser, file) {
  const { page, close } = await open(browser, file);
  try {
    return await page.evaluate(() => ({ hrefs: [...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href')), ids: [...document.querySelectorAll('[id]')].map((e) => e.id) }));
  } finally {
    await close();
  }
}
