"""Whose fault it is: red claims and failed cells, named by their own line of the source.

GoNB compiles a cell in a temporary folder and knows cells by their count; what it says of
"Cell [3] Line 7" is said here of a line of notebooks/<paper>/<paper>.go.
"""

import re
from pathlib import Path

from . import source
from .checkout import ROOT

FRAME = re.compile(r'\[\[ Cell \[(\d+)\] Line (\d+) \]\] [^\n]+?main\.go:\d+')  # of a stack
BARE = re.compile(r'^\t[^\n]*main\.go:(\d+)', re.M)  # the same where the kernel took its line in two pieces
HEAD = re.compile(r'^.*?\bCell\[(\d+)\]: Line (\d+)', re.M)  # of an error of the compiler
STACK = re.compile(r'\n+goroutine \d+ \[.*', re.S)
OWN = re.compile(r'^\t(.+?\.go:\d+)(?: \+0x[0-9a-f]+)?$', re.M)
MISTAKE = re.compile(r'^panic: runtime error|\[signal ', re.M)
PACKAGE = re.compile(r'^# gonb_\w+\n', re.M)
STATUS = re.compile(r'(\n\s*exit status \d+)+\s*$')
# Functions that turn an error into the end of a cell: their lines say nothing.
MESSENGERS = ('pkg/repro/', 'pkg/notebook/', 'pkg/claim/')
CLOSED = re.compile(r'claim: \d+ of the \d+ claims of \S+ (is|are) red')


class Cells:
    """The cells of a source and their lines."""

    def __init__(self, path, name=None):
        self.path = Path(path)
        self.name = name or (self.path.relative_to(ROOT).as_posix() if self.path.is_relative_to(ROOT) else self.path.name)
        _, blocks = source.split(self.path.read_text(), str(path))
        self.texts, self.first, self.code = [], [], []
        for index, (marker, lines, first) in enumerate(blocks):
            blank = next((i for i, line in enumerate(lines) if line), 0)
            self.texts.append(lines[blank:])
            self.first.append(first + blank)
            if not marker['text']:
                self.code.append(index)

    def line(self, index, offset=0):
        """As an editor wants it: the line of the source, counted from the first of a cell."""
        return f'{self.name}:{self.first[index] + offset}'

    def executed(self, count, line):
        """The same for what GoNB calls a line of its cell number count."""
        number = int(count) - 1
        return self.line(self.code[number], int(line) - 1) if 0 <= number < len(self.code) else f'cell [{count}], line {line}'

    def same(self, failed, number):
        """The line of the failed cell that is this line of the program that GoNB made of it; None if none or several are."""
        line = failed.program[number - 1].strip() if 0 < number <= len(failed.program) else ''
        at = [offset for offset, text in enumerate(self.texts[failed.index]) if line and text.strip() == line]
        return self.line(failed.index, at[0]) if len(at) == 1 else None

    def claim(self, claim, part='', name=''):
        """The line that measures a claim: of the check with this name, in the function named part;
        None where no cell speaks of it."""
        def has(*words):
            return [index for index in self.code if any(any(word in line for word in words) for line in self.texts[index])]

        ids = (f'Claim("{claim}")',)
        cells = has(*(f'func {word}(' for word in dict.fromkeys((part, claim)) if word)) or has(*ids) or has(f'"{claim}"')
        cells = [index for index in cells if index in has(*ids)] or cells
        if not cells:
            return None
        for words in ([f'"{name}"'] if name else [], ids, ('.Claim()',), (f'func {part}(', f'func {claim}(')):
            for index in cells:
                for offset, line in enumerate(self.texts[index]):
                    if any(word in line for word in words):
                        return self.line(index, offset)
        return self.line(cells[0])


def failure(failed, cells):
    """What a reader is to know of a failed cell: where, and what was said, as a sentence if it was one."""
    said = STATUS.sub('', failed.text())
    stack = STACK.search(said)
    mistake = MISTAKE.search(said)
    where = cells.line(failed.index) if failed.index is not None else ''
    if stack:
        frames = FRAME.sub(lambda frame: frame_of(frame, cells), stack[0])
        frames = BARE.sub(lambda frame: f'\t{cells.same(failed, int(frame[1])) or frame[0].strip()}', frames)
        said = STACK.sub('', said).replace('panic: ', '' if not mistake else 'panic: ', 1)
        at = [frame for frame in own(frames, cells) if not frame.startswith(MESSENGERS)]
        where = next((frame for frame in at if frame.startswith(cells.name)), where)
        if mistake:
            said += ''.join(f'\nat {frame}' for frame in dict.fromkeys(at))
    found = HEAD.search(said)
    if found:
        where = cells.executed(*found.groups())
        said = HEAD.sub(lambda head: cells.executed(*head.groups()), PACKAGE.sub('', said))
    said = FRAME.sub(lambda frame: frame_of(frame, cells), said)
    head = f'cell c{failed.index:02d} ({failed.head})' if failed.index is not None else failed.head
    return f'{where}: {head}\n{failed.shown(said)}' if where else f'{head}\n{failed.shown(said)}'


def frame_of(frame, cells):
    return cells.executed(frame[1], frame[2])


def own(stack, cells):
    """The lines of the checkout on a stack, the innermost first, without the main that GoNB writes."""
    functions = stack.split('\n')
    for function, line in zip(functions, functions[1:]):
        found = OWN.match(re.sub(r'^\t\s+', '\t', line))
        if found and not function.startswith('main.main('):
            path = found[1]
            if path.startswith(cells.name):
                yield path
            elif path.startswith(f'{ROOT}/'):
                yield path[len(str(ROOT)) + 1:]


def closing(failed, ledger):
    """Whether a cell failed because it closed a ledger with red claims, which are reported themselves."""
    return bool(ledger) and bool(CLOSED.search(failed.text())) and 'misused' not in failed.text()


def red(claim, cells, parts):
    """A line for a red claim: its place in the source, its verdict and why."""
    broken = [entry['name'] for entry in claim['checks'] if not entry.get('holds', True)]
    broken += [control['name'] for entry in claim['checks'] for control in entry.get('controls') or [] if control.get('holds')]
    places = [cells.claim(claim['id'], parts.get(claim['id'], ''), name) for name in broken or ['']]
    where = next((place for place in places if place), None) or cells.name
    return f'{where}: {claim["id"]} {claim["verdict"]}: {claim.get("reason") or "no reason given"}'
