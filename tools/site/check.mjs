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
export async function inspect(browser, file, width, { themes = THEMES, checks = [...CHECKS.keys(), READING], print = false } = {}) {
  const { page, heard, close } = await open(browser, file, { width, theme: themes[0] });
  try {
    await allPictures(page);
    const found = new Map(themes.map((theme) => [theme, new Map()]));
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme });
      await page.waitForTimeout(SETTLED);
      const seen = { page, heard, ...await page.evaluate(look, theme === themes[0]) };
      for (const name of checks) if (CHECKS.has(name)) found.get(theme).set(name, await CHECKS.get(name)(seen));
    }
    found.links = await page.evaluate(links);
    if (print) found.printed = await asPrinted(page);
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
  ['no formula is clipped', ({ clipped }) => clipped],
  ['mathematics is set everywhere', ({ raw }) => raw],
  ['figures have numbers in their order', ({ unnumbered }) => unnumbered],
  ['claims are boxes above what measures them', ({ astray }) => astray],
  ['nothing is wider than the page', ({ wide }) => wide],
]);

/** Milliseconds in which figures are drawn again after the theme changed. */
const SETTLED = 250;

/** Pictures may wait until they are seen: here they come at once. */
async function allPictures(page) {
  await page.evaluate(async () => {
    const late = [...document.querySelectorAll('img[loading="lazy"]')];
    late.forEach((img) => { img.loading = 'eager'; });
    await Promise.all(late.map((img) => img.decode().catch(() => {})));
  });
  await page.waitForTimeout(SETTLED);
}

