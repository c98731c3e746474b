// What the checks of check.mjs ask a page. The functions run in the page, all as one script, and know each other only.

function seen(el) { return el.checkVisibility() && el.getBoundingClientRect().width > 0; }

function what(el) {
  const id = el.id ? `#${el.id}` : '', classes = el.className?.baseVal === undefined && el.className ? `.${String(el.className).replace(/ /g, '.')}` : '';
  return `${el.tagName.toLowerCase()}${id}${classes}`;
}

/** The texts of a part of the page that no element of the given kinds holds. */
function textsOf(part, outside) {
  const found = [], walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) if (n.data.trim() && !n.parentElement.closest(outside)) found.push(n);
  return found;
}

/** Formulas that are not there, or stay TeX. */
function formulas() {
  const faults = [...document.querySelectorAll('merror, [data-mjx-error]')].map((el) => `error: ${el.textContent}`);
  for (const el of document.querySelectorAll('mjx-container')) {
    const svg = el.querySelector('svg');
    if (el.checkVisibility() && !(svg?.getBoundingClientRect().height > 0)) faults.push(`nothing is shown for ${el.textContent.slice(0, 40)}`);
  }
  const glyphs = new Set([...document.querySelectorAll('.glyphs path')].map((path) => `#${path.id}`));
  for (const use of document.querySelectorAll('mjx-container use')) {
    const id = use.getAttribute('xlink:href') ?? use.getAttribute('href');
    if (!glyphs.has(id)) { faults.push(`the glyph ${id} is missing`); break; }
  }
  for (const { data } of textsOf(document.body, 'pre, code, script, style, mjx-container, .livefig, .package')) {
    if (/\$[^$\s][^$]*\$|\\\(|\\\[|\\begin\{|\\[a-zA-Z]{3,}/.test(data)) faults.push(`raw TeX in the text: ${data.trim().slice(0, 60)}`);
  }
  return faults;
}

/** Formulas that leave the column of their table or note. */
function columns() {
  const faults = [];
  for (const el of document.querySelectorAll('td mjx-container, .note mjx-container')) {
    if (!el.checkVisibility()) continue;
    const over = el.querySelector('svg').getBoundingClientRect().right - el.closest('td, .note').getBoundingClientRect().right;
    if (over > 1) faults.push(`${el.textContent.slice(0, 40)} sticks out of its column by ${Math.round(over)} pixels`);
  }
  return faults;
}

/** Labels of live figures that are cut or lie on each other. */
function labels() {
  const faults = [];
  for (const fig of [...document.querySelectorAll('.livefig')].filter(seen)) {
    const box = fig.getBoundingClientRect();
    const texts = [...fig.querySelectorAll('svg text')].filter((t) => seen(t) && t.textContent.trim()).map((t, i) => {
      const m = t.getCTM(), angle = Math.round(Math.atan2(m.b, m.a) * 1000);
      return { i, text: t.textContent, r: t.getBoundingClientRect(), size: getComputedStyle(t).fontSize, turn: angle ? String(angle) : '' };
    });
    for (const { text, r } of texts) if (r.left < box.left - 1.5 || r.right > box.right + 1.5 || r.top < box.top - 4 || r.bottom > box.bottom + 4) faults.push(`#${fig.id}: “${text}” is cut at the edge`);
    // The pieces of one label, its indices and exponents, touch each other and may be turned.
    const piece = (a, b) => a.turn === b.turn && Math.abs(a.i - b.i) <= 8 && (a.turn !== '' || a.size !== b.size && Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left) < 4);
    texts.forEach((a, i) => texts.slice(i + 1).forEach((b) => {
      if (piece(a, b)) return;
      // A letter's box is higher than its ink, but not wider.
      const rim = a.turn || b.turn ? 0 : 0.15 * Math.min(a.r.height, b.r.height);
      const w = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left), h = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top) - 2 * rim;
      if (w > 0 && h > 0 && w * h > 0.1 * Math.min(a.r.width * a.r.height, b.r.width * b.r.height)) faults.push(`#${fig.id}: “${a.text}” lies on “${b.text}”`);
    }));
  }
  return faults;
}

