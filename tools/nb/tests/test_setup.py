"""scripts/setup against machines that lack something, and against its own interruption."""

import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from nb import checkout, environment, kernel, plugin, setup, system

TOOLS = ('bash', 'sh', 'dirname', 'env', 'cat', 'mkdir', 'ls')


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='a folder ')
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def path_with(self, *names, **scripts):
        """A PATH that has only these programs: real ones by name, shell scripts by text."""
        bin = self.folder / 'bin'
        bin.mkdir(exist_ok=True)
        for name in (*TOOLS, *names):
            (bin / name).symlink_to(shutil.which(name))
        for name, text in scripts.items():
            (bin / name).write_text(f'#!{shutil.which("sh")}\n{text}\n')
            (bin / name).chmod(0o755)
        return str(bin)


class Machine(Folder):
    def lacks(self, path, **environment):
        with mock.patch.dict(os.environ, {'PATH': path, **environment}):
            return '\n'.join(map(str, system.missing()))

    def test_everything_is_here(self):
        self.assertEqual(system.missing(), [])

    def test_no_go(self):
        said = self.lacks(self.path_with('gcc'))
        self.assertRegex(said, r'Go 1\.26\.\d+ or newer is needed, found no go on the PATH. To install it:\n    ')
        self.assertEqual(said.count('go.dev/dl'), 1)
        self.assertNotIn('compiler', said)

    def test_old_go(self):
        self.assertRegex(self.lacks(self.path_with('gcc', go='echo go1.19.8')), r'Go 1\.26\.\d+ or newer is needed, found go1\.19\.8\.')

    def test_go_that_may_not_fetch_the_toolchain(self):
        said = self.lacks(self.path_with('gcc', go='echo "go: go.mod requires go >= 1.26.5 (running go 1.22.1)" >&2; exit 1'))
        self.assertIn('found go: go.mod requires', said)

    def test_newer_go_is_enough(self):
        self.assertEqual(self.lacks(self.path_with('gcc', go='echo go1.27.0')), '')

    def test_no_compiler(self):
        path = self.path_with(go='echo go1.99.0')
        self.assertRegex(self.lacks(path), r'a C compiler is needed, found no gcc, cc or clang on the PATH. To install it:\n    \S')
        self.assertRegex(self.lacks(path, CC='mycc -m64'), 'found no mycc')

    def test_with_a_package_manager_the_archive_is_the_second_way(self):
        said = self.lacks(self.path_with('gcc', apk='exit 1'))
        self.assertRegex(said, r'To install it:\n    sudo apk add go\nor, where that is too old: the archive of go\.dev/dl')

    def test_no_npm_is_no_obstacle(self):
        path = self.path_with('go', 'gcc')
        self.assertEqual(self.lacks(path), '')
        with mock.patch.dict(os.environ, {'PATH': path}):
            self.assertRegex(str(system.check_npm()), r'^npm, once, for the Brown corpus, .* is needed, found no npm on the PATH\. To install it:\n    ')
        with mock.patch('shutil.which', return_value='/npm'):
            self.assertIsNone(system.check_npm())

    def test_the_command_is_that_of_the_package_manager(self):
        for manager, command in {'apt-get': 'sudo apt-get install gcc libc6-dev', 'brew': 'xcode-select --install'}.items():
            with self.subTest(manager), mock.patch('shutil.which', lambda name: name == manager):
                self.assertEqual(system.install_command('a C compiler'), command)
        with mock.patch('shutil.which', lambda name: None):
            self.assertEqual(system.install_command('a C compiler'), 'gcc or clang from your system')

    def test_python_without_venv(self):
        find = importlib.util.find_spec
        with mock.patch('importlib.util.find_spec', lambda name: None if name == 'ensurepip' else find(name)):
            self.assertRegex('\n'.join(map(str, system.missing())), 'Python with its venv module is needed, found one without ensurepip')

    def test_versions(self):
        self.assertEqual(system.version('go1.26.8'), (1, 26, 8))
        self.assertEqual(system.version('go1.27rc1'), (1, 27, 0))
        self.assertEqual(system.version('devel'), ())
        self.assertGreaterEqual(system.wanted_go(), (1, 26, 0))

    def script(self, name, path):
        return subprocess.run([checkout.ROOT / 'scripts' / name], env={'PATH': path}, capture_output=True, text=True, timeout=60)

    def test_no_python(self):
        answer = self.script('setup', self.path_with())
        self.assertEqual(answer.returncode, 1)
        self.assertRegex(answer.stderr, r'Python 3\.10 or newer is needed, found none on the PATH. To install it:\n    \S')

    def test_old_python(self):
        answer = self.script('run', self.path_with(python3='case "$1" in --version) echo "Python 3.8.1";; *) exit 1;; esac'))
        self.assertEqual(answer.returncode, 1)
        self.assertIn('found Python 3.8.1', answer.stderr)


