// The worker in which a paper's program runs; files.js and Go's wasm_exec.js stand before it. It is told
//   {program}            once: a compiled module, or the gzipped bytes of one, which it compiles
//   {serve, id}          a request as pkg/notebook/program has it
//   {explore, id}        values of the figure to explore
// and tells {module} what it compiled, {ready, idea}, {event, id}, {scene, id}, {fault}.
(() => {
  'use strict';
  let offered = null;
  const fail = (err) => postMessage({ fault: String(err && err.message || err) });
  const unzipped = (bytes) => new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();

  async function start(program) {
    let module = program;
    if (!(program instanceof WebAssembly.Module)) {
      module = await WebAssembly.compile(await unzipped(program));
      postMessage({ module });
    }
    const go = new Go();
    globalThis.marginaliaReady = (all) => { offered = all; postMessage({ ready: true, idea: all.idea && JSON.parse(all.idea) }); };
    go.exit = (code) => fail(`the program ended with ${code}`);
    go.run(await WebAssembly.instantiate(module, go.importObject)).catch(fail);
  }

  onmessage = ({ data }) => {
    try {
      if (data.program) start(data.program).catch(fail);
      else if (data.serve) offered.serve(data.serve, (event) => postMessage({ event: JSON.parse(event), id: data.id }));
      else if (data.explore) postMessage({ scene: JSON.parse(offered.explore(data.explore)), id: data.id });
    } catch (err) { fail(err); }
  };
})();
