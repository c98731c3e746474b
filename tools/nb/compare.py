"""Where what is committed of a paper differs from a fresh run: words, numbers, series.

Texts are compared word by word and number by number, figures by the values of their
series (the picture follows from these), ledgers entry by entry. What may differ are the
run's header and the last digits of numbers, which depend on the processor.
"""

import itertools
import json
import math
import re

# How far, relatively, a number may lie from its like on another machine. XLA orders sums by the
# vectors that a processor has; over thousands of steps of training the last digits of float32
# become the first that are printed.
RELATIVE = {'xla cpu': 2e-2, 'xla cuda': 5e-2, 'go': 2e-2}
# Round-off itself: a residual that should be 0 is as large as the order of sums has it. It stays
# within this factor, and what is below ZERO was 0 to begin with.
SPREAD = 1e3
ZERO = 1e-13
# A check whose bound is at most this asks for 0, up to round-off.
IDENTITY = 1e-6
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

    def __init__(self, backend):
        self.relative = RELATIVE[backend]
        self.residuals = []  # pairs of the ledgers that are round-off: what texts say of them may differ too

    def near(self, a, b, largest=0.0):
        if a == b:
            return True
        if not (math.isfinite(a) and math.isfinite(b)):
            return math.isnan(a) and math.isnan(b)
        return abs(a - b) <= max(self.relative * max(abs(a), abs(b)), OF_LARGEST * largest)

    def residual(self, a, b):
        """Whether both are round-off of the same size."""
        small, large = sorted((abs(a), abs(b)))
        return math.isfinite(large) and (large <= ZERO or small * SPREAD >= large)

    def explained(self, a, b):
        """Whether a text says of two residuals what the ledgers say."""
        return any(math.isclose(abs(a), abs(x), rel_tol=1e-2) and math.isclose(abs(b), abs(y), rel_tol=1e-2)
                   for x, y in self.residuals)


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
    """Where the outputs of two executions of a notebook differ: sentences that name the cell."""
    for one, other in zip(committed['cells'], fresh['cells']):
        if one['cell_type'] == 'code':
            yield from (f'cell {one["id"]} ({head(one)}): {what}' for what in outputs(one, other, tolerance))
        else:
            yield from (f'cell {one["id"]}: the text {what}'
                        for what in texts(joined(one['source']), joined(other['source']), tolerance))


def head(cell):
    """The function that a cell of code runs, or its first line."""
    lines = joined(cell['source']).splitlines()
    return next((line.split('%exec')[1].strip() for line in lines if '%exec' in line), lines[0] if lines else 'empty')


def ledgers(committed, fresh, tolerance):
    """Where two ledgers differ, but for the machine that they are of: sentences that name the claim.

    Notes down which numbers of the ledgers are residuals: call it before notebooks.
    """
    one, other = ({claim['id']: claim for claim in ledger['claims']} for ledger in (committed, fresh))
    for name in [*one, *(name for name in other if name not in one)]:
        if name not in one or name not in other:
            yield f'claim {name} is {"only committed" if name in one else "only in the fresh run"}'
        else:
            yield from (f'claim {name}: {what}' for what in entries(one[name], other[name], tolerance, ''))
    for name in ('key', 'title', 'authors', 'venue', 'arxiv'):
        if committed['paper'].get(name) != fresh['paper'].get(name):
            yield f'{name} {committed["paper"].get(name)!r} where the fresh run has {fresh["paper"].get(name)!r}'


def entries(a, b, tolerance, where):
    """As values, of a claim: an entry is named by its name, and asks for 0 if its rule does."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}):
            if key not in a or key not in b:
                yield f'{where}{key} is {"only committed" if key in a else "only in the fresh run"}'
            elif key == 'measured' and identity(a) and identity(b) and number(a[key]) and number(b[key]) \
                    and tolerance.residual(a[key], b[key]):
                tolerance.residuals.append((a[key], b[key]))
            elif key == 'slack' and identity(a):
                continue  # of a residual: as unsteady as it
            elif key != 'device':
                yield from entries(a[key], b[key], tolerance, f'{where}{key}, ')
    elif isinstance(a, list) and isinstance(b, list):
        named = [[item.get('name', index) if isinstance(item, dict) else index for index, item in enumerate(items)] for items in (a, b)]
        for name in named[0]:
            if name not in named[1]:
                yield f'{where}"{name}" is only committed'
        for name in named[1]:
            if name not in named[0]:
                yield f'{where}"{name}" is only in the fresh run'
        if named[0] == named[1]:
            for name, x, y in zip(named[0], a, b):
                yield from entries(x, y, tolerance, f'{where}"{name}", ' if isinstance(x, dict) else where)
        elif sorted(map(str, named[0])) == sorted(map(str, named[1])):
            yield f'{where}another order'
    else:
        yield from values(a, b, tolerance, where)


def identity(entry):
    """Whether the rule of an entry asks for 0 up to round-off."""
    bounds = [entry[name] for name in ('low', 'high') if number(entry.get(name))]
    return bool(bounds) and max(map(abs, bounds)) <= IDENTITY
