"""scripts/lab: JupyterLab on copies of the notebooks, with the kernel of the checkout and live figures.

    build/lab/<paper>.ipynb  what a reader opens, runs and changes; the committed notebook stays as it is
    build/lab/.made.json     hashes of the copies as they were made: one that differs is the reader's own
"""

import argparse
import json
import os
import subprocess
import sys

from . import kernel, setup, source
from .checkout import BACKENDS, BUILD, JUPYTER, NOTEBOOKS, PYTHON, ROOT, SCALES, papers
from .checkout import source as source_of
from .files import digest, sha256, write_whole

COPIES = BUILD / 'lab'
# What a cell of declarations executes in a copy: it tells which cells show what was before a change.
TELLING = '//gonb:%exec paper.Settings\n\n'


def main(arguments):
    parser = argparse.ArgumentParser(
        prog='scripts/lab', description='Opens copies of the notebooks in JupyterLab, on this machine only: build/lab/<paper>.ipynb. '
        'Cells that run there write to build/<paper>/lab. A copy that you changed stays yours. What is not an option of this script goes to jupyter lab, as --no-browser or --port.')
    parser.add_argument('--scale', choices=SCALES, default='quick', help='what the cells run at (default: quick)')
    parser.add_argument('--backend', help=f'{", ".join(BACKENDS)}, or the path of a PJRT plugin (default: the best there is)')
    parser.add_argument('--save', metavar='PAPER', help='instead: take the cells as they are in the copy of the paper '
                        'back into its source')
    parser.add_argument('--fresh', action='store_true', help='make all copies anew; those that you changed become <paper>.1.ipynb, ...')
    options, rest = parser.parse_known_args(arguments)
    if options.save:
        return save(parser, options.save)
    setup.ensure(['lab'], strict=False)
    prepare(options.fresh)
    environment = {**os.environ, **kernel.environment(), 'MARGINALIA_SCALE': options.scale,
                   'MARGINALIA_LAB': '1'}  # its extension draws the figures
    environment.pop('PYTHONPATH', None)
    if options.backend:
        if options.backend not in BACKENDS and not os.path.isfile(options.backend):
            parser.error(f'unknown backend {options.backend!r}: known are {", ".join(BACKENDS)}, or the path of a PJRT plugin')
        known = options.backend in BACKENDS
        environment['MARGINALIA_BACKEND'] = options.backend if known else os.path.abspath(options.backend)
    os.chdir(ROOT)
    os.execve(PYTHON, [str(PYTHON), '-m', 'jupyterlab', f'--ServerApp.root_dir={COPIES}',
                       f'--MultiKernelManager.default_kernel_name={kernel.NAME}', '--LabApp.extension_manager=readonly',
                       *(['--allow-root'] if os.geteuid() == 0 else []), *rest], environment)


def prepare(fresh=False):
    """Copies of all notebooks, figures of all of them live, no question about news."""
    for key in papers():
        try:
            copy(key, fresh)
        except (source.SourceError, OSError, ValueError, KeyError) as error:
            print(f'lab: no copy of {key}: {error}', file=sys.stderr)
    # Whoever runs the cells of this checkout may run the scripts of its figures.
    made = [str(path) for path in sorted(COPIES.glob('*.ipynb'))]
    if made:
        subprocess.run([PYTHON, '-m', 'nbformat.sign', *made], env={**os.environ, **kernel.environment()}, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kernel.put(JUPYTER / 'config' / 'labconfig' / 'page_config.json',
               json.dumps({'disabledExtensions': {'@jupyterlab/apputils-extension:announcements': True}}) + '\n')


def copy(key, fresh=False):
    """Make the copy of a paper, unless the reader has changed hers."""
    path, made = COPIES / f'{key}.ipynb', record()
    text = json.dumps(notebook(key), indent=1, ensure_ascii=False) + '\n'
    if path.exists() and sha256(path) != made.get(key, {}).get('copy'):
        if not fresh:
            if made.get(key, {}).get('of') != digest(text):
                print(f'lab: {path.relative_to(ROOT)} is the copy that you changed; the notebook has changed since '
                      '(--fresh makes a new copy and keeps yours beside it)', file=sys.stderr)
            return
        number = next(n for n in range(1, 10**6) if not path.with_suffix(f'.{n}.ipynb').exists())
        path.rename(path.with_suffix(f'.{number}.ipynb'))
    write_whole(path, text)
    write_whole(COPIES / '.made.json', json.dumps({**made, key: {'of': digest(text), 'copy': sha256(path)}}, indent=1) + '\n')


def record():
    try:
        return json.loads((COPIES / '.made.json').read_text())
    except (FileNotFoundError, ValueError):
        return {}


def notebook(key):
    """The notebook of the source as it is, with the outputs that the committed one has of the same cells."""
    made = source.read(source_of(key))
    try:
        committed = json.loads((NOTEBOOKS / key / f'{key}.ipynb').read_text())
    except FileNotFoundError:
        return telling(made)
    executed = {(cell['cell_type'], source.without_claims(source.joined(cell['source']))): cell for cell in committed['cells']}
    made['cells'] = [{**executed.get((cell['cell_type'], cell['source']), cell), 'id': cell['id']} for cell in made['cells']]
    return telling({**made, 'metadata': committed['metadata']})


def telling(notebook):
    """The notebook, whose cells of declarations (settings above all) tell what to run again when they have changed."""
    cells = [{**cell, 'source': source.joined(cell['source'])} for cell in notebook['cells']]  # a file may have a list of lines
    cells = [{**cell, 'source': TELLING + cell['source']} if cell['cell_type'] == 'code' and '//gonb:%' not in cell['source'] else cell
             for cell in cells]
    return {**notebook, 'cells': cells}


def quiet(notebook):
    """The notebook as its source has it."""
    cells = [{**cell, 'source': source.joined(cell['source']).removeprefix(TELLING)} for cell in notebook['cells']]
    return {**notebook, 'cells': cells}


def save(parser, key):
    if key not in papers():
        parser.error(f'unknown paper {key!r}: known are {", ".join(papers())}')
    path, file = COPIES / f'{key}.ipynb', source_of(key)
    try:
        head, _ = source.split(file.read_text(), str(file))
        text = source.write(quiet(json.loads(path.read_text())), head)
    except (OSError, ValueError, KeyError, source.SourceError) as error:
        return f'lab: {path.relative_to(ROOT)} was not taken over: {error}'
    write_whole(file, text)
    print(f'lab: wrote {file.relative_to(ROOT)}; run gofmt and scripts/run {key} next')
    return 0