/** What makes the page wider than the screen. */
function wide() {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const out = [...document.querySelectorAll('main *')].filter((el) => el.checkVisibility() && el.getBoundingClientRect().right > root.clientWidth + 1 && !el.closest('pre, .formula, .table, svg'));
  return [`the page is ${root.scrollWidth} wide on a screen of ${root.clientWidth}`, ...out.filter((el) => !out.includes(el.parentElement)).slice(0, 5).map((el) => `${what(el)} ends at ${Math.round(el.getBoundingClientRect().right)}: ${el.textContent.trim().slice(0, 50)}`)];
}

/** The ink of a formula, which may stick out of its box; null for one without. */
function inkOf(el) {
  const svg = el.querySelector('svg');
  // What stretches is an inner drawing that is cut to its size: its own ink would be too large.
  const parts = (svg.querySelector('svg') ? [...svg.querySelectorAll('use, rect, text, path')].filter((e) => e.ownerSVGElement === svg) : [...svg.children].filter((e) => e.tagName === 'g')).map((e) => e.getBoundingClientRect()).filter((r) => r.width || r.height);
  return parts.length ? { left: Math.min(...parts.map((r) => r.left)), right: Math.max(...parts.map((r) => r.right)), top: Math.min(...parts.map((r) => r.top)), bottom: Math.max(...parts.map((r) => r.bottom)) } : null;
}

/** Formulas whose ink is cut off. It lies within all that cuts; what scrolls sideways may reach on to the right. */
function clipped() {
  const root = document.documentElement, faults = [], cutters = new Map();
  const cutting = (el) => { // the elements around el that cut, with their styles
    if (!el || el === root) return [];
    if (!cutters.has(el)) {
      const { overflowX, overflowY } = getComputedStyle(el);
      cutters.set(el, [...(overflowX === 'visible' && overflowY === 'visible' ? [] : [[el, overflowY]]), ...cutting(el.parentElement)]);
    }
    return cutters.get(el);
  };
  for (const el of document.querySelectorAll('mjx-container')) {
    const ink = el.checkVisibility() && inkOf(el);
    if (!ink) continue;
    for (const [box, overflowY] of cutting(el.parentElement)) {
      const edge = box.getBoundingClientRect(), left = edge.left + box.clientLeft, top = edge.top + box.clientTop;
      const over = { left: left - box.scrollLeft - ink.left, top: top - box.scrollTop - ink.top, right: ink.right - (left - box.scrollLeft + box.scrollWidth), bottom: ink.bottom - (top - box.scrollTop + box.scrollHeight) };
      const hidden = { ...over, ...(overflowY === 'hidden' && { top: top - ink.top, bottom: ink.bottom - (top + box.clientHeight) }) };
      const worst = Object.entries(hidden).sort((a, b) => b[1] - a[1])[0];
      if (worst[1] > 1.2) faults.push(`${el.textContent.slice(0, 40)} is cut by ${worst[1].toFixed(1)} pixels at the ${worst[0]} of ${what(box)}`);
    }
    const over = ink.right - root.clientWidth;
    if (over > 1 && !el.closest('.formula, .table, pre')) faults.push(`${el.textContent.slice(0, 40)} sticks out of the screen by ${Math.round(over)} pixels`);
  }
  if (root.clientWidth >= 1000) for (const el of document.querySelectorAll('.formula')) if (el.checkVisibility() && el.scrollWidth > el.clientWidth + 1) faults.push(`${el.textContent.slice(0, 40)} is ${el.scrollWidth - el.clientWidth} pixels longer than its column on a wide screen`);
  return faults;
}

