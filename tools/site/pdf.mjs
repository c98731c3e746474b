// One PDF a paper: node pdf.mjs SITE OUT
import { mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { launch, open } from './browser.mjs';

const FOOT = '<div style="width:100%;font:7.5pt \'Source Sans 3\',sans-serif;color:#555;display:flex;justify-content:space-between;padding:0 18mm"><span class="title"></span><span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>';

export async function printed(browser, file, out) {
  // Figures are drawn for a screen and scaled to the paper: drawn for its width, panels that belong side by side would
  // stand in a tall column.
  const { page, close } = await open(browser, file, { width: 1280, theme: 'light' });
  try {
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    const draft = `${out}.${process.pid}`;
    await page.pdf({ path: draft, preferCSSPageSize: true, printBackground: true, displayHeaderFooter: true, headerTemplate: '<span></span>', footerTemplate: FOOT, tagged: true, outline: true });
    renameSync(draft, out);
  } finally {
    await close();
  }
}

if (process.argv[1]?.endsWith('pdf.mjs')) {
  const [site, out] = process.argv.slice(2).map((p) => resolve(p));
  mkdirSync(out, { recursive: true });
  let browser;
  try {
    browser = await launch();
    for (const file of readdirSync(site).filter((f) => f.endsWith('.html') && !['index.html', 'packages.html'].includes(f))) {
      const to = join(out, file.replace('.html', '.pdf'));
      await printed(browser, join(site, file), to);
      console.log(`${to}: ${readFileSync(to, 'latin1').match(/\/Type\s*\/Page\b(?!s)/g).length} pages`);
    }
  } catch (err) {
    console.error(`site: ${err.message}`);
    process.exitCode = 1;
  } finally {
    await browser?.close();
  }
}
