"""The pinned XLA plugins: where they lie and whether they are what they should be."""

import glob
import os
import platform
from pathlib import Path

from .checkout import TOOLS, VENV
from .files import sha256

PINS = {'cpu': 'plugin-cpu.txt', 'cuda': 'cuda.txt'}
HASHES = TOOLS / 'plugins.sha256'


def path(kind):
    """The file of the plugin in the environment, or None where it should be but is not."""
    for file in (VENV / 'lib').glob(f'python3*/site-packages/{pinned(kind)[1]}'):
        return file
    return None


def pinned(kind):
    """(hash, file below site-packages) of the line of plugins.sha256 for the kind."""
    for line in HASHES.read_text().splitlines():
        value, _, file = line.partition('  ')
        if ('cuda' in file) == (kind == 'cuda'):
            return value, file
    raise LookupError(f'{HASHES} has no line for {kind}')


def state(kind):
    """What tells cheaply that the file is still the one that was checked; '' if there is none."""
    file = path(kind)
    if file is None:
        return ''
    found = file.stat()
    return f'{pinned(kind)[0]} {found.st_size} {found.st_mtime_ns} {found.st_ino}'


def problem(kind):
    """Why the plugin is not the pinned file, or None."""
    file = path(kind)
    wanted, name = pinned(kind)
    if file is None:
        return f'the XLA plugin for {kind} ({name}) is not in .venv'
    found = sha256(file)
    if found != wanted:
        return f'the XLA plugin {file} has sha256 {found}, expected {wanted}: it was changed or cut short'
    return None


def absence():
    """One line for a system without a pinned CPU plugin."""
    return (f'no XLA plugin is pinned for {platform.system()} on {platform.machine()}: notebooks and tests run on the '
            'pure-Go backend, or on the plugin that MARGINALIA_PLUGIN names')


def has_gpu():
    return bool(glob.glob('/dev/nvidia[0-9]*')) or os.path.exists('/proc/driver/nvidia/version')
