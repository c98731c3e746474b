// The source of the worker: a file system in memory, Go's own glue, and what speaks with the page.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The one text that a worker is started from. Go's part belongs to the compiler that built the program. */
export function workerSource() {
  const here = new URL('.', import.meta.url).pathname;
  const go = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8', env: { ...process.env, GOFLAGS: '' } }).trim();
  return [join(here, 'files.js'), join(go, 'lib/wasm/wasm_exec.js'), join(here, 'worker.js')].map((f) => readFileSync(f, 'utf8')).join('\n');
}
