// How long a reader waits: node pace.mjs SITE [KEY...] opens pages of a built site from a folder and from a web server and prints, for each,
//   first    from the first click on the quickest claim to its verdict
//   later    the same once more, beyond the time of the cell
//   a slider from the first touch of a slider to the first picture; then pictures a second while it is dragged
// in seconds of the clock and, in brackets, of the processor, since other work beside makes the clock slow and not the processor.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch } from './browser.mjs';
import { served } from './server.mjs';

const DRAG = 3000; // ms

const [folder, ...chosen] = process.argv.slice(2);
const site = resolve(folder), keys = chosen.length ? chosen : readdirSync(site).filter((f) => f.endsWith('.html')).map((f) => f.replace('.html', ''));
const browser = await launch(), system = await browser.newBrowserCDPSession();
const cpu = async () => (await system.send('SystemInfo.getProcessInfo')).processInfo.reduce((sum, p) => sum + p.cpuTime, 0);

/** What a job takes: seconds of the clock and of the browser's processes. */
async function timed(job) {
  const [clock, spent] = [performance.now(), await cpu()];
  await job();
  return { clock: (performance.now() - clock) / 1e3, cpu: await cpu() - spent };
}
const said = (t) => `${t.clock.toFixed(2)} s (${t.cpu.toFixed(2)})`;

async function claims(page, id) {
  const note = page.locator(`.note.claim[data-claim="${id}"]`);
  const run = async () => {
    await note.locator('button.check').click();
    await page.waitForFunction(() => !document.documentElement.classList.contains('recomputing'), null, { timeout: 300_000 });
  };
  const first = await timed(run), later = await timed(run), cell = Number(/, ([\d.]+) s/.exec(await note.locator('.here.said').first().textContent())?.[1]);
  return `${id}: first ${said(first)}, later ${said({ ...later, clock: later.clock - cell })} beyond the cell's ${cell} s`;
}

/** The slider with the most steps is dragged. */
async function figure(page, { controls }) {
  const steps = (c) => (c.max - c.min) / c.step, most = controls.reduce((a, b) => (steps(b) > steps(a) ? b : a));
  const slider = page.locator(`#in-your-hand input[data-name="${most.name}"]`);
  await slider.scrollIntoViewIfNeeded();
  const box = await slider.boundingBox(), y = box.y + box.height / 2;
  await page.evaluate(() => {
    const home = document.getElementById('in-your-hand');
    window.drawn = [];
    new MutationObserver(() => window.drawn.push(performance.now())).observe(home, { attributes: true, attributeFilter: ['data-at'] });
  });
  const first = await timed(async () => {
    await page.mouse.move(box.x + box.width / 2, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.05, y);
    await page.waitForFunction(() => window.drawn.length, null, { timeout: 120_000 });
  });
  await page.waitForTimeout(300);
  await page.evaluate(() => { window.drawn.length = 0; });
  const drag = await timed(async () => {
    const end = performance.now() + DRAG;
    for (let i = 0; performance.now() < end; i++) await page.mouse.move(box.x + box.width * (0.5 + 0.45 * Math.sin(i)), y); // another value each time
    await page.mouse.up();
  });
  const drawn = await page.evaluate(() => window.drawn.length);
  return `${most.name}: first ${said(first)}, dragged ${(drawn / drag.clock).toFixed(1)} pictures/s (${(1e3 * drag.cpu / Math.max(drawn, 1)).toFixed(1)} ms of the processor each)`;
}

const server = await served(site);
for (const key of keys) {
  for (const [how, address] of [['folder', pathToFileURL(join(site, `${key}.html`)).href], ['server', `${server.address}/${key}.html`]]) {
    if (!existsSync(join(site, `${key}.html`))) { console.error(`pace: there is no page ${key} in ${site}`); process.exitCode = 1; break; }
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } }), page = await context.newPage();
    await page.goto(address);
    const about = JSON.parse(await page.locator('#recompute').textContent({ timeout: 1000 }).catch(() => 'null'));
    if (!about) { await context.close(); break; }
    const [quickest] = Object.entries(about.claims).filter(([, c]) => c.seconds !== undefined && !c.data).sort((a, b) => a[1].seconds - b[1].seconds);
    if (quickest) console.log(`${key}, ${how}: ${await claims(page, quickest[0])}`);
    await page.reload();
    if (about.idea) console.log(`${key}, ${how}: ${await figure(page, about.idea)}`);
    await context.close();
  }
}
server.close();
await browser.close();
