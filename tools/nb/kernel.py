"""The Jupyter kernel of the checkout: .jupyter/kernels/gonb/, and the same in .venv for VS Code."""

import json
import os
import shutil
from pathlib import Path

from . import environment as users
from .checkout import BIN, JUPYTER, ROOT, SETUP, VENV
from .files import write_whole

NAME = 'gonb'

# How cells are built. Without symbols the linker takes a third less time, and where Go's own
# linker can do without the C compiler's (setup tries that) another quarter less.
EXTERNAL = '-buildvcs=false "-ldflags=-s -w"'
INTERNAL = '-buildvcs=false "-ldflags=-s -w -linkmode=internal"'
LINKER = SETUP / 'linker'


def goflags():
    """The flags that setup found to work."""
    try:
        return LINKER.read_text()
    except FileNotFoundError:
        return EXTERNAL


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
            **users.SET, **users.machine(), 'XLA_FLAGS': '',  # wherever the kernel is started
            'PATH': os.pathsep.join(search),
            'GOFLAGS': goflags(),
            'GOWORK': '',
            'MARGINALIA_ROOT': str(ROOT),
        },
    }


# A prebuilt extension of JupyterLab in three files: its entry loads ECharts and the
# script that draws figures from the extension's own folder, so that figures are live
# without a network and without a copy of ECharts in every notebook.
EXTENSION = 'marginalia-figures'
SCRIPTS = ('echarts.min.js', 'mathtext.js', 'livefig.js')
ENTRY = """(function () {
  var here = document.currentScript.src.replace(/[^\\/]*$/, '');
  %s.forEach(function (file) {
    var script = document.createElement('script');
    script.src = here + file;
    script.async = false; // in this order
    document.head.appendChild(script);
  });
  var plugin = { id: '%s:plugin', autoStart: true, activate: function () {} };
  (window._JUPYTERLAB = window._JUPYTERLAB || {})['%s'] = {
    init: function () {},
    get: function () {
      return Promise.resolve(function () { return { __esModule: true, default: plugin }; });
    },
  };
})();
"""


def install():
    """Write what differs from what is there."""
    # VS Code looks for kernels in the Python environments of the folder that it opened.
    for share in (JUPYTER, VENV / 'share' / 'jupyter'):
        put(share / 'kernels' / NAME / 'kernel.json', json.dumps(specification(), indent=1) + '\n')
    folder = JUPYTER / 'labextensions' / EXTENSION
    put(folder / 'package.json', json.dumps({
        'name': EXTENSION, 'version': '1.0.0', 'description': 'Draws the figures of marginalia',
        'jupyterlab': {'extension': './ext', '_build': {'load': 'static/remoteEntry.js', 'extension': './ext'}},
    }, indent=1) + '\n')
    put(folder / 'static' / 'remoteEntry.js', ENTRY % (json.dumps(SCRIPTS), EXTENSION, EXTENSION))
    for name in SCRIPTS:
        put(folder / 'static' / name, (ROOT / 'pkg' / 'figure' / name).read_text())


def put(path, text):
    if not path.exists() or path.read_text() != text:
        write_whole(path, text)


def environment():
    """Variables that keep Jupyter's files inside the checkout."""
    return {'JUPYTER_DATA_DIR': str(JUPYTER), 'JUPYTER_CONFIG_DIR': str(JUPYTER / 'config'),
            'JUPYTER_RUNTIME_DIR': str(JUPYTER / 'runtime'), 'JUPYTER_PLATFORM_DIRS': '1'}
