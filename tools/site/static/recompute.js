// The page recomputes: runs the cells of its claims in a worker, by the paper's own program, which comes at the first click.
(() => {
  'use strict';
  const place = document.getElementById('recompute');
  if (!place) return;
  const about = JSON.parse(place.textContent); // key, program, worker, sets, seed, claims: {id: {seconds, data} or {without, kind}}, meaning, idea
  const { words, measured } = window.marginalia;
  const make = (tag, attrs = {}, ...children) => {
    const el = document.createElement(tag);
    for (const [k, v] of Object.entries(attrs)) el.setAttribute(k, v);
    el.append(...children);
    return el;
  };
  const html = (tag, attrs, text) => { const el = make(tag, attrs); el.innerHTML = text; return el; };
  const duration = (s) => (s < 0.95 ? `${Math.max(0.1, s).toFixed(1)} s` : `${s.toPrecision(2)} s`);
  const button = (text, job, label) => { const b = make('button', { type: 'button', ...(label ? { 'aria-label': label } : {}) }, text); b.onclick = job; return b; };

  // ---- the program

  const script = (src) => new Promise((done, failed) => {
    const s = make('script', { src });
    s.onload = () => { s.remove(); done(); };
    s.onerror = () => failed(new Error(`${src} is missing`));
    document.head.append(s);
  });

  /** The bytes of a file as a stream: the file of a server; in a folder, which a page may not read, the script that has them in its text. */
  async function stream(entry, name) {
    if (location.protocol.startsWith('http')) {
      const answer = await fetch(entry.file).catch(() => null);
      if (answer?.ok) return answer.body;
    }
    await script(entry.script);
    const letters = atob(window.marginalia.bytes[name]), bytes = new Uint8Array(letters.length);
    delete window.marginalia.bytes[name];
    for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
    return new Blob([bytes]).stream();
  }

  const kept = new Map();
  /** What a job promises, which is done once, and again only where it failed. */
  function once(name, job) {
    if (!kept.has(name)) {
      const promise = job();
      kept.set(name, promise);
      promise.catch(() => kept.delete(name));
    }
    return kept.get(name);
  }
  const megabytes = about.program.megabytes;
  const here = () => kept.has('module');
  const speaker = () => once('speaker', async () => {
    await script(about.worker);
    return URL.createObjectURL(new Blob([window.marginalia.worker], { type: 'text/javascript' }));
  });
  /** The program, compiled while its bytes come and are unzipped. */
  const compiled = () => once('module', async () => {
    const raw = new Response((await stream(about.program, 'program')).pipeThrough(new DecompressionStream('gzip')), { headers: { 'Content-Type': 'application/wasm' } });
    return WebAssembly.compileStreaming ? WebAssembly.compileStreaming(raw) : WebAssembly.compile(await raw.arrayBuffer());
  });
  const set = (path) => once(path, async () => new Uint8Array(await new Response(await stream(about.sets[path], path)).arrayBuffer()));

  /** A worker in which the program is ready: {tell, end}; hear gets what it says. */
  async function started(hear, data = []) {
    const [url, program] = await Promise.all([speaker(), compiled()]);
    return new Promise((done, failed) => {
      const worker = new Worker(url);
      const end = () => worker.terminate();
      const broken = (fault) => { failed(new Error(fault)); hear({ fault }); };
      worker.onerror = (e) => { e.preventDefault(); broken(e.message || 'the worker broke down'); };
      worker.onmessage = ({ data: said }) => {
        if (said.ready) done({ tell: (m) => worker.postMessage(m), end });
        else if (said.need) { hear(said); set(said.need).then((bytes) => { worker.postMessage({ file: said.need, bytes }); hear({ brought: said.need }); }, (err) => broken(err.message)); }
        else if (said.fault) broken(said.fault);
        else hear(said);
      };
      worker.postMessage({ program, data });
    });
  }

  // ---- claims

  const notes = new Map([...document.querySelectorAll('.note.claim[data-claim]')].map((el) => [el.dataset.claim, el]));
  const runs = Object.keys(about.claims).filter((id) => about.claims[id].seconds !== undefined && notes.has(id));
  let seed = about.seed, stop = null; // stop ends the run at hand

  /** Entries of an outcome in the order in which a note has them. */
  const entries = (list) => (list ?? []).flatMap((e) => [e, ...entries(e.controls)]);

  /** Shows an outcome beside the committed one: each number beside its own, or all of them below where they are others. */
  function show(note, outcome, seconds) {
    note.querySelectorAll('.here').forEach((el) => el.remove());
    const fresh = [...entries(outcome.checks), ...entries(outcome.counter_examples)];
    const there = [...note.querySelectorAll('.entry')].filter((el) => el.querySelector(':scope > .value'));
    const state = note.querySelector('.recompute');
    const verdict = html('span', { class: `verdict ${outcome.verdict.replace(' ', '-')}`, title: about.meaning[outcome.verdict] ?? '' }, outcome.verdict);
    state.append(make('p', { class: 'here said' }, `Here, seed ${seed}, ${duration(seconds)}: `, verdict));
    if (outcome.reason && outcome.verdict !== note.dataset.verdict) state.append(html('p', { class: 'here said' }, words(outcome.reason)));
    if (there.length === fresh.length) there.forEach((el, i) => el.querySelector('.value').append(html('span', { class: 'here' }, `here <b>${measured(fresh[i].measured)}</b>`)));
    else for (const e of fresh) state.append(html('p', { class: 'here' }, `${words(e.name)} <b>${measured(e.measured)}</b>`));
  }

  /** Draws a figure of a run in the place of the committed one, which comes back by a button. */
  function draw(picture) {
    const had = window.livefigs.show(picture.id, picture.spec);
    if (!had) return;
    const home = document.getElementById(`fig-${picture.id}`), caption = home?.querySelector('figcaption');
    if (!caption) return;
    const first = caption.querySelector('.drawn')?.committed ?? had;
    caption.querySelector('.drawn')?.remove();
    const line = make('span', { class: 'drawn here' }, ` Drawn here with seed ${seed}. `, button('Show the committed one', () => { window.livefigs.show(picture.id, first); line.remove(); }));
    line.committed = first;
    caption.append(line);
  }

  const bar = make('progress', { max: '1', hidden: '', 'aria-label': 'How far the run is' });
  const status = make('span', { role: 'status', class: 'state' });
  const all = button(`Check all ${runs.length} here`, () => check(runs));
  const end = button('Stop', () => stop?.());
  end.hidden = true;

  /** Runs the cells of claims, one after the other, each in a worker of its own: what Go has taken of memory goes with it. */
  async function check(ids) {
    if (stop) return;
    let stopped = false, halt = () => {};
    stop = () => { stopped = true; halt(); };
    const done = new Set(), different = [];
    document.documentElement.classList.add('recomputing');
    end.hidden = false;
    for (const el of document.querySelectorAll('.recompute button.check')) el.disabled = true;
    all.disabled = true;
    for (const id of ids) {
      if (stopped) break;
      if (done.has(id)) continue;
      const note = notes.get(id), mine = note.querySelector('.state');
      const say = (text) => { status.textContent = text; mine.textContent = text; };
      const ending = ending_ => note.querySelector('.recompute').insertBefore(ending_, mine);
      const own = button('Stop', () => stop?.(), `Stop the run of ${id}`);
      ending(own);
      say(here() ? `${id} runs.` : `The program comes: ${megabytes} MB.`);
      const outcome = await one(id, say, (f) => { halt = f; if (stopped) f(); });
      own.remove();
      bar.hidden = true;
      if (outcome.stopped) { say(`${id}: stopped.`); break; }
      for (const claim of outcome.claims ?? []) {
        if (!notes.has(claim.id)) continue;
        done.add(claim.id);
        show(notes.get(claim.id), claim, outcome.seconds);
        if (claim.verdict !== notes.get(claim.id).dataset.verdict) different.push(claim.id);
      }
      say(outcome.faults?.length ? `${id} did not come to its end: ${outcome.faults[0]}` : '');
    }
    if (ids.length > 1 && !stopped) status.textContent = `${done.size} of ${ids.length} checked here, seed ${seed}: ${different.length ? `${different.join(', ')} with another verdict than the committed one` : 'all with the committed verdict'}.`;
    for (const el of document.querySelectorAll('.recompute button.check')) el.disabled = false;
    all.disabled = false;
    end.hidden = true;
    document.documentElement.classList.remove('recomputing');
    stop = null;
  }

  /** Runs the cells of one claim: what Done says, {faults} or {stopped}. */
  function one(id, say, halting) {
    return new Promise((done) => {
      let run = null, over = false;
      const finish = (outcome) => { if (over) return; over = true; run?.end(); done(outcome); };
      halting(() => finish({ stopped: true }));
      const hear = ({ event, fault, need, brought }) => {
        if (over) return;
        if (brought) say(`${id} runs.`);
        if (need) say(`${id}: the data come, ${about.sets[need].megabytes} MB.`);
        if (fault) finish({ faults: [fault] });
        if (event?.progress !== undefined) { bar.hidden = false; bar.value = event.progress; }
        if (event?.title) say(`${id}: ${event.title}`);
        if (event?.figure) draw(event.figure);
        if (event?.done) finish(event.done);
      };
      started(hear, about.claims[id].data).then((r) => { run = r; if (over) { r.end(); return; } say(`${id} runs.`); r.tell({ serve: JSON.stringify({ only: [id], seed }), id: 1 }); }, (err) => finish({ faults: [err.message] }));
    });
  }

  /** How many claims run here, and why the others do not. */
  function reach() {
    const known = Object.values(about.claims), kinds = new Map();
    for (const { kind } of known) if (kind) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const others = [...kinds].map(([kind, n]) => `${n} ${kind}`);
    return `${known.length - [...kinds.values()].reduce((a, n) => a + n, 0)} of ${known.length} claims end within a minute in a browser${others.length ? `; of the others, ${others.join(', ')}` : ''}. `;
  }

  function claims() {
    const panel = make('div', { class: 'recompute panel', role: 'group', 'aria-label': 'Check the claims here' });
    document.querySelector('.overview')?.append(panel);
    if (typeof WebAssembly !== 'object' || typeof Worker !== 'function' || typeof DecompressionStream !== 'function') {
      panel.append(`This browser cannot run the paper’s program (it needs WebAssembly and DecompressionStream): `, make('code', {}, `scripts/run ${about.key}`), ' checks every claim.');
      return false;
    }
    for (const [id, note] of notes) {
      note.dataset.verdict = note.querySelector('.head .verdict').textContent;
      const entry = about.claims[id], box = make('div', { class: 'recompute' });
      if (entry?.seconds !== undefined) {
        const go = button('Check it here', () => check([id]), `Check it here: ${id}`);
        go.className = 'check';
        box.append(go, make('span', { class: 'state', role: 'status' }, `about ${duration(entry.seconds)}`));
      } else box.append(make('span', { class: 'state' }, 'Not in a browser', entry ? html('span', {}, ` (${words(entry.without)})`) : '', ': ', make('code', {}, `scripts/run ${about.key}${entry?.kind === 'are of the paper’s scale' ? ' --scale paper' : ''}`)));
      note.append(box);
    }
    panel.append(make('p', {}, reach(), make('code', {}, `scripts/run ${about.key}`), ' checks all.'));
    if (!runs.length) return true;
    const number = make('input', { type: 'text', inputmode: 'numeric', value: about.seed, size: '6', 'aria-label': 'Seed' });
    number.oninput = () => { seed = number.value.trim(); };
    panel.prepend(all, make('label', {}, 'seed ', number), end, bar, status);
    return true;
  }

  // ---- the figure to explore

  const SETTLED = 400; // ms without another picture

  function explore(idea) {
    const home = document.getElementById('in-your-hand');
    if (!home) return;
    const facts = home.querySelector('.facts'), said = make('p', { class: 'state', role: 'status' });
    const values = Object.fromEntries(idea.controls.map((c) => [c.name, c.start]));
    let run = null, busy = false, again = false;
    const hear = ({ scene, fault }) => {
      if (!scene && !fault) return;
      busy = false;
      if (fault) { say(`It stopped: ${fault}`); run = null; return; }
      if (!next) requestAnimationFrame(draw); // one that is overtaken is not drawn
      next = { at: JSON.stringify(shown), scene: JSON.parse(scene) };
      if (again) { again = false; move(); } // the program computes the next one while this one is drawn
    };
    const say = (text) => { if (said.textContent !== text) said.textContent = text; };
    let shown = null, next = null, figure = null, settles = 0, dozing = [];

    /** Draws the last scene that came, and in full once none has come for a while. */
    function draw() {
      const { at, scene } = next;
      next = null;
      say(scene.fault ?? '');
      if (scene.figure) {
        hold();
        ({ figure } = scene);
        window.livefigs.show('explore', figure.spec, true);
        write(scene.facts);
        if (home.scrollHeight > home.clientHeight) home.style.height = `${home.scrollHeight}px`;
        clearTimeout(settles);
        settles = setTimeout(settle, SETTLED);
      }
      home.dataset.at = at;
    }
    function settle() {
      window.livefigs.show('explore', figure.spec);
      home.querySelector('.livefig').setAttribute('aria-label', figure.alt);
      Object.assign(home.style, { contain: '', height: '', willChange: '' });
    }
    /** While it moves, the figure is laid out and painted apart from the page. */
    function hold() {
      if (!home.style.contain) Object.assign(home.style, { height: `${home.offsetHeight}px`, contain: 'layout size style', willChange: 'transform' });
    }
    /** Writes the numbers: those that are others. */
    function write(all) {
      const old = facts.children;
      while (old.length > all.length) facts.lastElementChild.remove();
      all.forEach((f, i) => {
        const texts = [f.name, f.value].map((text) => words(text));
        if (!old[i]) facts.append(make('div', {}, make('dt'), make('dd')));
        [...old[i].children].forEach((el, k) => { if (el.innerHTML !== texts[k]) el.innerHTML = texts[k]; });
      });
    }
    /**
     * While the figure is dragged, what is below the view is neither laid out nor painted, which would take longer than the picture.
     * Whoever turns to the page wakes it: nothing of it is ever seen dozing.
     */
    function doze() {
      if (dozing.length) return;
      const far = [...document.querySelectorAll('article > *')].map((el) => [el, el.getBoundingClientRect()]).filter(([, r]) => r.height && r.top > innerHeight + 100);
      for (const [{ style }, r] of far) { style.contentVisibility = 'auto'; style.containIntrinsicSize = `${r.width}px ${r.height}px`; }
      dozing = far.map(([el]) => el);
    }
    function wake() {
      for (const { style } of dozing) { style.contentVisibility = ''; style.containIntrinsicSize = ''; }
      dozing = [];
    }
    for (const kind of ['scroll', 'resize', 'beforeprint']) addEventListener(kind, wake, { passive: true });
    for (const kind of ['pointerdown', 'keydown', 'focusin']) addEventListener(kind, (e) => { if (!home.contains(e.target)) wake(); }, true);

    /** Asks for the scene of the values at hand, one at a time: while one is drawn, the last that is asked for waits. */
    async function move() {
      if (busy) { again = true; return; }
      busy = true;
      try {
        if (!run) { if (!here()) say(`The program comes: ${megabytes} MB.`); run = await started(hear); say(''); }
        shown = { ...values };
        run.tell({ explore: JSON.stringify(values), id: 2 });
      } catch (err) { busy = false; say(`It cannot be moved here: ${err.message}`); }
    }
    const rows = make('div', { class: 'controls' });
    for (const c of idea.controls) {
      const input = make('input', { type: 'range', min: c.min, max: c.max, step: c.step });
      input.value = c.start;
      const out = make('output'), tell = () => { const v = Number(input.value), text = c.names ? c.names[v - c.min] : String(Number(v.toPrecision(4))); out.innerHTML = words(text); input.setAttribute('aria-valuetext', out.textContent); };
      input.setAttribute('data-name', c.name);
      input.addEventListener('input', () => { doze(); values[c.name] = Number(input.value); tell(); move(); });
      tell();
      rows.append(make('label', {}, html('span', {}, words(c.label)), input, out));
    }
    const reset = button('As at the start', () => {
      for (const input of rows.querySelectorAll('input')) { const c = idea.controls.find((d) => d.name === input.dataset.name); input.value = c.start; values[c.name] = c.start; input.nextElementSibling.innerHTML = words(c.names ? c.names[c.start - c.min] : String(Number(c.start.toPrecision(4)))); }
      move();
    });
    facts.before(rows);
    facts.after(make('p', {}, reset), said);
  }

  const able = claims();
  if (about.idea) {
    window.livefigs.push({ id: 'explore', home: null, spec: about.idea.spec });
    if (able) explore(about.idea);
  }
})();
