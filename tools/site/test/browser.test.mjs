// What the built site is in a real browser, and that each check sees the fault that it is there for.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { launch, open } from '../browser.mjs';
import { build } from '../build.mjs';
import { inspect, inspectPrinted, inspectStill, WIDTHS } from '../check.mjs';
import { printed } from '../pdf.mjs';

const SITE = process.env.SITE;
const FIXTURES = new URL('../fixtures', import.meta.url).pathname;

const browser = await launch();
const work = mkdtempSync(join(tmpdir(), 'site-test-'));
build({ notebooks: FIXTURES, out: join(work, 'site') });

const fine = (name, faults) => test(name, () => assert.deepEqual(faults, []));

/** Runs the jobs, a few at a time: a page waits more than it works. One that breaks down is a check that fails. */
async function together(jobs) {
  const results = [];
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < jobs.length) {
      const i = next++;
      try { results[i] = await jobs[i](); } catch (err) { test(`job ${i + 1} runs to its end`, () => { throw err; }); }
    }
  }));
  return results;
}

const AT_ONCE = Math.max(2, availableParallelism());

const pages = [[SITE, readdirSync(SITE).filter((f) => f.endsWith('.html'))], [join(work, 'site'), ['fixture-paper.html', 'fixture-form.html']]].flatMap(([site, files]) => files.map((file) => ({ site, file, name: file.replace('.html', '') })));
const targets = new Map();

await together(pages.flatMap(({ site, file, name }) => [
  ...WIDTHS.map((width) => async () => {
    const found = await inspect(browser, join(site, file), width, { print: width === WIDTHS[0] });
    for (const [theme, checks] of found) for (const [check, faults] of checks) fine(`${name}, ${width} ${theme}: ${check}`, faults);
    if (found.printed) for (const [check, faults] of found.printed) fine(`${name}, printed: ${check}`, faults);
    if (site === SITE) targets.set(file, found.links);
  }),
  async () => { for (const [check, faults] of await inspectStill(browser, join(site, file))) fine(`${name}, scripts off: ${check}`, faults); },
]));

for (const [file, { hrefs }] of targets) {
  fine(`${file.replace('.html', '')}: every link is alive`, hrefs.filter((href) => {
    if (/^https?:\/\/[\w.-]+\.\w+/.test(href)) return false;
    const [to, id] = href.split('#');
    const target = targets.get(to || file);
    return !target || (id && !target.ids.includes(decodeURIComponent(id)));
  }));
}

/** A copy of the fixture's page in which something is broken. */
function broken(change) {
  const dir = mkdtempSync(join(work, 'broken-'));
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
  ['no formula is clipped', (page) => page.replace(/<div class="formula">/, '<div class="formula" style="height:6px;overflow:hidden">')],
  ['no formula is clipped', (page) => page.replace(/(<div class="formula">)/, '$1<span style="display:inline-block;width:2000px"></span>')],
  ['mathematics is set everywhere', adding('<p>so that the norm of W_mm grows</p>')],
  ['mathematics is set everywhere', adding('<p>like t^1/3</p>')],
  ['mathematics is set everywhere', adding('<p>614810000000 of them</p>')],
  ['figures have numbers in their order', (page) => page.replace('Figure 1.', 'Figure 7.')],
  ['figures have numbers in their order', adding('<a href="#fig-descent">Figure</a>')],
  ['claims are boxes above what measures them', (page) => page.replace('id="claim-C1"', 'id="claim-elsewhere"')],
  ['claims are boxes above what measures them', (page) => page.replace(/<p class="where">.*?<\/p>/gs, '')],
  ['labels of figures are whole', (page) => page.replace('</body>', '<script>addEventListener("load", () => setTimeout(() => document.querySelectorAll(".livefig svg text").forEach((t) => t.setAttribute("transform", "translate(-30 40)")), 100))</script></body>')],
];

await together([...BREAKS.map(([check, change]) => async () => {
  const found = await inspect(browser, broken(change), WIDTHS[0], { themes: ['light'], checks: [check] });
  test(`a broken page is seen: ${check}`, () => assert.notEqual(found.get('light').get(check).length, 0));
}), async () => {
  const still = await inspectStill(browser, broken((page) => page.replace(/<img class="static"[^>]*>/, '')));
  test('a broken page is seen: pictures are shown', () => assert.notEqual(still.get('pictures are shown').length, 0));
}, async () => {
  const cut = await inspectPrinted(browser, broken(adding(`<pre style="white-space:pre">${'x'.repeat(300)}</pre><p style="height:40000px">long</p>`)));
  test('a broken page is seen: nothing is cut in print', () => assert.notEqual(cut.get('nothing is cut').length, 0));
  test('a broken page is seen: it is short enough', () => assert.notEqual(cut.get('it is short enough').length, 0));
}]);

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

