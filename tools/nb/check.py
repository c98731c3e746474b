"""Whether what is committed is what the sources say and what a fresh run finds."""

import json

from . import claims, source
from .checkout import BUILD, NOTEBOOKS, ROOT, papers
from .checkout import source as source_of


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


def flaws(cell):
    if cell.get('execution_count') is None:
        yield 'was not executed'
    for output in cell['outputs']:
        if output['output_type'] == 'error':
            yield 'shows an error'


def ledger(key):
    """Where the committed ledger of a paper differs in verdicts from the fresh one in build/."""
    again = f'scripts/run {key} --write makes it afresh'
    committed, fresh = NOTEBOOKS / key / 'claims.json', BUILD / key / 'claims.json'
    try:
        if claims.load(committed)['run']['scale'] != 'quick':
            return [f'the committed ledger is not of the quick scale: {again}']
        return [f'{difference} (first: committed, second: fresh): {again}' for difference in claims.differences(committed, fresh)]
    except claims.LedgerError as error:
        return [str(error)]