class Checkout(Folder):
    """The steps of a set-up work in the folder instead of the checkout."""

    def setUp(self):
        super().setUp()
        for name, place in {'SETUP': '.setup', 'BIN': '.bin', 'VENV': '.venv', 'PYTHON': '.venv/bin/python'}.items():
            patch = mock.patch(f'nb.setup.{name}', self.folder / place)
            patch.start()
            self.addCleanup(patch.stop)


class Plugin(Checkout):
    def test_the_pinned_one(self):
        if not checkout.has_cpu_plugin():
            self.skipTest('no plugin is pinned for this system')
        self.assertIsNone(plugin.problem('cpu'))
        self.assertIn(plugin.pinned('cpu')[0], plugin.state('cpu'))

    def test_another_file(self):
        file = self.folder / 'libpjrt_cpu.so'
        file.write_bytes(b'something else')
        with mock.patch('nb.plugin.path', lambda kind: file):
            said = plugin.problem('cpu')
        self.assertRegex(said, r'has sha256 [0-9a-f]{64}, expected 0a0fe56c[0-9a-f]{56}: it was changed or cut short')

    def test_none(self):
        with mock.patch('nb.plugin.path', lambda kind: None):
            self.assertRegex(plugin.problem('cuda'), 'XLA plugin for cuda .* is not in .venv')
            self.assertEqual(plugin.state('cuda'), '')

    def test_a_changed_plugin_is_installed_again_and_then_refused(self):
        file = self.folder / 'libpjrt_cpu.so'
        file.write_bytes(b'something else')
        made = Made()
        with mock.patch('nb.plugin.path', lambda kind: file), mock.patch('nb.setup.has_cpu_plugin', lambda: True), \
                self.assertRaisesRegex(setup.SetupError, 'has sha256 .* expected .* Remove .venv and run scripts/setup'):
            made._plugin()
        self.assertEqual([command[-1].rsplit('/')[-1] for command in made.commands], ['plugin-cpu.txt'])
        self.assertIn('--force-reinstall', made.commands[0])


class Made(setup.Setup):
    """A set-up whose commands are noted, not run."""

    def __init__(self, extras=()):
        super().__init__(extras)
        self.commands, self.said, self.fails = [], [], None

    def _command(self, step, command, environment=None, hint='', limit=None):
        self.commands.append(list(map(str, command)))
        if self.fails and self.fails in ' '.join(map(str, command)):
            raise KeyboardInterrupt
        if command[1:3] == ['-m', 'venv']:
            setup.PYTHON.parent.mkdir(parents=True)
            setup.PYTHON.touch()
        return ''

    def _say(self, text):
        self.said.append(text)


