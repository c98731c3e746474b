"""What a source refers to: its statements in paper.json, the cells that it executes.

The folder of a paper holds paper.json, its statements. Its source marks

    <!-- claims -->         where the table of claims goes
    <!-- claim: C4 -->      where the claim is stated, before the cell that measures it

each on a line of its own between blank lines, and executes functions of its package:

    //gonb:%exec paper.Begin
    //gonb:%exec paper.Cell(C4)
    //gonb:%exec paper.Close

What is wrong with any of these is found before a kernel starts, as FILE:LINE: sentence.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from . import claims, source
from .checkout import shown

MARKER = re.compile(r'<!-- claim: (?P<id>[A-Za-z][A-Za-z0-9.-]*) -->')
MARKER_LIKE = re.compile(r'<!--\s*claims?\b|<!--\s*(begin|end):', re.I)
EXEC = re.compile(r'//gonb:%exec (?P<what>.*)')
CELL = re.compile(r'paper\.Cell\((?P<name>\w+)\)')
FUNCTION = re.compile(r'^func (?P<name>\w+)\((?P<cell>\w+) \*notebook\.Cell\) \{$', re.M)
OPEN = re.compile(r'^var paper = notebook\.Open\("(?P<key>[^"]*)"', re.M)
CLAIM = re.compile(r'\.Claim\("(?P<id>[^"]+)"\)')
CONTROL = re.compile(r'[\x00-\x1f]\w*')
TWICE = 'a backslash of LaTeX is written twice in JSON, as in "$\\\\theta$"'
COMMENTED = re.compile(r'\s*// +gonb:')
ENDS = ('paper.Begin', 'paper.Close')
LINK = re.compile(r'\]\(#(?P<to>[^)\s]+)\)')
ANCHOR = re.compile(r'<a id="(?P<id>[^"]+)">')
TAG = re.compile(r'\\tag\{(?P<tag>[^}]*)\}')
EQUATION = re.compile(r'^(?P<mark>(?:> ?)*)(?P<tex>\$\$.*?\$\$)', re.M | re.S)
HEADING = re.compile(r'#{1,6} (?P<text>.*?)\s*$')


@dataclass
class Cell:
    """A function that a cell of the notebook executes."""
    name: str
    line: int
    claims: list = field(default_factory=list)  # ids that its source names
    code: str = ''


def statements(folder):
    """The ids of paper.json in order."""
    return [id for id, _ in _statements(folder)]


def elsewhere(folder):
    """The ids of those that need the scale of the paper."""
    return {id for id, scale in _statements(folder) if scale == 'paper'}


def _statements(folder):
    path = Path(folder) / 'paper.json'
    try:
        paper = json.loads(path.read_text(encoding='utf-8'))
        made = [(statement['id'], statement.get('scale', 'quick')) for statement in paper['statements']]
    except FileNotFoundError:
        raise source.SourceError(f'{shown(path)} is not there: the statements of a paper stand in it, as pkg/claim/paper.schema.json describes') from None
    except json.JSONDecodeError as error:
        hint = f'; {TWICE}' if 'escape' in error.msg else ''
        raise source.SourceError(f'{shown(path)}:{error.lineno}: this is not JSON: {error.msg}, at character {error.colno}{hint}') from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise source.SourceError(f'{shown(path)}: no paper.json ({error!r}): pkg/claim/paper.schema.json describes its form') from None
    for statement in paper['statements']:
        for name, text in statement.items():
            if odd := isinstance(text, str) and CONTROL.search(text):  # JSON reads "\theta" as a tab and "heta"
                raise source.SourceError(f'{shown(path)}: {name} of statement {statement["id"]} has {json.dumps(odd[0])}: {TWICE}')
    return made


def blocks(file):
    """The cells of a source: is it text, its lines, the number of the first."""
    _, made = source.split(Path(file).read_text(encoding='utf-8'), str(shown(file)))
    return [(bool(marker['text']), [line.removeprefix('// ').removeprefix('//') if marker['text'] else line for line in lines], first)
            for marker, lines, first in made]


def cells(file):
    """The cells that a source executes between paper.Begin and paper.Close, in order."""
    ids = statements(Path(file).parent)
    found = []
    for text, lines, first in blocks(file):
        for offset, line in enumerate(lines):
            call = None if text else EXEC.fullmatch(line)
            name = call and CELL.fullmatch(call['what'])
            if name:
                code = '\n'.join(lines)
                named = [name['name']] if name['name'] in ids else []
                named += [id for id in CLAIM.findall(code) if id not in named]
                found.append(Cell(name['name'], first + offset, named, code))
    return found


def problems(file):
    """What is wrong with what the source refers to: a list of sentences."""
    file = Path(file)
    ids = statements(file.parent)
    said = []

    def bad(line, text):
        said.append(f'{shown(file)}:{line}: {text}')

    made = blocks(file)
    places = _markers(made, ids, bad)
    for id in ids:
        if id not in places:
            said.append(f'{shown(file)}: claim {id} is stated nowhere: write the line <!-- claim: {id} --> where it is, between blank lines')
    _links(made, places, bad)
    _uncited(made, bad)
    _executed(file, made, bad)
    for cell in cells(file):
        for id in cell.claims:
            if id not in ids:
                bad(cell.line, f'{cell.name} measures {id}, which is no statement of paper.json: there are {", ".join(ids)}')
            elif places.get(id, 0) > cell.line:
                bad(places[id], f'claim {id} is stated here, behind line {cell.line}, where {cell.name} measures it: state it before')
    return said


def _markers(made, ids, bad):
    """The line of each claim's first marker."""
    places, tables = {}, []
    for text, lines, first in made:
        for offset, line in enumerate(lines if text else []):
            number = first + offset
            marker = MARKER.fullmatch(line)
            if line == source.CLAIMS:
                tables.append(number)
            elif marker:
                id = marker['id']
                around = [lines[at] for at in (offset - 1, offset + 1) if 0 <= at < len(lines)]
                if any(line.strip() for line in around):
                    bad(number, f'the marker of claim {id} stands between blank lines, or Markdown runs its box into the text')
                if id not in ids:
                    bad(number, f'{id} is no statement of paper.json: there are {", ".join(ids)}')
                elif id in places:
                    bad(number, f'claim {id} is stated here and in line {places[id]}: one place is expected')
                places.setdefault(id, number)
            elif MARKER_LIKE.search(line):
                bad(number, f'{line.strip()!r} is no marker: <!-- claims --> or <!-- claim: ID --> is expected, alone on its line')
    if len(tables) != 1:
        bad(made[0][2], f'the table of claims has {len(tables)} places: one line <!-- claims --> is expected')
    elif places and min(places.values()) < tables[0]:
        bad(tables[0], f'the table of claims stands behind the first of them, line {min(places.values())}: it comes before')
    return places


