"""Ledgers: reading them, their table on a terminal, their tables in README.md."""

import json
import os
import re
import subprocess
from pathlib import Path

from .checkout import NOTEBOOKS, ROOT, go_environment, papers
from .files import write_whole
from .progress import count

# Verdicts that leave a notebook green. "paper scale" does not count as holding.
GREEN = ('holds', 'corrected', 'paper scale')
VERDICTS = ('holds', 'corrected', 'paper scale', 'fails', 'vacuous', 'not checked')


class LedgerError(Exception):
    """Why a ledger cannot be used."""


def load(path):
    path = Path(path)
    try:
        ledger = json.loads(path.read_text())
        for claim in ledger['claims']:
            claim['id'], claim['verdict'], claim['checks']
        ledger['paper']['key'], ledger['run']['scale']
    except FileNotFoundError:
        raise LedgerError(f'{shown(path)} is not there: the notebook closed no ledger') from None
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerError(f'{shown(path)} is no ledger ({error!r}): run the notebook again') from None
    if not ledger['claims']:
        raise LedgerError(f'{shown(path)} has no claim')
    return ledger


def shown(path):
    path = Path(path)
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def red(ledger):
    """The claims that turn a notebook red."""
    return [claim for claim in ledger['claims'] if claim['verdict'] not in GREEN]


def tally(ledger):
    """As in "7 claims: 5 holds, 2 paper scale"."""
    counts = {verdict: sum(claim['verdict'] == verdict for claim in ledger['claims']) for verdict in VERDICTS}
    return count(len(ledger['claims']), 'claim') + ': ' + ', '.join(f'{n} {verdict}' for verdict, n in counts.items() if n)


def terminal(ledger, width=100):
    """The table of claims in plain text: id, verdict, and what was measured."""
    lines = []
    for claim in ledger['claims']:
        said = [f'{check["name"]}: {number(check["measured"])} ({check["expected"]})' for check in claim['checks']]
        if claim['verdict'] not in GREEN:
            said.insert(0, claim.get('reason') or 'no reason given')
        first, *rest = said or [claim.get('note') or '']
        more = f' (and {len(rest)} more)' if rest else ''
        head = f'  {claim["id"]:<5}{claim["verdict"]:<13}'
        room = max(width - len(head) - len(more), 30)
        if claim['verdict'] in GREEN and len(first) > room:
            first = first[:room - 1] + '…'
        lines.append(head + first + more)
    return '\n'.join(lines)


def number(value):
    return f'{value:.4g}' if isinstance(value, (int, float)) else str(value)


def markdown(form, path):
    """A ledger as a Markdown table: form is brief or full."""
    answer = _command(form, path)
    if answer.returncode:
        raise LedgerError(answer.stderr.strip())
    return answer.stdout


def differences(one, other):
    """Where two ledgers differ in verdicts: a list of sentences."""
    answer = _command('diff', one, other)
    if answer.returncode not in (0, 1) or (answer.returncode == 1 and not answer.stdout):
        raise LedgerError(answer.stderr.strip())
    return answer.stdout.splitlines()


def _command(*arguments):
    return subprocess.run(['go', 'run', './pkg/claim/cmd/claims', *map(str, arguments)], cwd=ROOT, env=go_environment(),
                          capture_output=True, text=True)


# README.md. The text between <!-- begin: NAME --> and <!-- end: NAME --> is made here.

def block(text, name, content):
    """The text with the content of a block replaced."""
    begin, end = f'<!-- begin: {name} -->', f'<!-- end: {name} -->'
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise LedgerError(f'README.md needs one line {begin} and, after it, one line {end}')
    return re.sub(re.escape(begin) + '.*?' + re.escape(end),
                  lambda _: f'{begin}\n\n{content.strip()}\n\n{end}' if content.strip() else f'{begin}\n{end}', text, flags=re.S)


def readme(text):
    """README.md with its tables and figures made from the committed ledgers and notebooks."""
    there = [key for key in papers() if (NOTEBOOKS / key / 'claims.json').exists()]
    text = block(text, 'claims', summary(there))
    return block(text, 'figures', '\n\n'.join(filter(None, map(figure, there))))


def write_readme():
    path = ROOT / 'README.md'
    before = path.read_text()
    after = readme(before)
    if after != before:
        write_whole(path, after)


def summary(keys):
    if not keys:
        return ''
    rows = ['| Paper | Claims | ' + ' | '.join(VERDICTS[:3]) + ' | Run |', '| --- |' + ' ---: |' * 4 + ' --- |']
    tables = []
    for key in keys:
        path = NOTEBOOKS / key / 'claims.json'
        ledger = load(path)
        counts = [sum(claim['verdict'] == verdict for claim in ledger['claims']) for verdict in VERDICTS[:3]]
        run = ledger['run']
        rows.append(f'| [{ledger["paper"]["title"]}](notebooks/{key}/{key}.ipynb) | {len(ledger["claims"])} | '
                    + ' | '.join(map(str, counts)) + f' | {run["backend"]}, {run["scale"]} scale, seed {run["seed"]} |')
        tables.append(f'<details>\n<summary>Every claim of <code>{key}</code></summary>\n\n{markdown("brief", path).strip()}\n\n</details>')
    return '\n'.join(rows) + '\n\n' + '\n\n'.join(tables)


def figure(key):
    home = NOTEBOOKS / key
    if not (home / 'cover.png').exists():
        return ''
    words = json.loads((home / f'{key}.ipynb').read_text())['metadata'].get('marginalia', {}).get('cover', key)
    words = ' '.join(words.replace('[', '(').replace(']', ')').split())
    return f'[![{words}](notebooks/{key}/cover.png)](notebooks/{key}/{key}.ipynb)'


def width():
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 120
