// Pages that recompute, in a real browser: from a folder, and from a plain web server.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { open } from '../browser.mjs';
import { started } from '../run/measure.mjs';
import { served } from '../server.mjs';
import { browser } from './browser.mjs';

const SITE = process.env.SITE, ONLY = process.env.ONLY?.split(','), NOTEBOOKS = new URL('../../../notebooks/', import.meta.url).pathname;
const about = (name) => JSON.parse(/<script type="application\/json" id="recompute">(.*?)<\/script>/s.exec(readFileSync(join(SITE, `${name}.html`), 'utf8'))?.[1] ?? 'null');
/** The claims of a page that a browser runs without data, the quickest first. */
const quick = (name) => Object.entries(about(name).claims).filter(([, c]) => c.seconds !== undefined && !c.data).sort((a, b) => a[1].seconds - b[1].seconds).map(([id]) => id);
const built = readdirSync(SITE).filter((f) => f.endsWith('.html')).map((f) => f.replace('.html', '')).filter((name) => (!ONLY || ONLY.includes(name)) && about(name));
const pages = built.filter((name) => quick(name).length), ideas = built.filter((name) => about(name).idea);
const committed = (name) => new Map(JSON.parse(readFileSync(join(NOTEBOOKS, name, 'claims.json'), 'utf8')).claims.map((c) => [c.id, c]));
const note = (page, id) => page.locator(`.note.claim[data-claim="${id}"]`);
const entries = (list) => (list ?? []).flatMap((e) => [e, ...entries(e.controls)]);
const COMES = 60_000; // for the program to come and be compiled on a busy machine

/** Runs a claim by its button; returns the verdict and the numbers that are shown. */
async function checked(page, id) {
  await note(page, id).locator('button.check').click();
  await note(page, id).locator('.here .verdict').waitFor({ timeout: COMES + 60_000 });
  await page.waitForFunction(() => !document.documentElement.classList.contains('recomputing'));
  return note(page, id).evaluate((el) => ({ verdict: el.querySelector('.here .verdict').textContent, numbers: [...el.querySelectorAll('.entry .here b')].map((b) => b.textContent) }));
}

test('recompute: a page loads no program before the first click, and then says what the ledger says', { skip: !pages.length && 'no program was built' }, async () => {
  for (const name of pages) {
    const { page, heard, close } = await open(browser, join(SITE, `${name}.html`)), asked = [], [id] = quick(name);
    page.on('request', (r) => asked.push(r.url()));
    assert.equal(await page.locator('script[src*="_/run/"]').count(), 0);
    const { verdict, numbers } = await checked(page, id), claim = committed(name).get(id);
    assert.equal(verdict, claim.verdict, `${name} ${id}`);
    assert.equal(numbers.length, entries(claim.checks).length + entries(claim.counter_examples).length, `${name} ${id}`);
    assert.equal(asked.filter((url) => url.includes('/_/run/')).length, 2);
    assert.deepEqual(heard, { console: [], outside: [], missing: [] }, name);
    await close();
  }
});

test('recompute: another seed measures other numbers, and one that is none is refused in words', { skip: !pages.length && 'no program was built' }, async () => {
  const name = pages[0], { page, close } = await open(browser, join(SITE, `${name}.html`));
  let differ = false;
  const seeded = page.locator('.recompute.panel input');
  for (const id of quick(name).slice(0, 6)) {
    await seeded.fill('1');
    const one = await checked(page, id);
    assert.deepEqual((await checked(page, id)).numbers, one.numbers, `${id} twice with the same seed`);
    await seeded.fill('18446744073709551615');
    if ((differ = JSON.stringify((await checked(page, id)).numbers) !== JSON.stringify(one.numbers))) break;
  }
  assert.ok(differ, `${name}: no claim depends on the seed`);
  await seeded.fill('-3');
  const id = quick(name)[0];
  await note(page, id).locator('button.check').click();
  await page.waitForFunction(() => /a whole number from 0 to 18446744073709551615/.test(document.querySelector('.recompute.panel .state').textContent));
  await close();
});

