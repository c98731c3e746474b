// Plain Markdown, as GitHub and JupyterLab show it, becomes a paper: quotes that start with a bold name are statements
// or side notes, tags are equation numbers, <a id="..."> lines are targets.
import MarkdownIt from 'markdown-it';
import { tex } from '@mdit/plugin-tex';
import { escapeHtml, words } from './mathtext.mjs';
import { safe } from './safe.mjs';
import { pieces, takeTag } from './tex.mjs';

export { escapeHtml };

const STATEMENT = /^(Theorem|Lemma|Proposition|Corollary|Definition|Claim|Assumption|Remark|Example|Proof|Fact|Conjecture)\b\s*([\w.]*\d[\w.]*)?/;
const NOTE = /^(Note|Aside)\b/;
const ANCHOR = /^<a (?:id|name)="([\w.:-]+)">$/;

export const slug = (text) => text.toLowerCase().normalize('NFKD').replace(/[^\p{L}\p{N}\s-]/gu, '').trim().replace(/\s+/g, '-') || 'section';

/**
 * Makes the renderer of one page. The page collects what it meets:
 * ids (Set, of every target), headings ([{level, id, html, text}]) and typesetter.
 */
export function markdown(page) {
  const md = new MarkdownIt({ html: true, linkify: false, typographer: false });
  md.use(tex, { render: (source) => equation(page, source) });
  md.renderer.rules.math_inline = (tokens, i) => inlined(page, tokens[i]);
  md.core.ruler.push('quotes', (state) => quotes(state, page));
  md.core.ruler.push('sidenotes', sidenotes);
  md.core.ruler.push('anchors', (state) => anchors(state, page));
  md.core.ruler.push('headings', (state) => headings(state, page, md));
  md.core.ruler.push('figures', (state) => figures(state, page));
  md.core.ruler.push('glue', glue);
  // Indices and large numbers of the running text are set as those of figures and ledgers are.
  md.renderer.rules.text = (tokens, i) => words(tokens[i].content);
  md.renderer.rules.table_open = () => '<div class="table" role="group" aria-label="Table"><table>\n';
  md.renderer.rules.table_close = () => '</table></div>\n';
  // A corner of a table that is empty heads nothing.
  md.renderer.rules.th_open = (tokens, i, options, env, self) => (tokens[i + 1].content.trim() ? self.renderToken(tokens, i, options) : '<td>');
  md.renderer.rules.th_close = (tokens, i) => (tokens[i - 1].content.trim() ? '</th>' : '</td>');
  md.renderer.rules.link_open = (tokens, i, options, env, self) => {
    tokens[i].attrSet('href', pageAddress(tokens[i].attrGet('href')));
    return self.renderToken(tokens, i, options);
  };
  md.renderer.rules.heading_open = (tokens, i, options, env, self) => self.renderToken(tokens, i, options) + (tokens[i].meta?.jupyter ? `<span id="${escapeHtml(tokens[i].meta.jupyter)}"></span>` : '');
  md.renderer.rules.html_inline = md.renderer.rules.html_block = (tokens, i) => safe(tokens[i].content);
  md.renderer.rules.fence = (tokens, i) => page.code(tokens[i].content, tokens[i].info.trim());
  return md;
}

