"""The Jupyter kernel of the checkout: .jupyter/kernels/gonb/."""

import json
import os
import shutil
from pathlib import Path

from .checkout import BIN, JUPYTER, ROOT
from .files import write_whole

NAME = 'gonb'
GOFLAGS = '-buildvcs=false "-ldflags=-s -w"'  # a third less time in the linker


def specification():
    """kernel.json: GoNB of the checkout, with go and goimports on its PATH.

    Jupyter puts its own environment below these variables, so what a run chooses
    (backend, scale, seed) is not among them.
    """
    go = Path(shutil.which('go') or '/usr/local/go/bin/go').resolve().parent
    search = [str(BIN), str(go), '${PATH}', '/usr/local/bin', '/usr/bin', '/bin']
    return {
        'argv': [str(BIN / 'gonb'), '--kernel', '{connection_file}'],
        'display_name': 'Go (marginalia)',
        'language': 'go',
        'interrupt_mode': 'message',
        'env': {
            'PATH': os.pathsep.join(search),
            'GOFLAGS': GOFLAGS,
            'GOWORK': '',
            'GOMLX_NO_AUTO_INSTALL': '1',
            'MARGINALIA_ROOT': str(ROOT),
        },
    }


def install():
    """Write what differs from what is there."""
    put(JUPYTER / 'kernels' / NAME / 'kernel.json', json.dumps(specification(), indent=1) + '\n')


def put(path, text):
    if not path.exists() or path.read_text() != text:
        write_whole(path, text)


def environment():
    """Variables that keep Jupyter's files inside the checkout."""
    return {'JUPYTER_DATA_DIR': str(JUPYTER), 'JUPYTER_CONFIG_DIR': str(JUPYTER / 'config'),
            'JUPYTER_RUNTIME_DIR': str(JUPYTER / 'runtime'), 'JUPYTER_PLATFORM_DIRS': '1'}
