"""The source of a notebook, a Go file of cells, and the notebook made from it.

    // Package paper is the source of paper.ipynb.
    package paper

    // %% [markdown]
    // # Title

    // %% tags=["remove-cell"]
    //gonb:%noautoget

    import "fmt"

A line "// %%" starts a cell of code, "// %% [markdown]" one of text; tags may follow.
What stands before the first marker is the Go file's alone. Anything that looks like a
marker and is none is an error, and so is a line of code in a text cell. This is the
format go:percent of jupytext, of which README.md says why it does not read it here.
"""

import itertools
import json
import re
from pathlib import Path

from .checkout import shown

MARKER = re.compile(r'// %%(?P<text> \[markdown\])?(?: tags=(?P<tags>\[.*\]))?')
# What jupytext and editors take for a marker, in whole or in part.
MARKER_LIKE = re.compile(r'\s*//\s*(%%|<codecell>|In\[[0-9 ]*\]:?\s*$)')
CLAIMS = '<!-- claims -->'
CLAIMS_BEGIN, CLAIMS_END = '<!-- begin: claims -->', '<!-- end: claims -->'
CLAIM_BOX = re.compile(r'<!-- begin: claim (\S+) -->.*?<!-- end: claim \1 -->', re.S)  # markers.py makes it
TARGETS = re.compile(r'^(?:> ?)*(?:<a id="eq-[^"]+"></a>)+\n(?=(?:> ?)*\$\$)', re.M)  # so it does these, of equations
NUMBERED = re.compile(r'\[(?P<word>Figure) \d+\]\((?P<to>#fig-[\w-]+)\)')  # and export.py the numbers of figures
METADATA = {
    'kernelspec': {'display_name': 'Go (marginalia)', 'language': 'go', 'name': 'gonb'},
    # GoNB names no lexer, and Go would be coloured as Python.
    'language_info': {'name': 'go', 'file_extension': '.go', 'mimetype': 'text/x-go', 'pygments_lexer': 'go'},
}


class SourceError(Exception):
    """Where the source is malformed, and how."""


def read(path):
    """The notebook, not executed, of a source file."""
    path = Path(path)
    try:
        text = path.read_text(encoding='utf-8')
    except FileNotFoundError:
        raise SourceError(f'{shown(path)}: no such file') from None
    except UnicodeDecodeError as error:
        raise SourceError(f'{shown(path)}: not UTF-8 at byte {error.start}') from None
    return notebook(text, str(shown(path)))


def notebook(text, name='source'):
    """The notebook of the text of a source file."""
    _, blocks = split(text, name)
    cells = [cell(index, marker, lines, first, name) for index, (marker, lines, first) in enumerate(blocks)]
    return {'cells': cells, 'metadata': METADATA, 'nbformat': 4, 'nbformat_minor': 5}


def split(text, name):
    """The head of the file, and for each cell its marker, its lines and the number of the first."""
    head, blocks = [], []
    for number, line in enumerate(text.removesuffix('\n').split('\n'), 1):
        marker = MARKER.fullmatch(line)
        if line.splitlines() not in ([], [line]):
            raise SourceError(f'{name}:{number}: {line!r} holds a character that ends a line for some readers and not for others')
        if marker:
            blocks.append((marker, [], number + 1))
        elif MARKER_LIKE.match(line):
            raise SourceError(f'{name}:{number}: {line.strip()!r} is no marker: write // %%, // %% [markdown], '
                              'and behind either tags=["a", "b"]')
        else:
            (blocks[-1][1] if blocks else head).append(line)
    if not blocks:
        raise SourceError(f'{name}: no cell: a line "// %%" starts one')
    clauses = [line for line in head if line.startswith('package ')]
    rest = [line for line in head if line.strip() and not line.startswith(('//', 'package '))]
    if len(clauses) != 1 or rest:
        raise SourceError(f'{name}: before the first cell there may be comments and one package clause, '
                          f'found {rest[0] if rest else f"{len(clauses)} package clauses"}')
    return head, blocks


