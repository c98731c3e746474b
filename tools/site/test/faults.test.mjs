// Each check of a page sees the fault that it is there for.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect, inspectPrinted, inspectStill, WIDTHS } from '../check.mjs';
import { stillFile } from '../still.mjs';
import { browser, fixtures, together, work } from './browser.mjs';

/** A copy of the fixture's page in which something is broken. */
function broken(change) {
  const dir = mkdtempSync(join(work, 'broken-'));
  cpSync(fixtures, dir, { recursive: true });
  const path = join(dir, 'fixture-paper.html'), before = readFileSync(path, 'utf8'), after = change(before);
  assert.notEqual(after, before, 'the page was not changed');
  writeFileSync(path, after.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '')); // which has no hash of a fault's script
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
  ['mathematics is set everywhere', adding('<p>for σ_+ and u_−, say</p>')],
  ['mathematics is set everywhere', adding('<p>614810000000 of them</p>')],
  ['mathematics is set everywhere', adding('<figure><figcaption>The two errors are *not* equal.</figcaption></figure>')],
  ['mathematics is set everywhere', adding('<section class="package"><p>of one&amp;apos;s own</p></section>')],
  ['mathematics is set everywhere', adding('<figure><figcaption>On `wide` the error falls.</figcaption></figure>')],
  ['figures have numbers in their order', (page) => page.replace('Figure 1.', 'Figure 7.')],
  ['figures have numbers in their order', adding('<a href="#fig-descent">Figure</a>')],
  ['claims are boxes above what measures them', (page) => page.replace('id="claim-C1"', 'id="claim-elsewhere"')],
  ['claims are boxes above what measures them', (page) => page.replace(/<p class="where">.*?<\/p>/gs, '')],
  ['claims are boxes above what measures them', adding('<table><tr><th>Claim</th><th>Measured (expected)</th></tr></table>')],
  ['formulas stay in their columns', (page) => page.replace('</article>', `<table><tr><td style="display:block;max-width:5px">${/<mjx-container.*?<\/mjx-container>/s.exec(page)[0]}</td></tr></table></article>`)],
  ['papers are listed with picture and words', adding('<ol class="papers"><li class="here"><div><h3><a href="x.html">A paper</a></h3><p class="facts"><a href="https://arxiv.org/abs/1">arXiv</a></p><p class="state">1 claim</p></div></li></ol>')],
  ['labels of figures are whole', (page) => page.replace('</body>', '<script>addEventListener("load", () => setTimeout(() => document.querySelectorAll(".livefig svg text").forEach((t) => t.setAttribute("transform", "translate(-30 40)")), 100))</script></body>')],
];

const STILL = [
  ['pictures are shown', (page) => page.replace(/<img class="static"[^>]*>/, '')],
  ['pictures are shown', (page) => page.replace(/src="img\/[^"]*"/, 'src="img/none.png"')],
  ['pictures have words', (page) => page.replace(/(<img class="static"[^>]*) alt="[^"]*"/, '$1 alt="A curve"')],
  ['no button is dead', (page) => page.replace('<div class="tools" hidden>', '<div class="tools">')],
  ['nothing is fetched', adding('<img src="//example.org/x.png" alt="An outside picture">')],
];

await together([...BREAKS.map(([check, change]) => async () => {
  const found = await inspect(browser, broken(change), WIDTHS[0], { themes: ['light'], checks: [check] });
  test(`a broken page is seen: ${check}`, () => assert.notEqual(found.get('light').get(check).length, 0));
}), async () => {
  const still = await inspectStill(browser, broken((page) => page.replace(/<img class="static"[^>]*>/, '')));
  test('a broken page is seen: pictures are shown', () => assert.notEqual(still.get('pictures are shown').length, 0));
}, async () => {
  for (const [check, change] of STILL) {
    const seen = stillFile(broken(change)).get(check);
    test(`a broken page is seen without scripts: ${check}`, () => assert.notEqual(seen.length, 0));
  }
}, async () => {
  const cut = await inspectPrinted(browser, broken(adding(`<pre style="white-space:pre">${'x'.repeat(300)}</pre><p style="height:40000px">long</p><button>go</button>`)));
  test('a broken page is seen: nothing is cut in print', () => assert.notEqual(cut.get('nothing is cut').length, 0));
  test('a broken page is seen: nothing waits to be pressed', () => assert.equal(cut.get('nothing waits to be pressed').length, 1));
  test('a broken page is seen: it is short enough', () => assert.notEqual(cut.get('it is short enough').length, 0));
}]);
