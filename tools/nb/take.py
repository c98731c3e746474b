"""scripts/run --take FILE: results of a bundle (pkg/bundle) are checked, judged again and shown.

    build/<paper>/taken/seed-<n>/      the result, unpacked: claims.json, results/, shown/
    build/<paper>/taken/<paper>.ipynb  the notebook with what its cells showed there, and where that was

A result is refused where a byte is not what its hashes say, where it is of other code or statements than the
checkout's, or where its ledger says other verdicts than its numbers do. With --write what it measured at the scale of
the paper is kept beside the notebook (kept.py), of the quick scale with --record at which seed claims were seen.
"""

import hashlib
import json
import re
import shutil
import sys
import tarfile

import nbformat

from . import claims, export, kept, markers, seeds, source
from .checkout import BUILD, NOTEBOOKS, papers, shown
from .checkout import source as source_of
from .files import sha256, write_whole
from .progress import count
from .run import options

FORMAT = 1
RESULT, SEAL = 'result.json', 'result.sha256'
LARGEST = 1 << 30  # bytes of an entry
ENTRY = re.compile(r'claims\.json|(shown|results)/[A-Za-z0-9][A-Za-z0-9._-]*\.json')
BEGIN, CLOSE = 'begin', 'close'
NEEDED = {'key': str, 'scale': str, 'seed': int, 'complete': bool, 'bundle': str, 'commit': str, 'when': str, 'code': str, 'statements': str,
          'backend': str, 'device': str, 'driver': str, 'minutes': (int, float), 'memory': int, 'cells': list, 'files': dict}


class TakeError(Exception):
    """Why a result is not taken, and what to do."""


def read(file):
    """(result.json, {name: bytes}) of a result, every byte compared with its hash."""
    entries = {}
    try:
        with tarfile.open(file, 'r:gz') as archive:
            for member in archive:
                if not member.isreg() or member.size > LARGEST or member.name in entries or \
                        not (member.name in (RESULT, SEAL) or ENTRY.fullmatch(member.name)):
                    raise TakeError(f'{file}: the entry {member.name!r} does not belong into a result')
                entries[member.name] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise TakeError(f'{file} is no result of a bundle, or was cut short ({error})') from None
    if RESULT not in entries or SEAL not in entries:
        raise TakeError(f'{file} is no result of a bundle: it has no {RESULT} or no {SEAL}')
    text = entries.pop(RESULT)
    if hashlib.sha256(text).hexdigest() != entries.pop(SEAL).decode(errors='replace').strip():
        raise TakeError(f'{file}: {RESULT} was edited')
    try:
        about = json.loads(text)
        if about['format'] != FORMAT:
            raise TakeError(f'{file} has format {about["format"]}, {FORMAT} is expected: run it with a bundle that this checkout packs')
        wrong = [name for name, kind in NEEDED.items() if not isinstance(about[name], kind)]
        if wrong:
            raise TypeError(f'{", ".join(wrong)}: another type is expected')
    except (ValueError, KeyError, TypeError) as error:
        raise TakeError(f'{file}: {RESULT} is damaged ({error!r})') from None
    for name in sorted({*entries, *about['files']}):
        if name not in entries:
            raise TakeError(f'{file}: {name} is missing')
        if about['files'].get(name) != hashlib.sha256(entries[name]).hexdigest():
            raise TakeError(f'{file}: {name} was edited')
    if 'claims.json' not in entries:
        raise TakeError(f'{file} has no ledger')
    return about, entries


def check(file, about):
    """Refuse a result that is not of this checkout's code."""
    key = about['key']
    if key not in papers():
        raise TakeError(f'{file} is of the paper {key!r}: known are {", ".join(papers())}')
    if about['statements'] != sha256(NOTEBOOKS / key / 'paper.json'):
        raise TakeError(f'{file}: its statements are not those of notebooks/{key}/paper.json: go back to commit {about["commit"]}, or run it with a new bundle')
    if about['code'] != kept.code(key):
        raise TakeError(f'{file} is a result of other code: go back to commit {about["commit"]}, or run it with a new bundle')


def unpack(about, entries):
    """The folder of a result, written afresh."""
    folder = BUILD / about['key'] / 'taken' / f'seed-{about["seed"]}'
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in entries.items():
        write_whole(folder / name, content)
    return folder


def judge(file, about, folder):
    """The ledger of a result, whose verdicts follow from its numbers."""
    ledger = claims.load(folder / 'claims.json')
    claims.differences(folder / 'claims.json', folder / 'claims.json')  # judged again when it is read
    run = ledger['run']
    for name, found in (('key', ledger['paper']['key']), ('scale', run['scale']), ('seed', run['seed']), ('backend', run['backend']), ('device', run['device'])):
        if about[name] != found:
            raise TakeError(f'{file}: its ledger has the {name} {found!r}, {RESULT} {about[name]!r}')
    return ledger


# Showing.

