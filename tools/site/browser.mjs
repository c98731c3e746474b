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

/**
 * Opens a file in a fresh context and waits until it stands still.
 * view: {width, theme, scripts}. Returns {page, heard}, where heard lists console errors and requests that left.
 */
export async function open(browser, file, { width = 1280, height = 900, theme = 'light', scripts = true, scale = 1 } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, javaScriptEnabled: scripts, deviceScaleFactor: scale, isMobile: width < 500, hasTouch: width < 500 });
  const page = await context.newPage();
  const heard = { console: [], outside: [], missing: [] };
  page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') heard.console.push(m.text()); });
  page.on('pageerror', (e) => heard.console.push(e.message));
  page.on('request', (r) => { if (!/^(?:file|data|blob|about):/.test(r.url())) heard.outside.push(r.url()); });
  page.on('requestfailed', (r) => heard.missing.push(r.url()));
  await context.route(/^https?:/, (route) => route.abort());
  await page.goto(pathToFileURL(file).href, { waitUntil: 'load', timeout: 30_000 });
  if (scripts) await settled(page);
  return { page, heard, close: () => context.close() };
}

/** Waits until fonts are there and what a change moved or drew anew is laid out. */
export const settled = (page) => page.evaluate(() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))));
