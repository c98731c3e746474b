// node idea.mjs PROGRAM.wasm.gz: writes the figure to explore of a program, and what it shows before anybody moves it, as JSON.
import { readFileSync } from 'node:fs';
import { started } from './measure.mjs';

const run = started(new Uint8Array(readFileSync(process.argv[2])));
const end = (text, code) => { (code ? console.error : console.log)(text); run.end().then(() => { process.exitCode = code; }); };
let idea = null;
run.hear((m) => {
  if (m.fault) end(m.fault, 1);
  if (m.ready) { idea = m.idea; run.tell({ explore: '{}', id: 1 }); }
  const scene = m.scene && JSON.parse(m.scene);
  if (scene) end(scene.fault ?? JSON.stringify({ ...idea, ...scene }), scene.fault ? 1 : 0);
});