def provenance(about):
    """Where a result comes from, in a line."""
    plugin = about.get('plugin')
    parts = [about['backend'], *([f'driver {about["driver"]}'] if about['driver'] else [])]
    if plugin:
        parts.append(f'plugin `{plugin["sha256"][:12]}`' + ('' if plugin['pinned'] else ', which is not the pinned one'))
    return (f'Computed by the bundle `{about["bundle"]}` of commit `{about["commit"]}` on {about["device"]} ({", ".join(parts)}) on {about["when"]}, '
            f'in {about["minutes"]:g} minutes and {about["memory"] / 2**30:.1f} GB of memory.')


def outputs(folder, name):
    """What a cell showed, as the outputs of a notebook."""
    path = folder / 'shown' / f'{name}.json'
    if not path.exists():
        return []
    return [nbformat.v4.new_output('display_data', data=dict(one)) for one in json.loads(path.read_text(encoding='utf-8'))]


def executed(key):
    """What each cell of a notebook executes: a name, begin or close, by the cell's index."""
    names = {}
    for index, cell in enumerate(source.read(source_of(key))['cells']):
        for line in cell['source'].splitlines() if cell['cell_type'] == 'code' else []:
            call = markers.EXEC.fullmatch(line)
            if call:
                name = markers.CELL.fullmatch(call['what'])
                names[index] = name['name'] if name else BEGIN if call['what'] == 'paper.Begin' else CLOSE
    return names


def show(about, folder):
    """Write the notebook with the outputs of a result; its path."""
    key = about['key']
    table = claims.markdown('brief', folder / 'claims.json').rstrip() + f'\n\n{provenance(about)}'
    failures = {cell['name']: cell.get('failure') or 'it was not reached' for cell in about['cells'] if not cell['done']}
    for zoom in export.ZOOMS:
        notebook = source.read(source_of(key))
        markers.state(notebook, source_of(key).parent)
        notebook = nbformat.from_dict(notebook)
        for index, name in executed(key).items():
            made = outputs(folder, name)
            if name == BEGIN:
                made.append(nbformat.v4.new_output('display_data', data={'text/markdown': provenance(about)}))
            if name in failures:
                made.append(nbformat.v4.new_output('stream', name='stderr', text=failures[name] + '\n'))
            notebook.cells[index].outputs = made
        export.prepare(notebook, table, zoom)
        if export.fits(notebook):
            break
    path = BUILD / key / 'taken' / f'{key}.ipynb'
    described = {name: about[name] for name in ('key', 'commit', 'bundle', 'backend', 'device', 'driver', 'scale', 'seed', 'minutes', 'memory')}
    write_whole(path, export.dump(notebook, {**described, 'plugin': about.get('plugin')}, limit=None))
    return path


# Taking.

def compare(about, folder):
    """What a quick result says that the committed ledger does not: sentences."""
    committed = NOTEBOOKS / about['key'] / 'claims.json'
    if about['scale'] != 'quick' or about.get('only') or not about['complete'] or not committed.exists():
        return []
    found = claims.differences(committed, folder / 'claims.json', verdicts=about['seed'] != 1)
    return [f'(the first is the committed ledger, the second the result) {line}' for line in found]


def take(file, chosen):
    """Check, judge and show one result; whether it is green."""
    about, entries = read(file)
    key = about['key']
    if chosen.named and key not in chosen.papers:
        raise TakeError(f'{file} is a result of {key}, not of {", ".join(chosen.papers)}')
    check(file, about)
    folder = unpack(about, entries)
    ledger = judge(file, about, folder)
    path = show(about, folder)
    done = [cell for cell in about['cells'] if cell['done']]
    print(f'{key}, {about["scale"]} scale, seed {about["seed"]}: {len(done)} of {count(len(about["cells"]), "cell")} came to their end. {provenance(about)}')
    measured = [claim for claim in ledger['claims'] if claim['checks'] or not about.get('only')]
    print(claims.terminal({**ledger, 'claims': measured}, claims.width()))
    print(f'  {claims.tally(ledger)}; shown in {shown(path)}')
    for line in compare(about, folder):
        print(f'  {line}')
    if chosen.write:
        if about['scale'] == 'paper':
            at = {name: about[name] for name in ('commit', 'when', 'minutes', 'memory', 'driver', 'bundle')}
            print(f'  {kept.keep(key, folder, at)}; scripts/run {key} --write shows it')
        else:
            print('  --write keeps results of the paper\'s scale; this one is of the quick scale')
    if chosen.record:
        print('\n'.join(seeds.record(key, folder.parent, about.get('only') or [], about['commit'], folder.name)))
    red = [claim['id'] for claim in claims.red({**ledger, 'claims': measured})]
    if red:
        print(f'  red: {", ".join(red)}')
    return not red and len(done) == len(about['cells'])


def main(arguments):
    chosen = options(arguments)
    green = True
    for file in chosen.take:
        try:
            green &= take(file, chosen)
        except (TakeError, source.SourceError, claims.LedgerError, kept.KeptError, seeds.SeedsError, export.ExportError, OSError) as error:
            print(f'run: {error}', file=sys.stderr)
            green = False
    return 0 if green else 1