/** Runs in the page. Where text and formulas stand is asked once: a theme has other colours alone. */
function look(placed) {
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
    if (node.parentElement.closest('pre, code, script, style, mjx-container, .livefig, .package')) continue;
    const raw = /\$[^$\s][^$]*\$|\\\(|\\\[|\\begin\{|\\[a-zA-Z]{3,}/.exec(node.data);
    if (raw) formulas.push(`raw TeX in the text: ${node.data.trim().slice(0, 60)}`);
  }

  const live = [...document.querySelectorAll('.livefig')];
  const undrawn = live.filter((el) => !el.querySelector('svg')).map((el) => `${what(el)} has no drawing`);
  const labels = [];
  for (const fig of live.filter(seen)) {
    const box = fig.getBoundingClientRect();
    const texts = [...fig.querySelectorAll('svg text')].filter((t) => seen(t) && t.textContent.trim()).map((t, i) => {
      const m = t.getCTM(), angle = Math.round(Math.atan2(m.b, m.a) * 1000);
      return { i, text: t.textContent, r: t.getBoundingClientRect(), size: getComputedStyle(t).fontSize, turn: angle ? String(angle) : '' };
    });
    // A letter's box is higher than its ink, but not wider.
    for (const { text, r } of texts) if (r.left < box.left - 1.5 || r.right > box.right + 1.5 || r.top < box.top - 4 || r.bottom > box.bottom + 4) labels.push(`#${fig.id}: “${text}” is cut at the edge`);
    // The pieces of one label, its indices and exponents, touch each other and may be turned.
    const piece = (a, b) => a.turn === b.turn && Math.abs(a.i - b.i) <= 8 && (a.turn !== '' || a.size !== b.size && Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left) < 4);
    texts.forEach((a, i) => texts.slice(i + 1).forEach((b) => {
      if (piece(a, b)) return;
      const w = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left), h = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
      if (w > 0 && h > 0 && w * h > 0.2 * Math.min(a.r.width * a.r.height, b.r.width * b.r.height)) labels.push(`#${fig.id}: “${a.text}” lies on “${b.text}”`);
    }));
  }

  const wide = [];
  if (root.scrollWidth > root.clientWidth) {
    wide.push(`the page is ${root.scrollWidth} wide on a screen of ${root.clientWidth}`);
    for (const el of document.querySelectorAll('main *')) if (el.getBoundingClientRect().right > root.clientWidth + 1 && !el.closest('pre, .formula, .table, svg')) { wide.push(what(el)); break; }
  }
  // A formula's ink, which may stick out of its box, lies within all that cuts it off; what scrolls sideways may reach on to the right.
  const clipped = [], styles = new Map();
  const styleOf = (el) => styles.get(el) ?? styles.set(el, getComputedStyle(el)).get(el);
  for (const el of placed ? document.querySelectorAll('mjx-container') : []) {
    if (!el.checkVisibility()) continue;
    // What stretches is an inner drawing that is cut to its size: its own ink would be too large.
    const parts = [...el.querySelectorAll('use, rect, text, path')].filter((e) => !e.ownerSVGElement.ownerSVGElement).map((e) => e.getBoundingClientRect()).filter((r) => r.width || r.height);
    if (!parts.length) continue;
    const ink = { left: Math.min(...parts.map((r) => r.left)), right: Math.max(...parts.map((r) => r.right)), top: Math.min(...parts.map((r) => r.top)), bottom: Math.max(...parts.map((r) => r.bottom)) };
    for (let box = el.parentElement; box && box !== document.documentElement; box = box.parentElement) {
      const style = styleOf(box);
      if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
      const edge = box.getBoundingClientRect(), left = edge.left + box.clientLeft, top = edge.top + box.clientTop;
      const over = { left: left - box.scrollLeft - ink.left, top: top - box.scrollTop - ink.top, right: ink.right - (left - box.scrollLeft + box.scrollWidth), bottom: ink.bottom - (top - box.scrollTop + box.scrollHeight) };
      const hidden = { ...over, ...(style.overflowY === 'hidden' && { top: top - ink.top, bottom: ink.bottom - (top + box.clientHeight) }) };
      const worst = Object.entries(hidden).sort((a, b) => b[1] - a[1])[0];
      if (worst[1] > 1.2) clipped.push(`${el.textContent.slice(0, 40)} is cut by ${worst[1].toFixed(1)} pixels at the ${worst[0]} of ${what(box)}`);
    }
    const over = ink.right - root.clientWidth;
    if (over > 1 && !el.closest('.formula, .table, pre')) clipped.push(`${el.textContent.slice(0, 40)} sticks out of the screen by ${Math.round(over)} pixels`);
  }

  if (root.clientWidth >= 1000) for (const el of document.querySelectorAll('.formula')) if (el.checkVisibility() && el.scrollWidth > el.clientWidth + 1) clipped.push(`${el.textContent.slice(0, 40)} is ${el.scrollWidth - el.clientWidth} pixels longer than its column on a wide screen`);

  // Mathematics of a keyboard, or numbers that nobody can count: W_mm, t^1/3, 614810000000, $x$.
  const raw = [], typed = /(?:^|[^\w.])(?:\p{L}\p{M}?|[\p{L}\p{M}]{2,4}|[)\]‖])_(?:\w{1,3}(?!\w)|[{*⊥])|[\p{L}\p{N})\]‖]\^[\p{L}\p{N}{(−*-]|(?<![\w.,])\d{7,}|\d(?:\.\d+)?e[-+]\d|\\[a-z]{2,}|\$[^$]{1,60}\$/u;
  const texts = document.createTreeWalker(document.querySelector('main') ?? document.body, NodeFilter.SHOW_TEXT);
  for (let n = placed && texts.nextNode(); n; n = texts.nextNode()) {
    if (typed.test(n.data) && !n.parentElement.closest('pre, code, script, style, mjx-container, .package')) raw.push(`“${n.data.trim().slice(0, 60)}” in ${what(n.parentElement)}`);
  }

  const unnumbered = [];
  [...document.querySelectorAll('main figure:has(.livefig)')].forEach((fig, i) => {
    const says = fig.querySelector('figcaption .no')?.textContent;
    if (says !== `Figure ${i + 1}.`) unnumbered.push(`#${fig.id} is called ${says ?? 'nothing'} and is the figure number ${i + 1}`);
    for (const link of document.querySelectorAll(`main a[href="#${fig.id}"]`)) if (/^Figure$/.test(link.textContent.trim())) unnumbered.push(`a link to #${fig.id} has no number`);
  });

  const astray = [];
  for (const note of document.querySelectorAll('.note.claim')) {
    const id = note.querySelector('.id').textContent, box = document.getElementById(`claim-${id}`);
    if (!box?.matches('.statement.box')) astray.push(`claim ${id} has no box`);
    else if (!box.textContent.includes(`Claim ${id}`)) astray.push(`the box of ${id} does not name it`);
    else if (!(box.compareDocumentPosition(note) & Node.DOCUMENT_POSITION_FOLLOWING)) astray.push(`the box of ${id} stands below what measures it`);
  }
  for (const cell of document.querySelectorAll('.note.claim + .cell')) if (!cell.querySelector('.where a[href*="#L"]')) astray.push(`#${cell.id} has no link to its line`);

  return { formulas, undrawn, labels, wide, clipped, raw, unnumbered, astray, figures: live.filter((el) => el.querySelector('svg')).map((el) => el.id) };
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
  await page.evaluate(sample);
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

/**
 * Runs in the page. Most of its elements are the drawings of formulas, which readers do not get: a letter stands for
 * each. Of lines, rows and boxes that consist of the same elements with the same classes in the same place, and so look
 * alike, three stay.
 */
function sample() {
  document.querySelectorAll('.glyphs, .livefig svg').forEach((el) => el.remove());
  document.querySelectorAll('mjx-container').forEach((el) => { el.textContent = 'x'; });
  const kind = (el) => `${el.tagName}.${el.className}`;
  for (const alike of ['.line', '.entry', 'tr', '.symbol', '.note', '.statement', '.cell', 'main p', 'main li']) {
    const seen = new Map();
    for (const el of document.querySelectorAll(alike)) {
      let above = '';
      for (let e = el.parentElement; e && e !== document.body; e = e.parentElement) above += kind(e);
      const key = above + [...new Set([el, ...el.querySelectorAll('*')].map((e) => `${kind(e)}<${kind(e.parentElement)}`))].sort().join();
      seen.set(key, (seen.get(key) ?? 0) + 1);
      if (seen.get(key) > 3) el.remove();
    }
  }
}

/** Runs in the page: what it links to and what can be linked to in it. */
function links() {
  return { hrefs: [...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href')), ids: [...document.querySelectorAll('[id]')].map((e) => e.id) };
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

/** Looks at a page as it is printed: nothing may stick out of the paper, and there may not be too much of it. */
export async function inspectPrinted(browser, file) {
  const { page, close } = await open(browser, file, { width: PRINT_WIDTH });
  try {
    return await asPrinted(page);
  } finally {
    await close();
  }
}

async function asPrinted(page) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: PRINT_WIDTH, height: PRINT_HEIGHT });
  await page.emulateMedia({ media: 'print', colorScheme: 'light' });
  const found = await page.evaluate(async ({ height, most }) => {
    dispatchEvent(new Event('beforeprint'));
    await new Promise((done) => setTimeout(done, 300));
    const cut = [...document.querySelectorAll('main *')]
      .filter((el) => el.checkVisibility() && !el.closest('mjx-assistive-mml, .hush, svg') && el.getBoundingClientRect().right > document.documentElement.clientWidth + 2)
      .map((el) => `${el.tagName.toLowerCase()}.${el.className} ends at ${Math.round(el.getBoundingClientRect().right)}: ${el.textContent.trim().slice(0, 40)}`).slice(0, 5)
      .concat([...document.querySelectorAll('main :is(pre, .formula, .table, td, dd)')].filter((el) => el.checkVisibility() && el.scrollWidth > el.clientWidth + 2 && el.clientWidth > 0)
        .map((el) => `${el.tagName.toLowerCase()}.${el.className} holds more than its width: ${el.textContent.trim().slice(0, 40)}`).slice(0, 5));
    const pages = document.querySelector('main').getBoundingClientRect().height / height;
    const long = document.querySelector('.colophon') && pages > most ? [`the text fills ${pages.toFixed(1)} pages before figures leave room, at most ${most} are wanted`] : [];
    const code = [...document.querySelectorAll('details.code pre')].filter((el) => el.checkVisibility()).map((el) => `code is printed: ${el.textContent.slice(0, 40)}`).slice(0, 3);
    dispatchEvent(new Event('afterprint'));
    return { cut, long, code };
  }, { height: PRINT_HEIGHT, most: MOST_PAGES });
  await page.emulateMedia({ media: null });
  await page.setViewportSize(before);
  return new Map([['nothing is cut', found.cut], ['it is short enough', found.long], ['code is folded', found.code]]);
}

/** The text on A4 with the margins of print.css, in CSS pixels. */
export const PRINT_WIDTH = 665, PRINT_HEIGHT = 986;

/** Pages of text and figures that a paper may fill, so that with the room left before figures it stays under thirty. */
const MOST_PAGES = 27;
