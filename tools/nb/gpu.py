"""scripts/gpu: what is prepared for a quarter of an hour of a GPU, on a node that may have neither Go nor a network.

    build/gpu/marginalia    the bundle (pack.py) of the papers that have claims of the paper's scale, without a plugin
    build/gpu/plan          a line a paper: its key, those claims, the most minutes that they get
    build/gpu/gpu.sh        one command (workflow/gpu.sh): checks the device, times it against JAX, measures the plan
"""

import argparse
import json
import os
import shutil
import sys

from . import pack, setup
from .checkout import BUILD, NOTEBOOKS, ROOT, papers, shown
from .files import write_whole

HOME = BUILD / 'gpu'
# The most minutes of a paper's claims in the first round, in the order of the plan: what is known to be short first. Estimates
# from the numbers of steps and kernels (ntp-implicit-bias half a minute, ntp-geometry one, self-attention four); no GPU was seen.
MINUTES = {'ntp-implicit-bias': 1, 'ntp-geometry': 2, 'self-attention': 4, 'ntp-capacity': 4, 'darex': 2, 'fair-embedding': 2, 'sgpt': 2}


def measured(key):
    """The claims of a paper's scale."""
    statements = json.loads((NOTEBOOKS / key / 'paper.json').read_text(encoding='utf-8'))['statements']
    return [one['id'] for one in statements if one.get('scale') == 'paper']


def plan(keys):
    """The lines of the plan."""
    order = [*(key for key in MINUTES if key in keys), *(key for key in keys if key not in MINUTES)]
    return ''.join(f'{key} {",".join(measured(key))} {MINUTES.get(key, 2)}\n' for key in order if measured(key))


def options(arguments):
    known = argparse.ArgumentParser(
        prog='scripts/gpu', description='Prepares build/gpu for a quarter of an hour of a GPU. Take the folder there, run sh gpu.sh (MINUTES=9 by default; '
        'the same command goes on), bring results/ back, then scripts/run --take results/*.tar.gz --write.')
    having = [key for key in papers() if measured(key)]
    known.add_argument('papers', nargs='*', metavar='PAPER', help='keys of papers (default: all that have claims of the scale of the paper): ' + ', '.join(having))
    known.add_argument('--data', default='read', metavar='SETS', help='as of scripts/pack')
    known.add_argument('--plugin', default='none', choices=('none', 'cpu'), help='cpu packs the CPU plugin, for a trial without a GPU: BACKEND=cpu sh gpu.sh')
    given = known.parse_args(arguments)
    for key in given.papers:
        if key not in having:
            known.error(f'{key!r} has no claims of the scale of the paper: {", ".join(having)} have')
    given.papers = list(dict.fromkeys(given.papers)) or having
    return given


def main(arguments):
    chosen = options(arguments)
    setup.ensure(strict=False, packages=False)
    HOME.mkdir(parents=True, exist_ok=True)
    try:
        missing = pack.pack(chosen.papers, HOME / 'marginalia', chosen.plugin == 'cpu', chosen.data)
    except (pack.PackError, OSError) as error:
        print(f'gpu: {error}', file=sys.stderr)
        return 1
    write_whole(HOME / 'plan', plan(chosen.papers))
    shutil.copy(ROOT / 'workflow' / 'gpu.sh', HOME / 'gpu.sh')
    if missing:
        print(f'gpu: not on this machine, and left out: {", ".join(missing)} (a run of the papers fetches them)', file=sys.stderr)
    size = sum(os.path.getsize(HOME / name) for name in ('marginalia', 'plan', 'gpu.sh'))
    print(f'wrote {shown(HOME)}, {size / 1e6:.1f} MB. There: sh gpu.sh; here, with its results/: scripts/run --take results/*.tar.gz --write\n'
          + (HOME / 'plan').read_text(), end='')
    return 0
