// What a reader does with a page: search, links, contents, figures, folding, printing.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { open } from '../browser.mjs';
import { WIDTHS } from '../check.mjs';
import { printed } from '../pdf.mjs';
import { browser, fixtures, work } from './browser.mjs';

await test('the keyboard reaches the search, finds a section and goes there', async () => {
  const { page, close } = await open(browser, join(fixtures, 'fixture-paper.html'));
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
  const { page, close } = await open(browser, join(fixtures, 'fixture-paper.html'));
  const first = await searched(page, 'theorem 1');
  assert.equal(first.href, 'fixture-paper.html#theorem-1');
  assert.equal(first.name, 'Theorem 1 (descent)');
  assert.match(first.text, /\(1 − η\)\^k/);
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.querySelector('dialog.search').open), false);
  assert.equal((await (await open(browser, join(fixtures, 'fixture-form.html'))).page.evaluate(() => document.querySelector('.statement.theorem').id)), 'theorem-1');
  assert.match((await searched(page, 'η^k')).text, /η/, 'a power is found as it is typed on a keyboard');
  await page.keyboard.press('Escape');
  await close();
  const other = await open(browser, join(fixtures, 'fixture-form.html'));
  assert.equal((await searched(other.page, 'theorem 1')).href, 'fixture-form.html#theorem-1');
  await other.close();
});

await test('a claim’s link lands on its statement, under the bar and above its cell', async () => {
  for (const width of WIDTHS) {
    const { page, close } = await open(browser, join(fixtures, 'fixture-form.html'), { width });
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
  const { page, close } = await open(browser, join(fixtures, 'fixture-paper.html'), { width: 390 });
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
  const { page, close } = await open(browser, join(fixtures, 'fixture-paper.html'));
  await page.evaluate(() => {
    const spec = { columns: 1, legend: [], trigger: 'item', panels: [{ x: { name: 'x', categories: ['a'], heat: true }, y: { name: 'y', categories: ['b'], vertical: true, heat: true }, ratio: 1, heat: true, widest: 0 }], frames: [0, 1, 2, 3, 4].map((k) => ({ label: `t_${k}`, data: [[0, 0, k]] })),
      option: { xAxis: [{}], yAxis: [{}], visualMap: [{ min: 0, max: 4, text: ['4', '0'], inRange: { color: ['#fff', '#000'] }, seriesIndex: [0] }], series: [{ type: 'heatmap', xAxisIndex: 0, yAxisIndex: 0, data: [[0, 0, 4]] }] } };
    document.querySelector('article').insertAdjacentHTML('beforeend', '<figure id="fig-frames"><div class="livefig" id="frames"></div></figure>');
    window.livefigs.push({ id: 'frames', home: null, spec });
  });
  assert.equal(await page.locator('#fig-frames output').innerHTML(), 't<sub>2</sub>');
  await close();
});

await test('a body that changes has a slider for what changes and one for the side', async () => {
  const { page, close } = await open(browser, join(fixtures, 'fixture-paper.html'));
  await page.evaluate(() => {
    const axis = { name: 'x', extent: [-1, 1], min: -1, max: 1 };
    const frames = ['R = 1', 'R = 2'].flatMap((label, i) => [0, 1, 2].map((k) => ({ label, series: [[[i, k / 10]], null] })));
    const spec = { columns: 1, legend: [], trigger: 'item', slider: 'view', sides: ['0°', '30°', '60°'], frames, panels: [{ x: axis, y: { ...axis, name: 'y', vertical: true }, ratio: 1, equal: true }],
      option: { xAxis: [{}], yAxis: [{}], series: [0, 1].map((i) => ({ type: 'scatter', xAxisIndex: 0, yAxisIndex: 0, data: [[i, 0.5]] })) } };
    document.querySelector('article').insertAdjacentHTML('beforeend', '<figure id="fig-body" class="mg-figure"><div class="livefig" id="body"></div></figure>');
    window.livefigs.push({ id: 'body', home: null, spec });
  });
  const words = () => page.locator('#fig-body output').allTextContents();
  const series = () => page.evaluate(() => window.echarts.getInstanceByDom(document.querySelector('#body')).getOption().series.map((s) => s.data[0].value || s.data[0]));
  assert.deepEqual(await words(), ['R = 1', '0°']);
  const [change, side] = [page.locator('#fig-body input').nth(0), page.locator('#fig-body input').nth(1)];
  await side.fill('2');
  assert.deepEqual(await words(), ['R = 1', '60°']);
  await change.fill('1');
  assert.deepEqual(await words(), ['R = 2', '60°']);
  assert.deepEqual((await series()).map((p) => p.slice(0, 2)), [[1, 0.2], [1, 0.5]]);
  await close();
});

await test('focus on a reference shows what it refers to, Escape hides it', async () => {
  const { page, close } = await open(browser, join(fixtures, 'fixture-paper.html'));
  await page.keyboard.press('Tab');
  await page.locator('main a[href="#eq-1"]:not(.number)').first().focus();
  await page.waitForSelector('.preview mjx-container');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.preview').count(), 0);
  await close();
});

await test('code folds, and the theme follows its button and is remembered', async () => {
  const { page, close } = await open(browser, join(fixtures, 'fixture-paper.html'));
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

await test('a page that was used before brings nothing along', async () => {
  const first = await open(browser, join(fixtures, 'fixture-paper.html'), { theme: 'dark' });
  await first.page.evaluate(() => { localStorage.setItem('marginalia-theme', 'dark'); console.error('old'); scrollTo(0, 500); });
  await first.page.emulateMedia({ media: 'print' });
  await first.close();
  const second = await open(browser, join(fixtures, 'fixture-form.html'));
  assert.equal(second.page, first.page);
  assert.deepEqual(second.heard, { console: [], outside: [], missing: [] });
  assert.deepEqual(await second.page.evaluate(() => [document.documentElement.dataset.theme, scrollY, matchMedia('print').matches, innerWidth]), ['light', 0, false, 1280]);
  await second.close();
});

await test('a paper is printed to a PDF of several pages, with text', async () => {
  const out = join(work, 'fixture.pdf');
  await printed(browser, join(fixtures, 'fixture-paper.html'), out);
  const bytes = readFileSync(out, 'latin1');
  assert.match(bytes, /^%PDF-/);
  assert.ok(bytes.match(/\/Type\s*\/Page\b(?!s)/g).length >= 1);
  assert.ok(statSync(out).size > 20_000);
});
