"""go test, counted test by test."""

import json
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

from . import kernel
from .checkout import PYTHON, ROOT, TOOLS, go_environment

TIMEOUT = '10m'  # of one package
# The rooms that ask for the backend. What does not come to them runs alike on all, and once.
ASKING = ('xla', 'pkg/repro')
# What is compared with others is compared on XLA; in pure Go its networks take minutes.
ONCE = ('bench',)
# The rooms that every graph goes through: on XLA each day. The others that ask take turns with pure Go, as XLA takes ten times
# as long to compile their tests' graphs as pure Go to run them.
DAILY = ('xla', 'pkg/repro', 'pkg/optim', 'pkg/train', 'pkg/train/fed', 'pkg/loss', 'pkg/model', 'pkg/notebook', 'pkg/notebook/program')

# The packages in which goroutines meet, and what of the tests of one that has many others.
MEETING = ('./pkg/parallel', './pkg/progress', './pkg/repro', './pkg/notebook/...', './pkg/train/fed/...', './xla')
MEETING_AT = {'./pkg/claim': 'Ledger|Process|Once', './pkg/figure': 'NamesOfSeries'}  # ECharts in Go takes its time
# GoMLX's matrix products in pure Go point behind the end of a slice, which the race detector's check of pointers takes for a fault.
RACE = ('-race', '-short', '-gcflags=github.com/gomlx/compute/...=-d=checkptr=0')
RACE_NOTE = 'in pure Go; checkptr is off for github.com/gomlx/compute, whose products of small matrices point behind a slice'


class Count:
    """What the lines of go test -json come to. A test with subtests counts as these."""

    def __init__(self, say=print):
        self.say = say
        self.verdicts = {}  # (package, test) -> pass, fail or skip
        self.output = defaultdict(list)
        self.broken = []  # packages that failed without a failing test

    def line(self, text):
        try:
            event = json.loads(text)
        except ValueError:
            self.say(f'    {text.rstrip()}')
            return
        package = event.get('Package') or event.get('ImportPath', '')
        test, action = event.get('Test'), event.get('Action')
        if action in ('output', 'build-output'):
            self.output[package, test].append(event.get('Output', ''))
        elif action in ('pass', 'fail', 'skip') and test:
            self.verdicts[package, test] = action
            if action == 'fail':
                self._show(package, test)
            self.output.pop((package, test), None)
        elif action == 'fail':
            if not any(verdict == 'fail' for (where, _), verdict in self.verdicts.items() if where == package):
                self.broken.append(package)
                self._show(package, None)
                for failed in [key for key in self.output if key[0].startswith(f'{package} [')]:
                    self._show(*failed)
        elif action == 'build-fail':
            self._show(package, None)
        if action in ('pass', 'fail') and not test and event.get('Elapsed', 0) >= 10:
            self.say(f'    {package}: {event["Elapsed"]:.1f} s')

    def _show(self, package, test):
        self.say(f'    FAIL {package}' + (f' {test}' if test else ''))
        for line in ''.join(self.output.pop((package, test), [])).splitlines()[-60:]:
            self.say(f'        {line}')

    def add(self, other):
        """Count what another counted of other packages, too."""
        self.verdicts.update(other.verdicts)
        self.broken += other.broken

    def leaves(self):
        parents = {(package, test.rsplit('/', 1)[0]) for package, test in self.verdicts if '/' in test}
        # A test that fails beside subtests that pass failed of itself.
        failing = {(package, test.rsplit('/', 1)[0]) for (package, test), verdict in self.verdicts.items()
                   if '/' in test and verdict == 'fail'}
        return [verdict for key, verdict in self.verdicts.items()
                if key not in parents or (verdict == 'fail' and key not in failing)]

    def passed(self):
        return self.leaves().count('pass')

    def failed(self):
        return self.leaves().count('fail') + len(self.broken)

    def skipped(self):
        return self.leaves().count('skip')


def asking():
    """The packages whose tests depend on the backend: those that come, directly or not, to a room that asks for it."""
    form = '{{.ImportPath}} {{range .Deps}}{{.}} {{end}}'
    answer = subprocess.run(['go', 'list', '-test', '-f', form, './...'], cwd=ROOT, env=go_environment(), capture_output=True, text=True)
    if answer.returncode:
        raise RuntimeError(f'go list: {answer.stderr.strip()}')
    found = []
    for line in answer.stdout.splitlines():
        package, *reached = line.split()
        if package.endswith('.test') and any(f'{module()}/{room}' in reached for room in ASKING) \
                and not any(package.startswith(f'{module()}/{room}/') for room in ONCE):
            found.append(package.removesuffix('.test'))
    return found


def turns(day):
    """Of a day: the packages that are tested on XLA, those of them that are so on pure Go, too, and those that are on pure Go
    alone. Of the packages that ask for the backend, but for those of DAILY, each is on the one today and on the other tomorrow."""
    ask = asking()
    daily = [package for package in ask if package.removeprefix(f'{module()}/') in DAILY]
    alone = half([package for package in ask if package not in daily], day)
    listed = subprocess.run(['go', 'list', './...'], cwd=ROOT, env=go_environment(), capture_output=True, text=True, check=True).stdout.split()
    return [package for package in listed if package not in alone], half(daily, day), alone


def half(names, day):
    """Every second of some names, the others on the next day."""
    return sorted(names)[day % 2::2]


def module():
    return (ROOT / 'go.mod').read_text().split('\n', 1)[0].split()[1]


def twice(first, second, again, say=print, packages=('./...',)):
    """go test of packages on a backend, and of some, again, on another: their two Counts. Each binary is linked once
    (again.py), which takes as long as many a package's tests."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / 'packages').write_text('\n'.join(again))
        script = TOOLS / 'nb' / 'again.py'
        counted = run(first, say, packages, '-exec', ' '.join(f"'{word}'" for word in (PYTHON, script, folder, second, module(), ROOT)))
        other = Count(say)
        for package in again:
            path = Path(folder) / (package.replace('/', '%') + '.json')
            if path.exists():
                for text in path.read_text(errors='replace').splitlines():
                    other.line(text)
            elif package not in counted.broken:  # what does not build has been told
                say(f'    FAIL {package}: it was not run on {second}')
                other.broken.append(package)
    return counted, other


def run(backend, say=print, packages=('./...',), *flags):
    """go test of packages on a backend; its Count. go vet is a step of its own."""
    count = Count(say)
    command = ['go', 'test', '-json', '-count=1', '-vet=off', f'-timeout={TIMEOUT}', *flags, *packages]
    environment = dict(go_environment(), MARGINALIA_BACKEND=backend, MARGINALIA_ROOT=str(ROOT), GOFLAGS=kernel.goflags())  # links as cells do
    for name in ('MARGINALIA_RUN', 'MARGINALIA_SCALE', 'MARGINALIA_SEED', 'PYTHONPATH'):
        environment.pop(name, None)
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as go:
        for text in go.stdout:
            count.line(text)
    if go.returncode and not count.failed():
        count.broken.append('go test')
        say(f'    FAIL go test left with {go.returncode}')
    return count
