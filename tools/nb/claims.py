"""Ledgers: reading them, their table on a terminal, their tables in Markdown."""

import json
import os
import subprocess
from pathlib import Path

from .checkout import ROOT, go_environment, shown
from .progress import count

# Verdicts that leave a notebook green. "paper scale" does not count as holding.
GREEN = ('holds', 'corrected', 'paper scale', 'evidence', 'slip')
VERDICTS = (*GREEN, 'fails', 'vacuous', 'not checked')


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
        first, *rest = said or [claim.get('kept') or claim.get('note') or '']
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
    """A ledger as a Markdown table (form is brief or full), or a paper.json as boxes."""
    answer = _command(form, path)
    if answer.returncode:
        raise LedgerError(answer.stderr.strip())
    return answer.stdout


def counts(*paths):
    """How many statements of each verdict, by whose they are and how they are known: a paper each, and together."""
    answer = _command('counts', *paths)
    if answer.returncode:
        raise LedgerError(answer.stderr.strip())
    return json.loads(answer.stdout)


def differences(one, other, verdicts=False):
    """Where two ledgers differ in verdicts and, unless these are all, in checks, rules or measured values: sentences."""
    answer = _command('diff', *(['-verdicts'] if verdicts else []), one, other)
    if answer.returncode not in (0, 1) or (answer.returncode == 1 and not answer.stdout):
        raise LedgerError(answer.stderr.strip())
    return answer.stdout.splitlines()


def counts(*paths):
    """{"papers": {key: counts}, "total": counts}: see claim.Counts."""
    return _json('counts', *paths)


def boxes(paper):
    """The box of every statement of a paper.json, in Markdown, by id."""
    return _json('boxes', paper)


def _json(*arguments):
    answer = _command(*arguments)
    if answer.returncode:
        raise LedgerError(answer.stderr.strip())
    return json.loads(answer.stdout)


def _command(*arguments):
    return subprocess.run(['go', 'run', './pkg/claim/cmd/claims', *map(str, arguments)], cwd=ROOT, env=go_environment(),
                          capture_output=True, text=True)


def width():
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 120
