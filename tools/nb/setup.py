"""scripts/setup: everything the checkout needs, inside the checkout.

Each step has a stamp in .setup/ that is written when the step is done and names what
it was done from (hashes of its inputs). A step whose stamp fits is skipped; one that
was cut off has no stamp and is done again. One lock keeps two set-ups apart.
"""

import argparse
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import kernel, plugin, system
from .checkout import BIN, PYTHON, ROOT, SETUP, TOOLS, VENV, go_environment, has_cpu_plugin
from .files import digest, locked, write_whole

EXTRAS = ('lab', 'cuda')
OPEN_SECONDS = 60  # for a plugin to open and to run a loop; the slowest that was seen takes 20
# What ended a program of Go or C; stacks come behind it.
CAUSE = re.compile(r'^(panic: |fatal error: |SIG[A-Z]+: |terminate called)')
# What every cell links.
CELL = '''package main

import (
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/xla"
)

func main() { notebook.Check(notebook.Must(xla.Open("")).Close()) }
'''


class SetupError(Exception):
    """What went wrong and what to do about it."""


class Setup:
    def __init__(self, extras=(), quiet=False, strict=True, packages=True):
        self.quiet = quiet
        self.strict = strict
        self.packages = packages  # all of them are built
        self.wishes = set(extras)
        self.lock = None
        self.worked = False
        self.rebuilt = False  # the environment was made anew in this call

    def ensure(self):
        """Do what is missing. Raises SetupError."""
        if os.pathsep in str(ROOT):
            raise SetupError(f'the path of the checkout, {ROOT}, has a "{os.pathsep}", where PATH ends a folder, so that neither Python nor Go '
                             'finds its programs: move the checkout, or rename the folder')
        lacks = system.missing()
        if lacks:
            raise SetupError('\n'.join(map(str, lacks)))
        with locked(SETUP / 'lock', wait=self._waiting) as self.lock:
            if not self.wishes <= self._extras():
                write_whole(SETUP / 'extras.json', json.dumps(sorted(self._extras() | self.wishes)))
            if lack := system.check_npm():
                self._once('no-npm', f'note: {lack}')
            self._python()
            self._plugin()
            self._go_tools()
            if self.packages:
                self._packages()
            self._workspace()
            kernel.install()
            self._load_plugin()

    # The steps.

    def _python(self):
        names = ['headless']
        if has_cpu_plugin():
            names.append('plugin-cpu')
        else:
            self._once('no-plugin', plugin.absence())
        names += sorted(self._extras())
        files = [TOOLS / f'{name}.txt' for name in names]
        key = digest(str(VENV), *files)
        lost = damage() if self._done('python', key) else ''
        if self._done('python', key) and PYTHON.exists() and not lost:
            return
        begun = time.monotonic()
        if lost:
            self._say(f'the Python environment is damaged ({lost}): it is made anew')
        fresh = self._stamp('python') is None or not PYTHON.exists() or bool(lost)
        self._forget('python')
        if fresh:
            self._say('making the Python environment')
            shutil.rmtree(VENV, ignore_errors=True)
            base = getattr(sys, '_base_executable', None) or sys.executable
            self._command('python', [base, '-m', 'venv', str(VENV)])
        for name, file in zip(names, files):
            self._say(f'installing tools/{name}.txt')
            self._command('python', [str(PYTHON), '-m', 'pip', '--disable-pip-version-check', 'install', '--quiet',
                                     '--no-input', '--require-hashes', '--only-binary', ':all:', '-r', str(file)],
                          hint='Without a network, see "Offline" in environment.md.')
        self.rebuilt = True
        write_whole(SETUP / 'python.files', json.dumps(contents()))
        self._finish('python', key, begun, 'Python environment')

    def _plugin(self):
        """The plugins in the environment are the pinned files, byte by byte."""
        kinds = (['cpu'] if has_cpu_plugin() else []) + (['cuda'] if 'cuda' in self._extras() else [])
        for kind in kinds:
            state = plugin.state(kind)
            if self._done(f'plugin-{kind}', state) and state:
                continue
            begun = time.monotonic()
            self._forget(f'plugin-{kind}')
            problem = plugin.problem(kind)
            if problem and not self.rebuilt:
                self._say(f'{problem}; installing it again')
                self._command('python', [str(PYTHON), '-m', 'pip', '--disable-pip-version-check', 'install', '--quiet',
                                         '--no-input', '--require-hashes', '--only-binary', ':all:', '--no-deps',
                                         '--force-reinstall', '-r', str(TOOLS / plugin.PINS[kind])])
                problem = plugin.problem(kind)
            if problem:
                raise SetupError(f'{problem}. Remove .venv and run scripts/setup; if that does not help, '
                                 f'tools/{plugin.PINS[kind]} and tools/plugins.sha256 do not belong together.')
            self._forget(f'loaded-{kind}')
            self._finish(f'plugin-{kind}', plugin.state(kind), begun, f'XLA plugin for {kind}: its hash is the pinned one')

    def _go_tools(self):
        # gopls, which takes minutes to build, serves completion and help in JupyterLab alone.
        names = ('gonb', 'goimports', 'staticcheck', 'actionlint') + (('gopls',) if 'lab' in self._extras() else ())
        key = digest(TOOLS / 'go.mod', TOOLS / 'go.sum', str(BIN), *names)
        if self._done('go-tools', key) and all((BIN / name).exists() for name in names):
            return
        begun = time.monotonic()
        self._forget('go-tools')
        self._say('building the Go tools (a minute, the first time)')
        fresh = SETUP / 'bin'
        shutil.rmtree(fresh, ignore_errors=True)
        packages = [path for path in system.tools() if path.rsplit('/', 1)[-1] in names]
        self._command('go-tools', ['go', '-C', str(TOOLS), 'install', *packages], dict(go_environment(), GOBIN=str(fresh)),
                      hint='Without a network, see "Offline" in environment.md.')
        BIN.mkdir(exist_ok=True)
        for name in names:
            os.replace(fresh / name, BIN / name)
        shutil.rmtree(fresh)
        self._finish('go-tools', key, begun, 'Go tools')

    def _packages(self):
        """Every package is built once, so that the cells of a notebook only link.

        Sources of notebooks are not among them: the kernel builds their cells, and scripts/run
        looks at the one that it executes.
        """
        rooms = ('bench', 'data', 'pkg', 'xla')
        sources = sorted(path for room in rooms for path in (ROOT / room).rglob('*.go') if not path.name.endswith('_test.go'))
        sources.append(ROOT / 'notebooks' / 'deps.go')
        key = digest(ROOT / 'go.mod', ROOT / 'go.sum', *(part for path in sources for part in (str(path), path)))
        if self._done('packages', key):
            return
        begun = time.monotonic()
        self._say('building the packages')
        try:
            self._command('packages', ['go', 'build', '-tags', 'deps', *(f'./{room}/...' for room in rooms), './notebooks'], go_environment())
        except SetupError as error:
            if self.strict:
                raise
            self._say(f'warning: {error}')
            return
        self._finish('packages', key, begun, 'packages')

    def _workspace(self):
        """A cell builds as it will without a network, with the faster linker if that works here.

        Cells live in a Go workspace, which reads the go.mod files of more modules than
        the build of the packages does: this fetches them.
        """
        key = digest(ROOT / 'go.mod', ROOT / 'go.sum', CELL, str(ROOT))
        if self._done('workspace', key):
            return
        begun = time.monotonic()
        cell = SETUP / 'cell'
        shutil.rmtree(cell, ignore_errors=True)
        cell.mkdir()
        write_whole(cell / 'main.go', CELL)
        write_whole(cell / 'go.mod', f'module cell\n\ngo {".".join(map(str, system.wanted_go()))}\n')
        environment = dict(self._unchosen(), GOFLAGS=kernel.EXTERNAL, GOWORK=str(cell / 'go.work'))
        build = ['go', '-C', str(cell), 'build', '-o', 'cell', '.']
        try:
            self._command('workspace', ['go', '-C', str(cell), 'work', 'init', '.', str(ROOT)], environment)
            self._command('workspace', build, environment)
        except SetupError as error:
            if self.strict:
                raise
            self._say(f'warning: {error}')
            return
        flags = kernel.EXTERNAL
        with contextlib.suppress(SetupError):  # a linker that cannot is no fault
            self._command('linker', build, dict(environment, GOFLAGS=kernel.INTERNAL))
            self._command('linker', [str(cell / 'cell')], environment)
            flags = kernel.INTERNAL
        write_whole(kernel.LINKER, flags)
        shutil.rmtree(cell)
        self._finish('workspace', key, begun, 'workspace of the cells')

    def _load_plugin(self):
        """The plugins open and run a loop."""
        if has_cpu_plugin():
            self._load('cpu')
        if 'cuda' in self._extras():
            if plugin.has_gpu():
                self._load('cuda')
            else:
                self._once('no-gpu', 'the CUDA plugin is installed but was not loaded: there is no NVIDIA GPU here')

    def _load(self, kind):
        self._open(f'loaded-{kind}', kind, plugin.path(kind), plugin.state(kind))

    def probe(self, path):
        """A plugin of the user's opens and runs a loop: it is code that may do what it likes, so it does it in a process
        of its own first. Raises SetupError with its file."""
        with locked(SETUP / 'lock', wait=self._waiting) as self.lock:
            try:
                found = os.stat(path)
            except OSError as error:
                raise SetupError(f'the XLA plugin {path}: {error.strerror}') from None
            self._open(f'probed-{digest(str(path))}', str(path), path, f'{path} {found.st_size} {found.st_mtime_ns} {found.st_ino}')

    def _open(self, step, spec, file, state):
        """Open a plugin once for each state of its file, in a process of its own that has little time."""
        key = digest(state, ROOT / 'go.mod')
        if self._done(step, key):
            return
        begun = time.monotonic()
        check = SETUP / 'plugincheck'
        self._command('plugincheck', ['go', 'build', '-o', str(check), './xla/cmd/plugincheck'], go_environment())
        try:
            answer = self._command(step, [str(check), spec], self._unchosen(), limit=OPEN_SECONDS)
        except SetupError as error:
            raise SetupError(f'the XLA plugin {file} does not work here.\n{error}') from None
        self._finish(step, key, begun, '; '.join(' '.join(line.split()) for line in answer.splitlines()))

    @staticmethod
    def _unchosen():
        """The environment of programs of the checkout, without the user's choice of a backend."""
        environment = {name: value for name, value in go_environment().items()
                       if name not in ('MARGINALIA_PLUGIN', 'MARGINALIA_BACKEND')}
        return dict(environment, MARGINALIA_ROOT=str(ROOT))

    # Stamps.

    def _extras(self):
        try:
            return set(json.loads((SETUP / 'extras.json').read_text())) & set(EXTRAS)
        except (FileNotFoundError, ValueError):
            return set()

    def _stamp(self, step):
        try:
            return (SETUP / step).read_text()
        except FileNotFoundError:
            return None

    def _done(self, step, key):
        return self._stamp(step) == key

    def _forget(self, step):
        (SETUP / step).unlink(missing_ok=True)

    def _finish(self, step, key, begun, what):
        write_whole(SETUP / step, key)
        self._say(f'{what} ({time.monotonic() - begun:.1f} s)')

    def _once(self, step, text):
        """Say a thing the first time only."""
        if not self._done(step, text):
            self._say(text)
            write_whole(SETUP / step, text)

    # Talking and running.

    def _say(self, text):
        self.worked = True
        print(f'setup: {text}', file=sys.stderr, flush=True)

    def _waiting(self, holder):
        self._say(f'waiting for another set-up (process {holder})')

    def _command(self, step, command, environment=None, hint='', limit=None):
        """Run a command, for so many seconds at most; its output goes to a log and, on failure, into the error.

        The child keeps the lock open: if we are killed and it lives on, the next
        set-up waits for its end.
        """
        log = SETUP / f'{step}.log'
        with open(log, 'w+') as output:
            child = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, text=True,
                                     stdout=subprocess.PIPE, stderr=output, pass_fds=(self.lock,))
            try:
                answer, _ = child.communicate(timeout=limit)
            except subprocess.TimeoutExpired:
                child.kill()
                child.communicate()
                raise SetupError(f'`{shlex.join(map(str, command))}` did not end within {limit} s and was killed') from None
            except BaseException:
                child.terminate()
                child.wait()
                raise
            if child.returncode == 0:
                return answer
            output.seek(0)
            said = (answer + output.read()).strip().splitlines()
        first = next((at for at, line in enumerate(said) if CAUSE.match(line)), max(0, len(said) - 20))
        said = said[first:first + 20]
        how = f'killed by {signal.Signals(-child.returncode).name}' if child.returncode < 0 else child.returncode
        text = f'`{shlex.join(map(str, command))}` failed ({how}):\n' + ''.join(f'    {line}\n' for line in said)
        raise SetupError(text + (hint + '\n' if hint else '') + f'The whole log: {log.relative_to(ROOT)}')


