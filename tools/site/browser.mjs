// A real browser for the checks, the pictures and the PDF files: the machine's own Chromium.
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

/** The path of the browser: $CHROMIUM, else the first that the PATH has. */
export function findChromium(env = process.env) {
  if (env.CHROMIUM) {
    if (!existsSync(env.CHROMIUM)) throw new Error(`CHROMIUM is ${env.CHROMIUM}, which does not exist`);
    return env.CHROMIUM;
  }
  const runs = (path) => { try { accessSync(path, constants.X_OK); return true; } catch { return false; } };
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']) {
    const found = (env.PATH ?? '').split(delimiter).map((dir) => join(dir, name)).find(runs);
    if (found) return found;
  }
  throw new Error('no Chromium was found on the PATH: install it (Debian: apt-get install chromium) or name it in CHROMIUM');
}

export function launch() {
  return chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu', '--allow-file-access-from-files', '--disable-background-networking', '--font-render-hinting=none'] });
}

const idle = new WeakMap(); // pages that were given back, by browser and kind of view

/**
 * Opens a file and waits until it stands still. view: {width, theme, scripts}. Returns {page, heard}, where heard lists
 * console errors and requests that left. A page that is closed is emptied and opens the next file of its kind: a new one
 * takes three times as long.
 */
export async function open(browser, file, { width = 1280, height = 900, theme = 'light', scripts = true, scale = 1 } = {}) {
  const kinds = idle.get(browser) ?? idle.set(browser, new Map()).get(browser), narrow = width < 500, kind = [narrow, scripts, scale].join();
  const page = kinds.get(kind)?.pop() ?? await fresh(browser, { javaScriptEnabled: scripts, deviceScaleFactor: scale, isMobile: narrow, hasTouch: narrow });
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ media: null, colorScheme: theme });
  const heard = { console: [], outside: [], missing: [] };
  page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') heard.console.push(m.text()); });
  page.on('pageerror', (e) => heard.console.push(e.message));
  page.on('request', (r) => { if (!/^(?:file|data|blob|about):/.test(r.url())) heard.outside.push(r.url()); });
  page.on('requestfailed', (r) => heard.missing.push(r.url()));
  await page.goto(pathToFileURL(file).href, { waitUntil: 'load', timeout: 30_000 });
  if (scripts) await settled(page);
  return { page, heard, close: () => giveBack(page, kinds, kind) };
}

async function fresh(browser, options) {
  const context = await browser.newContext(options);
  await context.route(/^https?:/, (route) => route.abort());
  return context.newPage();
}

async function giveBack(page, kinds, kind) {
  page.removeAllListeners();
  if (kind.split(',')[1] === 'true') await page.evaluate(() => { try { localStorage.clear(); } catch { /* had none */ } });
  await page.goto('about:blank');
  kinds.set(kind, [...(kinds.get(kind) ?? []), page]);
}

/** Waits until fonts are there and what a change moved or drew anew is laid out. */
export const settled = (page) => page.evaluate(() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))));
