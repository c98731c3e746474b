// Places, colours and draws the figures of a page. A figure is a spec (see option.go): an
// echarts option without positions and colours, and a list of panels. layout(spec, width)
// adds both, for any width; Go calls it for the static picture, a page for the live one.
(function (root) {
  'use strict';

  // Colours that stay apart for all common kinds of colour blindness, each with a
  // contrast of at least 4.5 against its paper.
  const THEMES = {
    light: { slots: ['#0a63a5', '#bb4a0b', '#0b7355', '#8f3a7f', '#7a5c00', '#5b6470'], ink: '#1f2328', soft: '#57606a', grid: '#e4e7eb', paper: '#ffffff', hollow: '#1f2328', tip: '#ffffff' },
    dark: { slots: ['#62b0f0', '#f79a5b', '#4cc399', '#dd90c9', '#dcb441', '#a9b3bf'], ink: '#dfe3e8', soft: '#a3acb7', grid: '#343a43', paper: '#16191d', hollow: '#000000', tip: '#22272e' },
  };
  const DASHES = ['solid', [7, 4], [2, 3], [9, 3, 2, 3], [5, 2], [1, 2]];
  const STAR = 'path://M0,-10L2.9,-3.1L10,-3.1L4.5,1.4L6.5,9L0,4.6L-6.5,9L-4.5,1.4L-10,-3.1L-2.9,-3.1Z';

  const up = (n) => String(n).replace(/./g, (c) => '⁰¹²³⁴⁵⁶⁷⁸⁹⁻'['0123456789-'.indexOf(c)]);
  const minus = (s) => s.replace(/-/g, '−');

  // number writes v with at most n significant digits, large and small ones as 2×10⁵.
  function number(v, n) {
    if (v === 0) return '0';
    if (typeof v !== 'number' || !isFinite(v)) return String(v);
    n = n || 4;
    const a = Math.abs(v);
    if (a >= 1e5 || a < 1e-3) {
      const [m, e] = v.toExponential(n - 1).split('e');
      const digits = String(parseFloat(m)), power = '10' + up(parseInt(e, 10));
      return minus(digits === '1' ? power : digits === '-1' ? '-' + power : digits + '×' + power);
    }
    return minus(String(parseFloat(v.toPrecision(n))));
  }
  const power = (v) => {
    const e = Math.round(Math.log10(v));
    return Math.abs(Math.log10(v) - e) > 1e-6 ? number(v, 2) : e >= 0 && e <= 3 ? String(Math.pow(10, e)) : '10' + up(e);
  };

  // Text is measured with the advance widths of DejaVu Sans, in hundredths of an em: the
  // font of static pictures, and wider than most others.
  const WIDTHS = { 25: "'", 30: ' ,.IJijl·', 35: '-/:;\\f|', 40: '!()[]rt⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉', 45: '"', 50: '*_`sz‖', 55: '?Lc⁻ε',
    60: 'FPTYaekovxyγδθκλπτ', 70: 'ABCRVXZ', 75: 'DGHNU', 80: '&OQw', 85: '#+<=>M^~−×≤≥∞→ω', 95: '%m', 100: '@W' };
  const ADVANCE = {};
  for (const w of Object.keys(WIDTHS)) for (const c of WIDTHS[w]) ADVANCE[c] = w / 100;
  function textWidth(text, size) {
    let w = 0;
    const line = String(text).replace(MARK, (_, style, t) => { w -= (1 - SCRIPT) * textWidth(t, 1); return t; });
    for (const c of line) w += /[\u0300-\u036f]/.test(c) ? 0 : ADVANCE[c] || 0.65;
    return w * size;
  }

  // Indices and exponents are pieces of echarts' rich text, smaller than the line and
  // above (u) or below (d) it; text without them stays plain.
  const math = root.marginalia.math;
  const SCRIPT = 0.74, MARK = /\{([ud])\|([^}]*)\}/g;
  const marked = (text) => [].concat(text).some((t) => /\{[ud]\|/.test(t));
  function styled(style, text, size, weight) {
    if (!marked(text)) return style;
    const run = (by) => ({ fontSize: size * SCRIPT, fontWeight: weight || 'normal', padding: [by, 0, -by, 0] });
    return Object.assign(style, { rich: { u: run(-size * 0.34), d: run(size * 0.28) } });
  }

  function wrap(text, width, size) {
    const lines = [];
    let line = '';
    for (const word of String(text).split(' ')) {
      if (line && textWidth(line + ' ' + word, size) > width) { lines.push(line); line = word; } else line = line ? line + ' ' + word : word;
    }
    if (line) lines.push(line);
    return lines;
  }

  // Logarithmic axes are drawn as linear ones of log10: echarts knows no ticks at every
  // second or third power.
  const onAxis = (axis, v) => axis.log ? Math.log10(v) : v;
  const offAxis = (axis, v) => axis.log ? Math.pow(10, v) : v;
  const exact = (v) => parseFloat(v.toPrecision(12));

  // step returns 1, 2 or 5 times a power of ten, such that about n of them make span.
  function step(span, n) {
    const raw = span / Math.max(1, n), unit = Math.pow(10, Math.floor(Math.log10(raw)));
    return exact(unit * [1, 2, 5, 10].find((m) => m * unit >= raw * (1 - 1e-9)));
  }
  function multiples(lo, hi, by) {
    const ticks = [];
    for (let i = Math.ceil(lo / by - 1e-6); i <= Math.floor(hi / by + 1e-6); i++) ticks.push(exact(i * by));
    return ticks;
  }

  // scale chooses the ends and ticks of an axis that is length pixels long, a tick every
  // spacing pixels or so.
  function scale(axis, length, spacing) {
    if (axis.categories) return { ticks: [] };
    let lo = onAxis(axis, axis.extent[0]), hi = onAxis(axis, axis.extent[1]);
    if (!(hi > lo)) { const d = axis.log ? 1 : Math.abs(lo) || 1; lo -= d / 2; hi += d / 2; }
    let by = step(hi - lo, Math.max(2, Math.floor(length / spacing)));
    if (axis.whole && by < 1) by = 1;
    if (axis.log) by = Math.max(1, Math.ceil((hi - lo) / Math.max(2, Math.floor(length / (spacing * 0.75)))));
    const t = { min: exact(Math.floor(lo / by + 1e-9) * by), max: exact(Math.ceil(hi / by - 1e-9) * by) };
    if (axis.log) { t.min = Math.floor(lo + 1e-9); t.max = Math.ceil(hi - 1e-9); }
    const within = axis.log && hi - lo < 1.5; // powers of ten alone would leave one label, or none
    if (within) [t.min, t.max] = [fine(lo, Math.floor), fine(hi, Math.ceil)];
    if (axis.min !== undefined) t.min = onAxis(axis, axis.min);
    if (axis.max !== undefined) t.max = onAxis(axis, axis.max);
    t.ticks = within ? fines(t.min, t.max, t.max - t.min <= 1 || length > 250) : multiples(t.min, t.max, by);
    return t;
  }
  // fine is the next logarithm of 1, 2 or 5 times a power of ten, on the side of v that
  // towards says; fines are all of them in an interval, or just those of the powers.
  const FINE = [0, Math.log10(2), Math.log10(5), 1];
  function fine(v, towards) {
    const e = Math.floor(v + 1e-9), up = towards === Math.ceil;
    const all = FINE.map((f) => e + f);
    return up ? all.find((f) => f >= v - 1e-9) : all.reverse().find((f) => f <= v + 1e-9);
  }
  function fines(min, max, every) {
    const ticks = [];
    for (let e = Math.floor(min); e <= max; e++) for (const f of FINE.slice(0, every ? 3 : 1)) ticks.push(e + f);
    return ticks.filter((v) => v >= min - 1e-9 && v <= max + 1e-9);
  }
  const label = (axis, v) => axis.log ? power(Math.pow(10, v)) : number(exact(v));
  const tickLabels = (axis, t) => axis.categories || t.ticks.map((v) => label(axis, v));

  // square gives both axes of a plane the same unit, in a plot of w by h pixels.
  function square(panel, w, h) {
    const x = panel.x.extent, y = panel.y.extent;
    const unit = Math.max((x[1] - x[0]) / w, (y[1] - y[0]) / h, 1e-12) * 1.28; // room for symbols and their names
    const by = step(unit * Math.min(w, h), Math.max(2, Math.floor(Math.min(w, h) / 55)));
    const around = (e, pixels) => {
      const min = (e[0] + e[1] - unit * pixels) / 2, max = min + unit * pixels;
      return { min, max, ticks: multiples(min, max, by) };
    };
    return [around(x, w), around(y, h)];
  }

  // outer returns what a panel needs around its plot, and the plot's height, when the
  // panel is width pixels wide.
  function outer(panel, width, size) {
    const m = { right: 16, title: [], name: [], below: wrap(panel.x.name || '', width - 20, size) };
    if (panel.title) m.title = wrap(panel.title, width, size + 1);
    if (panel.y.name) m.name = wrap(panel.y.name, width, size);
    m.top = m.title.length * (size + 6) + m.name.length * (size + 5) + (m.title.length + m.name.length ? 13 : 6);
    const guess = scale(panel.y, width / panel.ratio, 44);
    m.left = 13 + Math.min(width * 0.4, Math.max(12, ...tickLabels(panel.y, guess).map((l) => textWidth(l, size))));
    m.bottom = size + 12 + m.below.length * (size + 5) + (panel.bar !== undefined ? 40 : 2);
    return m;
  }
  // fill computes the plot once all panels of a column agree on its left edge.
  function fill(panel, m, width, size) {
    m.plot = Math.max(60, width - m.left - m.right);
    if (panel.heat) { // cells are never much wider than high
      m.plot = Math.min(m.plot, 64 * panel.x.categories.length);
      const cell = m.plot / panel.x.categories.length, longest = Math.max(...panel.x.categories.map((c) => textWidth(c, size)));
      m.height = panel.y.categories.length * Math.max(size + 3, Math.min(36, cell)); // every row has its name
      if (longest + 6 > cell && cell >= size + 2 && longest > 2 * size) { m.turn = longest - size; m.bottom += m.turn; } // and every column, if it must be from below
    } else m.height = m.plot / panel.ratio;
  }

  // columns is how many panels stand side by side in the given width.
  function columns(spec, width) {
    const least = spec.columns >= 4 ? 150 : spec.columns === 3 ? 205 : 250;
    let n = Math.max(1, Math.min(spec.columns, Math.floor((width + 24) / (least + 24))));
    while (n > 1 && spec.columns % n && spec.panels.length > n) n--; // no lonely panel where the figure has none
    return n;
  }

  function legendRows(names, width, size) {
    let rows = names.length ? 1 : 0, used = 0;
    for (const name of names) {
      const w = 32 + 14 + textWidth(name, size);
      if (used && used + w - 14 > width) { rows++; used = 0; }
      used += w;
    }
    return rows;
  }

  // set returns the spec with the mathematics of its names as rich text.
  function set(spec) {
    const axis = (a) => Object.assign({}, a, { name: math.rich(a.name || ''), plain: a.name }, a.categories && { categories: a.categories.map((c) => math.rich(c)) });
    return Object.assign({}, spec, {
      panels: spec.panels.map((p) => Object.assign({}, p, { title: p.title && math.rich(p.title), x: axis(p.x), y: axis(p.y) })),
      legend: spec.legend.map((l) => Object.assign({}, l, { text: math.rich(l.name) })),
    });
  }

  // labels sets the names inside the option: of points, marks and colour scales.
  function labels(option, size) {
    const one = (o) => {
      if (!o || typeof o !== 'object') return;
      if (Array.isArray(o)) { if (typeof o[0] !== 'number') o.forEach(one); return; }
      if (o.label && typeof o.label.formatter === 'string') styled(Object.assign(o.label, { formatter: math.rich(o.label.formatter) }), o.label.formatter, size);
      for (const part of [o.data, o.markLine]) if (part) one(part);
    };
    option.series.forEach(one);
    for (const v of option.visualMap || []) v.text = v.text.map((t) => math.rich(t));
  }

  function layout(spec, width, dark, font) {
    const theme = THEMES[dark ? 'dark' : 'light'], size = width < 480 ? 11 : 12;
    const option = paint(spec.option, theme);
    spec = set(spec);
    labels(option, size);
    order(option, spec.option);
    option.textStyle = { fontFamily: font || 'DejaVu Sans, sans-serif', fontSize: size, color: theme.ink };
    option.animation = false;
    option.grid = []; option.title = [];
    const rows = legendRows(spec.legend.map((l) => l.text), width, size);
    logarithms(option, spec.panels);
    option.legend = { show: rows > 0, data: spec.legend.map((l) => entry(l, spec.option.series)), left: 0, top: 3, padding: 0, itemGap: 14, itemWidth: 26, itemHeight: 9,
      formatter: (name) => math.rich(name), textStyle: styled({ color: theme.ink, fontSize: size }, spec.legend.map((l) => l.text), size), inactiveColor: theme.grid };
    option.tooltip = { trigger: spec.trigger, confine: true, backgroundColor: theme.tip, borderColor: theme.grid, textStyle: { color: theme.ink, fontSize: size },
      formatter: (p) => tip([].concat(p), spec), axisPointer: { lineStyle: { color: theme.soft } } };
    const n = columns(spec, width), gutter = 24, each = (width - gutter * (n - 1)) / n;
    let top = rows ? rows * (size + 11) + 10 : 2;
    const boxes = spec.panels.map((p) => outer(p, each, size));
    boxes.forEach((m, i) => { m.left = Math.max(...boxes.filter((_, k) => k % n === i % n).map((o) => o.left)); });
    boxes.forEach((m, i) => fill(spec.panels[i], m, each, size));
    for (let first = 0; first < boxes.length; first += n) {
      const line = boxes.slice(first, first + n), head = Math.max(...line.map((m) => m.top));
      line.forEach((m, i) => place(option, spec.panels[first + i], first + i, m, { left: i * (each + gutter), top: top + head, head: top + head - m.top }, theme, size));
      top += head + Math.max(...line.map((m) => m.height + m.bottom)) + (first + n < boxes.length ? 14 : 0);
    }
    if (spec.bar !== undefined) { bar(option.visualMap[spec.bar], width / 2, top + 4, width, theme, size); top += 22; }
    return { option, height: Math.ceil(top) + 3 };
  }

  // place puts one panel into its box: plot, title, axes, marks.
  function place(option, panel, index, m, box, theme, size) {
    const left = box.left + m.left;
    option.grid.push({ left, top: box.top, width: m.plot, height: m.height, show: !!panel.heat, backgroundColor: panel.hollow ? theme.hollow : 'transparent', borderWidth: 0 });
    if (m.title.length || m.name.length) {
      option.title.push({ text: m.title.join('\n'), subtext: m.name.join('\n'), left: box.left, top: box.head, padding: 0, itemGap: m.title.length ? 4 : 0,
        textStyle: styled({ fontSize: m.title.length ? size + 1 : 0, fontWeight: 'bold', lineHeight: m.title.length ? size + 6 : 0, color: theme.ink }, m.title, size + 1, 'bold'),
        subtextStyle: styled({ fontSize: size, lineHeight: size + 5, color: theme.soft }, m.name, size) });
    }
    const ticks = panel.equal ? square(panel, m.plot, m.height) : [scale(panel.x, m.plot, 62), scale(panel.y, m.height, 44)];
    axis(option.xAxis[index], panel.x, ticks[0], theme, size, m.plot, m.turn);
    axis(option.yAxis[index], panel.y, ticks[1], theme, size, m.height);
    Object.assign(option.xAxis[index], { name: m.below.join('\n'), nameLocation: 'middle', nameGap: size + 15 + (m.turn || 0), nameTextStyle: styled({ color: theme.ink, fontSize: size, lineHeight: size + 4, verticalAlign: 'top', padding: [-4, 0, 0, 0] }, m.below, size) });
    if (panel.bar !== undefined) bar(option.visualMap[panel.bar], left + m.plot / 2, box.top + m.height + m.bottom - 34, m.plot + 24, theme, size);
    for (const s of option.series) {
      if (s.type === 'heatmap' && s.xAxisIndex === index && m.plot / panel.x.categories.length < panel.widest * (size - 1) * 0.6 + 4) s.label = { show: false };
    }
  }

  function axis(a, spec, t, theme, size, length, turn) {
    a.type = spec.categories ? 'category' : 'value';
    a.axisLine = { show: !spec.heat, onZero: false, lineStyle: { color: theme.soft } };
    a.axisTick = { show: !spec.categories, length: 4, lineStyle: { color: theme.soft } };
    a.axisLabel = { color: theme.ink, fontSize: size, margin: 7, hideOverlap: true };
    a.splitLine = { show: !spec.categories, lineStyle: { color: theme.grid } };
    if (spec.categories) {
      if (turn) a.axisLabel.rotate = 90;
      const need = spec.vertical ? size + 3 : turn ? size + 2 : Math.max(...spec.categories.map((c) => textWidth(c, size))) + 6;
      a.axisLabel.interval = Math.max(0, Math.ceil(need * spec.categories.length / length) - 1);
      a.data = spec.categories;
      styled(a.axisLabel, spec.categories, size);
      return;
    }
    a.min = t.min; a.max = t.max;
    a.axisTick.customValues = a.axisLabel.customValues = t.ticks;
    a.axisLabel.formatter = (v) => label(spec, v);
  }

  // order draws what was measured over the line that theory gives for it (in ink): where
  // both agree the theory is a wider, paler band beneath.
  function order(option, source) {
    const inks = new Set(source.series.filter((s) => s.lineStyle && s.lineStyle.color === '@ink').map((s) => s.name));
    option.series.forEach((s, i) => {
      if (s.type === 'scatter') s.z = 4;
      if (s.type !== 'line' || !s.lineStyle || !source.series[i].lineStyle) return;
      const theory = source.series[i].lineStyle.color === '@ink' && s.symbol === 'none';
      s.z = theory ? 2 : 3;
      if (theory) Object.assign(s.lineStyle, { width: 5.5, opacity: 0.32 }, inks.size < 2 && { type: 'solid' }); // several stay told apart by their dashes
    });
  }

  // logarithms draws the data of logarithmic axes where log10 of them stands.
  function logarithms(option, panels) {
    for (const s of option.series) {
      const p = panels[s.xAxisIndex || 0];
      if (!p.x.log && !p.y.log) continue;
      const pair = (d) => [onAxis(p.x, d[0]), onAxis(p.y, d[1])];
      s.data = s.data.map((d) => Array.isArray(d) ? pair(d) : d.value ? Object.assign({}, d, { value: pair(d.value) }) : Object.assign({}, d, { coords: d.coords.map(pair) }));
      if (!s.markLine) continue;
      const mark = (m) => Array.isArray(m) ? m.map(mark) : Object.assign({}, m, m.coord && { coord: pair(m.coord) },
        m.xAxis !== undefined && { xAxis: onAxis(p.x, m.xAxis) }, m.yAxis !== undefined && { yAxis: onAxis(p.y, m.yAxis) });
      s.markLine.data = s.markLine.data.map(mark);
    }
  }

  // Symbols of points in the legend: those of echarts would be stretched to the length of a dash.
  const FORMS = { rect: 'path://M0,0H9V9H0Z', triangle: 'path://M4.5,0L9,9H0Z', diamond: 'path://M4.5,0L9,4.5L4.5,9L0,4.5Z' };

  // entry is a name in the legend: a dash without the point that echarts would set on it,
  // or an arrow.
  function entry(l, series) {
    const drawn = series.find((s) => s.name === l.name), form = drawn && drawn.type === 'scatter' && FORMS[drawn.symbol];
    if (form) return { name: l.name, icon: form };
    if (l.kind === 'line') return { name: l.name, itemStyle: { opacity: 0 } };
    return l.kind === 'arrow' ? { name: l.name, icon: 'path://M0,4L17,4L17,0L26,5L17,10L17,6L0,6Z' } : { name: l.name };
  }

  // tip writes what the pointer is on.
  function tip(items, spec) {
    const text = (s) => math.html(String(s).replace(MARK, (_, style, t) => (style === 'u' ? '^{' : '_{') + t + '}'));
    const shown = items.filter((i) => i.seriesName && Array.isArray(i.value));
    if (!shown.length) return items[0] && items[0].name ? text(items[0].name) : '';
    const p = spec.panels[spec.option.series[shown[0].seriesIndex].xAxisIndex || 0];
    const at = (axis, v) => axis.categories ? axis.categories[v] : number(offAxis(axis, v));
    const one = shown[0];
    if (one.seriesType === 'heatmap') return `${text(p.y.plain)} ${text(p.y.categories[one.value[1]])}, ${text(p.x.plain)} ${text(p.x.categories[one.value[0]])}<br><b>${number(one.value[2])}</b>`;
    if (one.seriesType === 'scatter') return `${one.marker}${text(one.name || one.seriesName)}<br>${text(p.x.plain)}: <b>${at(p.x, one.value[0])}</b><br>${text(p.y.plain)}: <b>${at(p.y, one.value[1])}</b>`;
    return [`${text(p.x.plain)}: ${text(at(p.x, one.value[0]))}`].concat(shown.map((i) => `${i.marker}${text(i.seriesName)}: <b>${at(p.y, i.value[1])}</b>`)).join('<br>');
  }

  // bar centres a colour scale, with its ends in words, around middle.
  function bar(v, middle, top, width, theme, size) {
    const words = v.text.reduce((sum, t) => sum + textWidth(t, size), 0) + 20;
    const length = Math.min(200, Math.max(36, width - words));
    const left = Math.max(0, middle - length / 2 - textWidth(v.text[1], size) - 10);
    Object.assign(v, { orient: 'horizontal', left, top, itemWidth: 11, itemHeight: length, padding: 0, calculable: false, textStyle: styled({ color: theme.ink, fontSize: size }, v.text, size), textGap: 8 });
  }

  // paint copies the option and puts the theme's colours and symbols for their names.
  function paint(value, theme) {
    if (Array.isArray(value)) return typeof value[0] === 'number' ? value : value.map((v) => paint(v, theme));
    if (value && typeof value === 'object') {
      const copy = {};
      for (const key of Object.keys(value)) copy[key] = paint(value[key], theme);
      return copy;
    }
    if (typeof value !== 'string' || value[0] !== '@') return value;
    const name = value.slice(1);
    if (name === 'star') return STAR;
    if (name[0] === 'c') return theme.slots[name.slice(1) % theme.slots.length];
    if (name[0] === 'd') return DASHES[name.slice(1) % DASHES.length];
    return theme[name] !== undefined ? theme[name] : value;
  }

  // opening is the frame that a reader sees first: a body that turns opens at its first side, at the label it chose, training
  // half way: its last frame is saturated.
  const opening = (spec) => (spec.slider === 'view' ? (spec.open || 0) * (spec.sides || [1]).length : Math.floor((spec.frames.length - 1) / 2));

  Object.assign(root.marginalia, { layout, number, opening, textWidth, themes: THEMES });
  if (typeof document === 'undefined') return; // in Go: the layout is all that is needed

  // ---- the page

  const figures = [];
  const css = document.createElement('style');
  css.textContent = `
.livefig { width: 100%; display: none; } .livefig.on { display: block; }
.mg-figure { margin: 1em 0; max-width: 60rem; } .mg-figure svg { max-width: 100%; height: auto; }
.mg-figure.on > .mg-static, .mg-figure.on > img, .mg-hidden { display: none !important; }
.mg-figure > figcaption { font-size: .9em; line-height: 1.45; margin-top: .5em; }
.mg-frames { display: none; align-items: center; gap: .7em; font-size: .9em; } .mg-figure.on > .mg-frames { display: flex; }
.mg-frames input { flex: 1; max-width: 24rem; } .mg-frames output { min-width: 6em; font-variant-numeric: tabular-nums; }
@media print { .livefig, .livefig > div, .livefig svg { width: 100% !important; height: auto !important; position: static !important; } .mg-figure { break-inside: avoid; } }`;
  document.head.appendChild(css);

  function dark() {
    const page = document.documentElement.dataset.theme, lab = document.body.dataset.jpThemeLight;
    if (page) return page === 'dark';
    return lab === 'false' || document.body.classList.contains('vscode-dark');
  }

  // formOf is what an option consists of, whatever its data and numbers are: one of the same form leaves nothing of the
  // other behind where it is merged with it, which moves what is drawn instead of drawing it again.
  function formOf(v) {
    if (Array.isArray(v)) return `[${v.length && typeof v[0] === 'object' ? v.map(formOf) : ''}]`;
    if (v && typeof v === 'object') return `{${Object.keys(v).map((k) => k + (k === 'data' ? '' : formOf(v[k])))}}`;
    return typeof v === 'string' ? v : '';
  }

  // draw draws f anew; on paper it is light whatever the screen is. A width that is known spares a layout of the page,
  // and a figure that moves has no tooltip, which asks for one as well.
  function draw(f, paper, known, moves) {
    const width = known || f.el.clientWidth || (f.el.parentElement || f.el).clientWidth;
    if (!width) return; // in a folded or hidden part of the page
    const night = dark() && !paper;
    const font = known && f.font || getComputedStyle(document.body).fontFamily, made = layout(f.spec, width, night, font);
    if (moves) delete made.option.tooltip;
    if (f.frame !== undefined) showFrame(made.option, f, THEMES[night ? 'dark' : 'light']);
    const box = width + ' ' + made.height, form = moves ? formOf(made.option) : '';
    if (f.chart && f.box === box) f.chart.setOption(made.option, { notMerge: !form || f.form !== form }); // for less than a new one, which counts where it is dragged
    else {
      if (f.chart) f.chart.dispose();
      f.el.style.height = made.height + 'px';
      f.chart = root.echarts.init(f.el, null, { renderer: 'svg', width, height: made.height });
      f.chart.setOption(made.option);
    }
    f.chart.getZr().animation.stop(); // it is drawn; ten more frames would follow, each for the whole page. Whoever touches the figure starts it again
    f.width = width; f.font = font; f.form = form;
    const svg = f.el.querySelector('svg');
    if (svg && (f.box !== box || !svg.hasAttribute('viewBox'))) { // lets print scale it
      svg.setAttribute('viewBox', '0 0 ' + width + ' ' + made.height);
      svg.setAttribute('aria-hidden', 'true'); // the figure's label says what it shows
    }
    f.box = box;
  }

  function showFrame(option, f, theme) {
    const frame = f.spec.frames[f.frame];
    if (frame.series) option.series.forEach((s, i) => { if (frame.series[i]) s.data = paint(frame.series[i], theme); });
    else for (const s of option.series) if (s.type === 'heatmap') s.data = frame.data;
  }

  // A figure with frames gets a slider, which the keyboard moves as well; one that is seen from
  // several sides gets a second one.
  function slider(f) {
    const sides = f.spec.sides || [''], rows = f.spec.frames.length / sides.length;
    let last = f.el;
    const add = (name, n, at, text, move) => {
      const box = document.createElement('label'), input = document.createElement('input'), output = document.createElement('output');
      box.className = 'mg-frames';
      Object.assign(input, { type: 'range', min: 0, max: n - 1, value: at });
      input.setAttribute('aria-label', name);
      const show = () => { output.innerHTML = math.html(text(+input.value)); input.setAttribute('aria-valuetext', output.textContent); };
      input.addEventListener('input', () => { move(+input.value); show(); draw(f); });
      show();
      box.append(input, output);
      last.after(box);
      last = box;
    };
    const side = () => f.frame % sides.length, row = () => Math.floor(f.frame / sides.length);
    add(f.spec.sides ? 'step' : f.spec.slider || 'step', rows, row(), (i) => f.spec.frames[i * sides.length].label, (i) => { f.frame = i * sides.length + side(); });
    if (f.spec.sides) add('view', sides.length, side(), (i) => sides[i], (i) => { f.frame = row() * sides.length + i; });
  }

  // still hides the picture that stands for the live figure: within the figure, or as the
  // output just before it.
  function still(f) {
    const output = f.el.closest('.jp-OutputArea-child, .output, .output_area, .cell-output-ipywidget-background');
    const before = (output || f.home).previousElementSibling;
    const picture = before && (before.matches('img') || before.querySelector('img')) && !before.querySelector('.livefig');
    if (picture) before.classList.add('mg-hidden');
  }

  function add(f) {
    const home = f.home && f.home.isConnected ? f.home : document.getElementById(f.id);
    f.home = home && home.closest('figure') || home;
    f.el = home && (home.matches('.livefig') ? home : home.querySelector('.livefig'));
    if (!f.el || !root.echarts) return;
    if (f.spec.frames) f.frame = opening(f.spec);
    f.el.classList.add('on');
    try { draw(f); } catch (err) { // the static picture stays
      console.error('figure ' + f.id, err);
      f.el.classList.remove('on');
      if (f.chart) f.chart.dispose();
      f.el.replaceChildren();
      return;
    }
    f.home.classList.add('on');
    if (f.spec.frames) slider(f);
    still(f);
    figures.push(f);
    new ResizeObserver(() => { const w = f.el.clientWidth; if (w && w !== f.width) draw(f); }).observe(f.el);
  }

  const again = (paper) => figures.forEach((f) => { if (f.el.isConnected) draw(f, paper); });
  const queue = root.livefigs || [];
  // show draws another spec in the place of a figure, and returns the one that it had; nothing where there is no such figure.
  // Where it moves, another one follows soon.
  const show = (id, spec, moves) => {
    const f = figures.find((g) => g.id === id && g.el.isConnected);
    if (!f) return null;
    const had = f.spec;
    f.spec = spec;
    if (spec.frames) f.frame = Math.min(f.frame || 0, spec.frames.length - 1);
    try { draw(f, false, f.width, moves); } catch (err) { f.spec = had; draw(f); throw err; } // ResizeObserver hears of another width
    return had;
  };
  root.livefigs = { push: add, show };
  queue.forEach(add);
  let night = dark();
  const watch = new MutationObserver(() => { if (dark() !== night) { night = !night; again(false); } });
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  watch.observe(document.body, { attributes: true, attributeFilter: ['data-jp-theme-light', 'class'] });
  addEventListener('beforeprint', () => again(true));
  addEventListener('afterprint', () => again(false));
})(typeof window !== 'undefined' ? window : globalThis);
