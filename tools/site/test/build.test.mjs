// What the builder makes of a notebook, without a browser.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, writeFileSync, rmSync, existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { build, findPapers, single } from '../build.mjs';
import { goCell } from '../code.mjs';
import { deadFiles, deadLinks } from '../links.mjs';
import { letters, number, origins, reading, seen, summary, table, unread } from '../ledger.mjs';
import { captioned, words } from '../mathtext.mjs';
import { became } from '../recompute.mjs';
import { library } from '../packages.mjs';
import { fileAt, HOME, MODULE } from '../repository.mjs';
import { sections } from '../search.mjs';
import { thumbnail } from '../thumbs.mjs';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { duration, Page } from '../notebook.mjs';
import { scriptsIn } from '../policy.mjs';
import { flattened, pieces, takeTag } from '../tex.mjs';

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

test('a target in front of what a note annotates is kept', () => {
  assert.match(rendered('<a id="definition-9"></a>\n\n> **Definition 9.** *x*\n\n> **Note.** Aside.'), /<span id="definition-9"><\/span>\s*<div class="noted">/);
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

test('a long piece may end a line before a sign in no brackets, which stays a binary one', () => {
  const long = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa(b-c)-\\lVert x\\rVert-d_{e+f}';
  assert.deepEqual(pieces(long), ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa(b-c)', '{}-\\lVert x\\rVert', '{}-d_{e+f}']);
  assert.deepEqual(pieces(`=-\\frac{${'a'.repeat(60)}}b`), [`=-\\frac{${'a'.repeat(60)}}b`]);
});

test('groups that only move go into what they move', () => {
  const kept = '<g stroke="x" transform="scale(1,-1)">';
  assert.equal(flattened(`<svg a="b">${kept}<g><g transform="translate(10,0)"><use href="#a"></use><g transform="translate(4,20) scale(0.5)"><use href="#b" transform="translate(6,0)"></use></g></g></g></g></svg>`),
    `<svg a="b">${kept}<use href="#a" transform="translate(10)"/><use href="#b" transform="translate(17,20) scale(0.5)"/></g></svg>`);
  assert.equal(flattened('<svg><g transform="translate(1,2)"><svg x="3"><use/></svg><g fill="red"><rect w="1"></rect></g><g transform="rotate(9)"><use/></g></g></svg>'),
    '<svg><g transform="translate(1,2)"><svg x="3"><use/></svg></g><g fill="red" transform="translate(1,2)"><rect w="1"/></g><g transform="translate(1,2) rotate(9)"><use/></g></svg>');
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

test('nuclear norms begin no emphasis', () => {
  assert.match(rendered('| a |\n|---|\n| ‖S‖_*, ‖L‖_* |'), /‖S‖<sub>\*<\/sub>, ‖L‖<sub>\*<\/sub>/);
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
  assert.equal(number(6.1e-13), '6.1\u00a0×\u00a010<sup>−13</sup>');
  assert.equal(number(177828), '177,828');
  assert.equal(number(1.0208e-6), '1.0208\u00a0×\u00a010<sup>−6</sup>');
  assert.equal(number(-0.00079011), '−7.9011\u00a0×\u00a010<sup>−4</sup>');
  assert.equal(number(0.0010009), '0.0010009');
  assert.equal(number(1e-12), '10<sup>−12</sup>');
  assert.equal(number(614810000000), '6.1481\u00a0×\u00a010<sup>11</sup>');
  assert.equal(words('within 2e-3 of -1'), 'within 2\u00a0×\u00a010<sup>−3</sup> of −1');
  assert.equal(words('layer-1 <b>'), 'layer-1 &lt;b&gt;');
  assert.equal(words('slope of ‖W_mm‖ over t^-1.000'), 'slope of ‖W<sub>mm</sub>‖ over t<sup>−1.000</sup>');
  assert.equal(words('a $b$ c', (t) => `[${t}]`), 'a [$b$] c');
  assert.throws(() => words('a $b', (t) => t), /odd number of dollars/);
  assert.equal(captioned('<b>W_k</b> &lt; <span class="mg-math" data-tex="a&amp;b">ab</span>', (t) => `[${t}]`), '<b>W<sub>k</sub></b> &lt; [$a&b$]');
  assert.equal(captioned('one&apos;s, &#39;two&#39; &amp; &quot;three&quot;', (t) => t), "one's, 'two' &amp; &quot;three&quot;");
  assert.equal(duration(0.44), '0.4 s');
  assert.equal(duration(75.2), '75 s');
  assert.equal(duration(143), '2.4 min');
});

test('verdicts are counted in words', () => {
  assert.equal(summary([{ verdict: 'holds' }, { verdict: 'holds' }, { verdict: 'corrected' }]), '3 claims: 2 hold, 1 corrected');
  assert.equal(summary([{ verdict: 'slip' }, { verdict: 'slip' }, { verdict: 'evidence' }, { verdict: 'paper scale' }]), '4 claims: 1 evidence, 2 slips, 1 at the paper’s scale');
});

test('the register says at how many seeds a claim was seen', () => {
  const claim = (id) => ({ id, kind: 'limit', statement: 'x', source: 'here', known: 'read', verdict: 'holds', checks: [] });
  const ledger = { run: { seed: 1 }, claims: ['C1', 'C2', 'C3'].map(claim) };
  seen(ledger, '{"claims": {"C1": {"cell": "x", "seen": [{"seeds": "2-4,9", "commit": "c1", "backend": "go"}, {"seeds": "5", "commit": "c2", "backend": "go"}]},'
    + '"C2": {"cell": "x", "seen": [{"seeds": "1-3,18446744073709551615", "commit": "c1", "backend": "go"}]}}}');
  assert.deepEqual(ledger.claims.map((c) => c.seeds?.count), [6, 4, undefined]);
  const rows = table(ledger.claims, (t) => t).split('<tr>').slice(-3);
  assert.match(rows[0], /<span class="seeds" title="seeds 2-4,9 at commit c1, 5 at commit c2">seen at 6\u00a0seeds<\/span>/);
  assert.doesNotMatch(rows[2], /seeds/);
  seen(ledger, '');
  for (const text of ['x', '[]', '{"claims": {"C1": {"seen": [{"seeds": "a"}]}}}']) {
    assert.throws(() => seen(ledger, text, 'a/seeds.json'), /a\/seeds\.json: no record of seeds .*--record writes it afresh/);
  }
});

test('whose the claims are is counted apart', () => {
  const claims = ['ours', 'reconstructed', 'second-hand', 'read', 'ours'].map((known) => ({ known }));
  assert.equal(origins(claims), '3 of the paper (1 read, 1 second-hand, 1 reconstructed), 2 of ours');
  assert.equal(reading({ unread: true, read: 'the abstract' }), 'Nobody here read the body of this paper. Read of it: the abstract.');
  assert.equal(reading({ read: 'all' }), '');
  const known = (...all) => unread(all.map(([how, source]) => ({ known: how, source })));
  assert.deepEqual([known(['read', 'Theorem 2'], ['read', 'abstract']), known(['read', 'abstract: two reasons'], ['read', 'Abstract'], ['ours', 'step 2'], ['second-hand', 'Theorem 1']), known(['ours', 'step 1'])], [false, true, true]);
  assert.match(letters([{ id: 'D1' }]), /<b>D<\/b>\u00a0derived here/);
  assert.doesNotMatch(letters([{ id: 'D1' }]), /<b>C<\/b>/);
});

test('a link to a figure says its number, a heading has Jupyter’s target too', () => {
  const page = new Page('p');
  page.numbers.set('fig-x', 3);
  assert.match(page.text('See [Figure](#fig-x) and [the curve](#fig-x).'), />Figure\u00a03<\/a> and <a href="#fig-x">the curve</);
  assert.match(page.text('See [Figure 7](#fig-x).'), />Figure\u00a03<\/a>\./); // as scripts/run left it before a figure came in
  assert.match(page.text('## Set up Here'), /<h2 id="set-up-here"><span id="Set-up-Here">/);
});

test('names of packages in code lead to their documentation, those in strings do not', () => {
  const page = new Page('p');
  page.library = library([{ path: 'm/pkg/rate', name: 'rate', anchor: 'rate', symbols: [{ name: 'Grid', also: ['Grids'] }] }]);
  page.imports.set('rate', 'm/pkg/rate');
  const html = goCell('x := rate.Grid(0) // rate.Grid\ny := "rate.Grid" + rate.Nothing + my.rate.Grid + rate.Grids', page);
  assert.deepEqual(html.match(/href="[^"]*"/g), ['href="packages.html#rate.Grid"', 'href="packages.html#rate.Grids"']);
});

test('the repository is at the module path', () => {
  assert.equal(HOME, `https://${MODULE}`);
  assert.equal(fileAt('pkg/x.go', 7), `${HOME}/blob/main/pkg/x.go#L7`);
});

test('statements are found by their names, formulas stay in the text', () => {
  const page = new Page('p');
  const html = `<article>${page.text('# T\n\n> **Theorem 1 (descent).** *$W_{\\mathrm{mm}}\\le x^2$ holds.*')}</article>`;
  const found = sections({ key: 'p', title: 'T', html });
  assert.deepEqual(found.map((s) => [s.label, s.head, s.href]), [['', 'T', 'p.html#t'], ['Theorem 1 (descent)', 'T', 'p.html#theorem-1']]);
  assert.match(found[1].text, /W_\{mm\} ≤ x\^2 holds/);
});

test('the program that lists the packages passes its tests', () => {
  execFileSync('go', ['-C', new URL('../..', import.meta.url).pathname, 'test', './site/packages'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
});

test('dead links are found, living ones are not', () => {
  const pages = [{ key: 'a', html: '<p id="x"></p><a href="#x">1</a><a href="#y">2</a><a href="b.html#z">3</a><a class="c" href="c.html">4</a><a href="">5</a>' }, { key: 'b', html: '<i id="z"></i><a href="a.html">6</a><a href="https://arxiv.org/abs/1">7</a>' }];
  assert.deepEqual(deadLinks(pages), ['a: #y', 'a: c.html', 'a: (empty)']);
});

test('links to files and lines that the checkout lacks are found', () => {
  const to = (...hrefs) => deadFiles([{ key: 'a', html: hrefs.map((h) => `<a class="x" href="${h}">x</a>`).join('') }]);
  const lines = readFileSync(new URL('../../../go.mod', import.meta.url), 'utf8').split('\n').length;
  assert.deepEqual(to(fileAt('go.mod'), fileAt('go.mod', 1), fileAt('go.mod', lines), fileAt('pkg/ntp'), fileAt('notebooks/not-here/not-here.go', 9), HOME, 'https://arxiv.org/abs/1'), []);
  const dead = [fileAt('pkg/none.go'), fileAt('go.mod', lines + 1), fileAt('pkg/ntp', 3), fileAt('notebooks/ntp-capacity/none.md'), `${fileAt('go.mod')}#here`];
  assert.deepEqual(to(...dead), dead.map((href) => `a: ${href}`));
});

test('the targets that a notebook gives its equations are those of the page', () => {
  const text = '<a id="eq-77"></a>\n$$x=y \\tag{77}$$\n\n> **Remark 9.** So\n> <a id="eq-78"></a>\n> $$y=z \\tag{78}$$\n\nby [(77)](#eq-77) and [(78)](#eq-78)';
  changed({ notebook: (before) => { const nb = JSON.parse(before); nb.cells.push({ cell_type: 'markdown', id: 'eqs', metadata: {}, source: text }); return JSON.stringify(nb); } }, (dirs) => {
    const page = build(dirs).find((p) => p.key === 'fixture-paper').html;
    for (const n of [77, 78]) assert.deepEqual(page.match(new RegExp(`<[^>]*id="eq-${n}"`, 'g')), [`<div class="equation" id="eq-${n}"`]);
    assert.doesNotMatch(page, /<p>\s*<\/p>|<a id="eq-/);
  });
});

test('the fixture becomes a page with its claims, figure and contents', () => changed({}, (dirs) => {
  const pages = build(dirs);
  const page = pages.find((p) => p.key === 'fixture-paper');
  assert.match(page.html, /id="claim-C1"/);
  assert.match(page.html, /<div class="note claim" role="note" aria-label="Claim C1: holds"[ >]/);
  assert.match(page.html, /<figure class="mg-figure"[^>]*><img class="static" src="img\/fixture-paper-[0-9a-f]{10}\.png"/);
  assert.match(page.html, /<nav class="contents"/);
  assert.doesNotMatch(page.html, /<th[^>]*>(?:Claim|This run)<\/th>|Measured \(expected\)/);
  assert.equal(page.html.match(/aria-label="Table of claims"/g).length, 1);
  assert.match(page.html, /<a href="#table-of-claims">.*<div class="whole" id="table-of-claims">/s);
  const front = readFileSync(join(dirs.out, 'index.html'), 'utf8');
  assert.match(front, /href="fixture-paper\.html#claim-C1"/);
  assert.equal(front.match(/not yet here/g).length, 10);
  assert.match(front, /2 here, of 12 listed/);
  assert.match(front, /<a href="packages\.html#example-ntp-New">/);
  assert.match(front, /href="packages\.html#pkg-ntp"/);
  assert.doesNotMatch(front, /href="packages\.html#pkg-[\w-]*study"/);
  assert.match(front, new RegExp(`href="${HOME}"`));
  assert.match(front, /<img src="img\/fixture-paper-cover\.svg"/);
  assert.match(front, /That gradient descent walks to the minimum of a parabola/);
  assert.match(page.html, new RegExp(`<a href="${HOME}/blob/main/notebooks/fixture-paper/fixture-paper\\.go#L\\d+">fixture-paper\\.go, line \\d+</a>.*<a href="packages\\.html#pkg-claim">claim</a>`));
  assert.match(page.html, /<p class="links"><a href="[^"]*fixture-paper\.ipynb">Notebook<\/a>.*Source.*claims\.json">Ledger/);
  assert.match(page.html, /<strong class="no">Figure 1\.<\/strong> <strong>Two steps\.<\/strong>/);
  assert.ok(existsSync(join(dirs.out, '_/search-index.js')));
}));

test('the form of statements beside the notebook becomes boxes, controls beneath their checks, and a review', () => changed({}, (dirs) => {
  const page = build(dirs).find((p) => p.key === 'fixture-form').html;
  assert.equal(page.match(/class="statement box/g).length, 3);
  assert.match(page, /<div class="statement box reconstructed"[^>]* id="claim-C2">/);
  assert.ok(page.indexOf('id="claim-C1"') < page.indexOf('aria-label="Claim C1: holds"'));
  assert.match(page, /<div class="entry control"><span class="must">must fail:<\/span> <span class="name">margins shrunk by half<span class="among">, some of 5/);
  assert.match(page, /slack 25 %/);
  assert.match(page, /a grid of eleven points tells no more/);
  assert.match(page, /Nobody here read the body of this paper/);
  assert.match(page, /<article class="unread">/);
  assert.match(page, /6\.1481\u00a0×\u00a010<sup>11<\/sup> points/);
  assert.match(page, /<a href="#fig-parabola">Figure\u00a01<\/a> is the idea/);
  assert.match(page, /What was tried against this page<\/h2>\s*<p>Somebody who.*?<details class="review"><summary>The whole review<\/summary>\s*<h3 id="referee"/s);
  assert.match(page, /<td>the middle term left out<\/td>/);
  assert.doesNotMatch(page, /<!-- (?:begin|claim)/);
  assert.doesNotMatch(readFileSync(join(dirs.out, 'fixture-form.html'), 'utf8'), /data-tex/);
  assert.match(page, /<details class="code" open>(?:(?!<\/details>).)*Sizes/s);
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

test('what is not of the form is text: scripts, handlers, frames, addresses that are scripts', () => {
  for (const bad of ['<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '<a href="javascript:alert(1)">x</a>', '<iframe src="https://a.b"></iframe>', '<svg onload="x()">', '<b onclick="x()">b</b>',
    '<style>p{}</style>', '<a href=" java\nscript:alert(1)">x</a>', '<a href="&#106;avascript:alert(1)">x</a>']) {
    for (const text of [bad, `# Title ${bad}`, `text ${bad} text`, `> **Theorem 1 (${bad}).** *x*`]) {
      const html = rendered(text).replaceAll('&lt;', '').replaceAll('&quot;', '');
      assert.doesNotMatch(html, /<(?:script|iframe|style|svg)\b|<[^>]*\son\w+=|<[^>]*href="[^"]*script:/i, text);
    }
  }
  for (const good of ['<a id="x"></a>\n\nA.', 'H<sub>2</sub>O', '<details><summary>More</summary>\n\nText\n\n</details>', '<!-- claim: C1 -->', '<img src="img/a.png" alt="A" width="3" height="4">']) {
    assert.doesNotMatch(rendered(good), /&lt;/, good);
  }
});

test('a target that is there twice is an error that names both cells; ids in a picture are its own', () => {
  const output = (html) => JSON.stringify({ output_type: 'display_data', data: { 'text/html': html }, metadata: {} });
  const cells = (...outputs) => changed({ notebook: (t) => { const nb = JSON.parse(t); for (const o of outputs) nb.cells.push({ cell_type: 'code', id: `x${o.length}${nb.cells.length}`, execution_count: 1, metadata: {}, source: 'x()', outputs: [JSON.parse(o)] }); return JSON.stringify(nb); } },
    (dirs) => { build(dirs); return readFileSync(join(dirs.out, 'fixture-paper.html'), 'utf8'); });
  assert.throws(() => cells(output('<p id="same">a</p>'), output('<p id="same">b</p>')), /"same" is there twice, in cell (\d+) and in cell (\d+)/);
  cells(output('<svg><linearGradient id="g"/></svg>'), output('<svg><linearGradient id="g"/></svg>'));
});

test('a page sends a policy in which its figures run and nothing else does; the site ships licences', () => changed({}, (dirs, dir) => {
  const pages = build(dirs);
  for (const p of pages) {
    const html = readFileSync(join(dirs.out, `${p.key}.html`), 'utf8'), policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html)?.[1];
    assert.match(policy, /default-src 'none'.*'wasm-unsafe-eval'.*worker-src 'self'/);
    assert.doesNotMatch(policy, /script-src[^;]*(?:unsafe-inline|'unsafe-eval'|https?:)/);
    for (const text of scriptsIn(html)) assert.ok(policy.includes(createHash('sha256').update(text).digest('base64')), `${p.key}: a script without its hash: ${text.slice(0, 80)}`);
  }
  assert.ok(scriptsIn(readFileSync(join(dirs.out, 'fixture-paper.html'), 'utf8')).length);
  const [file] = single({ site: dirs.out, out: join(dir, 'single'), pages });
  assert.match(readFileSync(file, 'utf8'), /Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' data:;/);
  for (const name of ['echarts.LICENSE', 'echarts.NOTICE', 'minisearch.LICENSE', 'mathjax.LICENSE', 'source-serif-4.LICENSE', 'marginalia.LICENSE']) {
    assert.ok(readFileSync(join(dirs.out, '_/licences', name), 'utf8').length > 100, name);
  }
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
  fails({ ledger: (t) => t.replace('"verdict": "holds"', '"verdict": "holdz"') }, /claim C1 has the verdict "holdz"; known are holds/);
  fails({ notebook: (t) => t.replace('begin: claim C1 ', 'was: claim C1 ') }, /claim C1 has no box: write <!-- claim: C1 -->/);
  fails({ ledger: (t) => t.replace('"id": "C1"', '"id": "Q1"') }, /letter of claim Q1 is not in the legend; known are C/);
  fails({ ledger: (t) => t.replace('"known": "read"', '"known": "heard"') }, /claim C2 is known "heard"; expected read, second-hand/);
  fails({ notebook: (t) => t.replace('begin: claim C1', 'begin: claim C8') }, /<!-- claim: C8 --> names a claim that the ledger does not have/);
});

test('papers stand in the order of the list, unknown ones after them', () => {
  const keys = findPapers(FIXTURES).map((p) => p.key);
  assert.equal(keys[0], 'ntp-implicit-bias');
  assert.equal(keys.at(-1), 'fixture-paper');
});

test('of a claim in a browser a page says what became of it, and no claim takes longer than a minute that was not given one', () => {
  const said = (entry, scale = 'quick') => became({ scale }, entry, { '/data/brown/x': '/here' });
  assert.equal(said({ without: 'it takes longer than 60 s' }).kind, 'take longer');
  assert.equal(said({ without: 'it takes longer than 10 s' }).kind, 'got less time when they were measured');
  assert.equal(said({ without: 'it reads files of data' }).kind, 'read data that are too large');
  assert.equal(said(undefined).kind, 'were not tried there');
  assert.deepEqual(said({ seconds: 2, data: ['brown'], verdict: 'holds' }), { seconds: 2, data: ['/data/brown/x'] });
  assert.match(said({ seconds: 2, data: ['novel'] }).without, /novel was not there/);
  assert.equal(said({ seconds: 2 }, 'paper').seconds, undefined);
});

test('a picture of the front page shows the frame that its figure opens at', () => {
  const points = (y) => [[1, y], [2, y]];
  const spec = (data, frames) => JSON.stringify({ columns: 1, legend: [{ name: 'p' }], trigger: 'item', frames, panels: [{ x: { name: 'x', extent: [1, 2], min: 1, max: 2 }, y: { name: 'y', extent: [0, 9], min: 0, max: 9 }, ratio: 1 }],
    option: { xAxis: [{}], yAxis: [{}], series: [{ type: 'scatter', name: 'p', symbol: 'rect', symbolSize: 9, xAxisIndex: 0, yAxisIndex: 0, data }] } });
  const frames = [1, 5, 9].map((y) => ({ label: `${y}`, series: [points(y)] }));
  const [opened, there, first] = [spec(points(1), frames), spec(points(5)), spec(points(1))].map((s) => thumbnail(s).svg);
  assert.equal(opened, there);
  assert.notEqual(opened, first);
});
