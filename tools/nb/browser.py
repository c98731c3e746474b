"""A paper's program for browsers: scripts/site puts it beside the page, which runs its claims with it.

    build/<paper>/browser/main.go           generated, as that of scripts/run --program
    build/<paper>/browser/program.wasm.gz   built from it for js/wasm on the pure-Go backend, again only when a source has changed
    build/<paper>/browser/idea.json         the figure to explore as it starts, where notebooks/<paper>/explore has one
    notebooks/<paper>/browser.json          what became of each claim there: the seconds and the data sets that it read, or what keeps it from its end
"""

import gzip
import json
import re
import subprocess
import sys

from . import markers, pack, program
from .checkout import BUILD, NOTEBOOKS, ROOT, TOOLS, go_environment
from .checkout import source as source_of
from .files import digest, locked, write_whole

FILE = 'browser.json'
HOME = TOOLS / 'site' / 'run'
# A page offers what ends within so many seconds.
LIMIT = 60
# Bytes of a data set that a page loads.
LARGEST = 30e6
NO_DATA = 'it reads files of data'
TOO_LONG = 'it takes longer than {limit} s'
FLAGS = ('-tags', f'{program.TAG},noxla', '-trimpath', '-ldflags=-s -w')


class BrowserError(Exception):
    """Why a paper has no program for browsers."""


def build(key):
    """Build a paper's program for browsers, unless it is there; the folder that it lies in."""
    work, file = BUILD / key / 'browser', source_of(key)
    with locked(work / 'lock', wait=lambda holder: print(f'site: waiting for process {holder}', file=sys.stderr)):
        text = program.generate(file, browser=True)
        stamp, fresh = work / 'stamp', stamp_of(key, text)
        if there(key, fresh):
            return work
        stamp.unlink(missing_ok=True)
        print(f'site: building the program of {key} for browsers', file=sys.stderr, flush=True)
        program.lay(file, work, text)
        raw = work / 'program.wasm'
        answer = subprocess.run(['go', 'build', *FLAGS, '-o', str(raw), f'./{work.relative_to(ROOT)}'], cwd=ROOT,
                                env=go_environment('js', 'wasm'), capture_output=True, text=True)
        if answer.returncode:
            raise BrowserError(f'the program of {key} does not build for browsers:\n{answer.stderr.strip()}')
        write_whole(work / 'program.wasm.gz', gzip.compress(raw.read_bytes(), 9, mtime=0))
        raw.unlink()
        if program.idea(file):
            write_whole(work / 'idea.json', node('idea.mjs', work / 'program.wasm.gz'))
        write_whole(stamp, fresh)
    return work


def there(key, fresh=None):
    """Whether a paper's program is there, of the code that is."""
    work = BUILD / key / 'browser'
    stamp = work / 'stamp'
    if not stamp.exists() or not (work / 'program.wasm.gz').exists():
        return False
    return stamp.read_text() == (fresh or stamp_of(key, program.generate(source_of(key), browser=True)))


def stamp_of(key, text):
    return digest(text, NOTEBOOKS / key / 'paper.json', program.go_version(), ' '.join(FLAGS), HOME / 'idea.mjs')


def node(script, *words):
    """What a script of tools/site/run says."""
    answer = subprocess.run(['node', str(HOME / script), *map(str, words)], env=go_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if answer.returncode:
        raise BrowserError(f'{script}: {answer.stderr.strip()}')
    return answer.stdout


def cells(key):
    """For each claim of quick scale: the names of the cells that measure it and a hash of their code, or none where no cell does."""
    found = markers.cells(source_of(key))
    there = {}
    for id in markers.statements(NOTEBOOKS / key):
        named = [cell for cell in found if id in cell.claims]
        if named and id not in markers.elsewhere(NOTEBOOKS / key):
            there[id] = [cell.name for cell in named], digest(*(part for cell in named for part in (cell.name, cell.code)))
    return there


def load(key):
    """What is kept of a paper's claims in a browser."""
    try:
        return json.loads((NOTEBOOKS / key / FILE).read_text(encoding='utf-8'))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise BrowserError(f'notebooks/{key}/{FILE}: {error}; scripts/site --measure {key} writes it afresh once it is removed') from None


def quickest(key, there):
    """Claims by the seconds that their cells took in the committed notebook, those without any last: a measurement that is cut short has
    the most of them."""
    try:
        committed = json.loads((NOTEBOOKS / key / f'{key}.ipynb').read_text(encoding='utf-8'))['cells']
    except FileNotFoundError:
        committed = []
    took = {name: cell['metadata'].get('marginalia', {}).get('seconds', float('inf')) for cell in committed if cell['cell_type'] == 'code'
            for name in re.findall(r'%exec paper\.Cell\((\w+)\)', ''.join(cell['source']))}
    return sorted(there, key=lambda id: sum(took.get(name, float('inf')) for name in there[id][0]))


def measure(key, limit=LIMIT, say=print):
    """Run the claims whose cells have changed since they were measured, that got less time or lacked data, in Node as a page does, the
    quickest first, and keep what became of them."""
    work, known, told, there = build(key), load(key), {}, cells(key)
    late = re.compile(TOO_LONG.replace('{limit}', r'(\d+)'))
    for id in quickest(key, there):
        names, code = there[id]
        without = known.get(id, {}).get('without', '')
        slow = late.fullmatch(without)
        if known.get(id, {}).get('cells') == code and without != NO_DATA and not (slow and int(slow[1]) < limit):
            told[id] = known[id]
            continue
        together = next((other for other, (others, _) in there.items() if others == names and other in told and told[other].get('run')), None)
        outcome = told[together]['run'] if together else run(work, names, limit)
        told[id] = {**of(outcome, id, limit), 'cells': code, 'run': outcome}
        say(f'{key} {id}: {said(told[id])}')
        keep(key, {other: told.get(other, known.get(other)) for other in there if other in told or other in known})
    keep(key, {id: told[id] for id in there})
    return told


def keep(key, told):
    lines = ',\n'.join(f'  {json.dumps(id)}: {json.dumps({name: value for name, value in entry.items() if name != "run"}, ensure_ascii=False)}'
                       for id, entry in told.items())
    write_whole(NOTEBOOKS / key / FILE, f'{{\n{lines}\n}}\n')


def data():
    """The files of the data sets that are in the cache and no larger than a page may load, by the path at which a program asks for
    them: where each lies."""
    there = {f'/data/{name}/{file}': pack.cache() / name / file for name, (file, _) in pack.sets().items()}
    return {path: str(file) for path, file in there.items() if file.exists() and file.stat().st_size <= LARGEST}


def run(work, names, limit, seed=1):
    return json.loads(node('measure.mjs', work / 'program.wasm.gz', json.dumps(data()), limit, seed, ','.join(names)))


def of(outcome, id, limit):
    """What is kept of one claim of a run."""
    claim = next((claim for claim in outcome['claims'] if claim['id'] == id), None)
    if outcome['seconds'] is None:
        return {'without': TOO_LONG.format(limit=limit)}
    if outcome['faults'] or claim is None:
        fault = (outcome['faults'] or ['its cell measures nothing'])[0].splitlines()[0][:200]
        return {'without': NO_DATA if ': data: ' in fault else re.sub(r'^\w+: ', '', fault)}  # without the cell's name
    read = sorted({path.split('/')[2] for path in outcome['read']})
    return {'seconds': float(f'{outcome["seconds"]:.2g}'), 'verdict': claim['verdict'], **({'data': read} if read else {})}


def said(entry):
    return f'{entry["seconds"]} s, {entry["verdict"]}' if 'seconds' in entry else entry['without']
