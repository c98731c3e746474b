// All checks, in one process: first what needs no browser. ONLY names the pages to look at, and then they are all there is.
import { test } from 'node:test';

if (!process.env.ONLY) {
  await import('./build.test.mjs');
  await import('./run.test.mjs');
}
await import('./pages.test.mjs');
await import('./recompute.test.mjs');
if (!process.env.ONLY) {
  await import('./faults.test.mjs');
  await import('./reader.test.mjs');
}
const { close } = await import('./browser.mjs');
test('the browser is closed', close);
