// What the built site is in a real browser, and that each check sees the fault that it is there for.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { launch, open } from '../browser.mjs';
import { build } from '../build.mjs';
import { inspect, inspectPrinted, inspectStill, linksOf, WIDTHS } from '../check.mjs';
import { printed } from '../pdf.mjs';

const SITE = process.env.SITE;
const FIXTURES = new URL('../fixtures', import.meta.url).pathname;

const browser = await launch();
const work = mkdtempSync(join(tmpdir(), 'site-test-'));
build({ notebooks: FIXTURES, out: join(work, 'site') });

const fine = (name, faults) => test(name, () => assert.deepEqual(faults, []));

for (const [site, files] of [[SITE, readdirSync(SITE)], [join(work, 'site'), ['fixture-paper.html']]]) {
  for (const file of files.filter((f) => f.endsWith('.html'))) {
    const name = file.replace('.html', '');
    for (const width of WIDTHS) {
      for (const [theme, found] of await inspect(browser, join(site, file), width)) {
        for (const [check, faults] of found) fine(`${name}, ${width} ${theme}: ${check}`, faults);
      }
    }
    for (const [check, faults] of await inspectStill(browser, join(site, file))) fine(`${name}, scripts off: ${check}`, faults);
    for (const [check, faults] of await inspectPrinted(browser, join(site, file))) fine(`${name}, printed: ${check}`, faults);
  }
}

{
  const files = readdirSync(SITE).filter((f) => f.endsWith('.html'));
  const found = new Map(await Promise.all(files.map(async (f) => [f, await linksOf(browser, join(SITE, f))])));
  for (const [file, { hrefs }] of found) {
    fine(`${file.replace('.html', '')}: every link is alive`, hrefs.filter((href) => {
      if (/^https?:\/\/[\w.-]+\.\w+/.test(href)) return false;
      const [to, id] = href.split('#');
      const target = found.get(to || file);
      return !target || (id && !target.ids.includes(decodeURIComponent(id)));
    }));
  }
}

/** A copy of the fixture's page in which something is broken. */
function broken(change) {
  const dir = join(work, 'broken');
  rmSync(dir, { recursive: true, force: true });
  cpSync(join(work, 'site'), dir, { recursive: true });
  const path = join(dir, 'fixture-paper.html'), before = readFileSync(path, 'utf8'), after = change(before);
  assert.notEqual(after, before, 'the page was not changed');
  writeFileSync(path, after);
  return path;
}

const adding = (html) => (page) => page.replace('</article>', `${html}</article>`);

const BREAKS = [
  ['the console is silent', adding('<script>console.error("broken")</script>')],
  ['no request leaves the machine', adding('<img src="https://example.org/x.png" alt="An outside picture">')],
  ['every file is there', adding('<img src="img/none.png" alt="A missing picture">')],
  ['formulas are typeset', adding('<p>so that $x + y$ holds</p>')],
  ['formulas are typeset', (page) => page.replace(/<svg class="glyphs".*?<\/svg>/s, '')],
  ['every figure is drawn', (page) => page.replace('_/livefig.js', '_/theme.js')],
  ['every figure is drawn', (page) => page.replace('</body>', '<script>addEventListener("load", () => document.querySelectorAll(".livefig svg > *").forEach((e) => e.remove()))</script></body>')],
  ['nothing is wider than the page', adding('<div style="min-width:3000px">wide</div>')],
  ['contrast, landmarks and names', adding('<p style="color:#bbb;background:#fff">pale</p>')],
  ['contrast, landmarks and names', (page) => page.replace(/<main id="main"[^>]*>/, '<div id="main">').replace('</main>', '</div>')],
  ['labels of figures are whole', (page) => page.replace('</body>', '<script>addEventListener("load", () => setTimeout(() => document.querySelectorAll(".livefig svg text").forEach((t) => t.setAttribute("transform", "translate(-30 40)")), 100))</script></body>')],
];

for (const [check, change] of BREAKS) {
  const found = await inspect(browser, broken(change), WIDTHS[0], { themes: ['light'], checks: [check] });
  test(`a broken page is seen: ${check}`, () => assert.notEqual(found.get('light').get(check).length, 0));
}

{
  const still = await inspectStill(browser, broken((page) => page.replace(/<img class="static"[^>]*>/, '')));
  test('a broken page is seen: pictures are shown', () => assert.notEqual(still.get('pictures are shown').length, 0));
  const cut = await inspectPrinted(browser, broken(adding(`<pre style="white-space:pre">${'x'.repeat(300)}</pre>`)));
  test('a broken page is seen: nothing is cut in print', () => assert.notEqual(cut.get('nothing is cut').length, 0));
}

await test('the keyboard reaches the search, finds a section and goes there', async () => {
  const { page, close } = await open(browser, join(work, 'site/fixture-paper.html'));
  await page.keyboard.press('/');
  await page.waitForFunction(() => window.searchIndex);
  await page.keyboard.type('parabola');
  await page.waitForSelector('dialog.search li a');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.length > 1);
  assert.equal(await page.evaluate(() => document.querySelector('dialog.search').open), false);
  await close();
});

await test('focus on a reference shows what it refers to, Escape hides it', async () => {
  const { page, close } = await open(browser, join(work, 'site/fixture-paper.html'));
  await page.keyboard.press('Tab');
  await page.locator('main a[href="#eq-1"]:not(.number)').first().focus();
  await page.waitForSelector('.preview mjx-container');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.preview').count(), 0);
  await close();
});

await test('code folds, and the theme follows its button and is remembered', async () => {
  const { page, close } = await open(browser, join(work, 'site/fixture-paper.html'));
  const open_ = () => page.locator('details.code[open]').count();
  const before = await open_();
  await page.click('#fold');
  assert.ok(before > 0);
  assert.equal(await open_(), 0);
  await page.click('#fold');
  assert.equal(await open_(), before);
  await page.click('#theme');
  await page.click('#theme');
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await close();
});

await test('a paper is printed to a PDF of several pages, with text', async () => {
  const out = join(work, 'fixture.pdf');
  await printed(browser, join(work, 'site/fixture-paper.html'), out);
  const bytes = readFileSync(out, 'latin1');
  assert.match(bytes, /^%PDF-/);
  assert.ok(bytes.match(/\/Type\s*\/Page\b(?!s)/g).length >= 1);
  assert.ok(statSync(out).size > 20_000);
});

test('the browser is closed', async () => {
  await browser.close();
  rmSync(work, { recursive: true, force: true });
});
