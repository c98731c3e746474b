"""scripts/run: its arguments. What follows them is in batch.py, under the checkout's own Python."""

import argparse
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from . import plugin, setup
from .checkout import BACKENDS, PYTHON, SCALES, has_cpu_plugin, papers, source

CELL_SECONDS = {'quick': 900, 'paper': 6 * 3600}


@dataclass
class Options:
    papers: list
    scale: str = 'quick'
    backend: str = 'cpu'
    seed: int = 1
    jobs: int = 1
    keep_going: bool = False
    write: bool = False
    cell_seconds: int = CELL_SECONDS['quick']
    program: bool = False
    seeds: str = '1'
    only: str = ''
    figures: str = ''
    record: bool = False
    take: list = field(default_factory=list)
    named: bool = False  # whether the papers were named


def parser():
    made = argparse.ArgumentParser(
        prog='scripts/run', description='Executes notebooks and checks every claim in them. Results go to build/<paper>/. '
        'Leaves with 0 if every claim holds, 1 if one fails, is vacuous or was not checked, 130 on Ctrl-C.')
    made.add_argument('papers', nargs='*', metavar='PAPER', help='keys of papers (default: all): ' + ', '.join(papers()))
    made.add_argument('--scale', default='quick', help='quick, for two CPU cores (default), or paper, the size of the paper')
    made.add_argument('--backend', help='cpu (default), cuda, go, or the path of a PJRT plugin')
    made.add_argument('--seed', default='1', help='the master seed (default: 1)')
    made.add_argument('--jobs', default='1', metavar='N', help='papers at a time (default: 1); with --program: seeds at a time')
    made.add_argument('--keep-going', action='store_true', help='go on after a cell or a paper that failed')
    made.add_argument('--write', action='store_true', help='make what was executed the committed one, if it is green; '
                      'at the scale of the paper: its kept results')
    made.add_argument('--cell-seconds', metavar='S', help='time limit of a cell (default: '
                      + ', '.join(f'{limit} at scale {scale}' for scale, limit in CELL_SECONDS.items()) + ')')
    program = made.add_argument_group('without a kernel')
    program.add_argument('--program', action='store_true', help='build the paper as one program and run its cells in one process, '
                         'once for each seed; says which claims depend on the seed')
    program.add_argument('--seeds', metavar='N|LIST', help='20 for the seeds 1 to 20, or a list as in 3,5,9 or 2-20 (default: the one of --seed)')
    program.add_argument('--only', metavar='CELLS', help='only these cells, by name or by a claim that they measure, as in C4,D1')
    program.add_argument('--record', action='store_true', help='keep in notebooks/<paper>/seeds.json which claims were seen at these seeds: '
                         'scripts/test draws its second seed from them')
    program.add_argument('--figures', metavar='DIR', help="write each figure's SVG to DIR/seed-<n>/")
    made.add_argument('--take', nargs='+', metavar='FILE', help='execute nothing: check results of bundles (scripts/pack), judge them again and show '
                      'them in build/<paper>/taken; with --write keep what they measured at the scale of the paper, with --record their seeds')
    return made


def options(arguments):
    """The options that the arguments say; leaves with a message where they are wrong."""
    known = parser()
    given = known.parse_args(arguments)
    there = papers()
    for key in given.papers:
        if key not in there:
            known.error(f'unknown paper {key!r}: known are {", ".join(there) or "none yet"}')
    if given.scale not in SCALES:
        known.error(f'unknown scale {given.scale!r}: known are {", ".join(SCALES)}')
    if not there:
        known.error('there is no paper yet: none of the folders notebooks/<key>/ holds <key>.go')
    seed = whole(known, 'seed', given.seed, 0, 2**64 - 1)
    if given.write and given.scale == 'quick' and seed != 1:
        known.error('--write is for seed 1: the committed notebooks are of that seed')
    if given.take and (given.program or given.seeds or given.only or given.figures):
        known.error('--take executes nothing: --program, --seeds, --only and --figures are not for it')
    for file in given.take or []:
        if not Path(file).is_file():
            known.error(f'--take {file}: there is no such file')
    if not given.program and not given.take and (given.seeds or given.only or given.figures or given.record):
        known.error('--seeds, --only, --figures and --record are for --program')
    if given.record and given.scale != 'quick':
        known.error('--record is for the quick scale: results of the paper\'s scale are kept by --write')
    if given.program and given.write and given.scale != 'paper':
        known.error('--write is for the kernel, but for results of the paper\'s scale: what is committed was executed there')
    if given.program and given.write and given.seeds:
        known.error('--write keeps the results of one seed, the one of --seed')
    seconds = given.cell_seconds or str(CELL_SECONDS[given.scale])
    return Options(papers=list(dict.fromkeys(given.papers)) or there, scale=given.scale, seed=seed,
                   backend=backend(known, given.backend), jobs=whole(known, 'jobs', given.jobs, 1, 64),
                   keep_going=given.keep_going, write=given.write,
                   program=given.program, seeds=given.seeds or f'{seed},', only=given.only or '', figures=given.figures or '', record=given.record,
                   take=given.take or [], named=bool(given.papers),
                   cell_seconds=whole(known, 'cell-seconds', seconds, 1, 10**7))


