"""The end of CHANGELOG.md: in which commit the measured numbers of a claim changed, and what was committed since they
were measured last.

A number has changed where it differs by more than the last digit that a ledger keeps; what is zero up to round-off has not.
Runs at another seed, scale or backend are not compared.
"""

import json
import re
import subprocess
from pathlib import Path

from . import kept

LAST_DIGIT = 1e-5  # relative: ledgers keep six digits
MOST = 3  # commits that are told of one change

HEAD = """
# Numbers

Where a ledger measured other numbers than the one before it, by more than the last digit that it keeps (what is zero up to
round-off is left out): the claims, and behind them what was committed in between, to the cell of the claim if anything was, else to the paper or below it.
"""


def measured(text):
    """What a ledger measured, {claim: {check: number}}, and of what run; None of one that is not readable."""
    try:
        ledger = json.loads(text)
        run = {name: ledger['run'].get(name) for name in ('scale', 'seed', 'backend')}
        return run, {claim['id']: {check['name']: check['measured'] for check in claim.get('checks', [])
                                   if check.get('rule') != 'round-off' and isinstance(check.get('measured'), (int, float))}
                     for claim in ledger['claims']}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def apart(a, b):
    return abs(a - b) > LAST_DIGIT * max(abs(a), abs(b))


def moved(before, after):
    """The claims of which a check that both ledgers have measured another number."""
    if before[0] != after[0]:
        return []
    return [name for name, checks in after[1].items()
            if any(check in before[1].get(name, {}) and apart(before[1][name][check], value) for check, value in checks.items())]


def reasons(claims, commits):
    """Groups of claims and the commits that may have moved them: [(claims, [(hash, subject)])]. commits: (hash, subject, cells
    that it changes, whether it is of the paper), the oldest first."""
    groups = {}
    for claim in claims:
        own = tuple((digest, subject) for digest, subject, cells, _ in commits if claim in cells)
        paper = tuple((digest, subject) for digest, subject, _, here in commits if here)
        groups.setdefault(own or paper or tuple((digest, subject) for digest, subject, *_ in commits), []).append(claim)
    return [(names, list(found)) for found, names in groups.items()]


def line(names, found):
    told = '; '.join(f'{digest} {subject}' for digest, subject in found[-MOST:]) or 'nothing in its code: another machine, or a data set'
    return f'{", ".join(names)}: {told}' + (f'; {len(found) - MOST} more' if len(found) > MOST else '')


def between(git, old, new, key):
    """The commits from one ledger to the next that touch the paper's code or what it imports."""
    here = f'notebooks/{key}'
    below = sorted(kept.reached(here))
    found = []
    for text in git('log', '--reverse', '--no-merges', '--format=%h %s', f'{old}..{new}', '--', 'go.mod',
                    *(f':(glob){name}/*.go' for name in {here, f'{here}/study', *below})).splitlines():
        digest, subject = text.split(' ', 1)
        changed = git('show', '--format=', '-U0', digest, '--', f':(glob){here}/*.go', f':(glob){here}/study/*.go')
        found.append((digest, subject, set(re.findall(r'^@@.*@@ func (\w+)\(', changed, re.M)), bool(changed.strip())))
    return found


def section(git, paths):
    """The section of all papers' ledgers."""
    text = HEAD
    for path in paths:
        key, before, lines = Path(path).parent.name, None, []
        for entry in git('log', '--reverse', '--first-parent', '-m', '--format=%cs %h', '--', path).splitlines():
            day, commit = entry.split()
            try:
                after = measured(git('show', f'{commit}:{path}'))
            except subprocess.CalledProcessError:  # the commit takes it away
                continue
            if after is None:
                continue
            if before and (names := moved(before[1], after)):
                lines += [f'- {day}, {commit}: {line(*group)}' for group in reasons(names, between(git, before[0], commit, key))]
            before = commit, after
        if lines:
            text += f'\n## {key}\n\n' + '\n'.join(lines) + '\n'
    return text
