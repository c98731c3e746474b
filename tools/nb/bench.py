"""scripts/bench: measures marginalia against what a user would take instead, in the same run."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import measured, setup
from .checkout import ROOT, SETUP, TOOLS, go_environment
from .files import digest, locked, write_whole

COMPARISONS = {
    'loop': 'gradient descent on softmax regression, in float64: xla.Loop against lax.fori_loop of JAX, steps a second',
    'qp': 'max-margin programs: pkg/maxmargin against cvxpy with Clarabel and OSQP, and scikit-learn where supports are labels',
    'nuclear': 'nuclear-norm max-margin programs: pkg/maxmargin against cvxpy with SCS and Clarabel',
    'attention': 'normalized descent on one attention layer, in float64: the step of pkg/attention against lax.fori_loop of '
                 'JAX; and 32 seeds on all cores',
    'mlp': 'a fully connected network, in float32: xla.Loop against lax.fori_loop of JAX',
    'encoder': 'MiniLM with its published weights, in float32: vectors of sentences and a step of fine-tuning against JAX',
    'embedding': 'content-conditional debiasing of an encoder of the Brown corpus, in float32: a step on 32 triples against JAX',
    'capacity': 'the transformer of the capacity experiment, in float32: one width, and a grid of widths on all cores '
                'against vmap of JAX',
    'contrastive': 'the supervised contrastive loss on 300 free embeddings and its reduced program with 100 classes: '
                   'pkg/contrastive against cvxpy with SCS',
    'generalization': 'the networks of leave-one-out and of many samples, in float64: pkg/generalization against vmap of JAX',
    'imbalance': 'the hard-margin SVM with an intercept: pkg/imbalance against SVC and LinearSVC of scikit-learn; and the '
                 'bilevel search against JAX',
    'federated': 'a round of SGPT, four clients: the simulation of pkg/federated against JAX',
    'growth': 'how our time grows with the size of ' + ', '.join(measured.GROWING),
    'notebook': 'where the time of a notebook goes, from start to end; keys of papers may follow',
    'all': 'one after the other, but for notebook (the default)',
}
VENV = ROOT / '.venv-peers'
PEER_PYTHONS = ('python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11')


class BenchError(Exception):
    """Why nothing was measured."""


def parser():
    made = argparse.ArgumentParser(
        prog='scripts/bench', formatter_class=argparse.RawDescriptionHelpFormatter,
        description='Measures marginalia against what a user would take instead, in turns, so that both see the same machine.\n\n'
        + '\n'.join(f'  {name:<15}{words}' for name, words in COMPARISONS.items()),
        epilog='Arguments after -- go to the comparison (-help lists them). The first call makes .venv-peers, an environment\n'
        'of its own, from tools/peers.txt (850 MB; Python 3.11 or newer).')
    made.add_argument('what', nargs='?', default='all', metavar='COMPARISON', choices=COMPARISONS, help=', '.join(COMPARISONS))
    made.add_argument('--write', action='store_true', help='the rows go into bench/results.jsonl, with commit and program, and '
                      'from there into the tables of README.md and environment.md')
    made.add_argument('--peers', action='store_true', help='make the environment of the other side and measure nothing')
    return made


def options(arguments):
    """(parsed, what is for the comparison)."""
    known = parser()
    if arguments[:1] == ['notebook']:
        return known.parse_args(arguments[:1]), arguments[1:]
    at = arguments.index('--') if '--' in arguments else len(arguments)
    given, rest = known.parse_args(arguments[:at]), arguments[at + 1:]
    if rest and given.what in ('all', 'growth'):
        known.error(f'arguments belong to one comparison: scripts/bench loop -- {" ".join(rest)}')
    if given.write and '-growth' in rest:
        known.error('growth is written by scripts/bench growth --write')
    return given, rest


def peer_python():
    """A Python that JAX runs on."""
    for name in PEER_PYTHONS:
        if shutil.which(name) and subprocess.run([name, '-c', 'import sys; sys.exit(sys.version_info < (3, 11))'],
                                                 capture_output=True).returncode == 0:
            return name
    raise BenchError('the peers need Python 3.11 or newer with its venv module; found '
                     + (', '.join(name for name in PEER_PYTHONS if shutil.which(name)) or 'none'))


def peers():
    """Make .venv-peers, unless it was made from this tools/peers.txt. Its stamp comes last."""
    with locked(SETUP / 'peers.lock', wait=lambda holder: print(f'bench: waiting for process {holder}', file=sys.stderr)):
        stamp, wanted = VENV / 'stamp', digest(str(ROOT), TOOLS / 'peers.txt')
        if stamp.exists() and stamp.read_text() == wanted:
            return
        python = peer_python()
        print('bench: installing tools/peers.txt into .venv-peers (minutes, the first time)', file=sys.stderr)
        shutil.rmtree(VENV, ignore_errors=True)
        run(python, '-m', 'venv', VENV)
        run(VENV / 'bin' / 'python', '-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '--no-input',
            '--require-hashes', '--only-binary', ':all:', '-r', TOOLS / 'peers.txt')
        write_whole(stamp, wanted)


def run(*words, environment=None):
    answer = subprocess.run(list(map(str, words)), cwd=ROOT, env=environment)
    if answer.returncode:
        raise BenchError(f'{" ".join(map(str, words))} left with {answer.returncode}')


def compare(name, rest, write):
    """Measure a comparison; with write, its rows take the place of what results.jsonl has of it."""
    commit = measured.commit() if write else None
    print(f'== {name}', flush=True)
    calls = [(one, ['-growth']) for one in measured.GROWING] if name == 'growth' else \
        [(name, ['-peer', str(VENV / 'bin' / 'python'), *rest])]
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / 'rows'
        fresh.touch()
        environment = dict(go_environment(), MARGINALIA_BENCH=str(fresh) if write else '', MARGINALIA_ROOT=str(ROOT))
        for one, words in calls:
            run('go', 'run', f'./bench/{one}', *words, environment=environment)
        if write:
            kept = measured.RESULTS.read_text() if measured.RESULTS.exists() else ''
            write_whole(measured.RESULTS, measured.merge(kept, fresh.read_text(), name, commit))


def main(arguments):
    given, rest = options(arguments)
    if given.what == 'notebook':
        setup.ensure()
        from .run import become
        become('profile', rest)
    try:
        if given.write:
            measured.commit()  # before minutes of measuring
        setup.ensure()
        if given.peers or given.what != 'growth':
            peers()
        if given.peers:
            return 0
        for name in [*measured.COMPARISONS, 'growth'] if given.what == 'all' else [given.what]:
            compare(name, rest, given.write)
    except (BenchError, measured.RowError, OSError) as error:
        return f'bench: {error}'
    except KeyboardInterrupt:
        print('bench: interrupted', file=sys.stderr)
        return 130
    if given.write:
        from . import documents
        documents.write()
    return 0
