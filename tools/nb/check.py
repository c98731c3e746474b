"""Whether what is committed is what the sources say and what a fresh run finds."""

import json
import re

from . import claims, compare, kept, source
from .checkout import BUILD, NOTEBOOKS, ROOT, papers
from .checkout import source as source_of
from .files import digest

SHOWN = 12  # differences of a paper
MACHINE = re.compile(r'(?<![\w./])/(?:root|home|tmp|Users|work|build)/[\w.-]+')  # a path that another machine does not have


def notebook(key):
    """What is wrong with the committed notebook of a paper: a list of sentences."""
    path = NOTEBOOKS / key / f'{key}.ipynb'
    again = f'scripts/run {key} --write makes it afresh'
    try:
        committed = json.loads(path.read_text())
        differences = source.same(committed, source.read(source_of(key)))
    except FileNotFoundError:
        return [f'{path.relative_to(ROOT)} is not there: {again}']
    except (ValueError, KeyError, TypeError) as error:
        return [f'{path.relative_to(ROOT)} is no notebook ({error!r}): {again}']
    except source.SourceError as error:
        return [str(error)]
    if differences:
        return [f'the committed notebook is not what its source says, {differences[0]}: {again}']
    return [f'cell {cell["id"]} of the committed notebook {what}: {again}'
            for cell in committed['cells'] if cell['cell_type'] == 'code' for what in flaws(cell)]


def made_of(key, home=None):
    """The hash of what a notebook is made of: the code that its cells are compiled from, and its ledger in a folder."""
    return digest(kept.code(key, but=()), (home or NOTEBOOKS) / key / 'claims.json')


def changed(key):
    """Whether the code or the ledger of a paper is another than when its committed notebook was made."""
    try:
        about = json.loads((NOTEBOOKS / key / f'{key}.ipynb').read_text())['metadata']['marginalia']
        return about.get('of') != made_of(key)
    except (OSError, ValueError, KeyError, AttributeError, source.SourceError):
        return True


def flaws(cell):
    if cell.get('execution_count') is None:
        yield 'was not executed'
    for output in cell['outputs']:
        if output['output_type'] == 'error':
            yield 'shows an error'
        if output['output_type'] == 'stream' and (path := MACHINE.search(compare.joined(output['text']))):
            yield f'prints {path[0]}, a path of one machine'


def ledger(key, outputs=True):
    """Where what is committed of a paper, ledger and outputs, differs from the fresh run in build/. A program has no outputs."""
    again = f'scripts/run {key} --write makes it afresh'
    committed, fresh = NOTEBOOKS / key, BUILD / key
    try:
        one, other = (claims.load(folder / 'claims.json') for folder in (committed, fresh))
        if one['run']['scale'] != 'quick':
            return [f'the committed ledger is not of the quick scale: {again}']
        # Another backend has other sums: what it measures and shows differs, verdicts do not.
        alike = one['run']['backend'] == other['run']['backend']
        found = [f'{difference} (first: committed, second: fresh)' for difference in
                 claims.differences(committed / 'claims.json', fresh / 'claims.json', verdicts=not alike)]
        tolerance = compare.Tolerance(one, other)
        if alike:
            found += notes(one, other, tolerance)
        if alike and outputs:
            notebooks = (json.loads((folder / f'{key}.ipynb').read_text()) for folder in (committed, fresh))
            found += compare.notebooks(*notebooks, tolerance)
    except (claims.LedgerError, OSError, ValueError, KeyError, TypeError) as error:
        return [str(error) if isinstance(error, claims.LedgerError) else f'the notebooks cannot be compared ({error!r}): {again}']
    more = [f'and {len(found) - SHOWN} more'] if len(found) > SHOWN else []
    return [f'{what}: {again}' for what in found[:SHOWN]] + more


def notes(committed, fresh, tolerance):
    """Where the sentences beside the claims of two ledgers differ, which have numbers of their runs. Those of another
    device may be an unsteady cell's: their words are compared."""
    now = {claim['id']: claim.get('note', '') for claim in fresh['claims']}
    for claim in committed['claims']:
        said = claim.get('note', ''), now.get(claim['id'], '')
        if tolerance.elsewhere:
            said = [compare.numbers(text)[0] for text in said]
        yield from (f'the note of {claim["id"]} {what}' for what in compare.texts(*said, tolerance))