/** Opens the search of a page and types; returns what is found first. */
async function searched(page, words) {
  await page.keyboard.press('/');
  await page.waitForFunction(() => window.searchIndex);
  await page.keyboard.type(words);
  await page.waitForSelector('dialog.search li a');
  return page.evaluate(() => { const first = document.querySelector('dialog.search li'); return { href: first.querySelector('a').getAttribute('href'), name: first.querySelector('b').textContent, text: first.querySelector('span').textContent }; });
}

await test('the search finds the statement of the page one is on first, with its formula, and Escape closes it', async () => {
  const { page, close } = await open(browser, join(work, 'site/fixture-paper.html'));
  const first = await searched(page, 'theorem 1');
  assert.equal(first.href, 'fixture-paper.html#theorem-1');
  assert.equal(first.name, 'Theorem 1 (descent)');
  assert.match(first.text, /\(1 − η\)\^k/);
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.querySelector('dialog.search').open), false);
  assert.equal((await (await open(browser, join(work, 'site/fixture-form.html'))).page.evaluate(() => document.querySelector('.statement.theorem').id)), 'theorem-1');
  await close();
  const other = await open(browser, join(work, 'site/fixture-form.html'));
  assert.equal((await searched(other.page, 'theorem 1')).href, 'fixture-form.html#theorem-1');
  await other.close();
});

await test('a claim’s link lands on its statement, under the bar and above its cell', async () => {
  for (const width of WIDTHS) {
    const { page, close } = await open(browser, join(work, 'site/fixture-form.html'), { width });
    for (const id of ['C1', 'C2']) {
      await page.evaluate((id) => { location.hash = `claim-${id}`; }, id);
      await page.waitForTimeout(120);
      const seen = await page.evaluate((id) => {
        const box = document.getElementById(`claim-${id}`).getBoundingClientRect(), bar = document.querySelector('.bar').getBoundingClientRect();
        const above = [...document.querySelectorAll('h2, h3')].filter((h) => h.getBoundingClientRect().bottom <= box.top).at(-1).getBoundingClientRect();
        return { top: box.top - bar.bottom, bottom: innerHeight - box.bottom, heading: above.top - bar.bottom };
      }, id);
      assert.ok(seen.top >= 0 && seen.bottom >= 0, `${id} at ${width}: ${JSON.stringify(seen)}`);
      if (id === 'C2') assert.ok(seen.heading >= 0, `the heading of ${id} at ${width} is hidden: ${JSON.stringify(seen)}`);
    }
    await close();
  }
});

await test('on a narrow page the contents are at hand wherever one is', async () => {
  const { page, close } = await open(browser, join(work, 'site/fixture-paper.html'), { width: 390 });
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2));
  await page.click('#toc');
  assert.ok(await page.evaluate(() => { const r = document.querySelector('.contents a').getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; }));
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.querySelector('.contents').classList.contains('at-hand')), false);
  await page.click('#toc');
  await page.click('.contents a[href="#set-up"]');
  assert.equal(await page.evaluate(() => location.hash), '#set-up');
  await close();
});

await test('a figure with frames opens where something is to be seen, not at its end', async () => {
  const { page, close } = await open(browser, join(work, 'site/fixture-paper.html'));
  await page.evaluate(() => {
    const spec = { columns: 1, legend: [], trigger: 'item', panels: [{ x: { name: 'x', categories: ['a'], heat: true }, y: { name: 'y', categories: ['b'], vertical: true, heat: true }, ratio: 1, heat: true, widest: 0 }], frames: [0, 1, 2, 3, 4].map((k) => ({ label: `t_${k}`, data: [[0, 0, k]] })),
      option: { xAxis: [{}], yAxis: [{}], visualMap: [{ min: 0, max: 4, text: ['4', '0'], inRange: { color: ['#fff', '#000'] }, seriesIndex: [0] }], series: [{ type: 'heatmap', xAxisIndex: 0, yAxisIndex: 0, data: [[0, 0, 4]] }] } };
    document.querySelector('article').insertAdjacentHTML('beforeend', '<figure id="fig-frames"><div class="livefig" id="frames"></div></figure>');
    window.livefigs.push({ id: 'frames', home: null, spec });
  });
  assert.equal(await page.locator('#fig-frames output').innerHTML(), 't<sub>2</sub>');
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