test('recompute: one button runs all claims, and a verdict that is not the committed one is shown as it is', { skip: !pages.length && 'no program was built' }, async () => {
  const server = await served(SITE), context = await browser.newContext(), page = await context.newPage(), [name] = pages, ids = quick(name).slice(0, 3);
  await page.route(`**/${name}.html`, async (route) => { // the slow ones are left out
    const answer = await route.fetch(), text = (await answer.text()).replace(/(id="recompute">)(.*?)(<\/script>)/s, (_, before, json, after) => {
      const told = JSON.parse(json);
      for (const id of Object.keys(told.claims)) if (!ids.includes(id)) told.claims[id] = { without: 'it is left out', kind: 'are left out' };
      return before + JSON.stringify(told).replace(/</g, '\\u003c') + after;
    });
    await route.fulfill({ response: answer, body: text });
  });
  await page.goto(`${server.address}/${name}.html`);
  assert.match(await page.locator('.recompute.panel').textContent(), new RegExp(`${ids.length} of \\d+ claims end within a minute in a browser; of the others, \\d+ are left out`));
  const other = ids[1], verdict = committed(name).get(other).verdict === 'corrected' ? 'holds' : 'corrected';
  await note(page, other).evaluate((el, verdict) => { el.dataset.verdict = verdict; }, verdict); // as if that had been committed
  await page.locator('.recompute.panel button', { hasText: `Check all ${ids.length} here` }).click();
  const together = page.locator('.recompute.panel .state');
  await page.waitForFunction((n) => document.querySelector('.recompute.panel .state').textContent.startsWith(`${n} of ${n} checked here`), ids.length, { timeout: 2 * COMES });
  assert.equal(await together.textContent(), `${ids.length} of ${ids.length} checked here, seed 1: ${other} with another verdict than the committed one.`);
  for (const id of ids) assert.equal(await note(page, id).locator('.here .verdict').textContent(), committed(name).get(id).verdict, id);
  await context.close();
  server.close();
});

test('recompute: a figure of a run stands in its place until the committed one is asked for', { skip: !pages.length && 'no program was built' }, async () => {
  const [name] = pages, { page, close } = await open(browser, join(SITE, `${name}.html`)), line = page.locator('figcaption .drawn');
  for (const id of quick(name)) {
    await checked(page, id);
    if (await line.count()) break;
  }
  assert.match(await line.first().textContent(), /Drawn here with seed 1\./);
  const figure = page.locator(`#${await line.first().evaluate((el) => el.closest('figure').id)}`);
  assert.ok(await figure.locator('.livefig svg').count() > 0);
  await line.first().locator('button').click();
  assert.equal(await figure.locator('.drawn').count(), 0);
  assert.ok(await figure.locator('.livefig svg').count() > 0);
  await close();
});

test('recompute: a program is under five megabytes, and its name says which', { skip: !built.length && 'no program was built' }, () => {
  for (const name of built) {
    const { file } = about(name).program, bytes = readFileSync(join(SITE, file));
    assert.ok(bytes.length < 5e6, `${name}: ${bytes.length} bytes`);
    assert.ok(file.includes(createHash('sha256').update(bytes).digest('hex').slice(0, 16)), file);
  }
});

test('recompute: Stop ends the worker within a second', { skip: !pages.length && 'no program was built' }, async () => {
  const name = pages[0], { page, close } = await open(browser, join(SITE, `${name}.html`)), id = quick(name).at(-1);
  await page.evaluate(() => { const Real = window.Worker; window.workers = 0; window.Worker = class extends Real { constructor(...a) { super(...a); window.workers++; } terminate() { super.terminate(); if (!--window.workers) window.ended = performance.now(); } }; });
  await note(page, id).locator('button.check').click();
  await page.waitForFunction((id) => document.querySelector('.recompute.panel .state').textContent === `${id} runs.`, id, { timeout: COMES });
  assert.equal(await page.evaluate(() => window.workers), 1);
  await page.evaluate(() => addEventListener('click', () => { window.clicked = performance.now(); }, true)); // by the page's own clock
  await page.locator('.recompute.panel button', { hasText: 'Stop' }).click();
  await page.waitForFunction(() => window.workers === 0 && document.querySelector('.recompute.panel .state').textContent.endsWith('stopped.'));
  assert.ok(await page.evaluate(() => window.ended - window.clicked) < 1000);
  assert.equal(await note(page, id).locator('button.check').isDisabled(), false);
  await close();
});