def contents():
    """The files of the Python environment with their sizes, but for what Python writes there itself."""
    found = {}
    for folder, folders, files in os.walk(VENV / 'lib'):
        folders[:] = [name for name in folders if name != '__pycache__']
        for name in files:
            path = os.path.join(folder, name)
            found[os.path.relpath(path, VENV)] = os.lstat(path).st_size
    return found


def damage():
    """What of the Python environment is not as it was installed, or ''. What was added is no matter."""
    try:
        before = json.loads((SETUP / 'python.files').read_text())
    except (FileNotFoundError, ValueError):
        return ''  # set up by an earlier version
    now = contents()
    lost = [f'{name} is missing' if name not in now else f'{name} has {now[name]} bytes of {size}'
            for name, size in before.items() if now.get(name) != size]
    return lost[0] + (f', and {len(lost) - 1} more' if lost[1:] else '') if lost else ''


def stop(number, frame):
    raise KeyboardInterrupt


def ensure(extras=(), strict=True, packages=True):
    """Set up what is missing, or leave with a message on the standard error."""
    signal.signal(signal.SIGTERM, stop)
    setup = Setup(extras, strict=strict, packages=packages)
    try:
        setup.ensure()
    except (SetupError, OSError) as error:
        sys.exit(f'setup: {error}')
    except KeyboardInterrupt:
        sys.exit('setup: interrupted; the next scripts/setup goes on from here')
    return setup


def main(arguments):
    parser = argparse.ArgumentParser(
        prog='scripts/setup', description='Sets up the checkout: Python environment with the XLA plugin, GoNB and the Go '
        'tools, the Jupyter kernel, packages built. Writes nothing outside the checkout and the caches of go and pip. '
        'Done once, it costs less than two seconds.')
    parser.add_argument('--lab', action='store_true', help='JupyterLab as well')
    parser.add_argument('--cuda', action='store_true', help='the CUDA plugin and its libraries as well (about 4 GB)')
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    setup = ensure([extra for extra in EXTRAS if getattr(options, extra)])
    print(f'setup: ready ({time.monotonic() - begun:.1f} s)' if setup.worked else 'setup: ready')
