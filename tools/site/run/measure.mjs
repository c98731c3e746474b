// node measure.mjs PROGRAM.wasm.gz DATA LIMIT SEED CELLS...: runs the cells of each word (C4, or C4,D1) in a worker of its own, as a
// page does, and writes a line of JSON for each: {cell, seconds, claims, faults, read}; seconds is null where it took longer than LIMIT. Seconds are
// those of the processor: what else the machine does makes no claim slow. DATA is JSON, {file as the program asks for it: file here}; read are those it did.
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { workerSource } from './source.mjs';

const NODE = `
  const { parentPort } = require('worker_threads');
  globalThis.postMessage = (m) => parentPort.postMessage(m);
  Object.defineProperty(globalThis, 'onmessage', { set(f) { parentPort.on('message', (data) => f({ data })); } });
`;

/** Starts the program of a module, or of its compressed bytes, in Node, with the files of data that lie here: {tell(message), hear(f), end()}. */
export function started(program, data = {}) {
  const worker = new Worker(NODE + workerSource(), { eval: true });
  const listeners = [];
  worker.on('message', (m) => listeners.forEach((f) => f(m)));
  worker.on('error', (err) => listeners.forEach((f) => f({ fault: String(err) })));
  worker.on('message', ({ need }) => { if (need) worker.postMessage({ file: need, bytes: new Uint8Array(readFileSync(data[need])) }); });
  worker.postMessage({ program, data: Object.keys(data) });
  return { tell: (m) => worker.postMessage(m), hear: (f) => listeners.push(f), end: () => worker.terminate() };
}

const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };

/** What became of cells of a program within a time limit, in seconds of the processor. */
export function measured(program, data, only, seed, limit, compiled = () => {}) {
  return new Promise((done) => {
    const run = started(program, data), begun = { at: 0 }, read = [];
    let timer = null;
    const end = (result) => { clearInterval(timer); run.end().then(() => done({ ...result, read })); };
    run.hear((m) => {
      if (m.module) compiled(m.module);
      if (m.need) read.push(m.need);
      if (m.fault) end({ seconds: 0, claims: [], faults: [m.fault] });
      if (m.ready) {
        begun.at = spent();
        timer = setInterval(() => { if (spent() - begun.at > limit) end({ seconds: null, claims: [], faults: [] }); }, 500);
        run.tell({ serve: JSON.stringify({ only, seed }), id: 1 });
      }
      if (m.event?.done) end({ seconds: spent() - begun.at, claims: m.event.done.claims, faults: m.event.done.faults ?? [] });
    });
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [file, data, limit, seed, ...cells] = process.argv.slice(2);
  let program = new Uint8Array(readFileSync(file));
  for (const cell of cells) console.log(JSON.stringify({ cell, ...await measured(program, JSON.parse(data), cell.split(','), seed, Number(limit), (m) => { program = m; }) }));
}
