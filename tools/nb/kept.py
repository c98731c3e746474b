"""Results of the paper's scale: kept beside the notebook, shown by a quick run, refused when their source has changed.

    notebooks/<paper>/results/claims.json   the ledger: every claim that was measured at the paper's scale
    notebooks/<paper>/results/runs.json     what these were measured by: a run each, with its claims, its provenance,
                                            the hash of the code that it depends on, and the hash of every kept file
    notebooks/<paper>/results/<name>.json   results that cells keep (pkg/repro)

A quick run says of each claim of the paper's scale what is there: "kept, seen on ...", or "not
reproduced here". The sentence is made from these files; nobody writes it.
"""

import datetime
import json
import re
import resource
import sys
from pathlib import Path

from . import claims, source
from .checkout import NOTEBOOKS, ROOT, shown
from .checkout import source as source_of
from .files import digest, sha256, write_whole

LEDGER, RUNS = 'claims.json', 'runs.json'
COMPUTED_BY = ('backend', 'device', 'seed', 'versions', 'plugin', 'flags')  # of a run: what its numbers depend on beside the code
# Rooms that show and judge. The numbers of a run do not depend on them, and a verdict is found
# again whenever a ledger is read.
SHOWING = ('pkg/claim', 'pkg/figure', 'pkg/notebook', 'pkg/progress')
DRIVER = re.compile(r'Kernel Module\D*([\d.]+)')
NOT_SHOWN = 'is not shown, as its code or configuration has changed'  # pkg/repro, of a result that is of other code
NUMBER = re.compile(r'"\\u0000([^"]*?)\\u0000"')


class KeptError(Exception):
    """Why what lies in results/ is not shown."""


def folder(key):
    return NOTEBOOKS / key / 'results'


# The code that a result depends on.

def module():
    return (ROOT / 'go.mod').read_text().split('\n', 1)[0].split()[1]


def packages(file):
    """The folders of this module that a Go file imports."""
    head = re.search(rf'^import \((.*?)^\)|^import .*$', file.read_text(encoding='utf-8'), re.M | re.S)
    return re.findall(rf'"{re.escape(module())}/([^"]+)"', head[0]) if head else []


def reached(*names, but=()):
    """The folders of packages of this module, and of all that they import, directly or not, but for some rooms."""
    todo, seen = list(names), set()
    while todo:
        name = todo.pop()
        if name not in seen and not name.startswith(tuple(but)):
            seen.add(name)
            todo += [below for file in sources(name) for below in packages(file)]
    return seen


def sources(name):
    return [file for file in sorted((ROOT / name).glob('*.go')) if not file.name.endswith('_test.go')]


def files(key, but=SHOWING):
    """The Go files that the cells of a paper are compiled from, the notebook's apart: those of the packages that
    it imports, directly or not, but for rooms that only show."""
    return sorted(file for name in reached(*packages(source_of(key)), but=but) for file in sources(name))


def code(key, but=SHOWING):
    """The hash of the code that a paper's numbers depend on; its text may change. With nothing left out, of what its
    verdicts and its pictures depend on, too."""
    cells = [cell['source'] for cell in source.read(source_of(key))['cells'] if cell['cell_type'] == 'code']
    parts = [part for file in files(key, but) for part in (str(file.relative_to(ROOT)), file)]
    return digest(ROOT / 'go.mod', *cells, *parts)


# Keeping.

def provenance(commit, seconds):
    """What a later reader wants to know of the run that has just ended, besides its ledger."""
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == 'darwin' else 1024)
    try:
        driver = DRIVER.search(Path('/proc/driver/nvidia/version').read_text())
    except OSError:
        driver = None
    return {'commit': commit, 'when': datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d'),
            'minutes': round(seconds / 60, 1), 'memory': peak, 'driver': driver[1] if driver else ''}


LARGE = 1 << 20  # bytes, from which on a result is kept in one line
WHITE = re.compile(rb'("(?:[^"\\]|\\.)*")|\s+')