/** Mathematics of a keyboard, numbers that nobody can count, marks of Markdown in a figure, and of HTML: W_mm, t^1/3, 614810000000, $x$, *x*, &lt;. */
function typed() {
  const raw = /(?:^|[^\w.])(?:\p{L}\p{M}?|[\p{L}\p{M}]{2,4}|[)\]‖])_(?:\w{1,3}(?!\w)|[{*⊥+−±])|[\p{L}\p{N})\]‖]\^[\p{L}\p{N}{(−*-]|(?<![\w.,])\d{7,}|\d(?:\.\d+)?e[-+]\d|\\[a-z]{2,}|\$[^$]{1,60}\$/u;
  // Captions and names in figures are no Markdown: nothing becomes of *this* and of `that`.
  const marks = /`[^`]+`|(?<![\p{L}\p{N})\]‖])\*\p{L}[^*]{0,60}(?<=\S)\*(?![\p{L}\p{N}])/u;
  const unmarked = (n) => n.parentElement.closest('figure') && marks.test(n.data);
  const main = document.querySelector('main') ?? document.body, apart = 'pre, code, script, style, mjx-container';
  const found = [...textsOf(main, `${apart}, .package`).filter((n) => raw.test(n.data) || unmarked(n)), ...textsOf(main, apart).filter((n) => /&(?:[a-z]{2,6}|#\d+);/.test(n.data))];
  return found.map((n) => `“${n.data.trim().slice(0, 60)}” in ${what(n.parentElement)}`);
}

/** Figures that are not called by their place in the notebook. The one in the reader's hand is in none. */
function unnumbered() {
  const faults = [];
  [...document.querySelectorAll('main figure:has(.livefig):not(#fig-explore)')].forEach((fig, i) => {
    const says = fig.querySelector('figcaption .no')?.textContent;
    if (says !== `Figure ${i + 1}.`) faults.push(`#${fig.id} is called ${says ?? 'nothing'} and is the figure number ${i + 1}`);
    for (const link of document.querySelectorAll(`main a[href="#${fig.id}"]`)) if (/^Figure$/.test(link.textContent.trim())) faults.push(`a link to #${fig.id} has no number`);
  });
  return faults;
}

/** Claims whose statement stands in no box above what measures them, and cells that do not say where their code is. */
function astray() {
  const faults = [];
  for (const note of document.querySelectorAll('.note.claim')) {
    const id = note.querySelector('.id').textContent, box = document.getElementById(`claim-${id}`);
    if (!box?.matches('.statement.box')) faults.push(`claim ${id} has no box`);
    else if (!box.textContent.includes(`Claim ${id}`)) faults.push(`the box of ${id} does not name it`);
    else if (!(box.compareDocumentPosition(note) & Node.DOCUMENT_POSITION_FOLLOWING)) faults.push(`the box of ${id} stands below what measures it`);
  }
  for (const th of document.querySelectorAll('main th')) if (/^Measured \(expected\)/.test(th.textContent)) faults.push(`a table says again what stands in the margin: ${th.closest('table').textContent.trim().slice(60, 120)}`);
  for (const cell of document.querySelectorAll('.note.claim + .cell')) if (!cell.querySelector('.where a[href*="#L"]')) faults.push(`#${cell.id} has no link to its line`);
  return faults;
}

/** Papers of a list without picture, words or the way to their page; planned ones that do not say so. */
function listed() {
  const faults = [];
  for (const item of document.querySelectorAll('.papers > li')) {
    const title = item.querySelector('h3').textContent, lacks = (part, is) => { if (!is) faults.push(`“${title.slice(0, 40)}” has no ${part}`); };
    lacks('facts', item.querySelector('.facts a[href*="arxiv.org"]'));
    lacks('state', item.querySelector('.state')?.textContent.trim());
    if (!item.matches('.here')) continue;
    lacks('page', item.querySelector('h3 a[href$=".html"]'));
    lacks('picture', item.querySelector('.thumb img')?.getBoundingClientRect().height > 40);
    lacks('words that say what one learns', item.querySelector('.learn')?.textContent.trim().length > 30);
  }
  return faults;
}

