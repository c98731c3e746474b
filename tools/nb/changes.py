"""Writes CHANGELOG.md from the history of the ledgers: which verdict changed, in which commit, on which day, and where
measured numbers changed (numbers.py).

Needs the whole history: in a shallow clone it changes nothing and says so.
"""

import json
import subprocess
import sys
from pathlib import Path

from . import numbers
from .checkout import ROOT
from .files import write_whole


def git(*words):
    return subprocess.run(['git', '-C', str(ROOT), *words], check=True, capture_output=True, text=True).stdout


def verdicts(text):
    """The verdicts of a ledger by the id of the claim; none of a ledger that is not readable or of another form."""
    try:
        return {claim['id']: claim['verdict'] for claim in json.loads(text)['claims']}
    except (ValueError, KeyError, TypeError):
        return None


def changes(before, after):
    """What changed from one ledger to the next, in words; a ledger that is the first has none before."""
    if not before:
        return [f'{len(after)} claim{"s" if len(after) != 1 else ""}: ' + ', '.join(f'{list(after.values()).count(v)} {v}' for v in dict.fromkeys(after.values()))]
    lines = [f'{id}: {before[id]} → {verdict}' for id, verdict in after.items() if before.get(id, verdict) != verdict]
    new = [f'{id} ({verdict})' for id, verdict in after.items() if id not in before]
    gone = [id for id in before if id not in after]
    return lines + (['new: ' + ', '.join(new)] if new else []) + (['gone: ' + ', '.join(gone)] if gone else [])


def history(path):
    """(day, commit, verdicts) of a ledger, the oldest first."""
    for line in git('log', '--reverse', '--first-parent', '-m', '--format=%cs %h', '--', path).splitlines():
        day, commit = line.split()
        found = subprocess.run(['git', '-C', str(ROOT), 'show', f'{commit}:{path}'], capture_output=True, text=True)
        if found.returncode == 0 and (said := verdicts(found.stdout)) is not None:
            yield day, commit, said


def changelog(histories):
    """The text, the newest day first. histories: the history of each paper's ledger by its key."""
    days = {}
    for key, steps in histories.items():
        before = None
        for day, commit, after in steps:
            for line in changes(before, after):
                days.setdefault(day, []).append(f'- `{key}`, {commit}: {line}')
            before = after
    head = '# Changes\n\nWhich verdict changed, and when: made by `tools/changes` from the history of `notebooks/*/claims.json`. Where numbers changed, at the end.\n'
    return head + ''.join(f'\n## {day}\n\n' + '\n'.join(days[day]) + '\n' for day in sorted(days, reverse=True))


def main(arguments=()):
    if git('rev-parse', '--is-shallow-repository').strip() == 'true':
        print('changes: this clone is shallow, CHANGELOG.md stays as it is; git fetch --unshallow brings the history', file=sys.stderr)
        return 2
    paths = sorted(git('ls-files', ':(glob)notebooks/*/claims.json').split())
    write_whole(ROOT / 'CHANGELOG.md', changelog({Path(path).parent.name: list(history(path)) for path in paths}) + numbers.section(git, paths))
    return 0