def cell(index, marker, lines, first, name):
    try:
        tags = json.loads(marker['tags'] or '[]')
    except ValueError:
        tags = None
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise SourceError(f'{name}:{first - 1}: the tags {marker["tags"]} are no list of strings')
    if marker['text']:
        lines = [uncomment(line, first + offset, name) for offset, line in enumerate(lines)]
    text = '\n'.join(lines).strip('\n')
    if not text.strip():
        raise SourceError(f'{name}:{first - 1}: an empty cell')
    made = {'cell_type': 'markdown' if marker['text'] else 'code', 'id': f'c{index:02d}',
            'metadata': {'tags': tags} if tags else {}, 'source': text}
    if not marker['text']:
        made.update(execution_count=None, outputs=[])
    return made


def uncomment(line, number, name):
    if line in ('', '//'):
        return ''
    if line.startswith('// '):
        return line[3:]
    raise SourceError(f'{name}:{number}: {line.strip()!r} in a text cell: its lines start with "// "')


def write(notebook, head):
    """The text of the source file of a notebook; head is what stands before the first cell."""
    parts = ['\n'.join(head).strip('\n')]
    for cell in notebook['cells']:
        tags = cell['metadata'].get('tags') or []
        behind = f' tags={json.dumps(tags)}' if tags else ''
        text = joined(cell['source']).strip('\n')
        if cell['cell_type'] == 'markdown':
            lines = [f'// {line}'.rstrip() for line in without_claims(text).split('\n')]
            parts.append('\n'.join([f'// %% [markdown]{behind}', *lines]))
        elif cell['cell_type'] == 'code':
            parts.append(f'// %%{behind}\n{text}')
        else:
            raise SourceError(f'a cell of the kind {cell["cell_type"]!r}: a source has code and markdown')
    text = '\n\n'.join(parts) + '\n'
    again = globals()['notebook'](text)  # a cell's text must not read as a marker
    if [c['source'] for c in again['cells']] != [without_claims(joined(c['source']).strip('\n')) for c in notebook['cells']]:
        raise SourceError('a cell does not survive the way to the source: a line of trailing blanks or a marker in it?')
    return text


def joined(text):
    return text if isinstance(text, str) else ''.join(text)


def with_claims(text, table):
    """The text of a cell with the table of claims in place of its marker."""
    return without_table(text).replace(CLAIMS, f'{CLAIMS_BEGIN}\n\n{table.strip()}\n\n{CLAIMS_END}')


def without_table(text):
    return re.sub(f'{CLAIMS_BEGIN}.*?{CLAIMS_END}', CLAIMS, text, flags=re.S)


def without_claims(text):
    """The text of a cell as the source has it: without the table of claims, the boxes and targets of markers.py, the numbers of export.py."""
    return without_numbers(without_targets(CLAIM_BOX.sub(r'<!-- claim: \1 -->', without_table(text))))


def without_numbers(text):
    return NUMBERED.sub(r'[\g<word>](\g<to>)', text)


def without_targets(text):
    return TARGETS.sub('', text)


def same(one, other):
    """Where two notebooks differ in what they say, before outputs: a list of sentences."""
    def said(notebook):
        return [(cell['cell_type'], cell['id'], cell['metadata'].get('tags') or [], without_claims(joined(cell['source'])))
                for cell in notebook['cells']]

    first, second = said(one), said(other)
    differences = [f'cell {index} ({a[1]}): {_difference(a, b)}'
                   for index, (a, b) in enumerate(zip(first, second)) if a != b]
    if len(first) != len(second):
        differences.append(f'{len(first)} cells against {len(second)}')
    return differences


def _difference(a, b):
    for what, x, y in zip(('kind', 'id', 'tags'), a, b):
        if x != y:
            return f'{what} {x} against {y}'
    lines = itertools.zip_longest(a[3].split('\n'), b[3].split('\n'), fillvalue='(its end)')
    number, (x, y) = next((number, pair) for number, pair in enumerate(lines, 1) if pair[0] != pair[1])
    return f'line {number}: {x!r} against {y!r}'