def whole(known, name, text, low, high):
    if not text.isdecimal() or not low <= int(text) <= high:
        known.error(f'--{name} {text!r}: a whole number from {low} to {high} is expected')
    return int(text)


def backend(known, text):
    if text is None:
        if os.environ.get('MARGINALIA_PLUGIN') or has_cpu_plugin():
            return 'cpu'
        print(f'run: {plugin.absence()}', file=sys.stderr)
        return 'go'
    if text in BACKENDS:
        return text
    if Path(text).is_file():
        return str(Path(text).resolve())
    known.error(f'unknown backend {text!r}: known are {", ".join(BACKENDS)}, or the path of a PJRT plugin')


# In a source: the minutes that its notebook is expected to take at both scales.
EXPECT = re.compile(r'\bExpect\{[^}]*?\bPaper:\s*([\d.]+)')


def expected(path):
    """The minutes that the source of a notebook says for the scale of the paper on one GPU, or None."""
    found = EXPECT.search(Path(path).read_text(encoding='utf-8', errors='replace'))
    return float(found[1]) if found else None


def forecast(chosen, gpu):
    """For each paper at its own scale: how long it will take, and on what."""
    if chosen.scale != 'paper':
        return
    here = 'this run is on that' if chosen.backend == 'cuda' and gpu else \
        f'this run is on {"the CPU" if chosen.backend in ("cpu", "go") else chosen.backend} and will take longer' \
        + ('' if gpu else ': no GPU found') + (' (--backend cuda takes the GPU)' if gpu and chosen.backend in ('cpu', 'go') else '')
    for key in chosen.papers:
        minutes = expected(source(key))
        yield f'{key} at the scale of the paper: ' + (f'{minutes:g} minutes expected on one GPU; ' if minutes else 'its source expects no time; ') + here


def obstacle(backend):
    """Why no cell could open the backend, or None."""
    if backend != 'cuda' or os.environ.get('MARGINALIA_PLUGIN'):
        return None
    if not plugin.has_gpu():
        return '--backend cuda: no NVIDIA GPU found on this machine; --backend cpu runs everywhere'
    if plugin.path('cuda') is None:
        return '--backend cuda: its plugin is not in .venv; scripts/setup --cuda installs it (about 4 GB)'
    return None


def unusable(backend):
    """Why a plugin of the user's does not open, or None."""
    path = os.environ.get('MARGINALIA_PLUGIN') if backend in ('cpu', 'cuda') else backend if backend != 'go' else None
    if not path:
        return None
    try:
        setup.Setup().probe(path)
    except setup.SetupError as error:
        return str(error)
    return None


def main(arguments):
    chosen = options(arguments)
    setup.ensure(strict=False, packages=False)  # go vet builds what the papers need
    if problem := obstacle(chosen.backend) or unusable(chosen.backend):
        return f'run: {problem}'
    for line in forecast(chosen, plugin.has_gpu()):
        print(f'run: {line}', file=sys.stderr)
    if chosen.take:
        become('take', arguments)
    become('program' if chosen.program else 'batch', arguments)


def become(command, arguments):
    """Go on as another command, under the Python of the environment."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(PYTHON, [str(PYTHON), '-m', 'nb', command, *arguments])
