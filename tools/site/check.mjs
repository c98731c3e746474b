// What must be true of a page in a browser. Each check returns the faults that it found, in words.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { open, settled } from './browser.mjs';
import { asking, drawings, onPaper, sample, still } from './look.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const WIDTHS = [1280, 390], THEMES = ['light', 'dark'];

/**
 * Looks at one page with its scripts at one width, in each theme in turn as when a machine changes from day to night.
 * Returns the faults by theme and name of the check; `checks` says which are wanted. A theme has other colours alone: where
 * things stand is asked in the first.
 */
export async function inspect(browser, file, width, { themes = THEMES, checks = [...LOOKS.keys(), ...HEARD.keys(), DRAWN, READING], print = false } = {}) {
  const { page, heard, close } = await open(browser, file, { width, theme: themes[0] });
  try {
    await allPictures(page);
    const found = new Map(themes.map((theme) => [theme, new Map()]));
    const seen = await page.evaluate(asking([...new Set([...[...LOOKS].filter(([name]) => checks.includes(name)).flatMap(([, asked]) => asked), 'links'])]));
    for (const [name, asked] of LOOKS) if (checks.includes(name)) found.get(themes[0]).set(name, asked.flatMap((a) => seen[a]));
    found.links = seen.links;
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme });
      await settled(page);
      if (checks.includes(DRAWN)) found.get(theme).set(DRAWN, (await page.evaluate(drawings)).flatMap(empty));
      for (const [name, of] of HEARD) if (checks.includes(name)) found.get(theme).set(name, heard[of].splice(0));
    }
    if (print) found.printed = await asPrinted(page);
    if (checks.includes(READING)) await reading(page, found, width);
    return found;
  } finally {
    await close();
  }
}

/** What each check of where things stand asks in the page. */
export const LOOKS = new Map([
  ['formulas are typeset', ['formulas']],
  ['formulas stay in their columns', ['columns']],
  ['labels of figures are whole', ['labels']],
  ['no formula is clipped', ['clipped']],
  ['mathematics is set everywhere', ['typed']],
  ['figures have numbers in their order', ['unnumbered']],
  ['claims are boxes above what measures them', ['astray']],
  ['nothing is wider than the page', ['wide']],
  ['papers are listed with picture and words', ['listed']],
]);

/** What the browser says of itself. */
const HEARD = new Map([['the console is silent', 'console'], ['no request leaves the machine', 'outside'], ['every file is there', 'missing']]);

const DRAWN = 'every figure is drawn', READING = 'contrast, landmarks and names';

const empty = ({ id, share, colours }) => (share === undefined ? [`#${id} has no drawing`] : share > INK && colours > COLOURS ? [] : [`#${id} is empty: ${(100 * share).toFixed(2)} % of it is drawn, in ${colours} colours`]);

/** Axes alone cover about 0.5 % of a figure, in a few shades of grey; a curve and labels bring it above these. */
const INK = 0.008, COLOURS = 24;

/** Pictures may wait until they are seen: here they come at once. */
export async function allPictures(page) {
  await page.evaluate(async () => {
    const late = [...document.querySelectorAll('img[loading="lazy"]')];
    late.forEach((img) => { img.loading = 'eager'; });
    await Promise.all(late.map((img) => img.decode().catch(() => {})));
  });
  await settled(page);
}

/**
 * Asks axe-core about the page; in another theme nothing but the contrast is another, and that does not depend on the
 * width. Changes the page for good.
 */
async function reading(page, found, width) {
  await page.evaluate(sample);
  await page.emulateMedia({ media: null });
  await page.setViewportSize({ width, height: 900 });
  await page.evaluate(AXE);
  const rules = [['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'], ['color-contrast']];
  for (const [i, theme] of [...found.keys()].slice(0, width < 500 ? 1 : 2).entries()) {
    await page.emulateMedia({ colorScheme: theme });
    await settled(page);
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
    const found = await page.evaluate(still);
    return new Map([['pictures are shown', [...found.pictures, ...found.bare]], ['pictures have words', found.silent], ['no button is dead', found.dead], ['nothing is fetched', [...heard.outside, ...heard.missing]]]);
  } finally {
    await close();
  }
}

/** Looks at a page as it is printed: nothing may stick out of the paper, and there may not be too much of it. */
export async function inspectPrinted(browser, file) {
  const { page, close } = await open(browser, file);
  try {
    return await asPrinted(page);
  } finally {
    await close();
  }
}

/** Leaves the page as it is printed: whoever looks at it as a screen afterwards turns it back. */
async function asPrinted(page) {
  await page.emulateMedia({ media: 'print', colorScheme: 'light' });
  await page.setViewportSize({ width: PRINT_WIDTH, height: PRINT_HEIGHT });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await settled(page);
  const { cut, code, knobs, height, paper } = await page.evaluate(onPaper);
  const pages = height / PRINT_HEIGHT;
  return new Map([['nothing is cut', cut], ['code is folded', code], ['nothing waits to be pressed', knobs],
    ['it is short enough', paper && pages > MOST_PAGES ? [`the text fills ${pages.toFixed(1)} pages before figures leave room, at most ${MOST_PAGES} are wanted`] : []]]);
}

/** The text on A4 with the margins of print.css, in CSS pixels. */
export const PRINT_WIDTH = 665, PRINT_HEIGHT = 986;

/** Pages of text and figures that a paper may fill, so that with the room left before figures it stays under thirty. */
const MOST_PAGES = 27;