/** A link from notebook to notebook becomes one from page to page. */
export function pageAddress(href) {
  const other = /^(?:\.\.\/)?([\w-]+)\/\1\.ipynb(#.*)?$/.exec(href);
  return other ? `${other[1]}.html${other[2] ?? ''}` : href;
}

/** [Figure](#fig-x) says which figure: its number on the page. A notebook that scripts/run made has it already. */
function figures(state, page) {
  for (const token of state.tokens) {
    if (token.type !== 'inline') continue;
    token.children.forEach((t, i, row) => {
      const id = t.type === 'link_open' && /^#(fig-[\w-]+)$/.exec(t.attrGet('href') ?? '')?.[1];
      const word = id && page.numbers.has(id) && /^(figures?)(?: \d+)?$/i.exec(row[i + 1]?.content ?? '')?.[1];
      if (word) row[i + 1].content = `${word}\u00a0${page.numbers.get(id)}`;
    });
  }
}

function equation(page, source) {
  const { tex: body, tags, number } = takeTag(source);
  const targets = tags.map((t) => page.target(`eq-${t}`)).filter(Boolean);
  const extra = targets.slice(1).map((id) => `<span id="${id}"></span>`).join('');
  const id = targets.length ? ` id="${targets[0]}"` : '';
  const label = number === null ? '' : `<a class="number" href="#eq-${number}" aria-label="Equation ${number}">(${escapeHtml(number)})</a>`;
  return `<div class="equation"${id}><div class="formula">${extra}${page.typesetter.formula(body, true)}</div>${label}</div>\n`;
}

/** Quotes whose first words are bold and known become statements and notes. */
function quotes(state, page) {
  const open = [];
  state.tokens.forEach((token, i) => {
    if (token.type === 'blockquote_open') {
      open.push(dress(token, lead(state.tokens, i), page));
    } else if (token.type === 'blockquote_close' && open.pop()) {
      token.tag = 'div';
    }
  });
}

/**
 * A note goes in front of the block that it annotates, so that both start at the same height in text and margin; a
 * narrow page puts it behind again.
 */
function sidenotes(state) {
  const out = [];
  const starts = []; // where, in out, the last finished block of each depth began
  for (let i = 0; i < state.tokens.length; i++) {
    const token = state.tokens[i];
    if (!(token.nesting === 1 && token.attrGet('class') === 'note')) {
      if (token.nesting >= 0 && token.type !== 'inline') starts[token.level] = out.length;
      out.push(token);
      continue;
    }
    let end = i;
    while (!(state.tokens[end].nesting === -1 && state.tokens[end].level === token.level)) end++;
    const note = state.tokens.slice(i, end + 1);
    i = end;
    const start = starts[token.level];
    const wraps = start !== undefined && ANNOTATED.has(out[start].type) && out.at(-1).level === token.level;
    const box = (tag) => Object.assign(new state.Token('html_block', '', 0), { content: tag, level: token.level });
    if (wraps) out.push(...[box('<div class="noted">\n'), ...note, ...out.splice(start), box('</div>\n')]);
    else out.push(...note);
    starts[token.level] = undefined;
  }
  state.tokens = out;
}

const ANNOTATED = new Set(['paragraph_open', 'math_block', 'bullet_list_open', 'ordered_list_open', 'blockquote_open']);

/** The bold words with which the quote at i begins, or ''. */
function lead(tokens, i) {
  if (tokens[i + 1]?.type !== 'paragraph_open') return '';
  const words = tokens[i + 2].children.filter((t) => t.type !== 'text' || t.content !== '');
  return words[0]?.type === 'strong_open' ? words[1].content : '';
}

function dress(token, words, page) {
  const statement = STATEMENT.exec(words);
  if (!statement && !NOTE.test(words)) return false;
  token.tag = 'div';
  if (!statement) {
    token.attrs = [['class', 'note'], ['role', 'note']];
    return true;
  }
  const kind = statement[1].toLowerCase();
  token.attrs = [['class', `statement ${kind}`], ['role', 'group'], ['aria-label', statement[0].trim()]];
  if (statement[2]) token.meta = { id: `${kind}-${statement[2].toLowerCase()}` };
  return true;
}

/** A paragraph of nothing but <a id="x"></a> gives its id to the block that follows it. */
function anchors(state, page) {
  const kept = [];
  let waiting = [];
  for (let i = 0; i < state.tokens.length; i++) {
    const token = state.tokens[i];
    const ids = token.type === 'paragraph_open' ? onlyAnchors(state.tokens[i + 1]) : null;
    if (ids) {
      waiting.push(...ids);
      i += 2;
      continue;
    }
    if (waiting.length && token.nesting >= 0) {
      kept.push(...settle(state, page, token, waiting));
      waiting = [];
    }
    kept.push(token);
    if (token.meta?.id && !token.attrGet('id') && page.target(token.meta.id)) token.attrSet('id', token.meta.id);
    if (token.type === 'inline') inlineTargets(token, page);
  }
  waiting.forEach((id) => kept.push(spanFor(state, page, id)));
  state.tokens = kept;
}

/** Gives the first id to the block itself; a numbered equation has its own, other ids stand in front of the block. */
function settle(state, page, block, ids) {
  if (block.type === 'math_block') {
    const own = takeTag(block.content).tags.map((t) => `eq-${t}`);
    return ids.filter((id) => !own.includes(id)).map((id) => spanFor(state, page, id));
  }
  if (block.type === 'html_block') return ids.map((id) => spanFor(state, page, id)); // its tag is written already
  const [first, ...rest] = ids;
  page.target(first, true);
  block.attrSet('id', first);
  return rest.map((id) => spanFor(state, page, id));
}

function onlyAnchors(inline) {
  const parts = inline.children.filter((t) => t.type !== 'softbreak' && t.content.trim() !== '');
  const ids = parts.map((t) => (t.type === 'html_inline' ? ANCHOR.exec(t.content)?.[1] ?? (t.content === '</a>' ? '' : null) : null));
  return ids.length && ids.every((id) => id !== null) ? ids.filter(Boolean) : null;
}

function spanFor(state, page, id) {
  page.target(id, true);
  const token = new state.Token('html_block', '', 0);
  token.content = `<span id="${id}"></span>\n`;
  return token;
}

/** Targets inside a line, as in a list of references. */
function inlineTargets(inline, page) {
  for (const t of inline.children) {
    const id = t.type === 'html_inline' && ANCHOR.exec(t.content)?.[1];
    if (id) page.target(id, true);
  }
}

function headings(state, page, md) {
  state.tokens.forEach((token, i) => {
    if (token.type !== 'heading_open') return;
    const inline = state.tokens[i + 1];
    const text = inline.children.filter((t) => t.type !== 'html_inline').map((t) => t.content).join('').trim();
    let id = token.attrGet('id');
    if (!id) {
      id = slug(text);
      for (let n = 2; page.ids.has(id); n++) id = `${slug(text)}-${n}`;
      page.target(id);
      token.attrSet('id', id);
    }
    const jupyter = text.replaceAll(' ', '-'); // the target that JupyterLab makes of a heading
    if (jupyter !== id && !/[\\{}"]/.test(jupyter) && page.target(jupyter)) token.meta = { ...token.meta, jupyter };
    const level = Number(token.tag.slice(1));
    page.headings.push({ level, id, text, inline });
  });
}

/** Keeps the punctuation after a formula, and the bracket before it, on the line of its last piece, and of its first. */
function glue(state) {
  for (const token of state.tokens) {
    if (token.type !== 'inline') continue;
    const row = token.children;
    row.forEach((formula, i) => {
      if (formula.type !== 'math_inline') return;
      const before = row[i - 1]?.type === 'text' && /[(\[]$/.exec(row[i - 1].content);
      const after = row[i + 1]?.type === 'text' && /^(?:[,.;:!?)\]’]+|-[\p{L}]+)/u.exec(row[i + 1].content);
      if (before) row[i - 1].content = row[i - 1].content.slice(0, -1);
      if (after) row[i + 1].content = row[i + 1].content.slice(after[0].length);
      formula.meta = { before: before ? before[0] : '', after: after ? after[0] : '' };
    });
  }
}

/** A formula of the running text, in pieces between which a line may end. */
function inlined(page, { content, meta }) {
  const html = pieces(content).map((piece) => page.typesetter.formula(piece, false)), last = html.length - 1;
  return html.map((piece, i) => {
    const before = i === 0 ? meta?.before ?? '' : '', after = i === last ? meta?.after ?? '' : '';
    return before || after ? `<span class="nobr">${before}${piece}${escapeHtml(after)}</span>` : piece;
  }).join('');
}