class Steps(Checkout):
    def again(self, extras=()):
        self.made = Made(extras)
        return self.made

    def test_done_once(self):
        self.again()._python()
        self.assertIn('venv', self.made.commands[0])
        self.assertTrue(all('--require-hashes' in command for command in self.made.commands[1:]))
        self.again()._python()
        self.assertEqual(self.made.commands, [])

    def test_interrupted_is_made_anew(self):
        self.again().fails = 'headless.txt'
        with self.assertRaises(KeyboardInterrupt):
            self.made._python()
        (self.folder / '.venv' / 'torn').touch()
        self.again()._python()
        self.assertIn('venv', self.made.commands[0])
        self.assertFalse((self.folder / '.venv' / 'torn').exists())

    def test_changed_requirements_are_installed_into_it(self):
        self.again()._python()
        with mock.patch('nb.setup.digest', lambda *parts: 'another key'):
            self.again()._python()
        self.assertNotIn('venv', [word for command in self.made.commands for word in command])
        self.assertIn('install', self.made.commands[0])

    def test_a_lost_environment_is_made_anew(self):
        self.again()._python()
        shutil.rmtree(self.folder / '.venv')
        self.again()._python()
        self.assertIn('venv', self.made.commands[0])

    def test_a_damaged_environment_is_made_anew(self):
        self.again()._python()
        file = self.folder / '.venv' / 'lib' / 'python3' / 'site-packages' / 'a.py'
        file.parent.mkdir(parents=True)
        file.write_text('whole')
        setup.write_whole(setup.SETUP / 'python.files', json.dumps(setup.contents()))
        (file.parent / 'added.py').write_text('of the user')
        self.again()._python()
        self.assertEqual(self.made.commands, [])
        for harm, said in ((lambda: file.write_text('cut'), 'has 3 bytes of 5'), (file.unlink, 'is missing')):
            setup.write_whole(file, 'whole')
            setup.write_whole(setup.SETUP / 'python.files', json.dumps({'lib/python3/site-packages/a.py': 5}))
            harm()
            self.again()._python()
            self.assertIn('venv', self.made.commands[0])
            self.assertRegex(self.made.said[0], f'a.py {said}')

    def test_a_path_with_the_separator(self):
        with mock.patch('nb.setup.ROOT', Path(f'/a{os.pathsep}b')), self.assertRaisesRegex(setup.SetupError, 'move the checkout'):
            setup.Setup().ensure()

    def test_extras_are_remembered(self):
        (self.folder / '.setup').mkdir()
        (self.folder / '.setup' / 'extras.json').write_text('["lab"]')
        self.again()._python()
        self.assertTrue(any(command[-1].endswith('lab.txt') for command in self.made.commands))
        (self.folder / '.setup' / 'extras.json').write_text('torn [')
        self.assertEqual(self.made._extras(), set())

    def test_no_plugin_for_the_system(self):
        with mock.patch('nb.setup.has_cpu_plugin', lambda: False):
            self.again()._python()
        self.assertFalse(any('plugin' in command[-1] for command in self.made.commands))
        self.assertRegex(self.made.said[0], 'no XLA plugin is pinned for .* pure-Go backend')


class Commands(Folder):
    def test_a_failing_command_says_what_it_said(self):
        made = setup.Setup()
        with mock.patch('nb.setup.SETUP', self.folder), mock.patch('nb.setup.ROOT', self.folder), \
                open(self.folder / 'lock', 'w') as lock:
            made.lock = lock.fileno()
            self.assertEqual(made._command('step', ['sh', '-c', 'echo out; echo err >&2']), 'out\n')
            with self.assertRaisesRegex(setup.SetupError, r'(?s)`sh -c .*` failed \(3\):\n    no network\nTry this.*step\.log'):
                made._command('step', ['sh', '-c', 'echo no network >&2; exit 3'], hint='Try this')


BAD_PLUGINS = {
    'hangs': ('void *GetPjrtApi(void) { for (;;) pause(); }', 'did not end within 6 s'),
    'aborts': ('void *GetPjrtApi(void) { abort(); }', 'SIGABRT'),
    'exits': ('void *GetPjrtApi(void) { exit(5); }', r'failed \(5\)'),
    'has no table': ('void *GetPjrtApi(void) { return 0; }', 'failed'),
    'has an empty table': ('static char table[4096]; void *GetPjrtApi(void) { return table; }', 'failed'),
    'hangs when it is loaded': ('__attribute__((constructor)) void f(void) { for (;;) pause(); } void *GetPjrtApi(void) { return 0; }', 'did not end within 6 s'),
}


class Probe(Folder):
    def test_plugins_that_do_not_work(self):
        """Each is a sentence with its file, within seconds; nothing of it is taken for done."""
        for kind, (code, said) in BAD_PLUGINS.items():
            with self.subTest(kind):
                source, file = self.folder / 'plugin.c', self.folder / f'{kind.replace(" ", "-")}-cpu.so'
                source.write_text(f'#include <stdlib.h>\n#include <unistd.h>\n{code}\n')
                subprocess.run([os.environ.get('CC', 'cc'), '-shared', '-fPIC', '-o', file, source], check=True)
                begun = time.monotonic()
                with mock.patch('nb.setup.OPEN_SECONDS', 6), self.assertRaises(setup.SetupError) as raised:
                    setup.Setup().probe(file)
                self.assertRegex(str(raised.exception), said)
                self.assertIn(str(file), str(raised.exception))
                self.assertNotIn('goroutine 2 ', str(raised.exception))
                self.assertFalse((checkout.SETUP / f'probed-{setup.digest(str(file))}').exists())
                self.assertLess(time.monotonic() - begun, 200)  # 10 s, but for the first build

    def test_no_such_file(self):
        with self.assertRaisesRegex(setup.SetupError, 'nowhere.so: No such file'):
            setup.Setup().probe(self.folder / 'nowhere.so')


