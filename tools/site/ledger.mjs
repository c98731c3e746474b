// The claims of a paper, from claims.json: as boxes in the text, as notes beside their cells, as tables, and counted.
import { readFileSync } from 'node:fs';
import { measured, words } from './mathtext.mjs';
import { escapeHtml } from './markdown.mjs';

/** The words of the verdicts; a verdict that is not among them is an error, not a style. */
const VERDICTS = new Map([['holds', 'hold'], ['evidence', 'evidence'], ['corrected', 'corrected'], ['slip', 'slips'], ['paper scale', 'at the paper’s scale'],
  ['fails', 'fail'], ['vacuous', 'vacuous'], ['not checked', 'not checked']]);

/** What each verdict says, for those who point at it. */
export const MEANING = { holds: 'every check holds and every control fails', evidence: 'a run can support this, not decide it', corrected: 'false as printed; the repaired statement holds',
  slip: 'a slip in print that its author would mend at once; mended, it holds', 'paper scale': 'needs the paper’s size; never counts as holding', fails: 'a check is refuted', vacuous: 'a control passed', 'not checked': 'nothing was measured' };

/** How a statement is known. */
const KNOWN = new Map([['read', 'read in the paper'], ['second-hand', 'known second-hand'], ['reconstructed', 'reconstructed'], ['ours', 'ours']]);

/** What the letters of the ids say, in the order of the legend. */
const LETTERS = new Map([['C', 'claim of the paper'], ['S', 'step of its proofs or set-up'], ['D', 'derived here'], ['E', 'experiment'], ['G', 'step towards the general bounds'], ['X', 'step of the XOR example'], ['N', 'numerics'],
  ['T', 'text corpus'], ['V', 'vision'], ['R', 'repair of a printed display'], ['P', 'at the paper’s size']]);

export function loadLedger(path) {
  let ledger;
  try {
    ledger = JSON.parse(readFileSync(path, 'utf8'));
  } catch (err) {
    throw new Error(`${path}: ${err.message}; run scripts/run --write to write the ledger again`);
  }
  for (const claim of ledger.claims) {
    if (!VERDICTS.has(claim.verdict)) throw new Error(`${path}: claim ${claim.id} has the verdict ${JSON.stringify(claim.verdict)}; known are ${[...VERDICTS.keys()].join(', ')}`);
    if (!LETTERS.has(claim.id[0])) throw new Error(`${path}: the letter of claim ${claim.id} is not in the legend; known are ${[...LETTERS.keys()].join(', ')}`);
    if (!KNOWN.has(claim.known)) throw new Error(`${path}: claim ${claim.id} is known ${JSON.stringify(claim.known)}; expected ${[...KNOWN.keys()].join(', ')}`);
  }
  ledger.paper.unread = unread(ledger.claims);
  return ledger;
}

/** Whether nothing but an abstract was read of the paper: no statement is known from its body. */
export const unread = (claims) => !claims.some((c) => c.known === 'read' && !/^abstract\b/i.test(c.source));

/** Gives each claim of a ledger the seeds at which it was seen, from the text of seeds.json or '', the ledger's own among them. */
export function seen(ledger, text, path = 'seeds.json') {
  try {
    const record = text ? JSON.parse(text).claims : {};
    for (const claim of ledger.claims) {
      const parts = record[claim.id]?.seen ?? [];
      if (!parts.length) continue;
      const numbers = parts.flatMap((part) => part.seeds.split(',').map((range) => range.split('-').map(BigInt)));
      const count = numbers.reduce((sum, [first, last = first]) => sum + Number(last - first) + 1, 0);
      const own = numbers.some(([first, last = first]) => first <= BigInt(ledger.run.seed) && BigInt(ledger.run.seed) <= last);
      claim.seeds = { count: count + (own ? 0 : 1), where: parts.map((part) => `${part.seeds} at commit ${part.commit}`).join(', ') };
    }
  } catch (err) {
    throw new Error(`${path}: no record of seeds (${err.message}); scripts/run KEY --program --seeds 20 --record writes it afresh once it is removed`);
  }
}

/** Sets a measured number as a person writes it: 6.1 × 10⁻¹³, −0.5, 177,828. */
export const number = measured;

/** "20 claims: 17 hold, 3 corrected". */
export function summary(claims) {
  const parts = [];
  for (const [verdict, plural] of VERDICTS) {
    const n = claims.filter((c) => c.verdict === verdict).length;
    if (n) parts.push(`${n} ${n === 1 && verdict !== 'paper scale' ? verdict : plural}`);
  }
  return `${claims.length} ${claims.length === 1 ? 'claim' : 'claims'}: ${parts.join(', ')}`;
}

/** "14 of the paper (2 read, 12 reconstructed), 6 of ours". */
export function origins(claims) {
  const of = (known) => claims.filter((c) => c.known === known).length;
  const ours = of('ours'), theirs = claims.length - ours;
  const how = ['read', 'second-hand', 'reconstructed'].map((k) => [of(k), k]).filter(([n]) => n).map(([n, k]) => `${n} ${k}`);
  return [theirs && `${theirs} of the paper${how.length ? ` (${how.join(', ')})` : ''}`, ours && `${ours} of ours`].filter(Boolean).join(', ');
}

/** What of the paper was read, in a sentence, or ''. */
export function reading(paper) {
  if (!paper.read && !paper.unread) return '';
  const read = paper.read && paper.read !== 'all' ? `Read of it: ${paper.read}.` : '';
  return `${paper.unread ? 'Nobody here read the body of this paper. ' : ''}${read}`.trim();
}

