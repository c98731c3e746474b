"""Notebooks that go wrong, each in its way, through a real kernel."""

import asyncio
import json
import tempfile
import time
import unittest
from pathlib import Path

import nbformat

from nb import source
from nb.execute import Failure, Session, complaint, joined, overwritten, title

SETUP = '''package p

// %%
//gonb:%noautoget

import "os"

// %%
package p

func Print(text string) { os.Stdout.WriteString(text + "\\n") }

func main() { Print("set up") }
'''


def cells(*codes):
    return source.notebook(SETUP.replace('package p\n\nfunc', 'func') + ''.join(f'\n// %%\n{code}\n' for code in codes))


def running(word):
    """The processes that have a word on their command line."""
    found = []
    for path in Path('/proc').glob('[0-9]*/cmdline'):
        try:
            if word.encode() in path.read_bytes().split(b'\0'):
                found.append(path.parent.name)
        except OSError:
            pass  # it has ended
    return found


class Kernel(unittest.TestCase):
    def execute(self, notebook, cell_seconds=60, **options):
        with tempfile.TemporaryDirectory() as folder:
            session = Session(notebook, folder, Path(folder) / 'work', {}, cell_seconds, **options)
            asyncio.run(session.run())
            self.left = sorted(path.name for path in (Path(folder) / 'work').iterdir())
        return session

    def test_every_kind_of_failure(self):
        codes = {
            'fine': 'func main() { Print("fine") }',
            'panic': 'func main() { panic("on purpose") }',
            'exit status': 'func main() { os.Exit(7) }',
            'does not compile': 'func main() { Print(1) }',
            'shell line': '//gonb:!false',
            'unknown magic': '//gonb:%nosuchmagic',
            'error output that is none': 'func main() { os.Stderr.WriteString("exit status of nothing\\nexit status 1\\npanic: no\\n") }',
            'a line of 1 MB': 'func main() { for i := 0; i < 200000; i++ { os.Stdout.WriteString("12345 ") } }',
            'a background job': '//gonb:!sleep 86397 > /dev/null 2>&1 & echo begun',
        }
        session = self.execute(cells(*codes.values()), keep_going=True)
        failed = {list(codes)[failure.index - 2]: str(failure) for failure in session.failures}
        self.assertEqual(list(failed), ['panic', 'exit status', 'does not compile', 'shell line', 'unknown magic'])
        for kind, said in {'panic': 'on purpose', 'exit status': 'exit status 7', 'does not compile': 'cannot use 1',
                           'shell line': 'exit status 1', 'unknown magic': 'nosuchmagic'}.items():
            self.assertIn(said, failed[kind])
        self.assertEqual(len(session.seconds), 2 + len(codes))
        self.assertEqual(self.left, ['kernel.log'])

    def test_stops_at_the_first_failure(self):
        told = []
        session = self.execute(cells('//gonb:!exit 4', 'func main() {}'), told=lambda index, title, seconds: told.append((index, seconds is None)))
        self.assertEqual([failure.index for failure in session.failures], [2])
        self.assertIn('exit status 4', str(session.failures[0]))
        self.assertEqual(told, [(0, True), (0, False), (1, True), (1, False), (2, True), (2, False)])

    def test_a_cell_without_end(self):
        session = self.execute(cells('func main() { select {} }', '//gonb:!sleep 86399', 'func main() {}'), cell_seconds=2, keep_going=True)
        self.assertRegex(str(session.failures[0]), r'c02 .*\n    (no end after 2 s|.*deadlock)')

    def test_a_job_that_holds_the_output(self):
        session = self.execute(cells('//gonb:!sleep 86396 & echo begun', 'func main() {}'), cell_seconds=5, keep_going=True)
        self.assertRegex(str(session.failures[0]), r'no end after 5 s; .* leaves a job behind')
        self.assertEqual(running('86396') + running('86397'), [], 'jobs outlive their kernel')

    def test_a_kernel_that_dies(self):
        session = self.execute(cells('//gonb:!kill -KILL $PPID', 'func main() {}'), keep_going=True)
        self.assertEqual([failure.index for failure in session.failures], [2])
        self.assertIn('died', str(session.failures[0]))


    def test_a_kernel_that_does_not_start(self):
        with tempfile.TemporaryDirectory() as kernels:
            spec = Path(kernels) / 'gonb'
            spec.mkdir()
            for command, said in (('echo no room on the device >&2; exit 3', 'no room on the device'), ('exit 3', 'Its log:')):
                (spec / 'kernel.json').write_text(json.dumps({'argv': ['sh', '-c', command], 'display_name': 'x', 'language': 'go'}))
                session = self.execute(cells('func main() {}'), kernels=Path(kernels))
                self.assertEqual(len(session.failures), 1)
                self.assertIn(said, str(session.failures[0]))
                self.assertNotIn('Traceback', str(session.failures[0]))


