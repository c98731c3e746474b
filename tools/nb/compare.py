"""Where a committed notebook shows something else than a fresh run: words, numbers, series.

Texts are compared word by word and number by number, figures by the values of their
series (the picture follows from these); "claims diff" compares the ledgers. What may
differ are the run's header and the last digits of numbers, which depend on the processor.
"""

import copy
import itertools
import json
import math
import re

# How far, relatively, a number may lie from its like of another machine: as claim.Tolerance, where
# the reasons are. (AMD EPYC and Intel Xeon gave the same digits to the last.)
RELATIVE = {'xla cpu': 1e-3, 'xla cuda': 1e-2, 'go': 1e-5}
# The tag of a cell whose numbers another processor changes in their first digit, as those of a contest
# in float32 whose best step size is a draw. On a device of another name its words, figures and numbers
# of points are compared, its numbers are not; its checks, which must hold there too, are in the ledger.
UNSTEADY = 'unsteady'
# Of a value of a series against the largest of the series: what float64 keeps of a difference.
OF_LARGEST = 1e-12

NUMBER = re.compile(r'(?P<mantissa>[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?:e(?P<e>[-−+]?\d+)'
                    r'|\s*(?:\\cdot|\\times|·|×)\s*10(?:\^\{?(?P<tex>[-−+]?\d+)\}?|(?P<raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)))?')
RAISED = str.maketrans('⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺', '0123456789-+')
SPEC = re.compile(r'\bspec: (\{.*\})\}\);\s*</script>', re.S)
FIGURE = re.compile(r'<figure\b[^>]*\bid="(?:fig-)?([^"]+)"')
HEADER = '| This run |'


class Tolerance:
    """What two runs on the same backend may differ by."""

    def __init__(self, committed, fresh):
        """Of the runs of two ledgers. Where these measured different numbers, which is for
        "claims diff" to judge, texts may say so too."""
        self.relative = RELATIVE[committed['run']['backend']]
        self.elsewhere = committed['run']['device'] != fresh['run']['device']
        pairs = zip(measured(committed['claims']), measured(fresh['claims']))
        self.measured = [(a, b) for a, b in pairs if a != b]

    def near(self, a, b, largest=0.0):
        if a == b:
            return True
        if not (math.isfinite(a) and math.isfinite(b)):
            return math.isnan(a) and math.isnan(b)
        return abs(a - b) <= max(self.relative * max(abs(a), abs(b)), OF_LARGEST * largest)

    def explained(self, a, b):
        """Whether a text says of a check what the ledgers say: they have more digits."""
        return any(math.isclose(a, x, rel_tol=1e-2) and math.isclose(b, y, rel_tol=1e-2) for x, y in self.measured)


def measured(part):
    """The measured numbers of a ledger, in order."""
    if isinstance(part, list):
        for item in part:
            yield from measured(item)
    elif isinstance(part, dict):
        if number(part.get('measured')):
            yield part['measured']
        for item in part.values():
            yield from measured(item)


def numbers(text):
    """The text with a sign for each number, and the numbers: (value, as written)."""
    found = []

    def take(match):
        mantissa = match['mantissa'].replace(',', '').replace('−', '-')
        exponent = match['e'] or match['tex'] or (match['raised'] or '').translate(RAISED) or '0'
        found.append((float(f'{mantissa}e{exponent.replace("−", "-")}'), match[0]))
        return '#'

    return ' '.join(NUMBER.sub(take, text).split()), found


def texts(one, other, tolerance):
    """Where two texts differ: sentences."""
    first, values = numbers(one)
    second, others = numbers(other)
    if first != second:
        a, b = first.split(' '), second.split(' ')
        at = next((i for i, (x, y) in enumerate(itertools.zip_longest(a, b)) if x != y))
        yield f'says "{" ".join(a[max(at - 3, 0):at + 4])}" where the fresh run says "{" ".join(b[max(at - 3, 0):at + 4])}"'
        return
    for (a, said), (b, now) in zip(values, others):
        if not tolerance.near(a, b) and not tolerance.explained(a, b):
            yield f'says {said} where the fresh run says {now}'


def joined(text):
    return text if isinstance(text, str) else ''.join(text)