/** The legend of the letters that the ids have. */
export function letters(claims) {
  const used = [...LETTERS].filter(([letter]) => claims.some((c) => c.id[0] === letter));
  return `<p class="letters">${used.map(([letter, says]) => `<b>${letter}</b>\u00a0${says}`).join('<span class="dot"> · </span>')}</p>`;
}

const style = (verdict) => verdict.replace(' ', '-');
export const verdict = (claim) => `<span class="verdict ${style(claim.verdict)}" title="${MEANING[claim.verdict]}">${claim.verdict}</span>`;

/** One measured number against its rule, with its own controls beneath it. */
function entry(e, inline, { control = false } = {}) {
  const of = e.of > 1 ? `<span class="among">, ${!control ? 'worst' : e.some ? 'some' : 'each'} of ${e.of}</span>` : '';
  // A control has the rule of its check, except where it is the check's own bound made sharper.
  const rule = !control ? words(e.expected) : e.sharp ? `${e.high === undefined ? 'at least' : 'at most'} ${number(e.high ?? e.low)}` : '';
  const slack = !control && typeof e.slack === 'number' ? `<span class="slack" title="by which share of itself the measured number could move before the rule breaks">slack ${share(e.slack)}</span>` : '';
  const because = e.because ? `<span class="because">${words(e.because, inline)}</span>` : '';
  const own = (e.controls ?? []).map((c) => entry(c, inline, { control: true })).join('');
  return `<div class="entry${control ? ' control' : ''}">${control ? '<span class="must">must fail:</span> ' : ''}<span class="name">${words(e.name, inline)}${of}</span> <span class="value"><b>${number(e.measured)}</b> <span class="rule">${rule}</span>${slack}</span>${because}${own}</div>`;
}

function share(x) {
  if (x >= 10) return 'more than tenfold';
  return x === 0 ? '0' : x < 0.001 ? number(Number((100 * x).toPrecision(1))) + ' %' : `${Number((100 * x).toPrecision(2))} %`;
}

const entries = (list, inline) => (list ?? []).map((e) => entry(e, inline)).join('');

/** What refutes the printed form of a corrected claim. */
function refuted(claim, inline) {
  const counter = entries(claim.counter_examples, inline);
  return counter && `<div class="entry"><span class="name">as printed, refuted by</span></div>${counter}`;
}

/** What stands behind a statement: where it is from and how it is known. */
function provenance(claim, inline) {
  const said = claim.known === 'ours' && /derived here/.test(claim.source) ? '' : `<span class="dot"> · </span>${KNOWN.get(claim.known)}`;
  return `${inline(claim.source)}${said}`;
}

/** The claim as a box in the text, with the target that its links lead to. */
export function box(claim, inline, where) {
  const printed = claim.printed ? `<p class="printed">Printed: ${inline(claim.printed)}</p>` : '';
  return `<div class="statement box ${claim.known}" role="group" aria-label="Claim ${claim.id}" id="claim-${claim.id}"><p><strong>Claim ${claim.id}${claim.title ? ` (${inline(claim.title)})` : ''}.</strong> ${inline(claim.statement)}</p>${printed}<p class="source">${provenance(claim, inline)}${where ? `<span class="dot"> · </span><a href="#${where}">measured below</a>` : ''}</p></div>\n`;
}

/** The claim as a note in the margin of its cell. */
export function note(claim, inline) {
  const parts = [`<p class="head"><a class="id" href="#claim-${claim.id}">${claim.id}</a> ${verdict(claim)}<span class="source">${claim.kind}</span></p>`];
  parts.push(entries(claim.checks, inline));
  parts.push(refuted(claim, inline));
  if (claim.reported) parts.push(`<p class="said">The paper reports ${inline(claim.reported)}</p>`);
  if (claim.reason) parts.push(`<p class="said">${words(claim.reason, inline)}</p>`);
  if (claim.kept) parts.push(`<p class="said">${inline(claim.kept)}</p>`);
  return `<div class="note claim" role="note" aria-label="Claim ${claim.id}: ${claim.verdict}" data-claim="${claim.id}">${parts.join('')}</div>\n`;
}

/** A table of claims, whose boxes are on the page of the key, or on the page that it stands in where that is ''. */
export function table(claims, inline, key = '', title = '') {
  const page = key && `${key}.html`;
  return `<div class="table claims" role="group" aria-label="Table of claims${title && `: ${escapeHtml(title)}`}"><table>
<thead><tr><th scope="col">Statement</th><th scope="col">Measured, expected; beneath it the control, which must fail</th><th scope="col">Verdict</th></tr></thead>
<tbody>${claims.map((c) => row(page, c, inline)).join('')}</tbody></table></div>\n`;
}

function row(page, claim, inline) {
  const printed = claim.printed ? `<p class="printed">Printed: ${inline(claim.printed)}</p>` : '';
  const said = [claim.note && words(claim.note, inline), claim.kept && inline(claim.kept)].filter(Boolean).map((text) => `<p class="said">${text}</p>`).join('');
  return `<tr>
<td class="what"><a class="id" href="${page}#claim-${claim.id}">${claim.id}</a> <b>${inline(claim.title || claim.kind)}</b><span class="source">${provenance(claim, inline)}</span><p>${inline(claim.statement)}</p>${printed}${said}</td>
<td data-label="Measured, expected; controls">${entries(claim.checks, inline) || '<span class="none">nothing yet</span>'}${refuted(claim, inline)}</td>
<td data-label="Verdict">${verdict(claim)}${claim.seeds ? `<span class="seeds" title="seeds ${escapeHtml(claim.seeds.where)}">seen at ${claim.seeds.count}\u00a0seeds</span>` : ''}</td></tr>
`;
}