def _links(made, places, bad):
    """Links of the text to what is nowhere: claims, equations, anchors and headings. A figure is known when it is drawn, and
    the site looks for it."""
    targets = {f'claim-{id}' for id in places}
    for text, lines, _ in made:
        for line in lines if text else []:
            targets |= {match['id'] for match in ANCHOR.finditer(line)} | {f'eq-{match["tag"]}' for match in TAG.finditer(line)}
            heading = HEADING.fullmatch(line)
            if heading:  # as Jupyter and as the site write it
                targets |= {heading['text'].replace(' ', '-'), re.sub(r'\s+', '-', re.sub(r'[^\w\s-]', '', heading['text'].lower()).strip())}
    for text, lines, first in made:
        for offset, line in enumerate(lines if text else []):
            for link in source.NUMBERED.finditer(line):
                bad(first + offset, f'{link[0]} has a number, which scripts/run gives: write [Figure]({link["to"]})')
            for link in LINK.finditer(line):
                to = link['to']
                if to in targets or to.startswith('fig-'):
                    continue
                want = '\\tag{%s} in an equation' % to[3:] if to.startswith('eq-') else f'<!-- claim: {to[6:]} -->' if to.startswith('claim-') \
                    else f'<a id="{to}"></a> before what it names'
                bad(first + offset, f'the link to #{to} leads nowhere: {want} is expected')


