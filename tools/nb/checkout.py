"""Where things lie in the checkout."""

import os
import platform
import subprocess
import sys
from pathlib import Path

from . import environment

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / 'tools'
BIN = ROOT / '.bin'
VENV = ROOT / '.venv'
PYTHON = VENV / 'bin' / 'python'
JUPYTER = ROOT / '.jupyter'
SETUP = ROOT / '.setup'
BUILD = ROOT / 'build'
NOTEBOOKS = ROOT / 'notebooks'

SCALES = ('quick', 'paper')
BACKENDS = ('cpu', 'cuda', 'go')


def papers():
    """The keys of the papers: the folders notebooks/<key>/ that hold <key>.go."""
    return sorted(path.parent.name for path in NOTEBOOKS.glob('*/*.go') if path.stem == path.parent.name)


def shown(path):
    """A path as messages name it: from the checkout, where it lies in it."""
    path = Path(path)
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def source(key):
    """The source of a paper's notebook."""
    return NOTEBOOKS / key / f'{key}.go'


def has_cpu_plugin():
    """Whether a CPU plugin is pinned for this system: Linux on x86-64 with glibc 2.27 or newer."""
    if sys.platform != 'linux' or platform.machine() not in ('x86_64', 'AMD64'):
        return False
    name, version = platform.libc_ver()
    numbers = [int(part) for part in version.split('.')[:2] if part.isdigit()]
    return name == 'glibc' and numbers >= [2, 27]


def go_environment(*target):
    """The environment in which go commands of the checkout run: the cleaned one, without a go.work of the user's. For
    another system, as in ('js', 'wasm'), nothing of C is built."""
    made = dict(environment.cleaned(os.environ, str(JUPYTER))[0], GOWORK='off')
    if target:
        made.update(zip(('GOOS', 'GOARCH'), target), CGO_ENABLED='0')
    return made


def commit(*files):
    """The commit, with "+changes" where files differ from it, or, of some only, those that git's patterns name; "" outside a clone."""
    def git(*arguments):
        return subprocess.run(['git', '-C', str(ROOT), *arguments], capture_output=True, text=True)

    try:
        head = git('rev-parse', '--short=12', 'HEAD')
        changed = git('status', '--porcelain', '--untracked-files=no', '--', *files).stdout.strip()
    except FileNotFoundError:
        return ''
    return head.stdout.strip() + ('+changes' if changed else '') if head.returncode == 0 else ''
