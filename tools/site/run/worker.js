// The worker in which a paper's program runs; files.js and Go's wasm_exec.js stand before it. It is told
//   {program, data}      once: a compiled module, the gzipped bytes of one or their address; the files of data that it may ask for
//   {file, bytes}        what it asked for; without bytes nobody has it
//   {serve, id}          a request as pkg/notebook/program has it
//   {explore, id}        values of the figure to explore
// and tells {module} what it compiled, {need} a file of data, {ready, idea}, {event, id}, {scene, id}, a text of JSON, {fault}.
(() => {
  'use strict';
  const DATA = '/data'; // the folder of data sets
  let offered = null;
  const awaited = new Map();
  const fail = (err) => postMessage({ fault: String(err && err.message || err) });

  globalThis.bring = (path) => new Promise((done, failed) => {
    awaited.set(path, (bytes) => (bytes ? done(bytes) : failed()));
    postMessage({ need: path });
  });

  /** Compiles while bytes come and are unzipped, where the browser can. */
  async function compiled(program) {
    const zipped = typeof program === 'string' ? (await fetch(program)).body : new Blob([program]).stream();
    const raw = new Response(zipped.pipeThrough(new DecompressionStream('gzip')), { headers: { 'Content-Type': 'application/wasm' } });
    return WebAssembly.compileStreaming ? WebAssembly.compileStreaming(raw) : WebAssembly.compile(await raw.arrayBuffer());
  }

  async function start(program, data = []) {
    let module = program;
    if (!(program instanceof WebAssembly.Module)) {
      module = await compiled(program);
      postMessage({ module });
    }
    globalThis.elsewhere = new Set(data);
    const go = new Go();
    go.env = { MARGINALIA_DATA: DATA, GOGC: '400' }; // one thread: what the collector takes, the cell has not
    globalThis.marginaliaReady = (all) => { offered = all; postMessage({ ready: true, idea: all.idea && JSON.parse(all.idea) }); };
    go.exit = (code) => fail(`the program ended with ${code}`);
    go.run(await WebAssembly.instantiate(module, go.importObject)).catch(fail);
  }

  onmessage = ({ data }) => {
    try {
      if (data.program) start(data.program, data.data).catch(fail);
      else if (data.file) { awaited.get(data.file)?.(data.bytes); awaited.delete(data.file); }
      else if (data.serve) offered.serve(data.serve, (event) => postMessage({ event: JSON.parse(event), id: data.id }));
      else if (data.explore) postMessage({ scene: offered.explore(data.explore), id: data.id });
    } catch (err) { fail(err); }
  };
})();