/** What the page links to and what can be linked to in it. */
function links() {
  return { hrefs: [...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href')), ids: [...document.querySelectorAll('[id]')].map((e) => e.id) };
}

const ASKED = { formulas, columns, labels, wide, clipped, typed, unnumbered, astray, listed, links };

/** The script that asks for some of these, in a page: an object with the answers. */
export function asking(names = Object.keys(ASKED)) {
  const all = [seen, what, textsOf, inkOf, ...Object.values(ASKED)].join('\n');
  return `(() => {\n${all}\nreturn { ${names.map((n) => `${n}: ${n}()`).join(', ')} };\n})()`;
}

/** Draws each live figure's picture once more on a canvas and counts what is not its background. */
export async function drawings() {
  const found = [];
  for (const fig of document.querySelectorAll('.livefig')) {
    const svg = fig.querySelector('svg');
    if (!svg) { found.push({ id: fig.id }); continue; }
    const box = svg.getBoundingClientRect(), canvas = Object.assign(document.createElement('canvas'), { width: box.width, height: box.height });
    const draw = canvas.getContext('2d'), img = new Image();
    img.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
    await img.decode();
    draw.drawImage(img, 0, 0, box.width, box.height);
    const pixels = new Uint32Array(draw.getImageData(0, 0, canvas.width, canvas.height).data.buffer), count = new Map();
    for (const p of pixels) count.set(p, (count.get(p) ?? 0) + 1);
    found.push({ id: fig.id, share: 1 - Math.max(...count.values()) / pixels.length, colours: count.size });
  }
  return found;
}

/**
 * Leaves what axe-core is to look at. Most elements of a page are the drawings of formulas, which readers do not get: a
 * letter stands for each. Of lines, rows and boxes those go in which every element was met twice before, of the same kind,
 * classes and style, in others of the same: they look alike.
 */
export function sample() {
  document.querySelectorAll('.glyphs, .livefig svg').forEach((el) => el.remove());
  document.querySelectorAll('mjx-container').forEach((el) => { el.textContent = 'x'; });
  const chains = new Map(), met = new Map();
  const chain = (el) => {
    if (!el || el === document.documentElement) return '';
    const style = (el.getAttribute('style') ?? '').replace(/(?:--in|width):[^;]*;?/g, ''); // places, not colours
    if (!chains.has(el)) chains.set(el, `${el.tagName}.${el.className}.${el.getAttribute('role') ?? ''}.${style}<${chain(el.parentElement)}`);
    return chains.get(el);
  };
  for (const el of document.querySelectorAll('.line, .entry, tr, .symbol, .note, .statement, .cell, main p, main li, .contents li')) {
    if (!el.isConnected) continue;
    const all = [el, ...el.querySelectorAll('*')].map(chain);
    if (all.every((c) => met.get(c) >= 2)) el.remove();
    else all.forEach((c) => met.set(c, (met.get(c) ?? 0) + 1));
  }
}

/** What a page without scripts does not show. */
export function still() {
  return {
    pictures: [...document.querySelectorAll('img')].filter((i) => i.checkVisibility() && !(i.complete && i.naturalWidth > 0 && i.getBoundingClientRect().width > 0)).map((i) => `${i.getAttribute('src').slice(0, 60)} is not shown`),
    bare: [...document.querySelectorAll('figure:has(.livefig)')].filter((f) => !f.querySelector('img.static')?.checkVisibility()).map((f) => `the figure “${f.textContent.trim().slice(0, 50)}” has no picture`),
    silent: [...document.querySelectorAll('main img.static')].filter((i) => i.alt.trim().length < 20).map((i) => `${i.getAttribute('src')} has no words that say what it shows`),
    dead: [...document.querySelectorAll('.tools')].filter((t) => t.checkVisibility()).map(() => 'buttons are shown that do nothing'),
  };
}

/** What sticks out of the paper, and code that is printed. */
export function onPaper() {
  const right = document.documentElement.clientWidth + 2;
  const say = (el, says) => `${el.tagName.toLowerCase()}.${el.className} ${says}: ${el.textContent.trim().slice(0, 40)}`;
  const out = [...document.querySelectorAll('main *')].filter((el) => el.checkVisibility() && !el.closest('mjx-assistive-mml, .hush, svg') && el.getBoundingClientRect().right > right);
  const full = [...document.querySelectorAll('main :is(pre, .formula, .table, td, dd)')].filter((el) => el.checkVisibility() && el.scrollWidth > el.clientWidth + 2 && el.clientWidth > 0);
  const code = [...document.querySelectorAll('details.code pre')].filter((el) => el.checkVisibility());
  return {
    cut: [...out.slice(0, 5).map((el) => say(el, `ends at ${Math.round(el.getBoundingClientRect().right)}`)), ...full.slice(0, 5).map((el) => say(el, 'holds more than its width'))],
    code: code.slice(0, 3).map((el) => `code is printed: ${el.textContent.slice(0, 40)}`),
    knobs: [...document.querySelectorAll('main :is(button, input, select)')].filter((el) => el.checkVisibility()).slice(0, 3).map((el) => say(el, 'is printed')),
    height: document.querySelector('main').getBoundingClientRect().height,
    paper: document.querySelector('.colophon') !== null,
  };
}