def pieces(cell):
    """What a cell shows, in order: (kind, name, content)."""
    for output in cell.get('outputs', []):
        if output['output_type'] == 'stream':
            yield 'text', 'the printed text', joined(output['text'])
            continue
        data = output.get('data', {})
        page = joined(data.get('text/html', ''))
        spec = SPEC.search(page)
        if spec:
            name = FIGURE.search(page)
            yield 'figure', name[1] if name else 'figure', (json.loads(spec[1]), page[:spec.start()])
        elif 'image/png' in data:
            yield 'text', 'the words of a picture', joined(data.get('text/plain', ''))
        elif page or 'text/markdown' in data or 'text/plain' in data:
            yield 'text', 'the text', page or joined(data.get('text/markdown', data.get('text/plain', '')))


def outputs(committed, fresh, tolerance):
    """Where the outputs of two executed cells differ: sentences."""
    one, other = list(pieces(committed)), list(pieces(fresh))
    names, now = ([f'{kind} {name}' for kind, name, _ in found if kind == 'figure'] for found in (one, other))
    for name in names:
        if name not in now:
            yield f'shows the {name}, which the fresh run does not'
    for name in now:
        if name not in names:
            yield f'does not show the {name} of the fresh run'
    if names != now:
        return
    if [piece[:2] for piece in one] != [piece[:2] for piece in other]:
        yield f'shows {words(one)}, the fresh run {words(other)}'
        return
    for (kind, name, a), (_, _, b) in zip(one, other):
        if kind == 'text':
            if not (HEADER in a and HEADER in b):
                yield from (f'{name} {what}' for what in texts(a, b, tolerance))
            continue
        yield from (f'the caption of {name} {what}' for what in texts(a[1], b[1], tolerance))
        yield from (f'the figure {name}, {what}' for what in itertools.islice(values(a[0], b[0], tolerance, ''), 3))


def words(found):
    return f'{len(found)} outputs ({", ".join(name for _, name, _ in found)})' if found else 'nothing'


def values(a, b, tolerance, where, largest=0.0):
    """Where two specifications of a figure differ in value: sentences."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}):
            if key not in a or key not in b:
                yield f'{where}{key} is {"only committed" if key in a else "only in the fresh run"}'
            else:
                named = f'series "{a["name"]}", ' if key == 'data' and isinstance(a.get('name'), str) else f'{where}{key}, '
                yield from values(a[key], b[key], tolerance, named, largest)
    elif isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            yield f'{where}{len(a)} values where the fresh run has {len(b)}'
            return
        largest = max(largest, *map(size, a), *map(size, b)) if a else largest
        for index, (x, y) in enumerate(zip(a, b), 1):
            yield from values(x, y, tolerance, f'{where}{index}, ' if len(a) > 1 else where, largest)
    elif number(a) and number(b):
        if not tolerance.near(a, b, largest):
            yield f'{where.removesuffix(", ")}: {a!r} where the fresh run has {b!r}'
    elif isinstance(a, str) and isinstance(b, str):
        yield from (f'{where.removesuffix(", ")} {what}' for what in texts(a, b, tolerance))
    elif a != b:
        yield f'{where.removesuffix(", ")}: {a!r} where the fresh run has {b!r}'


def number(x):
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def size(x):
    """The largest last coordinate below a list: that of a series is what an axis shows."""
    if isinstance(x, list):
        return size(x[-1]) if x else 0.0
    return abs(x) if number(x) and math.isfinite(x) else 0.0


def notebooks(committed, fresh, tolerance):
    """Where two executions of a notebook differ in what they show: sentences that name the cell."""
    loose = copy.copy(tolerance)
    loose.relative = math.inf
    for one, other in zip(committed['cells'], fresh['cells']):
        within = loose if tolerance.elsewhere and UNSTEADY in one['metadata'].get('tags', []) else tolerance
        if one['cell_type'] == 'code':
            yield from (f'cell {one["id"]} ({head(one)}): {what}' for what in outputs(one, other, within))
        else:
            yield from (f'cell {one["id"]}: the text {what}' for what in texts(joined(one['source']), joined(other['source']), within))


def head(cell):
    """The function that a cell of code runs, or its first line."""
    lines = joined(cell['source']).splitlines()
    return next((line.split('%exec')[1].strip() for line in lines if '%exec' in line), lines[0] if lines else 'empty')
