// What a page may do, said in its head: nothing of it asks another machine, and no script runs but the site's own files
// and those that draw the page's figures.
import { createHash } from 'node:crypto';

/** Its own files, WebAssembly among them and in a worker that it made (blob:, as a page in a folder loads no other); scripts in the page only by the hash of their text. */
const RULES = (scripts) => ["default-src 'none'", `script-src 'self' 'wasm-unsafe-eval' ${scripts}`.trim(), "worker-src 'self' blob:", "connect-src 'self'", "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:", "font-src 'self' data:", "base-uri 'none'", "form-action 'none'", "object-src 'none'"];

const hashed = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const meta = (rules) => `<meta http-equiv="Content-Security-Policy" content="${rules.join('; ')}">`;

/** The scripts in a figure's own HTML. */
export const scriptsIn = (html) => [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((m) => m[1]);

/** Puts the policy at the head of a page, which may run the scripts with these texts. */
export function withPolicy(html, scripts = []) {
  return html.replace('<meta charset="utf-8">', `$&\n${meta(RULES([...new Set(scripts.map(hashed))].join(' ')))}`);
}

/** The policy of a page that is one file: all that it has is in it. */
export function withPolicyOfOne(html) {
  const rules = ["default-src 'none'", "script-src 'unsafe-inline' data:", "style-src 'unsafe-inline' data:", 'img-src data:', 'font-src data:', "base-uri 'none'", "form-action 'none'", "object-src 'none'"];
  return html.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, meta(rules));
}