def _uncited(made, bad):
    """Works in the list of references that the text never names: a reader cannot know what for."""
    linked = {link['to'] for text, lines, _ in made if text for line in lines for link in LINK.finditer(line)}
    for text, lines, first in made:
        for offset, line in enumerate(lines if text else []):
            for match in ANCHOR.finditer(line):
                if match['id'].startswith('ref-') and match['id'] not in linked:
                    bad(first + offset, f'the text cites {match["id"]} nowhere: write [Author 2024](#{match["id"]}) where it is used, or leave it out')


def _executed(file, made, bad):
    """What is wrong with the functions that cells execute."""
    whole = file.read_text(encoding='utf-8')
    functions = {match['name'] for match in FUNCTION.finditer(whole)}
    opened = OPEN.search(whole)
    if not opened or opened['key'] != file.parent.name:
        bad(whole[:opened.start()].count('\n') + 1 if opened else 1,
            f'var paper = notebook.Open("{file.parent.name}") is expected' + (f', found the key "{opened["key"]}"' if opened else ''))
    order = []
    for text, lines, first in made:
        for offset, line in enumerate([] if text else lines):
            number = first + offset
            call = EXEC.fullmatch(line)
            if COMMENTED.match(line):
                bad(number, f'{line.strip()!r} is a comment: write //gonb: without a space, and an empty line below it, or gofmt puts the space there')
            if not call:
                continue
            what = call['what']
            name = CELL.fullmatch(what)
            if not any(line.strip() and not line.startswith('//gonb:') for line in lines):
                bad(number, f'%exec {what} stands alone in its cell, which GoNB then leaves out: write a line of comment below it')
            if name and name['name'] not in functions:
                bad(number, f'%exec {what}: there is no func {name["name"]}(cell *notebook.Cell)')
            elif name and not name['name'][0].isupper():
                bad(number, f'%exec {what}: a program calls {name["name"]} from outside its package: give it a capital letter')
            elif not name and what not in ENDS:
                bad(number, f'%exec {what}: paper.Begin, paper.Cell(NAME) or paper.Close is expected')
            if what in order:
                bad(number, f'%exec {what} is there twice')
            order.append(what)
    for match in FUNCTION.finditer(whole):
        if match['name'][0].isupper() and f'paper.Cell({match["name"]})' not in order:
            bad(whole[:match.start()].count('\n') + 1, f'no cell executes {match["name"]}: //gonb:%exec paper.Cell({match["name"]}) and an empty line are expected above it')
    if order.count('paper.Begin') != 1 or order[-1:] != ['paper.Close']:
        bad(1, f'one cell executes paper.Begin and the last one paper.Close, found {", ".join(order) or "none"}')
    measuring = [cell.line for cell in cells(file) if cell.claims]
    begun = next((first for text, lines, first in made if not text and '//gonb:%exec paper.Begin' in lines), 0)
    if measuring and measuring[0] < begun:
        bad(measuring[0], f'a claim is measured before the run begins, line {begun}')


def state(notebook, folder):
    """Put the boxes of the claims into a notebook, in place of their markers, and targets before its equations."""
    boxes = claims.boxes(Path(folder) / 'paper.json')
    for cell in notebook['cells']:
        if cell['cell_type'] == 'markdown':
            cell['source'] = with_boxes(with_targets(cell['source']), boxes)


def with_targets(text):
    """The text of a cell with a target before each equation that has a tag: no viewer of notebooks makes one of it."""
    def target(match):
        ids = ''.join(f'<a id="eq-{tag["tag"]}"></a>' for tag in TAG.finditer(match['tex']))
        return f'{match["mark"]}{ids}\n{match[0]}' if ids else match[0]

    return EQUATION.sub(target, source.without_targets(text))


def with_boxes(text, boxes):
    """The text of a cell with a box in place of the marker of each claim; boxes are Markdown by id."""
    def box(match):
        id = match['id']
        return f'<!-- begin: claim {id} -->\n\n<a id="claim-{id}"></a>\n\n{boxes[id].strip()}\n\n<!-- end: claim {id} -->'

    return re.sub(f'^{MARKER.pattern}$', box, text, flags=re.M)
