"""scripts/bench notebook: where the time of a notebook goes, from start to end."""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from . import kernel, source
from .checkout import BIN, ROOT, papers
from .checkout import source as source_of
from .execute import Session

# Stands in the place of a program that GoNB or go starts, and notes how long it took.
SHIM = """#!/usr/bin/env bash
LC_ALL=C
begin=$EPOCHREALTIME
{command} "$@"
code=$?
end=$EPOCHREALTIME
printf '%se-6\\t%s\\n' $((${{end/./}} - ${{begin/./}})) "{name}" >>"$MARGINALIA_TIMES"
exit $code
"""

# The stages in the order of a cell, with what each is part of.
STAGES = (
    ('goimports', 'goimports: resolve the imports of the cell'),
    ('go build', 'go build: all of it'),
    ('compile', '   of which the compiler'),
    ('link', '   of which the linker'),
    ('go', 'other go commands'),
    ('load plugin', 'cells: load the XLA plugin'),
    ('compile graphs', 'cells: XLA compiles graphs'),
    ('run graphs', 'cells: XLA runs graphs'),
    ('draw figures', 'cells: draw figures'),
)
WITHIN = ('compile', 'link')  # counted in go build


def main(arguments):
    parser = argparse.ArgumentParser(prog='scripts/bench notebook', description='Executes notebooks at quick scale on the CPU and '
                                     'says where their time went. Writes nothing.')
    parser.add_argument('papers', nargs='*', metavar='PAPER', help=f'keys of papers (default: all): {", ".join(papers())}')
    chosen = parser.parse_args(arguments).papers or papers()
    for key in chosen:
        if key not in papers():
            parser.error(f'unknown paper {key!r}: known are {", ".join(papers())}')
    return max(profile(key) for key in chosen)


def profile(key):
    """Execute a paper, print its table."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        times = folder / 'times'
        times.touch()
        environment = {'MARGINALIA_ROOT': str(ROOT), 'MARGINALIA_RUN': str(folder / 'run'), 'MARGINALIA_SCALE': 'quick',
                       'MARGINALIA_BACKEND': 'cpu', 'MARGINALIA_SEED': '1', 'MARGINALIA_TIMES': str(times)}
        (folder / 'run').mkdir()
        session = Session(source.read(source_of(key)), source_of(key).parent, folder, environment, 900,
                          kernels=watched(folder))
        begun = time.monotonic()
        asyncio.run(session.run())
        whole = time.monotonic() - begun
        for failure in session.failures:
            print(f'{key}: {failure}', file=sys.stderr)
        print(table(key, whole, session.seconds, read(times)))
    return 1 if session.failures else 0


def watched(folder):
    """A folder of kernels: ours, with programs on its PATH that note their time."""
    shims = folder / 'shims'
    shims.mkdir()
    specification = kernel.specification()
    go = shutil.which('go', path=specification['env']['PATH'].replace('${PATH}', os.environ.get('PATH', '')))
    shim(shims / 'go', go, 'go $1')
    shim(shims / 'goimports', BIN / 'goimports', 'goimports')
    shim(shims / 'tool', '', '$(basename "$1")')
    specification['env']['PATH'] = f'{shims}{os.pathsep}{specification["env"]["PATH"]}'
    specification['env']['GOFLAGS'] += f' -toolexec={shims / "tool"}'
    home = folder / 'kernels' / kernel.NAME
    home.mkdir(parents=True)
    (home / 'kernel.json').write_text(json.dumps(specification))
    return home.parent


def shim(path, program, name):
    path.write_text(SHIM.format(command=f'"{program}"' if program else '', name=name))
    path.chmod(0o755)


def read(times):
    """The seconds of each stage, and how often it was."""
    seconds, often = defaultdict(float), defaultdict(int)
    for line in times.read_text().splitlines():
        took, _, name = line.partition('\t')
        if name.startswith('go ') and name != 'go build':
            name = 'go'
        seconds[name] += float(took)
        often[name] += 1
    return seconds, often


def table(key, whole, cells, stages):
    """Lines of the stages, in seconds; stages of workers side by side add up."""
    seconds, often = stages
    inside = sum(cells.values())
    lines = [f'{key}: {len(cells)} cells in {whole:.1f} s', f'  {whole - inside:6.1f} s        start and end of the kernel']
    for name, words in STAGES:
        if often[name]:
            lines.append(f'  {seconds[name]:6.1f} s {often[name]:5d}  {words}')
    known = sum(seconds[name] for name, _ in STAGES if name not in WITHIN)
    lines.append(f'  {inside - known:6.1f} s        the rest: Go code of the cells, start of {len(cells)} processes, the kernel')
    return '\n'.join(lines)