test('recompute: ten runs leave no worker and no memory behind', { skip: !pages.length && 'no program was built' }, async () => {
  const name = pages[0], { page, close } = await open(browser, join(SITE, `${name}.html`)), [id] = quick(name);
  const session = await page.context().newCDPSession(page);
  const used = async () => { await session.send('HeapProfiler.collectGarbage'); return (await session.send('Runtime.getHeapUsage')).usedSize; };
  await checked(page, id);
  const before = await used();
  for (let i = 0; i < 10; i++) await checked(page, id);
  const grown = await used() - before;
  assert.ok(grown < 2e6, `ten runs keep ${grown} bytes`);
  assert.equal(page.workers().length, 0);
  await close();
});

const HAND = '#in-your-hand';

/** The values at which the figure of a page stands now, once they are others than `before`. */
async function moved(page, before = null) {
  await page.waitForFunction(([hand, before]) => (document.querySelector(hand).dataset.at ?? before) !== before, [HAND, before], { timeout: COMES });
  return page.locator(HAND).getAttribute('data-at');
}

/** The figure at hand as it is drawn, without names that are counted and what only a pointer sees. */
const picture = (page) => page.locator('#explore svg').evaluate((svg) => {
  const copy = svg.cloneNode(true);
  for (const el of copy.querySelectorAll('style, defs')) el.remove();
  for (const el of copy.querySelectorAll('*')) for (const name of ['class', 'id', 'clip-path']) el.removeAttribute(name);
  return copy.innerHTML;
});

/** What is shown at these values is what the program says of them in Node. */
async function isComputed(page, name, at) {
  await page.waitForFunction(([hand, at]) => document.querySelector(hand).dataset.at === at, [HAND, at]);
  const scene = await sceneOf(name, JSON.parse(at)), facts = await page.locator(`${HAND} .facts dd`).allTextContents();
  assert.equal(scene.fault, undefined);
  const shown = await page.evaluate((values) => values.map((v) => { const el = document.createElement('i'); el.innerHTML = window.marginalia.words(v); return el.textContent; }), scene.facts.map((f) => f.value));
  assert.deepEqual(facts, shown, `${name} at ${at}`);
}

test('recompute: a figure to explore answers with what the program computes, by keyboard, and is the committed picture before', { skip: !ideas.length && 'no program with such a figure was built' }, async () => {
  for (const name of ideas) {
    const { page, heard, close } = await open(browser, join(SITE, `${name}.html`)), { controls } = about(name).idea;
    assert.equal(await page.locator('script[src*="_/run/"]').count(), 0);
    const input = page.locator(`${HAND} input`).first();
    await input.focus();
    await page.keyboard.press('ArrowRight');
    const at = await moved(page), reached = JSON.parse(at)[controls[0].name];
    assert.ok(Math.abs(reached - Math.min(controls[0].max, controls[0].start + controls[0].step)) < 1e-9, `${name}: ${at}`);
    await isComputed(page, name, at);
    assert.deepEqual(heard, { console: [], outside: [], missing: [] }, name);
    await close();
  }
});

