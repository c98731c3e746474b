"""Faults as data: a file each, faults/<room>/<name>.fault.

    One sentence that says what is wrong.

    tests: pkg/rate -run Interval      a package and, perhaps, which of its tests; repeated for more (default: the package of the file)
    claims: self-attention C6 D1       a paper and ids of its claims; repeated for more papers (default: none)
    equivalent: why nobody can see it  only where that is so
    file: pkg/rate/rate.go
     lines that stay, after a blank;
    -lines that go, after a minus;
    +lines that come, after a plus

The lines after "file:" are those of one hunk of a unified diff. What stays and what goes must be in the file once.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from nb.checkout import ROOT
from nb.files import digest

FOLDER = Path(__file__).parent / 'faults'
HEADS = ('tests', 'claims', 'equivalent', 'file')
NAME = re.compile(r'[a-z0-9]+(-[a-z0-9]+)*')
FUNCTION = re.compile(r'^func (?:\([^)]*\) )?(\w+)', re.M)
PACKAGE = re.compile(r'(?P<package>[\w/-]+)( -run (?P<run>\S+))?')


class FaultError(Exception):
    """Why a fault cannot be tried, and what to do."""


@dataclass
class Fault:
    name: str  # room/name
    sentence: str
    file: str  # of the checkout
    old: str
    new: str
    tests: list = field(default_factory=list)  # (package, pattern or '')
    claims: dict = field(default_factory=dict)  # key of a paper -> ids
    equivalent: str = ''
    digest: str = ''

    @property
    def room(self):
        return self.name.split('/')[0]

    def apply(self, root=ROOT):
        """The text of the file with the fault in it."""
        path = Path(root) / self.file
        try:
            text = path.read_text(encoding='utf-8')
        except OSError as error:
            raise FaultError(f'{self.name}: {self.file} cannot be read ({error.strerror}): give the file where the code is now') from None
        found = text.count(self.old)
        if found != 1:
            raise FaultError(f'{self.name}: its old text is in {self.file} {found} times, once is expected: mend the fault to fit the code of today')
        return text.replace(self.old, self.new)

    def function(self, text):
        """The name of the function in which the fault is, in the text of its file; '' outside."""
        above = text[:text.find(self.old) + len(self.old)]
        found = FUNCTION.findall(above)
        return found[-1] if found else ''


def parse(name, text):
    """A fault from the text of its file."""
    def wrong(found, expected):
        return FaultError(f'{name}: {found}: {expected} is expected')

    head, _, rest = text.partition('\nfile: ')
    path, _, hunk = rest.partition('\n')
    sentence, _, settings = head.partition('\n\n')
    sentence = ' '.join(sentence.split())
    if not sentence.endswith('.') or re.match(rf'({"|".join(HEADS)}):', sentence):
        raise wrong(f'it begins with {sentence[:60]!r}', 'a sentence that says what is wrong, and a blank line')
    if not path or not hunk.strip():
        raise wrong('there is no hunk', 'a line "file: PATH" with lines of a diff after it')
    fault = Fault(name, sentence, path.strip(), *hunk_of(hunk, wrong), digest=digest(text))
    for line in filter(None, map(str.strip, settings.split('\n'))):
        key, colon, value = line.partition(': ')
        if key not in HEADS or not colon or not value.strip():
            raise wrong(f'the line {line!r}', f'one of {", ".join(HEADS)}, a colon and what it is')
        if key == 'tests':
            match = PACKAGE.fullmatch(value.strip())
            if not match:
                raise wrong(f'tests {value!r}', 'PACKAGE or PACKAGE -run REGEXP')
            fault.tests.append((match['package'], match['run'] or ''))
        elif key == 'claims':
            paper, *ids = value.split()
            if not ids:
                raise wrong(f'claims {value!r}', 'a paper and ids of its claims')
            fault.claims.setdefault(paper, []).extend(ids)
        else:
            fault.equivalent = value.strip()
    if not fault.tests:
        fault.tests.append((str(Path(fault.file).parent), ''))
    if fault.room != home(fault.file):
        raise wrong(f'{fault.file} lies in another room', f'a file of {fault.room}, or the fault in faults/{home(fault.file)}/,')
    return fault


def home(file):
    """The room of a file: its package, or, of what belongs to a notebook, the key of the paper."""
    parts = Path(file).parts
    return parts[1] if parts[0] == 'notebooks' and len(parts) > 2 else Path(file).parent.name


def hunk_of(hunk, wrong):
    """Old and new text of a hunk."""
    old, new = [], []
    for line in hunk.rstrip('\n').split('\n'):
        mark, rest = line[:1] or ' ', line[1:]
        if mark not in ' +-':
            raise wrong(f'a line of the hunk is {line!r}', 'a blank, a minus or a plus before it')
        old += [rest] * (mark in ' -')
        new += [rest] * (mark in ' +')
    if old == new or not old:
        raise wrong('the hunk changes nothing' if old else 'the hunk has no old text', 'lines that go and lines that come')
    return '\n'.join(old) + '\n', '\n'.join(new) + '\n' if new else ''


def load(names=(), folder=FOLDER):
    """The faults of these rooms and names (all, if none is given), by name. Raises FaultError."""
    every = {}
    for path in sorted(Path(folder).rglob('*')):
        if path.is_dir():
            continue
        name = str(path.relative_to(folder).with_suffix(''))
        if path.suffix != '.fault' or not all(map(NAME.fullmatch, name.split('/'))) or name.count('/') != 1:
            raise FaultError(f'{path} is no fault: <room>/<name>.fault is expected, in lower-case words joined by hyphens')
        every[name] = parse(name, path.read_text(encoding='utf-8'))
    chosen = {}
    for wanted in names:
        found = {name: fault for name, fault in every.items() if wanted in (name, fault.room)}
        if not found:
            raise FaultError(f'no fault or room is called {wanted!r}: rooms are {", ".join(sorted({fault.room for fault in every.values()}))}')
        chosen.update(found)
    return dict(sorted((chosen if names else every).items()))


def problems(faults, root=ROOT):
    """What does not apply, or names what is not there: a list of sentences."""
    found = []
    for fault in faults.values():
        try:
            fault.apply(root)
        except FaultError as error:
            found.append(str(error))
        found += [f'{fault.name}: {package} is no folder of the checkout: mend the line tests' for package, _ in fault.tests
                  if not (Path(root) / package).is_dir()]
        for paper, ids in fault.claims.items():
            known = statements(Path(root) / 'notebooks' / paper)
            if known is None:
                continue
            found += [f'{fault.name}: {paper} has no claim {id}: mend the line claims' for id in ids if id not in known]
    return found


def statements(folder):
    """The ids of a paper's claims, from paper.json or else its ledger; None where it has neither."""
    for name, key in (('paper.json', 'statements'), ('claims.json', 'claims')):
        try:
            return [one['id'] for one in json.loads((folder / name).read_text(encoding='utf-8'))[key]]
        except FileNotFoundError:
            continue
    return []