def slim(content):
    """A large result without the white space between its tokens, which is no part of its seal."""
    return content if len(content) < LARGE else WHITE.sub(lambda found: found[1] or b'', content) + b'\n'


def keep(key, run, about):
    """Take the ledger and the results of a run's folder over, in the place of what was kept of the same claims.

    Only what holds is kept. Claims of earlier runs stay as long as their code does.
    """
    home, fresh = folder(key), claims.load(run / LEDGER)
    if fresh['run']['scale'] != 'paper':
        raise KeptError(f'the run in {shown(run)} is of the {fresh["run"]["scale"]} scale')
    measured = [claim['id'] for claim in fresh['claims'] if claim['checks'] and claim['verdict'] in claims.GREEN]
    if not measured:
        raise KeptError(f'the run in {shown(run)} measured no claim that holds')
    now = code(key)
    results = sorted((run / 'results').glob('*.json'))
    runs, old = [], {}
    if (home / RUNS).exists():
        try:
            old = {claim['id']: claim for claim in exact(home / LEDGER)['claims']}
            for earlier in load(key):
                if repeats(earlier, now, fresh['run'], measured) and \
                        all(claim == old.get(claim['id']) for claim in exact(run / LEDGER)['claims'] if claim['id'] in measured):
                    return f'{", ".join(measured)} in notebooks/{key}/results: the same numbers of the same code on the same device stay as they were'
                left = [claim for claim in earlier['claims'] if claim not in measured]
                if left and earlier['code'] == now:
                    runs.append({**earlier, 'claims': left})
        except (KeptError, OSError):
            runs = []  # nothing that could be shown
    kept = [claim for earlier in runs for claim in earlier['claims']]
    runs.append({'claims': measured, **about, **{name: fresh['run'].get(name) for name in COMPUTED_BY},
                 'code': now})
    ledger = exact(run / LEDGER)
    ledger['claims'] = [claim if claim['id'] in measured else old[claim['id']] for claim in ledger['claims']
                        if claim['id'] in measured or claim['id'] in kept and claim['id'] in old]
    text = dump(ledger)
    there = {path.name for path in home.glob('*.json')} - {LEDGER, RUNS} if len(runs) > 1 else set()
    for path in results:
        write_whole(home / path.name, slim(path.read_bytes()))
    write_whole(home / LEDGER, text)
    names = {LEDGER, *there, *(path.name for path in results)}
    for path in home.glob('*.json'):
        if path.name not in {RUNS, *names}:
            path.unlink()
    hashes = {name: sha256(home / name) for name in sorted(names)}
    write_whole(home / RUNS, json.dumps({'runs': runs, 'files': hashes, 'seal': seal(runs, hashes)}, indent=1, ensure_ascii=False) + '\n')
    return f'wrote {", ".join(measured)} to notebooks/{key}/results'


def repeats(earlier, now, run, measured):
    """Whether a kept run was of the same code, on the same device, and measured the same: one that reads what it computed
    last time would put its own few seconds in the place of the minutes that it took."""
    return earlier['code'] == now and set(measured) <= set(earlier['claims']) and \
        all(earlier.get(name) == run.get(name) for name in COMPUTED_BY)


def seal(runs, hashes):
    return digest(json.dumps([runs, hashes], sort_keys=True))


def exact(path):
    """A ledger whose numbers are kept as they are written."""
    def raw(text):
        return f'\0{text}\0'

    return json.loads(Path(path).read_text(), parse_float=raw, parse_int=raw)


def dump(ledger):
    """Its text, as package claim writes it."""
    return NUMBER.sub(r'\1', json.dumps(ledger, indent=1, ensure_ascii=False)) + '\n'


# Showing.