class Environment(unittest.TestCase):
    def test_what_is_left_out(self):
        users = {'PATH': '/bin', 'GOOS': 'plan9', 'GOARCH': 'mips', 'CGO_ENABLED': '0', 'GOFLAGS': '-mod=vendor', 'GOWORK': '/x/go.work', 'GOTOOLCHAIN': 'go1.2',
                 'XLA_FLAGS': '--no_such_flag', 'JUPYTER_PATH': '/kernels', 'JUPYTER_DATA_DIR': '/data', 'PYTHONUTF8': '0', 'GOPROXY': 'https://proxy', 'CC': 'clang'}
        made, changed, stay = environment.cleaned({**users, 'LD_PRELOAD': 'x.so'}, '/checkout/.jupyter')
        self.assertEqual(changed, sorted(set(users) - {'PATH', 'GOPROXY', 'CC'}))
        self.assertEqual(stay, ['LD_PRELOAD'])
        for name in ('PATH', 'GOPROXY', 'CC'):
            self.assertEqual(made[name], users[name])
        for name in ('GOWORK', 'XLA_FLAGS', 'JUPYTER_PATH', 'JUPYTER_DATA_DIR'):
            self.assertNotIn(name, made)
        self.assertEqual((made['CGO_ENABLED'], made['PYTHONUTF8'], made['GOFLAGS']), ('1', '1', '-buildvcs=false'))
        self.assertEqual(environment.cleaned(made, '/checkout/.jupyter'), (made, [], ['LD_PRELOAD']))  # a command that another one starts says nothing

    def test_folders_of_ours_stay(self):
        ours = kernel.environment()
        self.assertEqual(environment.cleaned(ours, str(checkout.JUPYTER))[0].items() & ours.items(), ours.items())

    def test_words(self):
        self.assertEqual(environment.words([], []), [])
        self.assertIn('GOOS, XLA_FLAGS of yours are left out', environment.words(['GOOS', 'XLA_FLAGS'], [])[0])
        self.assertIn('LD_PRELOAD of yours cannot', environment.words([], ['LD_PRELOAD'])[0])

    def test_scripts_with_a_hostile_environment(self):
        """A script of ours, started with what breaks Go, XLA and Jupyter, and in a locale without letters."""
        hostile = {'GOOS': 'windows', 'GOARCH': 'wasm', 'CGO_ENABLED': '0', 'GOFLAGS': '-mod=vendor', 'GOWORK': '/nowhere/go.work', 'GOTOOLCHAIN': 'go9.9.9',
                   'XLA_FLAGS': '--no_such_flag=1', 'PYTHONHOME': '/nowhere', 'PYTHONPATH': '/nowhere', 'LC_ALL': 'C', 'JUPYTER_PATH': '/nowhere'}
        answer = subprocess.run([checkout.ROOT / 'scripts' / 'setup'], env={**os.environ, **hostile}, capture_output=True, text=True, timeout=300)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn('XLA_FLAGS of yours are left out', answer.stderr)
        self.assertIn('setup: ready', answer.stdout)


class Kernel(Folder):
    def test_specification(self):
        said = json.dumps(kernel.specification())
        self.assertIn(str(checkout.BIN / 'gonb'), said)
        self.assertTrue(kernel.specification()['env']['PATH'].startswith(f'{checkout.BIN}{os.pathsep}'))

    def test_flags_are_those_that_worked(self):
        with mock.patch('nb.kernel.LINKER', self.folder / 'linker'):
            self.assertEqual(kernel.specification()['env']['GOFLAGS'], kernel.EXTERNAL)
            (self.folder / 'linker').write_text(kernel.INTERNAL)
            self.assertEqual(kernel.specification()['env']['GOFLAGS'], kernel.INTERNAL)

    def test_only_what_differs_is_written(self):
        path = self.folder / 'file'
        kernel.put(path, 'text')
        before = path.stat().st_mtime_ns, path.stat().st_ino
        kernel.put(path, 'text')
        self.assertEqual((path.stat().st_mtime_ns, path.stat().st_ino), before)
        kernel.put(path, 'other')
        self.assertEqual(path.read_text(), 'other')


class Two(unittest.TestCase):
    def test_at_once(self):
        """Two set-ups of this checkout, which is set up: both are done, and soon."""
        both = [subprocess.Popen([checkout.ROOT / 'scripts' / 'setup'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                for _ in range(2)]
        for one in both:
            said, _ = one.communicate(timeout=300)
            self.assertEqual(one.returncode, 0, said)
            self.assertRegex(said, 'setup: ready')
