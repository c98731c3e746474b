"""scripts/pack --test: a bundle on a bare machine: a folder with the C library and nothing else, without a network.

    build/pack/bare/             the machine: its loader and C library, /proc and /dev, the bundle
    build/pack/bare/runs/        what the bundle writes

Every packed paper is run there at quick scale, and its ledger compared with the committed one. With --kills N the last
paper is begun N times more, killed at a random moment, resumed, and compared byte by byte with the run that nobody cut.
"""

import json
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from . import claims
from .checkout import BUILD, NOTEBOOKS, shown

HOME = BUILD / 'pack' / 'bare'
LIBRARY = re.compile(r'(/\S+) \(0x')
ENTER = 'mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
# Nothing of this machine's: neither a PATH nor a home.
ENVIRONMENT = {'HOME': '/home'}


class BareError(Exception):
    """What is not as it should be on a bare machine."""


class Machine:
    """A folder to which a bundle is moved."""

    def __init__(self, bundle, plugin=None):
        shutil.rmtree(HOME, ignore_errors=True)
        for name in ('proc', 'dev', 'tmp', 'home', 'runs'):
            (HOME / name).mkdir(parents=True)
        shutil.copy(bundle, HOME / 'marginalia')
        for file in (bundle, *([plugin] if plugin else [])):
            listed = subprocess.run(['ldd', str(file)], capture_output=True, text=True, check=True).stdout
            for path in map(Path, LIBRARY.findall(listed)):
                to = HOME / str(path).lstrip('/')
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path.resolve(), to)

    def start(self, *words):
        """The bundle as a process that sees this folder alone."""
        return subprocess.Popen(['unshare', '--map-root-user', '--mount', '--net', 'sh', '-c', ENTER, str(HOME), '/marginalia', *words],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**ENVIRONMENT, 'PATH': '/usr/sbin:/usr/bin:/sbin:/bin'})

    def run(self, *words):
        """Run it to its end: exit status and what it said."""
        child = self.start(*words)
        said = child.communicate()[0]
        return child.returncode, said


def command(key, name, *more):
    return ['run', key, '--backend', 'cpu', '--dir', f'/runs/{name}', '--unpack', '/tmp', *more]


def bits(name):
    """What a run left: every file that stands for a number or a picture."""
    folder = HOME / 'runs' / name
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.glob('shown/*.json')) + [folder / 'run' / 'claims.json']}


def without_versions(path):
    ledger = json.loads(Path(path).read_text())
    ledger['run'].pop('versions')
    return ledger


def ledger(key):
    """How the ledger of a run compares with the committed one."""
    mine, committed = HOME / 'runs' / key / 'run' / 'claims.json', NOTEBOOKS / key / 'claims.json'
    if mine.read_bytes() == committed.read_bytes():
        return 'its ledger is the committed one, byte for byte'
    if without_versions(mine) == without_versions(committed):
        return 'its ledger is the committed one but for the versions of libraries'
    found = claims.differences(committed, mine)
    return f'its ledger differs from the committed one in {len(found)} places' + ''.join(f'\n    {line}' for line in found)


def whole(machine, key):
    """Run a paper to its end; seconds."""
    begun = time.monotonic()
    status, said = machine.run(*command(key, key))
    if status:
        raise BareError(f'{key} left with {status}:\n{said}')
    took = time.monotonic() - begun
    print(f'{key}: green on a bare machine in {took:.0f} s; {ledger(key)}', flush=True)
    return took


def killed(machine, key, seconds, draw, number):
    """Kill a run at a moment and resume it; whether the bits are those of the run that nobody cut."""
    name, moment = f'killed-{number}', draw.uniform(0.02, 0.98) * seconds
    child = machine.start(*command(key, name))
    try:
        child.wait(moment)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
    child.communicate()
    done = len(list((HOME / 'runs' / name / 'done').glob('*.json')))
    status, said = machine.run(*command(key, name, '--resume'))
    if status:
        raise BareError(f'{key}, killed after {moment:.1f} s and resumed, left with {status}:\n{said}')
    fresh, whole = bits(name), bits(key)
    other = sorted(path for path in {*fresh, *whole} if fresh.get(path) != whole.get(path))
    print(f'{key}: killed after {moment:.1f} s with {done} steps done, resumed: ' + (f'{", ".join(other)} differ' if other else 'the same bits'), flush=True)
    shutil.rmtree(HOME / 'runs' / name)
    return not other


def test(bundle, plugin, keys, kills, seed=1):
    """Test a bundle; whether all is as it should be."""
    if subprocess.run(['unshare', '--map-root-user', '--mount', '--net', 'true'], capture_output=True).returncode:
        raise BareError('this system lets nobody make a bare machine (unshare --map-root-user --mount --net): test it in a container')
    machine, same = Machine(bundle, plugin), True
    try:
        for key in keys:
            seconds = whole(machine, key)
        draw = random.Random(seed)
        for number in range(kills):
            same &= killed(machine, keys[-1], seconds, draw, number)
    finally:
        print(f'what it wrote is in {shown(HOME / "runs")}')
    return same
