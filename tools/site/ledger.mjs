// The claims of a paper, from its claims.json: as rows of the front page's table and as notes beside their cells.
import { readFileSync } from 'node:fs';
import { escapeHtml } from './markdown.mjs';

/** The words of the verdicts; a verdict that is not among them is an error, not a style. */
const VERDICTS = new Map([['holds', 'hold'], ['corrected', 'corrected'], ['paper scale', 'at the paper’s scale'], ['fails', 'fail'],
  ['vacuous', 'vacuous'], ['not checked', 'not checked']]);

export function loadLedger(path) {
  let ledger;
  try {
    ledger = JSON.parse(readFileSync(path, 'utf8'));
  } catch (err) {
    throw new Error(`${path}: ${err.message}; run scripts/run --write to write the ledger again`);
  }
  for (const claim of ledger.claims) {
    if (!VERDICTS.has(claim.verdict)) throw new Error(`${path}: claim ${claim.id} has the verdict ${JSON.stringify(claim.verdict)}; known are ${[...VERDICTS.keys()].join(', ')}`);
  }
  return ledger;
}

/** Sets a number as a person writes it: 6.1 × 10⁻¹³, −0.5. */
export function number(x) {
  if (typeof x === 'string') return numerals(x);
  return numerals(String(Number(x.toPrecision(5))));
}

/** Sets the numbers inside a line of text. */
export function numerals(text) {
  return escapeHtml(text)
    .replace(/(?<![\w.])([-−]?)(\d+(?:\.\d+)?)e([-+]?)0*(\d+)\b/gi, (_, sign, digits, power, exponent) =>
      `${sign ? '−' : ''}<span class="nobr">${digits === '1' ? '' : `${digits} × `}10<sup>${power === '-' ? '−' : ''}${exponent}</sup></span>`)
    .replace(/(?<![\w)])-(?=\d|Inf)/g, '−');
}

/** "20 claims: 17 hold, 3 corrected". */
export function summary(claims) {
  const parts = [];
  for (const [verdict, plural] of VERDICTS) {
    const n = claims.filter((c) => c.verdict === verdict).length;
    if (n) parts.push(`${n} ${n === 1 ? verdict : plural}`);
  }
  return `${claims.length} ${claims.length === 1 ? 'claim' : 'claims'}: ${parts.join(', ')}`;
}

export const verdict = (claim) => `<span class="verdict ${claim.verdict.replace(' ', '-')}">${claim.verdict}</span>`;

/** One measured number against its rule. */
function entry(e) {
  return `<div class="entry"><span class="name">${numerals(e.name)}</span> <span class="value"><b>${number(e.measured)}</b> <span class="rule">${numerals(e.expected)}</span></span></div>`;
}

const entries = (list) => (list ?? []).map(entry).join('');

function controls(claim) {
  const counter = entries(claim.counter_examples);
  return entries(claim.controls) + (counter && `<div class="entry"><span class="name">as printed, refuted by</span></div>${counter}`);
}

/** The claim as a note in the margin of its cell. */
export function note(claim, inline) {
  const parts = [`<p class="head"><a class="id" href="#claim-${claim.id}">${claim.id}</a> ${verdict(claim)}<span class="source">${claim.kind}, ${inline(claim.source)}</span></p>`];
  parts.push(entries(claim.checks));
  const must = controls(claim);
  if (must) parts.push(`<p class="must">Must fail, and does${claim.verdict === 'vacuous' ? ' not' : ''}</p>${must}`);
  if (claim.reported) parts.push(`<p class="said">The paper reports ${inline(claim.reported)}</p>`);
  if (claim.reason) parts.push(`<p class="said">${inline(claim.reason)}</p>`);
  if (claim.kept) parts.push(`<p class="said">${inline(claim.kept)}</p>`);
  return `<div class="note claim" role="note" aria-label="Claim ${claim.id}: ${claim.verdict}">${parts.join('')}</div>\n`;
}

/** The table of claims: of the page that it stands in, where a key is '', else of papers, under a heading row each. */
export function table(groups, inline) {
  const page = (key) => (key ? `${key}.html` : '');
  const body = groups.map(({ key, ledger, minutes }) => {
    const head = !key ? '' : `<tr class="paper"><th colspan="4" scope="rowgroup"><a href="${page(key)}">${escapeHtml(ledger.paper.title)}</a> <span class="count">${summary(ledger.claims)}${minutes ? `; ${minutes}` : ''}</span></th></tr>\n`;
    return `<tbody>${head}${ledger.claims.map((c) => row(page(key), c, inline)).join('')}</tbody>`;
  }).join('\n');
  return `<div class="table claims" role="group" aria-label="Table of claims"><table>
<thead><tr><th scope="col">Statement</th><th scope="col">Measured, expected</th><th scope="col">Control, which must fail</th><th scope="col">Verdict</th></tr></thead>
${body}</table></div>\n`;
}

function row(page, claim, inline) {
  const printed = claim.printed ? `<p class="printed">Printed: ${inline(claim.printed)}</p>` : '';
  return `<tr>
<td class="what"><a class="id" href="${page}#claim-${claim.id}">${claim.id}</a> <b>${inline(claim.title || claim.kind)}</b><span class="source">${inline(claim.source)}</span><p>${inline(claim.statement)}</p>${printed}${claim.note ? `<p class="said">${inline(claim.note)}</p>` : ''}</td>
<td data-label="Measured, expected">${entries(claim.checks) || '<span class="none">nothing yet</span>'}</td>
<td data-label="Control, which must fail">${controls(claim) || '<span class="none">none needed</span>'}</td>
<td data-label="Verdict">${verdict(claim)}</td></tr>\n`;
}