def load(key):
    """The runs of a paper's results. Raises KeptError where there are none, or where a file is not what was kept."""
    home = folder(key)
    try:
        about = json.loads((home / RUNS).read_text())
        runs, hashes, sealed = about['runs'], about['files'], about['seal']
    except FileNotFoundError:
        raise KeptError('nothing is kept') from None
    except (ValueError, KeyError, TypeError) as error:
        raise KeptError(f'notebooks/{key}/results/{RUNS} is damaged ({error!r})') from None
    if seal(runs, hashes) != sealed:
        raise KeptError(f'notebooks/{key}/results/{RUNS} was edited')
    for path in sorted({*home.glob('*.json')} - {home / RUNS} | {home / name for name in hashes}):
        if not path.exists():
            raise KeptError(f'notebooks/{key}/results/{path.name} is missing')
        if hashes.get(path.name) != sha256(path):
            raise KeptError(f'notebooks/{key}/results/{path.name} was edited after it was kept')
    return runs


def sentences(key):
    """What a quick run says of claims of the paper's scale: {claim: sentence}, and one for claims without."""
    again = f'`scripts/run {key} --scale paper --write`'
    try:
        runs, now = load(key), code(key)
        ledger = {claim['id']: claim for claim in claims.load(folder(key) / LEDGER)['claims']}
    except KeptError as error:
        return {}, f'Not reproduced here: {error}; {again} does it.' if str(error) != 'nothing is kept' \
            else f'Not reproduced here: {again} does it.'
    said = {}
    for run in runs:
        for claim in run['claims']:
            said[claim] = seen(ledger[claim], run) if run['code'] == now else \
                f'Not reproduced here: what was kept on {run["when"]} at commit `{run["commit"]}` is of other code; {again} does it.'
    return said, f'Not reproduced here: {again} does it.'


def seen(claim, run):
    checks = '; '.join(f'{check["name"]}: {claims.number(check["measured"])} ({check["expected"]})' for check in claim['checks'])
    driver = f', driver {run["driver"]}' if run['driver'] else ''
    plugin = f', plugin {run["plugin"][:12]}' if run.get('plugin') else ''
    memory = f' and {run["memory"] / 2**30:.1f} GB' if run['memory'] else ''
    return (f'At the scale of the paper: {claim["verdict"]}; {checks}. Kept, seen on {run["device"]} ({run["backend"]}{driver}{plugin}, '
            f'seed {run["seed"]}) at commit `{run["commit"]}` on {run["when"]}, in {run["minutes"]:g} minutes{memory}.')


def show(key, path):
    """Put into the ledger of a quick run what is known of its claims of the paper's scale; a line on them all, or ''.

    A claim whose own cell said where its numbers come from keeps that.
    """
    ledger = exact(path)
    elsewhere = [claim for claim in ledger['claims'] if claim.get('scale') == 'paper']
    if ledger['run']['scale'] != 'quick' or not elsewhere:
        return ''
    said, otherwise = sentences(key)
    for claim in elsewhere:
        claim.setdefault('kept', said.get(claim['id'], otherwise))
    write_whole(path, dump(ledger))
    lines = [f'**{claim["id"]}.** {claim["kept"]}' for claim in elsewhere]
    return '<br>'.join(lines)


def problems(key):
    """What speaks against the kept results of a paper: sentences. Results of other code are none: they are not shown."""
    if not (folder(key)).exists():
        return []
    try:
        runs = load(key)
        claims.differences(folder(key) / LEDGER, folder(key) / LEDGER)  # a ledger is judged again when it is read
    except (KeptError, claims.LedgerError) as error:
        return [f'{error}: scripts/run {key} --scale paper --write makes it afresh']
    notebook = NOTEBOOKS / key / f'{key}.ipynb'
    if notebook.exists() and NOT_SHOWN in notebook.read_text(encoding='utf-8') and all(run['code'] == code(key) for run in runs):
        return [f'{shown(notebook)} says of a kept result that it is of other code, and all of them are of this code: scripts/run {key} --write executes it again']
    return []
