// Pictures of every page, wide and narrow, light and dark, for eyes: node shots.mjs SITE OUT
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { launch, open } from './browser.mjs';
import { allPictures } from './check.mjs';

const [site, out] = process.argv.slice(2).map((p) => resolve(p));
mkdirSync(out, { recursive: true });
const browser = await launch();
for (const file of readdirSync(site).filter((f) => f.endsWith('.html'))) {
  for (const width of [1280, 390]) {
    for (const theme of ['light', 'dark']) {
      const view = await open(browser, join(site, file), { width, theme });
      await allPictures(view.page);
      const name = join(out, `${file.replace('.html', '')}-${width}-${theme}.png`);
      await view.page.screenshot({ path: name, fullPage: true });
      console.log(name);
      await view.close();
    }
  }
}
await browser.close();
