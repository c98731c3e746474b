// One line a test: "ok name", or "FAIL name" with the reason beneath; at the end how many passed and failed.
export default async function* reporter(source) {
  let passed = 0, failed = 0;
  for await (const { type, data } of source) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite' || data.skip !== undefined) continue;
    if (type === 'test:pass') {
      passed++;
      yield `ok ${data.name}\n`;
    } else {
      failed++;
      const error = data.details?.error?.cause ?? data.details?.error;
      yield `FAIL ${data.name}\n${String(error?.message ?? error).split('\n').slice(0, 12).map((l) => `    ${l}`).join('\n')}\n`;
    }
  }
  yield `site: ${passed} checks passed, ${failed} failed\n`;
}
