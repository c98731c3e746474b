// The browser of the checks, and the fixture's site.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { launch } from '../browser.mjs';
import { build } from '../build.mjs';

export const FIXTURES = new URL('../fixtures', import.meta.url).pathname;

export const browser = await launch();
export const work = mkdtempSync(join(tmpdir(), 'site-test-'));
export const fixtures = join(work, 'site');
build({ notebooks: FIXTURES, out: fixtures });

export async function close() {
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}

/** A check of its own, which fails with the faults that were found. */
export const fine = (name, faults) => test(name, () => assert.deepEqual(faults, []));

/** Runs the jobs, a few at a time: a page waits more than it works. One that breaks down is a check that fails. */
export async function together(jobs) {
  const results = [];
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < jobs.length) {
      const i = next++;
      try { results[i] = await jobs[i](); } catch (err) { test(`job ${i + 1} runs to its end`, () => { throw err; }); }
    }
  }));
  return results;
}

const AT_ONCE = availableParallelism() + 1;
