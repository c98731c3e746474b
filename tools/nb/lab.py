"""scripts/lab: JupyterLab on the notebooks, with the kernel of the checkout and live figures."""

import argparse
import json
import os
import subprocess
import sys

from . import kernel, setup, source
from .checkout import BACKENDS, JUPYTER, NOTEBOOKS, PYTHON, ROOT, SCALES, papers
from .checkout import source as source_of
from .files import write_whole


def main(arguments):
    parser = argparse.ArgumentParser(
        prog='scripts/lab', description='Opens the notebooks in JupyterLab, on this machine only. Cells that run there '
        'write to build/<paper>/lab. What is not an option of this script goes to jupyter lab, as --no-browser or --port.')
    parser.add_argument('--scale', choices=SCALES, default='quick', help='what the cells run at (default: quick)')
    parser.add_argument('--backend', help=f'{", ".join(BACKENDS)}, or the path of a PJRT plugin (default: the best there is)')
    parser.add_argument('--save', metavar='PAPER', help='instead: take the cells as they are in the notebook of the paper '
                        'back into its source')
    options, rest = parser.parse_known_args(arguments)
    if options.save:
        return save(parser, options.save)
    setup.ensure(['lab'], strict=False)
    prepare()
    environment = {**os.environ, **kernel.environment(), 'MARGINALIA_SCALE': options.scale,
                   'MARGINALIA_LAB': '1'}  # its extension draws the figures
    environment.pop('PYTHONPATH', None)
    if options.backend:
        if options.backend not in BACKENDS and not os.path.isfile(options.backend):
            parser.error(f'unknown backend {options.backend!r}: known are {", ".join(BACKENDS)}, or the path of a PJRT plugin')
        known = options.backend in BACKENDS
        environment['MARGINALIA_BACKEND'] = options.backend if known else os.path.abspath(options.backend)
    os.chdir(ROOT)
    os.execve(PYTHON, [str(PYTHON), '-m', 'jupyterlab', f'--ServerApp.root_dir={ROOT}',
                       f'--MultiKernelManager.default_kernel_name={kernel.NAME}', '--LabApp.default_url=/lab/tree/notebooks', '--LabApp.extension_manager=readonly',
                       *(['--allow-root'] if os.geteuid() == 0 else []), *rest], environment)


def prepare():
    """Notebooks for sources that have none yet, figures of all of them live, no question about news."""
    for key in papers():
        path = NOTEBOOKS / key / f'{key}.ipynb'
        if not path.exists():
            write_whole(path, json.dumps(source.read(source_of(key)), indent=1, ensure_ascii=False) + '\n')
            print(f'lab: made {path.relative_to(ROOT)} from its source, not executed', file=sys.stderr)
    # Whoever runs the cells of this checkout may run the scripts of its figures.
    made = [str(NOTEBOOKS / key / f'{key}.ipynb') for key in papers()]
    if made:
        subprocess.run([PYTHON, '-m', 'nbformat.sign', *made], env={**os.environ, **kernel.environment()}, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kernel.put(JUPYTER / 'config' / 'labconfig' / 'page_config.json',
               json.dumps({'disabledExtensions': {'@jupyterlab/apputils-extension:announcements': True}}) + '\n')


def save(parser, key):
    if key not in papers():
        parser.error(f'unknown paper {key!r}: known are {", ".join(papers())}')
    path, file = NOTEBOOKS / key / f'{key}.ipynb', source_of(key)
    try:
        head, _ = source.split(file.read_text(), str(file))
        text = source.write(json.loads(path.read_text()), head)
    except (OSError, ValueError, KeyError, source.SourceError) as error:
        return f'lab: {path.relative_to(ROOT)} was not taken over: {error}'
    write_whole(file, text)
    print(f'lab: wrote {file.relative_to(ROOT)}; run gofmt and scripts/run {key} next')
    return 0
