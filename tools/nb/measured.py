"""Rows of bench/results.jsonl: where they come from, and whether somebody measured them.

A program of bench/ writes what it measured, with the times of its rounds; scripts/bench adds

    commit   of the checkout, whose packages were measured
    program  a hash of the sources of the comparison
    row      a hash of all the rest of the row

so that a row that was typed or changed is told from one that was measured.
"""

import hashlib
import json
import math
import statistics
import subprocess
from pathlib import Path

from .checkout import ROOT
from .files import digest

RESULTS = ROOT / 'bench' / 'results.jsonl'
COMPARISONS = ('loop', 'qp', 'nuclear', 'attention', 'mlp', 'encoder', 'embedding', 'capacity', 'contrastive', 'generalization',
               'imbalance', 'federated')
GROWING = ('loop', 'attention', 'qp', 'nuclear')  # those whose growth with size is one more comparison
SHARED = ('machine', 'peer', 'workers')  # rooms of bench/ that comparisons build on
# Of a slope against its recomputation: both are sums of a few logarithms in float64.
ROUND_OFF = 1e-9


class RowError(Exception):
    """Why rows cannot be kept."""


def git(*arguments):
    """What git says of the checkout; None where it fails or is not there."""
    try:
        answer = subprocess.run(['git', '-C', str(ROOT), *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return answer.stdout if answer.returncode == 0 else None


def folders(bench):
    """The folders whose files are the program of a comparison."""
    return [f'bench/{name}' for name in (*(GROWING if bench == 'growth' else (bench,)), *SHARED)]


def counts(path):
    return path.endswith(('.go', '.py')) and not path.endswith('_test.go')


def program(bench):
    """The hash of the program of a comparison as it is in the checkout."""
    blobs = {}
    for folder in folders(bench):
        for path in (ROOT / folder).rglob('*'):
            if path.is_file() and counts(path.name):
                text = path.read_bytes()
                blobs[path.relative_to(ROOT).as_posix()] = hashlib.sha1(b'blob %d\0' % len(text) + text).hexdigest()
    return fingerprint(blobs)


def program_of(commit, bench):
    """The same of a commit; None where git does not have it."""
    listing = git('ls-tree', '-r', commit, '--', *folders(bench))
    if listing is None:
        return None
    entries = (line.split(None, 3) for line in listing.splitlines())
    return fingerprint({path: blob for _, _, blob, path in entries if counts(path)})


def fingerprint(blobs):
    return digest(*(f'{blob} {path}' for path, blob in sorted(blobs.items())))


def sealed(row):
    """The row with its hash."""
    rest = {name: value for name, value in row.items() if name != 'row'}
    return {**rest, 'row': digest(json.dumps(rest, sort_keys=True))}


def commit():
    """The commit that rows measured now belong to. What was measured must be what it holds."""
    head = git('rev-parse', 'HEAD')
    if head is None:
        raise RowError('--write needs a clone: a row names the commit that was measured')
    changed = git('status', '--porcelain', '--', 'bench/*.go', 'bench/*.py', 'pkg', 'xla', 'data', 'go.mod', 'go.sum')
    if changed is None or changed.strip():
        raise RowError(f'--write measures a commit, and files differ from it: commit first\n{(changed or "").rstrip()}')
    return head.strip()


def merge(kept, fresh, bench, commit):
    """The lines of results.jsonl with those of a comparison replaced by what it recorded."""
    rows = [json.loads(line) for line in fresh.splitlines()]
    if not rows:
        raise RowError(f'{bench} recorded nothing; bench/results.jsonl stays as it was')
    if strange := [row['bench'] for row in rows if row['bench'] != bench]:
        raise RowError(f'{bench} recorded a row of {strange[0]}')
    about = {'commit': commit, 'program': program(bench)}
    lines = [line for line in kept.splitlines() if json.loads(line)['bench'] != bench]
    lines += [json.dumps(sealed({**row, **about}), ensure_ascii=False, separators=(',', ':')) for row in rows]
    return ''.join(f'{line}\n' for line in sorted(lines, key=lambda line: json.loads(line)['bench']))


def problems(path=RESULTS):
    """What speaks against the rows of a file: a list of sentences."""
    found = []
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        row = {}
        try:
            row = json.loads(line)
            what = f'{row["bench"]}: {row["what"]}' + (f', against {row["against"]}' if 'against' in row else '')
            complaint = flaw(row)
        except (ValueError, KeyError, TypeError) as error:
            what, complaint = line[:60], f'is no row ({error!r})'
        if complaint:
            bench = row.get('bench') if isinstance(row, dict) else None
            found.append(f'bench/results.jsonl, line {number} ({what}) {complaint}: scripts/bench {bench or "all"} --write measures it')
    return found


def flaw(row):
    """Why a row is not what was measured, or None."""
    if missing := [name for name in ('commit', 'program', 'row') if not row.get(name)]:
        return f'does not say by what it was measured: {", ".join(missing)} missing'
    if row['bench'] not in (*COMPARISONS, 'growth'):
        return f'is of no comparison: known are {", ".join(COMPARISONS)} and growth'
    for name, said, computed in recomputed(row):
        if not math.isclose(said, computed, rel_tol=ROUND_OFF, abs_tol=ROUND_OFF):
            return f'says {name} {said!r}, its rounds say {computed!r}'
    if sealed(row)['row'] != row['row']:
        return 'was changed after it was measured: its hash is another'
    if row['program'] == program(row['bench']):
        return None
    then = program_of(row['commit'], row['bench'])
    if then is None:
        # Without the history nobody can look.
        cut = git('rev-parse', '--is-shallow-repository')
        return None if cut is None or cut.strip() == 'true' else f'is of the commit {row["commit"][:12]}, which is not in this clone'
    return None if row['program'] == then else f'is of another program than bench/{row["bench"]} at commit {row["commit"][:12]}'


def recomputed(row):
    """(name, number in the row, number from the times of the row) of what follows from these."""
    if row['bench'] == 'growth':
        sizes = [math.log(size) for size in row['sizes']]
        for name, values in (('slope', row['micro']), ('counted', row['operations']), ('moved', row['bytes'])):
            yield name, row[name], statistics.linear_regression(sizes, [math.log(value) for value in values]).slope
        return
    ours, theirs = row['rounds']['ours'], row['rounds']['theirs']
    if not ours or (theirs and len(theirs) != len(ours)):
        raise ValueError(f'{len(ours)} rounds of ours, {len(theirs)} of theirs')
    ratios = sorted(b / a for a, b in zip(ours, theirs)) or [0]
    yield 'ratio', row['ratio'], ratios[len(ratios) // 2]
    yield 'low', row['low'], ratios[0]
    yield 'high', row['high'], ratios[-1]