class Words(unittest.TestCase):
    def test_long_lines_take_no_time(self):
        text = '1234567890 ' * 100_000
        begun = time.monotonic()
        self.assertEqual(overwritten(text), text)
        self.assertLess(time.monotonic() - begun, 1)
        for before, after in {'10 %\r20 %\rdone\n': 'done\n', 'abc\b\bd': 'ad', 'x\r\n': 'x\r\n', '\b\b': '', 'a\rb\r': 'b\r'}.items():
            self.assertEqual(overwritten(before), after)

    def test_streams_are_joined(self):
        stream = nbformat.v4.new_output
        cell = nbformat.v4.new_code_cell('', outputs=[stream('stream', name='stderr', text='e1 '), stream('stream', name='stdout', text='o1 '),
                                                      stream('stream', name='stderr', text='e2'), stream('display_data', data={'text/plain': 'd'}),
                                                      stream('stream', name='stdout', text='o2')])
        joined(cell)
        self.assertEqual([output.get('text', 'd') for output in cell.outputs], ['o1 o2', 'e1 e2', 'd'])

    def test_the_first_cause_is_shown(self):
        idle = '\n'.join(f'\ngoroutine {n} [chan receive]:\nmain.idle()\n\t/x/main.go:{n}' for n in range(25))
        said = str(Failure(3, 'func f()', f'some words\nfatal error: runtime: out of memory\n\nruntime stack:\nruntime.throw()\n{idle}'))
        self.assertIn('out of memory', said)
        self.assertRegex(said, r'\d+ lines more in the notebook')
        self.assertLess(len(said.splitlines()), 30)

    def test_title(self):
        self.assertEqual(title('//gonb:%exec C4\n\n// C4, Proposition 1\nfunc C4() {}'), '%exec C4')
        self.assertEqual(title('// A comment\n\nfunc f(x int) {\n}'), 'func f(x int)')
        self.assertEqual(title('\n!ls'), '!ls')

    def test_a_long_error_is_cut(self):
        said = str(Failure(3, 'func f()', '\x1b[31m' + '\n'.join(f'line {n}' for n in range(100))))
        self.assertIn('75 lines more', said)
        self.assertIn('line 99', said)
        self.assertNotIn('\x1b', said)

    def test_complaint_reads_standard_error_only(self):
        class Stream(dict):
            __getattr__ = dict.__getitem__

        def cell(name, text, code='//gonb:!command'):
            return Stream(source=code, outputs=[Stream(output_type='stream', name=name, text=text)])

        self.assertIsNone(complaint(cell('stdout', 'exit status 1\n')))
        self.assertIsNone(complaint(cell('stderr', 'the exit status 1 of a child\n')))
        self.assertIsNone(complaint(cell('stderr', 'exit status 1\n', '//gonb:%exec paper.Cell(C1)\n\nfunc C1() {}')))
        for text in ('exit status 1\n', 'signal: killed\n', 'x\npanic: no\n', '"%foo" unknown or not implemented yet\n'):
            self.assertEqual(complaint(cell('stderr', text)), text)
