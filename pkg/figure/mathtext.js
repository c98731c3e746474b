// Mathematics in the labels of figures, for every reader of them: marginalia.math sets
// "$W_{\mathrm{mm}}$", "W_mm", "t^1/3" and "614810000000" as runs of text on, above and
// below the line. The static picture and the live chart take them as echarts' rich text,
// captions and pages as HTML.
(function (root) {
  'use strict';

  const SYMBOLS = {
    alpha: 'α', beta: 'β', gamma: 'γ', delta: 'δ', epsilon: 'ϵ', varepsilon: 'ε', zeta: 'ζ', eta: 'η', theta: 'θ', vartheta: 'ϑ', iota: 'ι', kappa: 'κ', lambda: 'λ',
    mu: 'μ', nu: 'ν', xi: 'ξ', pi: 'π', rho: 'ρ', sigma: 'σ', tau: 'τ', upsilon: 'υ', phi: 'φ', varphi: 'φ', chi: 'χ', psi: 'ψ', omega: 'ω',
    Gamma: 'Γ', Delta: 'Δ', Theta: 'Θ', Lambda: 'Λ', Xi: 'Ξ', Pi: 'Π', Sigma: 'Σ', Phi: 'Φ', Psi: 'Ψ', Omega: 'Ω',
    le: ' ≤ ', leq: ' ≤ ', ge: ' ≥ ', geq: ' ≥ ', ne: ' ≠ ', neq: ' ≠ ', lt: ' < ', gt: ' > ', approx: ' ≈ ', sim: ' ∼ ', propto: ' ∝ ', equiv: ' ≡ ', in: ' ∈ ', notin: ' ∉ ', subset: ' ⊂ ', to: ' → ', ll: ' ≪ ', gg: ' ≫ ', mapsto: ' ↦ ', rightarrow: ' → ', gets: ' ← ', iff: ' ⇔ ', Leftrightarrow: ' ⇔ ', Rightarrow: ' ⇒ ', implies: ' ⇒ ', asymp: ' ≍ ', preceq: ' ⪯ ', succeq: ' ⪰ ', cup: ' ∪ ', cap: ' ∩ ', setminus: ' ∖ ', coloneqq: ' ≔ ', mid: ' | ',
    cdot: '·', times: '×', pm: '±', mp: '∓', star: '*', ast: '*', circ: '∘', infty: '∞', partial: '∂', nabla: '∇', ell: 'ℓ', top: '⊤', perp: '⊥', emptyset: '∅', forall: '∀', exists: '∃', otimes: '⊗', oplus: '⊕', odot: '⊙', dots: '…', ldots: '…', cdots: '⋯', prime: '′',
    lVert: '‖', rVert: '‖', Vert: '‖', lvert: '|', rvert: '|', vert: '|', langle: '⟨', rangle: '⟩', lfloor: '⌊', rfloor: '⌋', lceil: '⌈', rceil: '⌉',
    limits: '', nolimits: '', textstyle: '', Bigl: '', Bigr: '', middle: '', quad: ' ', qquad: ' ', left: '', right: '', big: '', bigl: '', bigr: '', Big: '', displaystyle: '',
  };
  // OPERATORS stand apart from what is before them, and from what they are of, behind their limits: 2 log₂ d, but log(d).
  const OPERATORS = { sum: 'Σ', prod: 'Π', int: '∫' };
  for (const name of ['log', 'ln', 'exp', 'cos', 'sin', 'tan', 'cot', 'max', 'min', 'arg', 'det', 'sup', 'inf', 'lim', 'dim', 'ker', 'sign', 'rank']) OPERATORS[name] = name;
  const FONTS = ['mathrm', 'mathbf', 'mathit', 'mathcal', 'mathbb', 'mathsf', 'text', 'textrm', 'operatorname', 'boldsymbol'];
  const BLACKBOARD = { R: 'ℝ', N: 'ℕ', Z: 'ℤ', E: '𝔼', P: 'ℙ' };
  const ACCENTS = { bar: '\u0304', overline: '\u0304', hat: '\u0302', widehat: '\u0302', tilde: '\u0303', widetilde: '\u0303', dot: '\u0307', ddot: '\u0308', vec: '\u20d7' };
  const NBSP = '\u00a0';

  // The interpreter in Go knows \p{L} in few expressions: letters are those with two cases,
  // and combining marks.
  const letter = (c) => c.toLowerCase() !== c.toUpperCase() || /[\u0300-\u036f\u20d0-\u20ff]/.test(c);
  const joins = (s) => s !== '' && (letter(s[s.length - 1]) || /[\d)\]′|‖*∞]$/.test(s)); // a minus behind it is binary

  // tokens of TeX: a command, a brace, or one character.
  const tokens = (tex) => tex.match(/\\(?:[a-zA-Z]+|.)|[^\\]/gsu) || [];

  // parse reads TeX up to the closing brace of its group and appends to runs, which are
  // [text, level]: level 1 is above, -1 below the line. Levels do not nest.
  function parse(all, at, runs, level, tex, one) {
    const put = (text, l) => { if (text) runs.push([text, l === undefined ? level : l]); };
    const argument = (l) => {
      const inner = [];
      while (all[at] === ' ') at++;
      if (all[at] === undefined) throw new Error('formula $' + tex + '$: it ends where something is expected');
      if (all[at] === '{') at = parse(all, at + 1, inner, l, tex) ; else at = parse(all, at, inner, l, tex, true);
      return inner;
    };
    const flat = (inner) => inner.map((r) => r[0]).join('');
    // scripts reads the index or the exponent from after its mark on, and says where it ends.
    const scripts = (mark, from) => {
      at = from;
      const inner = argument(level || (mark === '^' ? 1 : -1));
      if (flat(inner) === '′') put('′'); else runs.push.apply(runs, inner);
      return at;
    };
    for (; at < all.length; at++) {
      const t = all[at];
      if (t === '}') { if (one) throw new Error('formula $' + tex + '$: } where something is expected'); return at + 1; }
      if (t === '{') { at = parse(all, at + 1, runs, level, tex) - 1; }
      else if (t === '^' || t === '_') at = scripts(t, at + 1) - 1;
      else if (t[0] === '\\' && t.length > 1 && /[a-zA-Z]/.test(t[1])) {
        const name = t.slice(1);
        if (SYMBOLS[name] !== undefined) put(SYMBOLS[name]);
        else if (OPERATORS[name]) {
          put((joins(flat(runs)) ? ' ' : '') + OPERATORS[name]);
          if (one) return at + 1;
          for (; ['\\limits', '^', '_'].indexOf(all[at + 1]) >= 0; at++) if (all[at + 1] !== '\\limits') at = scripts(all[at + 1], at + 2) - 2;
          if ([undefined, '}', '(', '\\left'].indexOf(all[at + 1]) < 0) put(' ');
        } else if (FONTS.indexOf(name) >= 0) {
          at++;
          const inner = argument(level);
          at--;
          for (const r of inner) put(name === 'mathbb' && BLACKBOARD[r[0]] || r[0], r[1]);
        } else if (ACCENTS[name]) { at++; const inner = argument(level); at--; put(flat(inner).replace(/$/, ACCENTS[name])); }
        else if (name === 'sqrt') { at++; const inner = argument(level); at--; const body = flat(inner); put(body.length > 1 ? '√(' : '√'); runs.push.apply(runs, inner); if (body.length > 1) put(')'); }
        else if (name === 'frac' || name === 'tfrac' || name === 'dfrac') {
          at++;
          const above = argument(level), below = argument(level);
          at--;
          const bracket = (inner) => { const wide = /[-+− ]/.test(flat(inner).trim()); if (wide) put('('); runs.push.apply(runs, inner); if (wide) put(')'); };
          bracket(above); put('/'); bracket(below);
        } else throw new Error('formula $' + tex + '$: the command ' + t + ' is not known in figures; write it in Unicode');
      } else if (t[0] === '\\') put({ ',': NBSP, ';': NBSP, ':': NBSP, '!': '', ' ': ' ', '{': '{', '}': '}', '|': '‖', '%': '%', '&': '&', '#': '#', '$': '$', '_': '_' }[t[1]]);
      else if (t === '~') put(NBSP);
      else if (t === "'") put('′');
      else if (t === '-') put(level ? '−' : joins(flat(runs).trim()) ? ' − ' : '−');
      else if (t === '=' || t === '<' || t === '>' || t === '+') put(level ? t : ' ' + t + ' ');
      else if (!/\s/.test(t)) put(t);
      if (one) return at + 1;
    }
    if (one) throw new Error('formula $' + tex + '$: it ends where something is expected');
    return at;
  }

  function tex(source) {
    let depth = 0;
    for (const t of tokens(source)) { depth += t === '{' ? 1 : t === '}' ? -1 : 0; if (depth < 0) break; }
    if (depth) throw new Error('formula $' + source + '$: its braces do not pair');
    const runs = [];
    parse(tokens(source), 0, runs, 0, source);
    const out = [];
    for (const [text, level] of runs) { // a formula does not break: spaces hold
      const last = out[out.length - 1], s = text.replace(/\s+/g, NBSP);
      if (last && last[1] === level) last[0] = (last[0] + s).replace(/\u00a0{2,}/g, NBSP); else out.push([s, level]);
    }
    return out.map(([text, level], i) => [(i === 0 ? text.replace(/^\u00a0/, '') : text).replace(i === out.length - 1 ? /\u00a0$/ : /$^/, ''), level]).filter((r) => r[0]);
  }

  const digits = '⁰¹²³⁴⁵⁶⁷⁸⁹';
  const raised = (n) => String(n).replace(/[0-9]/g, (c) => digits[c]).replace(/[-−]/g, '⁻');

  const times = (m) => (m === '1' ? '10' : m + NBSP + '×' + NBSP + '10');

  // numerals sets 614810000000 and 2e-05 as multiples of powers of ten.
  function numerals(text) {
    return text
      .replace(/(?<![\w.,⁰¹²³⁴⁵⁶⁷⁸⁹])(\d{7,})(?![\w.,]*\w)/g, (all) => {
        const [m, e] = Number(all).toExponential().split('e');
        return m.length > 7 ? all.replace(/\B(?=(\d{3})+$)/g, ',') : times(m) + raised(+e);
      })
      .replace(/(?<![\w.])(\d+(?:\.\d+)?)e([-+]?)0*(\d+)(?!\w)/gi, (_, m, sign, e) => times(m) + raised((sign === '-' ? '-' : '') + e));
  }

  // named sets the matrices that text calls as code does: W^mm and L^mm, directions, and L^in, a finite part.
  const named = (text) => text.replace(/(?<![A-Za-z0-9_.])([WL])mm(?![A-Za-z0-9_])/g, '$1^{mm}').replace(/(?<![A-Za-z0-9_.])Lin(?![A-Za-z0-9_]| et al| and |,? \(?\d{4})/g, 'L^{in}');

  // plain sets what stands in no dollars: an underscore or a circumflex behind a letter, a
  // bracket or a bar is an index or an exponent.
  const SCRIPT = /(?<=[\p{L}\p{M}\p{N})\]‖|⟩′∇])([_^])(\{[^{}]*\}|(?<=\^)\([^()\s]{1,12}\)|[-−+]?\d+(?:[./]\d+)*|[⅓½¼⅔¾⊥⊤*∞]|[+−±](?![\p{L}\d(])|[-−]?\p{L}+\d*)/gu;
  function plain(text) {
    const runs = [];
    let from = 0;
    text = named(numerals(text));
    for (const m of text.matchAll(SCRIPT)) {
      let word = m.index;
      while (word > 0 && letter(text[word - 1])) word--;
      word = m.index - word;
      if (m[1] === '_' && (word > 4 || word > 1 && m[2].length > 3)) continue; // a name of code
      if (m.index > from) runs.push([text.slice(from, m.index), 0]);
      runs.push([m[2].replace(/^\{|\}$/g, '').replace(/^-/, '−').replace(/ /g, NBSP), m[1] === '^' ? 1 : -1]);
      from = m.index + m[0].length;
    }
    if (from < text.length) runs.push([text.slice(from), 0]);
    return runs;
  }

  // runs returns the text as [text, level] pairs.
  function runs(text) {
    const parts = String(text).split('$');
    if (parts.length % 2 === 0) throw new Error('“' + text + '” has an odd number of dollars');
    return [].concat(...parts.map((part, i) => (i % 2 ? tex(part) : plain(part))));
  }

  const escape = (s) => s.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }[c]));
  // Fonts of pages have few of the raised digits of Unicode: HTML raises plain ones.
  const lower = (s) => s.replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+/g, (up) => '<sup>' + up.replace(/./g, (c) => (c === '⁻' ? '−' : digits.indexOf(c))) + '</sup>');
  const tag = (list) => list.map(([t, l]) => (l ? (l > 0 ? '<sup>' : '<sub>') + escape(t) + (l > 0 ? '</sup>' : '</sub>') : lower(escape(t)))).join('');

  root.marginalia = Object.assign(root.marginalia || {}, { math: {
    runs,
    // rich is echarts' markup: styles u and d are above and below the line.
    rich: (text) => runs(text).map(([t, l]) => (l ? '{' + (l > 0 ? 'u' : 'd') + '|' + t.replace(/[{}]/g, '') + '}' : t)).join(''),
    // html is the text with sub and sup.
    html: (text) => tag(runs(text)),
    // caption is the same, with the TeX kept beside each formula for pages that can set it.
    caption: (text) => {
      runs(text); // odd dollars
      return String(text).split('$').map((part, i) => (i % 2 ? '<span class="mg-math" data-tex="' + escape(part) + '">' + tag(tex(part)) + '</span>' : tag(plain(part)))).join('');
    },
    // flat is the text in one line of Unicode.
    flat: (text) => runs(text).map(([t, l]) => (l ? (l > 0 ? '^' : '_') + (t.length > 1 ? '{' + t + '}' : t) : t)).join(''),
  } });
})(typeof window !== 'undefined' ? window : globalThis);
