"""What the last trial of each fault said: results.json, and the table made from it.

A result belongs to the text of its fault: when that changes, it has to be tried again.
"""

import datetime
import json
from pathlib import Path

from nb.checkout import BUILD
from nb.files import locked, write_whole

from .faults import load
from .trial import SEEN, SURVIVED

FILE = Path(__file__).parent / 'results.json'
# Of the faults that somebody could see, so large a share is seen, by tests or claims.
REACH = 0.95
# Of those that touch what a claim states, so large a share is seen by claims alone.
ALONE = 0.7


class ResultError(Exception):
    """Why results cannot be read."""


def read(path=FILE):
    """Results by the name of the fault."""
    try:
        found = json.loads(Path(path).read_text(encoding='utf-8'))
        for one in found.values():
            one['digest'], one['tests']
        return found
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultError(f'{path} holds no results ({error!r}): scripts/mutate --claims --write makes them anew') from None


def write(results, path=FILE):
    """A line for each fault, in the order of their names."""
    lines = [f'{json.dumps(name)}: {json.dumps(results[name], ensure_ascii=False)}' for name in sorted(results)]
    write_whole(path, '{\n' + ',\n'.join(lines) + '\n}\n')


def record(results, fault, tests, claims, today=datetime.date.today):
    """Put what was seen, (verdict, by) each or None where it was not tried, in the place of the older."""
    old = results.get(fault.name, {})
    if old.get('digest') != fault.digest:
        old = {}
    results[fault.name] = {'digest': fault.digest, 'when': str(today()),
                           'tests': list(tests) if tests else old.get('tests'), 'claims': list(claims) if claims else old.get('claims')}


def update(fault, seen, path=FILE):
    """Record what was seen in the file, beside what other runs write there meanwhile, and return all of it."""
    with locked(BUILD / 'mutate' / 'lock', wait=lambda _: None):
        results = read(path)
        record(results, fault, *seen)
        write(results, path)
    return results


def forget(faults, path=FILE):
    """Take out results of faults that are no more, or that nobody can see."""
    with locked(BUILD / 'mutate' / 'lock', wait=lambda _: None):
        results = read(path)
        left = {name: result for name, result in results.items() if name in faults and not faults[name].equivalent}
        if left != results:
            write(left, path)


def verdict(fault, result):
    """(seen by tests, seen by claims), None each where it was not tried."""
    return tuple(None if not result or not result.get(kind) else result[kind][0] == SEEN for kind in ('tests', 'claims'))


def problems(faults=None, path=FILE):
    """Where list and results do not fit, what nobody has tried, and whether too little is seen: a list of sentences.
    Claims take longer than tests: those that were not asked yet are counted in the table and are no fault."""
    faults = load() if faults is None else faults
    results, found = read(path), []
    visible = {name: fault for name, fault in faults.items() if not fault.equivalent}
    fits = {name for name, fault in visible.items() if results.get(name, {}).get('digest') == fault.digest}
    untried = [name for name in visible if name not in fits or not (results[name]['tests'] or results[name]['claims'])]
    gone = [name for name in results if name not in faults]
    if untried:
        found.append(f'{len(untried)} small faults are new or have changed, as {", ".join(untried[:3])}: scripts/mutate --survivors --claims --write tries them')
    if gone:
        found.append(f'there are results of {", ".join(gone[:3])}, but no such fault: scripts/mutate --survivors --write takes them out')
    judged = {name: verdict(fault, results.get(name) if name in fits else None) for name, fault in visible.items()}
    seen = sum(map(any, judged.values()))
    if seen < REACH * len(visible):
        found.append(f'{seen} of {len(visible)} small faults are seen, {REACH:.0%} are expected: a test or a claim is missing')
    asked = [by_claims for _, by_claims in judged.values() if by_claims is not None]
    if sum(asked) < ALONE * len(asked):
        found.append(f'{sum(asked)} of {len(asked)} small faults that touch what a claim states are seen by claims alone, {ALONE:.0%} are expected: '
                     'a claim could be sharper')
    return found


def table(faults=None, path=FILE):
    """By room: faults, seen by tests, seen by claims, survived, equivalent; in Markdown."""
    faults = load() if faults is None else faults
    if not faults:
        return ''
    results, rows = read(path), []
    rooms = sorted({fault.room for fault in faults.values()})
    sums = [0] * 6
    for room in rooms:
        counts = tally([fault for fault in faults.values() if fault.room == room], results)
        sums = [a + b for a, b in zip(sums, counts)]
        rows.append(row(f'`{room}`', counts))
    head = '| Room | Faults | Seen by tests | Seen by claims | Survived | Equivalent |\n| --- | ---: | ---: | ---: | ---: | ---: |'
    return '\n'.join([head, *rows, row('all', sums)])


def row(name, counts):
    many, tests, claims, asked, survived, equivalent = counts
    return f'| {name} | {many} | {tests} | {f"{claims} of {asked}" if asked else ""} | {survived} | {equivalent} |'


def tally(faults, results):
    """Faults, seen by tests, seen by claims, of how many claims were asked, survived, equivalent."""
    visible = [fault for fault in faults if not fault.equivalent]
    seen = [verdict(fault, results.get(fault.name)) for fault in visible]
    return [len(faults), sum(tests is True for tests, _ in seen), sum(claims is True for _, claims in seen),
            sum(claims is not None for _, claims in seen), sum(not any(pair) for pair in seen), len(faults) - len(visible)]


def turn(faults, results, many, day):
    """The faults whose turn it is on a day, of those that a test sees: all of them have theirs in as few days as can be."""
    order = sorted((fault for name, fault in faults.items() if not fault.equivalent and verdict(fault, results.get(name))[0]
                    and results[name]['digest'] == fault.digest), key=lambda fault: fault.digest)
    first = day.toordinal() * many
    return [order[(first + i) % len(order)] for i in range(min(many, len(order)))]


__all__ = ['SURVIVED', 'problems', 'read', 'record', 'table', 'turn', 'verdict', 'write']