test('recompute: a figure to explore follows a finger on a narrow page, in the dark, and fits it', { skip: !ideas.length && 'no program with such a figure was built' }, async () => {
  for (const name of ideas) {
    const { page, heard, close } = await open(browser, join(SITE, `${name}.html`), { width: 390, theme: 'dark' });
    let at = null;
    for (const input of await page.locator(`${HAND} input`).all()) {
      await input.scrollIntoViewIfNeeded();
      const box = await input.boundingBox(), value = Number(await input.inputValue()), [low, high] = [Number(await input.getAttribute('min')), Number(await input.getAttribute('max'))];
      await page.touchscreen.tap(box.x + box.width * (value < (low + high) / 2 ? 0.8 : 0.2), box.y + box.height / 2);
      assert.notEqual(Number(await input.inputValue()), value, `${name}: ${await input.getAttribute('data-name')} does not follow a finger`);
      at = await moved(page, at);
      const moving = await picture(page);
      await page.waitForFunction((hand) => !document.querySelector(hand).style.contain, HAND); // it stands
      assert.equal(moving, await picture(page), `${name}: while ${await input.getAttribute('data-name')} moves, the picture is another`);
    }
    await page.waitForTimeout(300);
    await isComputed(page, name, await moved(page));
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is wider than the page`);
    assert.deepEqual(heard, { console: [], outside: [], missing: [] }, name);
    await close();
  }
});

/** What the program of a page says in Node. */
function sceneOf(name, values) {
  const run = started(new Uint8Array(readFileSync(join(SITE, about(name).program.file))));
  return new Promise((done, failed) => run.hear((m) => {
    if (m.fault) failed(new Error(m.fault));
    if (m.ready) run.tell({ explore: JSON.stringify(values), id: 1 });
    if (m.scene) run.end().then(() => done(JSON.parse(m.scene)));
  }));
}

test('recompute: a browser without WebAssembly says so, and shows the picture', { skip: !pages.length && 'no program was built' }, async () => {
  const context = await browser.newContext(), page = await context.newPage(), faults = [];
  page.on('pageerror', (e) => faults.push(e.message));
  await page.addInitScript(() => { delete window.WebAssembly; });
  for (const name of built) {
    await page.goto(pathToFileURL(join(SITE, `${name}.html`)).href);
    assert.match(await page.locator('.recompute.panel').textContent(), /cannot run the paper’s program/);
    assert.equal(await page.locator('.recompute button, .controls input').count(), 0);
    assert.equal(await page.locator('#in-your-hand :is(img, svg):visible').count() > 0, Boolean(about(name).idea), `${name}: the figure to explore`);
  }
  assert.deepEqual(faults, []);
  await context.close();
});

test('recompute: a plain web server gives the program as it is, and the same verdict', { skip: !pages.length && 'no program was built' }, async () => {
  const server = await served(SITE), context = await browser.newContext(), page = await context.newPage(), faults = [], [name] = pages, [id] = quick(name);
  page.on('console', (m) => { if (m.type() === 'error') faults.push(m.text()); });
  await page.goto(`${server.address}/${name}.html`);
  assert.equal((await checked(page, id)).verdict, committed(name).get(id).verdict);
  assert.deepEqual(server.asked.filter((path) => path.startsWith('/_/run/')).map((path) => path.replace(/-.*\./, '.')).sort(), [`/_/run/${name.split('-')[0]}.bin`, '/_/run/worker.js']);
  assert.deepEqual(faults, []);
  await context.close();
  server.close();
});

const reading = built.flatMap((name) => Object.entries(about(name).claims).filter(([, c]) => c.data).sort((a, b) => a[1].seconds - b[1].seconds).slice(0, 1).map(([id]) => ({ name, id })));

test('recompute: a claim that reads data has them brought, from a folder and from a server', { skip: !reading.length && 'no page that was built reads data' }, async () => {
  const { name, id } = reading[0], server = await served(SITE), context = await browser.newContext();
  for (const address of [pathToFileURL(join(SITE, `${name}.html`)).href, `${server.address}/${name}.html`]) {
    const page = await context.newPage();
    await page.goto(address);
    assert.equal((await checked(page, id)).verdict, committed(name).get(id).verdict, address);
    await page.close();
  }
  assert.ok(server.asked.some((path) => path.startsWith('/_/data/') && path.endsWith('.bin')));
  const page = await context.newPage();
  await page.route('**/_/data/*', (route) => route.abort());
  await page.goto(`${server.address}/${name}.html`);
  await note(page, id).locator('button.check').click();
  await page.waitForFunction(() => /_\/data\/.* is missing/.test(document.querySelector('.recompute.panel .state').textContent), null, { timeout: COMES });
  await context.close();
  server.close();
});
