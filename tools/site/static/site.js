// What a page can do beyond being read: fold, copy, preview, search. Without it everything is still there to read.
(() => {
  const $ = (query, root = document) => root.querySelector(query);
  const $$ = (query, root = document) => [...root.querySelectorAll(query)];
  const make = (tag, attrs = {}, ...children) => {
    const el = document.createElement(tag);
    for (const [k, v] of Object.entries(attrs)) el.setAttribute(k, v);
    el.append(...children);
    return el;
  };
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { /* a page that may not store forgets */ } },
  };

  function tools() {
    $('.tools').hidden = false;
    const button = $('#theme'), order = ['auto', 'light', 'dark'];
    const label = () => { button.innerHTML = `<span class="roomy">Theme: </span>${window.marginaliaTheme.now()}`; button.setAttribute('aria-label', `Theme: ${window.marginaliaTheme.now()}`); };
    label();
    button.onclick = () => {
      window.marginaliaTheme.set(order[(order.indexOf(window.marginaliaTheme.now()) + 1) % order.length]);
      label();
    };
  }

  function folding() {
    const button = $('#fold');
    if (!button) return;
    const cells = $$('details.code');
    if (!cells.length) { button.hidden = true; return; }
    const was = new Map(cells.map((c) => [c, c.open]));
    const show = (folded) => {
      button.setAttribute('aria-pressed', folded);
      button.innerHTML = `<span class="roomy">${folded ? 'Show' : 'Fold'} </span>code`;
      button.setAttribute('aria-label', folded ? 'Show code' : 'Fold code');
      cells.forEach((c) => { c.open = folded ? false : was.get(c); });
    };
    button.onclick = () => {
      const folded = button.getAttribute('aria-pressed') !== 'true';
      store.set('marginalia-fold', folded);
      show(folded);
    };
    // Code is four fifths of a narrow page: there it is folded until asked for.
    const chosen = store.get('marginalia-fold');
    if (chosen === 'true' || chosen !== 'false' && matchMedia('(max-width: 760px)').matches) show(true);
  }

  // A narrow page opens with its contents folded; a button in the bar keeps them at hand.
  function contents() {
    const box = $('.contents details'), nav = $('.contents'), button = $('#toc');
    if (!box) return;
    const wide = matchMedia('(min-width: 1240px)');
    const show = (open) => {
      nav.classList.toggle('at-hand', open);
      button.setAttribute('aria-expanded', open);
      box.open = open || wide.matches;
      if (open) { nav.style.top = `${$('.bar').getBoundingClientRect().bottom}px`; ($('a[aria-current]', nav) ?? $('a', nav)).scrollIntoView({ block: 'center' }); }
    };
    const fit = () => show(false);
    fit();
    wide.addEventListener('change', fit);
    button.onclick = () => show(!nav.classList.contains('at-hand'));
    nav.addEventListener('click', (e) => { if (e.target.closest('a')) show(false); });
    addEventListener('keydown', (e) => { if (e.key === 'Escape' && nav.classList.contains('at-hand')) { show(false); button.focus(); } });
    document.addEventListener('click', (e) => { if (nav.classList.contains('at-hand') && !e.target.closest('.contents, #toc')) show(false); });
    const links = new Map($$('.contents a').map((a) => [decodeURIComponent(a.hash.slice(1)), a]));
    const heads = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
    let waiting = false;
    const mark = () => {
      waiting = false;
      const passed = heads.filter((h) => h.getBoundingClientRect().top < 130);
      const now = (passed.at(-1) ?? heads[0])?.id;
      links.forEach((a, id) => (id === now ? a.setAttribute('aria-current', 'true') : a.removeAttribute('aria-current')));
    };
    addEventListener('scroll', () => { if (!waiting) { waiting = true; requestAnimationFrame(mark); } }, { passive: true });
    mark();
  }

  function copying() {
    if (!navigator.clipboard) return;
    for (const pre of $$('pre.code')) {
      const box = make('div', { class: 'copied' }), button = make('button', { type: 'button', class: 'copy' }, 'Copy');
      pre.replaceWith(box);
      box.append(pre, button);
      button.onclick = async () => {
        await navigator.clipboard.writeText($$('.line', pre).map((l) => l.textContent).join('\n') || pre.innerText);
        button.textContent = 'Copied';
        setTimeout(() => { button.textContent = 'Copy'; }, 1500);
      };
    }
  }

  // What scrolls sideways can be reached and scrolled with the keyboard.
  function scrollers() {
    const fit = () => $$('.equation .formula, .table').forEach((el) => (el.scrollWidth > el.clientWidth + 1 ? el.setAttribute('tabindex', '0') : el.removeAttribute('tabindex')));
    fit();
    addEventListener('resize', fit);
  }

  // A link to an equation, a statement, a reference or a claim shows its target on hover and on focus.
  function previews() {
    let box = null, timer = 0;
    const close = () => { clearTimeout(timer); box?.remove(); box = null; };
    const content = (target) => {
      const claim = /^claim-(.+)$/.exec(target.id);
      const note = claim && $(`.note.claim[aria-label^="Claim ${claim[1]}:"]`);
      const block = target.closest('.equation, .statement, li, figure, p, td');
      if (!block) return null;
      const copy = block.cloneNode(true);
      copy.removeAttribute('id');
      $$('[id]', copy).forEach((el) => el.removeAttribute('id'));
      if (!note) return copy;
      const both = make('div', {}, copy, note.cloneNode(true));
      $$('[id]', both).forEach((el) => el.removeAttribute('id'));
      return both;
    };
    const open = (link) => {
      close();
      const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      const copy = target && !target.contains(link) && content(target);
      if (!copy) return;
      box = make('div', { class: 'preview', role: 'tooltip', id: 'preview' }, copy);
      document.body.append(box);
      link.setAttribute('aria-describedby', 'preview');
      const at = link.getBoundingClientRect(), size = box.getBoundingClientRect();
      box.style.left = `${Math.max(16, Math.min(at.left - 20, innerWidth - size.width - 16)) + scrollX}px`;
      box.style.top = `${(at.bottom + size.height + 20 < innerHeight || at.top < size.height + 70 ? at.bottom + 8 : at.top - size.height - 8) + scrollY}px`;
      box.onmouseenter = () => clearTimeout(timer);
      box.onmouseleave = close;
    };
    const later = (job, ms) => { clearTimeout(timer); timer = setTimeout(job, ms); };
    const links = $$('main a[href^="#"]').filter((a) => !a.matches('.contents a, .number, .id, .chip') && /^#(?:eq|ref|claim|fig|theorem|lemma|proposition|corollary|definition|assumption|fact|example|remark)-/.test(a.getAttribute('href')));
    for (const link of links.concat($$('.chip'))) {
      link.addEventListener('mouseenter', () => later(() => open(link), 180));
      link.addEventListener('mouseleave', () => later(close, 250));
      link.addEventListener('focus', () => { if (link.matches(':focus-visible')) open(link); });
      link.addEventListener('blur', close);
      link.addEventListener('click', close);
    }
    addEventListener('keydown', (e) => { if (e.key === 'Escape') close(); });
  }

  // A target inside a folded box opens it.
  function unfold() {
    const go = () => {
      const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      const box = target && target.closest('details:not([open])');
      if (box) { box.open = true; target.scrollIntoView(); }
    };
    addEventListener('hashchange', go);
    go();
  }

  function search() {
    const button = $('#find');
    if (!button) return;
    const input = make('input', { type: 'search', 'aria-label': 'Search the papers', placeholder: 'Search the papers', autocomplete: 'off' });
    const list = make('ol'), status = make('p', { class: 'empty', role: 'status' }, 'Type a word: a name, a symbol’s name, a method.');
    const form = make('form', { method: 'dialog' }, input, make('button', { 'aria-label': 'Close the search' }, 'Esc'));
    const dialog = make('dialog', { class: 'search', 'aria-label': 'Search' }, form, status, list);
    document.body.append(dialog);
    let index = null;
    const load = (src) => new Promise((done, failed) => { const s = make('script', { src }); s.onload = done; s.onerror = () => failed(new Error(`${src} is missing`)); document.head.append(s); });
    const open = async () => {
      dialog.showModal();
      input.select();
      if (index) return;
      try {
        await load('_/minisearch.js');
        await load('_/search-index.js');
        index = window.MiniSearch.loadJS(window.searchIndex.index, window.searchIndex.options);
        find();
      } catch (err) { status.hidden = false; status.textContent = `The search cannot be loaded: ${err.message}`; }
    };
    const find = () => {
      list.replaceChildren();
      const query = input.value.trim();
      status.hidden = false;
      if (!query || !index) { status.textContent = 'Type a word: a name, a symbol’s name, a method.'; return; }
      const hits = ranked(query).slice(0, 12);
      status.textContent = hits.length ? `${hits.length} ${hits.length === 1 ? 'section' : 'sections'}` : 'Nothing found.';
      for (const hit of hits) list.append(make('li', {}, make('a', { href: hit.href }, make('b', {}, hit.label || hit.head || hit.title), excerpt(hit, query), make('small', {}, ` ${[hit.label && hit.head, hit.title].filter(Boolean).join(' · ')}`))));
    };
    // Statements and headings weigh more than text, whole words more than their beginnings, this page more than others;
    // what is called as the query says comes first.
    const here = location.pathname.split('/').at(-1).replace('.html', '');
    const ranked = (query) => {
      const options = { prefix: (term) => term.length > 2, fuzzy: (term) => (term.length > 4 ? 0.2 : false), boost: { label: 6, head: 3 } };
      // W^mm is found as it is typed, or else as the letters W and mm, which the formula has.
      const letters = query.replace(/[\^{}$\\]+/g, ' ');
      const all = [query, letters].map((q) => index.search(q, { ...options, combineWith: 'AND' })).find((found) => found.length), hits = all ?? index.search(letters, options);
      const said = query.toLowerCase().replace(/\s+/g, ' '), called = (name) => { const at = ` ${(name ?? '').toLowerCase()} `.replace(/[().,:]/g, ' ').indexOf(` ${said} `); return at === 0 ? 8 : at > 0 ? 3 : 1; };
      return hits.map((h) => ({ ...h, rank: h.score * Math.max(called(h.label), h.label ? 1 : called(h.head)) * (h.page === here ? 2.5 : 1) })).sort((a, b) => b.rank - a.rank);
    };
    const excerpt = (hit, query) => {
      const text = hit.text, low = text.toLowerCase();
      const at = Math.max(low.indexOf(query.toLowerCase()), ...(low.includes(query.toLowerCase()) ? [] : Object.keys(hit.match).map((w) => low.indexOf(w))));
      if (at < 0) return make('span', {}, `${text.slice(0, 130)}${text.length > 130 ? '…' : ''} `);
      const word = low.startsWith(query.toLowerCase(), at) ? query : Object.keys(hit.match).find((w) => low.startsWith(w, at));
      const from = at < 50 ? 0 : Math.max(0, text.lastIndexOf(' ', at - 50)), end = at + word.length;
      const span = make('span');
      span.append(`${from ? '…' : ''}${text.slice(from, at)}`, make('mark', {}, text.slice(at, end)), `${text.slice(end, end + 90)}${end + 90 < text.length ? '…' : ''} `);
      return span;
    };
    button.onclick = open;
    input.oninput = find;
    form.onsubmit = (e) => { if (e.submitter === null || document.activeElement === input) { e.preventDefault(); const first = $('a', list); if (first && input.value) first.click(); } };
    list.onclick = (e) => { if (e.target.closest('a')) dialog.close(); };
    dialog.onkeydown = (e) => {
      if (e.key === 'Escape') { e.preventDefault(); dialog.close(); return; } // a search field would only empty itself
      if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
      const stops = [input, ...$$('a', list)], at = stops.indexOf(document.activeElement);
      stops[Math.max(0, Math.min(stops.length - 1, at + (e.key === 'ArrowDown' ? 1 : -1)))].focus();
      e.preventDefault();
    };
    addEventListener('keydown', (e) => {
      if (e.key === '/' && !e.ctrlKey && !e.metaKey && !/^(?:INPUT|TEXTAREA)$/.test(document.activeElement.tagName) && !dialog.open) { e.preventDefault(); open(); }
    });
  }

  // A formula a little too long for its column is set a little smaller; a longer one scrolls.
  function fitting() {
    const LEAST = 0.82;
    const fit = () => {
      const all = $$('.equation .formula');
      all.forEach((f) => f.style.removeProperty('--shrink'));
      const long = all.map((f) => [f, (f.clientWidth - 1) / f.scrollWidth, f.scrollWidth > f.clientWidth + 1]);
      for (const [f, share, over] of long) if (over && share >= LEAST) f.style.setProperty('--shrink', share);
    };
    fit();
    document.fonts?.ready.then(fit);
    addEventListener('resize', fit);
  }

  // Paper is light, whatever the screen shows, and a formula too long for its width is set smaller instead of cut.
  function printing() {
    const root = document.documentElement, folded = new Map();
    const COLUMN = 36, ROOM = 43; // widths in em of a column that certainly fits on paper, and of what paper has
    let was = null;
    addEventListener('beforeprint', () => {
      was = root.dataset.theme;
      root.dataset.theme = 'light';
      for (const formula of $$('.equation .formula')) {
        const size = parseFloat(getComputedStyle(formula).fontSize), wide = formula.scrollWidth / size;
        if (wide > Math.max(COLUMN, formula.clientWidth / size + 0.1)) formula.style.setProperty('--shrink', Math.min(1, ROOM / wide));
      }
    });
    addEventListener('afterprint', () => { if (was) root.dataset.theme = was; });
  }

  [tools, folding, contents, copying, fitting, scrollers, previews, unfold, search, printing].forEach((part) => part());
})();
