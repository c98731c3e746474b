// What the builder makes of a notebook, without a browser.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, writeFileSync, rmSync, existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { build, findPapers, single } from '../build.mjs';
import { goCell } from '../code.mjs';
import { deadLinks } from '../links.mjs';
import { number, numerals, summary } from '../ledger.mjs';
import { duration, Page } from '../notebook.mjs';
import { pieces, takeTag } from '../tex.mjs';

const FIXTURES = new URL('../fixtures', import.meta.url).pathname;

const rendered = (text) => new Page('p').text(text);

/** A copy of the fixtures in which the notebook or the ledger of fixture-paper is changed. */
function changed({ notebook, ledger }, job) {
  const dir = mkdtempSync(join(tmpdir(), 'site-test-'));
  try {
    cpSync(FIXTURES, join(dir, 'notebooks'), { recursive: true });
    for (const [file, change] of [['fixture-paper.ipynb', notebook], ['claims.json', ledger]]) {
      if (!change) continue;
      const path = join(dir, 'notebooks/fixture-paper', file), before = readFileSync(path, 'utf8'), after = change(before);
      assert.notEqual(after, before, `${file} was not changed`);
      writeFileSync(path, after);
    }
    return job({ notebooks: join(dir, 'notebooks'), out: join(dir, 'site') }, dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

test('a quote with a bold kind becomes a statement with a target', () => {
  const html = rendered('> **Theorem 2 (descent).** *It descends.*');
  assert.match(html, /<div class="statement theorem" role="group" aria-label="Theorem 2" id="theorem-2">/);
  assert.doesNotMatch(html, /blockquote/);
  assert.match(rendered('> Somebody said so.'), /<blockquote>/);
});

test('an anchor line gives its id to the block that follows', () => {
  assert.match(rendered('<a id="lemma-4"></a>\n\n> **Lemma 4.** *x*'), /<div class="statement lemma"[^>]* id="lemma-4">/);
  assert.match(rendered('<a id="claim-C1"></a>\n\nText.'), /<p id="claim-C1">Text/);
  const twice = rendered('<a id="eq-3"></a>\n\n$$x \\tag{3}$$');
  assert.equal(twice.match(/id="eq-3"/g).length, 1);
  assert.match(twice, /<div class="equation" id="eq-3">/);
});

test('the same target twice is an error that names it', () => {
  assert.throws(() => rendered('<a id="ref-x"></a>\n\nA.\n\n<a id="ref-x"></a>\n\nB.'), /"ref-x" is there twice/);
});

test('a note stands in front of what it annotates, other quotes stay', () => {
  const html = rendered('First.\n\nSecond.\n\n> **Note.** Aside.\n\nThird.');
  assert.match(html, /First.*<div class="noted">\s*<div class="note" role="note">.*Aside.*<p>Second.*<\/div>\s*<p>Third/s);
});

test('a number is taken off a formula that has one, and left where there are more', () => {
  assert.deepEqual(takeTag('x \\tag{3}'), { tex: 'x', tags: ['3'], number: '3' });
  assert.equal(takeTag('a \\tag{1}\\\\ b \\tag{2}').number, null);
  const two = rendered('$$\\begin{align} a &= b \\tag{4}\\\\ c &= d \\tag{5} \\end{align}$$\n\nby [(5)](#eq-5)');
  assert.match(two, /id="eq-4"/);
  assert.match(two, /id="eq-5"/);
});

test('a formula of the text may end a line before a relation outside brackets and behind a spaced comma', () => {
  assert.deepEqual(pieces('a=b+c'), ['a=b+c']);
  assert.deepEqual(pieces('f(x_{i=1}, y=2) \\le C\\log t = \\infty'), ['f(x_{i=1}, y=2) ', '{}\\le C\\log t ', '{}= \\infty']);
  assert.deepEqual(pieces('\\left\\{x: x>0\\right\\}\\ne\\emptyset,\\quad y>1'), ['\\left\\{x: x>0\\right\\}', '{}\\ne\\emptyset,\\quad', ' y', '{}>1']);
  for (const whole of ['x\\in\\left]0,1\\right[,\\quad x=y+y', '\\begin{matrix}a=b\\end{matrix}=cccccccc', '\\sum\\limits_=aaaaaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaaaaaaaa\\not=b']) assert.deepEqual(pieces(whole), [whole]);
  const html = rendered('so $\\lVert W_t\\rVert\\to\\infty$ and more');
  assert.equal(html.match(/<mjx-container/g).length, 2);
});

test('a formula that is wrong is an error that shows it', () => {
  assert.throws(() => rendered('so $\\frac{a$ is'), /frac\{a.*brace/s);
  assert.throws(() => rendered('$\\nosuchcommand x$'), /Undefined control sequence/);
});

test('formulas are drawn and read aloud', () => {
  const page = new Page('p');
  assert.match(page.text('$x^2$'), /<svg .*<math .*<msup>/s);
  assert.match(page.typesetter.glyphs(), /<path id="MJX-/);
});

test('punctuation stays with its formula', () => {
  assert.match(rendered('for all $x$, and ($y$).'), /<span class="nobr"><mjx.*<\/mjx-container>,<\/span>.*<span class="nobr">\(<mjx.*<\/mjx-container>\)\.<\/span>/s);
});

test('a bar inside a formula of a table does not split the cell', () => {
  const html = rendered('| a | b |\n|---|---|\n| $\\lVert x\\rVert$ | $a \\vert b$ |');
  assert.equal(html.match(/<td/g).length, 2);
});

test('a link to a notebook becomes a link to its page', () => {
  assert.match(rendered('[there](../self-attention/self-attention.ipynb#theorem-1)'), /href="self-attention\.html#theorem-1"/);
});

test('magic lines are set apart from Go', () => {
  const html = goCell('//gonb:%exec C4\n\nfunc C4() { x < y }');
  assert.match(html, /<span class="magic">\/\/gonb:%exec C4<\/span>/);
  assert.match(html, /hljs-keyword">func/);
  assert.match(html, /x &lt; y/);
  const long = goCell('/* a\n\tb */ x := `c\nd`');
  assert.equal(long.match(/class="line"/g).length, 3);
  for (const line of long.split('<span class="line"').slice(1)) assert.equal((line.match(/<span/g) ?? []).length + 1, line.match(/<\/span>/g).length);
});

test('numbers are set as a person writes them', () => {
  assert.equal(number(-1.00031), '−1.0003');
  assert.equal(number(0), '0');
  assert.equal(number('NaN'), 'NaN');
  assert.match(number(6.1e-13), /6\.1 × 10<sup>−13<\/sup>/);
  assert.match(number(1e-12), />10<sup>−12<\/sup>/);
  assert.match(numerals('within 2e-3 of -1'), /2 × 10<sup>−3<\/sup><\/span> of −1$/);
  assert.equal(numerals('layer-1 <b>'), 'layer-1 &lt;b&gt;');
  assert.equal(duration(0.44), '0.4 s');
  assert.equal(duration(75.2), '75 s');
  assert.equal(duration(143), '2.4 min');
});

test('verdicts are counted in words', () => {
  assert.equal(summary([{ verdict: 'holds' }, { verdict: 'holds' }, { verdict: 'corrected' }]), '3 claims: 2 hold, 1 corrected');
});

test('dead links are found, living ones are not', () => {
  const pages = [{ key: 'a', html: '<p id="x"></p><a href="#x">1</a><a href="#y">2</a><a href="b.html#z">3</a><a class="c" href="c.html">4</a><a href="">5</a>' }, { key: 'b', html: '<i id="z"></i><a href="a.html">6</a><a href="https://arxiv.org/abs/1">7</a>' }];
  assert.deepEqual(deadLinks(pages), ['a: #y', 'a: c.html', 'a: (empty)']);
});

test('the fixture becomes a page with its claims, figure and contents', () => changed({}, (dirs) => {
  const pages = build(dirs);
  const page = pages.find((p) => p.key === 'fixture-paper');
  assert.match(page.html, /id="claim-F1"/);
  assert.match(page.html, /<div class="note claim" role="note" aria-label="Claim F1: holds">/);
  assert.match(page.html, /<figure class="mg-figure"[^>]*><img class="static" src="img\/fixture-paper-[0-9a-f]{10}\.png"/);
  assert.match(page.html, /<nav class="contents"/);
  assert.doesNotMatch(page.html, /<th[^>]*>(?:Claim|This run)<\/th>/);
  const front = readFileSync(join(dirs.out, 'index.html'), 'utf8');
  assert.match(front, /href="fixture-paper\.html#claim-F1"/);
  assert.equal(front.match(/not yet here/g).length, 10);
  assert.ok(existsSync(join(dirs.out, '_/search-index.js')));
}));

test('the same notebooks make the same bytes', () => changed({}, (dirs, dir) => {
  const read = (out) => readdirSync(out, { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).map((e) => [e.name, readFileSync(join(e.parentPath ?? e.path, e.name)).toString('base64')]).sort();
  build(dirs);
  build({ ...dirs, out: join(dir, 'again') });
  assert.deepEqual(read(join(dir, 'again')), read(dirs.out));
}));

test('one file holds a page and asks for no other', () => changed({}, (dirs, dir) => {
  const [file] = single({ site: dirs.out, out: join(dir, 'single'), pages: build(dirs) });
  const html = readFileSync(file, 'utf8');
  assert.doesNotMatch(html, /(?:src|href)="(?:_|img)\//);
  assert.doesNotMatch(html, /url\(fonts/);
  assert.doesNotMatch(html, /href="index\.html/);
}));

test('an older site gives way only to a whole new one', () => changed({}, (dirs) => {
  build(dirs);
  const path = join(dirs.notebooks, 'fixture-paper/fixture-paper.ipynb');
  writeFileSync(path, readFileSync(path, 'utf8').replace('#eq-1', '#eq-9'));
  assert.throws(() => build(dirs), /dead links:\s+fixture-paper: #eq-9/);
  assert.ok(existsSync(join(dirs.out, 'fixture-paper.html')));
}));

test('bad input is named', () => {
  const fails = (change, message) => changed(change, (dirs) => assert.throws(() => build(dirs), message));
  fails({ notebook: () => '{"nbformat": 4' }, /fixture-paper\.ipynb is no notebook.*scripts\/run --write/s);
  fails({ notebook: (t) => t.replace('"nbformat": 4', '"nbformat": 3') }, /nbformat is 3, expected 4/);
  fails({ notebook: (t) => t.replace('# A fixture', 'A fixture') }, /fixture-paper: the notebook has no title/);
  fails({ ledger: () => 'x' }, /claims\.json: .*scripts\/run --write/s);
  fails({ ledger: (t) => t.replace('"verdict": "holds"', '"verdict": "holdz"') }, /claim F1 has the verdict "holdz"; known are holds/);
  fails({ ledger: (t) => t.replace('"id": "F1"', '"id": "F9"') }, /claim F9 has no cell/);
});

test('papers stand in the order of the list, unknown ones after them', () => {
  const keys = findPapers(FIXTURES).map((p) => p.key);
  assert.equal(keys[0], 'ntp-implicit-bias');
  assert.equal(keys.at(-1), 'fixture-paper');
});
