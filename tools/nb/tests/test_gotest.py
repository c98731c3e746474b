import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from nb import gotest
from nb.checkout import ROOT, TOOLS, go_environment
from nb.gotest import Count


def count(*events):
    said = []
    counted = Count(said.append)
    for event in events:
        counted.line(event if isinstance(event, str) else json.dumps(event))
    return counted, '\n'.join(said)


def test(action, name, package='p'):
    return {'Action': action, 'Package': package, 'Test': name}


class Counting(unittest.TestCase):
    def numbers(self, *events):
        counted, _ = count(*events)
        return counted.passed(), counted.failed(), counted.skipped()

    def test_leaves(self):
        self.assertEqual(self.numbers(test('pass', 'A'), test('pass', 'B/x'), test('pass', 'B/y'), test('pass', 'B'),
                                      test('skip', 'C'), {'Action': 'pass', 'Package': 'p'}), (3, 0, 1))

    def test_a_failing_subtest_counts_once(self):
        self.assertEqual(self.numbers(test('fail', 'B/x'), test('pass', 'B/y'), test('fail', 'B'),
                                      {'Action': 'fail', 'Package': 'p'}), (1, 1, 0))

    def test_a_test_that_fails_beside_its_subtests(self):
        self.assertEqual(self.numbers(test('pass', 'B/x'), test('fail', 'B'), {'Action': 'fail', 'Package': 'p'}), (1, 1, 0))

    def test_two_counts_together(self):
        one, _ = count(test('pass', 'A'), test('fail', 'B'))
        other, _ = count(test('pass', 'A', 'q'), {'Action': 'fail', 'Package': 'r'})
        one.add(other)
        self.assertEqual((one.passed(), one.failed()), (2, 2))

    def test_the_same_name_in_two_packages(self):
        self.assertEqual(self.numbers(test('pass', 'A', 'p'), test('pass', 'A', 'q')), (2, 0, 0))

    def test_a_package_that_does_not_build(self):
        counted, said = count({'Action': 'build-output', 'ImportPath': 'p [p.test]', 'Output': 'x.go:1: no\n'},
                              {'Action': 'build-fail', 'ImportPath': 'p [p.test]'},
                              {'Action': 'fail', 'Package': 'p', 'FailedBuild': 'p [p.test]'})
        self.assertEqual((counted.passed(), counted.failed()), (0, 1))
        self.assertIn('x.go:1: no', said)

    def test_a_package_that_dies(self):
        counted, said = count({**test('run', 'A')}, {'Action': 'output', 'Package': 'p', 'Output': 'SIGSEGV\n'},
                              {'Action': 'fail', 'Package': 'p'})
        self.assertEqual(counted.failed(), 1)
        self.assertIn('SIGSEGV', said)

    def test_what_is_shown(self):
        _, said = count({**test('output', 'A'), 'Output': 'want 1\n'}, test('fail', 'A'), {**test('output', 'B'), 'Output': 'fine\n'},
                        test('pass', 'B'), 'go: no such thing')
        self.assertIn('FAIL p A\n        want 1', said)
        self.assertIn('go: no such thing', said)
        self.assertNotIn('fine', said)


class Twice(unittest.TestCase):
    """A binary that is linked once runs on two backends."""

    def again(self, folder, package, word):
        """What a test leaves with that says on which backend it is, and what is kept of its second run."""
        module = gotest.module()
        (folder / 'packages').write_text(f'{module}/pkg/rate')
        said = subprocess.run([sys.executable, TOOLS / 'nb' / 'again.py', folder, 'second', module, ROOT, 'sh', '-c',
                               f'echo "=== RUN   Test_$MARGINALIA_BACKEND"; echo "--- {word}: Test_$MARGINALIA_BACKEND (0.00s)"; [ {word} = PASS ]'],
                              cwd=ROOT / package, env=dict(go_environment(), MARGINALIA_BACKEND='first'), capture_output=True, text=True)
        return said.returncode, said.stdout, [path.read_text() for path in folder.glob('*.json')]

    def test_the_second_is_counted_apart(self):
        with tempfile.TemporaryDirectory() as folder:
            code, said, (events,) = self.again(Path(folder), 'pkg/rate', 'PASS')
        self.assertEqual((code, said.splitlines()[-1]), (0, '--- PASS: Test_first (0.00s)'))
        counted, _ = count(*events.splitlines())
        self.assertEqual(counted.verdicts, {(f'{gotest.module()}/pkg/rate', 'Test_second'): 'pass'})

    def test_one_that_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            code, _, (events,) = self.again(Path(folder), 'pkg/rate', 'FAIL')
        counted, _ = count(*events.splitlines())
        self.assertEqual((code, counted.failed()), (1, 1))

    def test_others_run_once(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.again(Path(folder), 'pkg/text', 'PASS')[2], [])

    def test_a_package(self):
        rate = f'{gotest.module()}/pkg/rate'
        first, second = gotest.twice('go', 'go', [rate], self.fail, ('./pkg/rate',))
        self.assertEqual((first.passed(), first.failed()), (second.passed(), 0))
        self.assertGreater(second.passed(), 0)
        told = []
        _, second = gotest.twice('go', 'go', [rate, 'nowhere'], told.append, ('./pkg/rate',))
        self.assertEqual((second.failed(), told), (1, ['    FAIL nowhere: it was not run on go']))


class Asking(unittest.TestCase):
    """What is tested on the second backend too: all that could tell backends apart."""

    def test_by_what_tests_reach(self):
        module = (ROOT / 'go.mod').read_text().split('\n', 1)[0].split()[1]
        asking = {package.removeprefix(f'{module}/') for package in gotest.asking()}
        for name in ('xla', 'pkg/repro', 'pkg/train', 'pkg/ntp', 'pkg/loss'):
            self.assertIn(name, asking)
        for name in ('pkg/convex', 'pkg/text', 'bench/encoder'):
            self.assertNotIn(name, asking)

    def test_backends_by_turns(self):
        """Every package is tested each day, and each that asks on both backends within two; the rooms that all graphs go through are on XLA each day."""
        module, asking = gotest.module(), set(gotest.asking())
        seen = {'cpu': set(), 'go': set()}
        for day in (7, 8):
            both, again, alone = gotest.turns(day)
            self.assertEqual(set(both) & set(alone), set())
            self.assertLessEqual(set(again), set(both))
            for room in gotest.DAILY:
                self.assertIn(f'{module}/{room}', both)
            seen['cpu'] |= set(both)
            seen['go'] |= {*again, *alone}
            self.assertLessEqual(asking, {*both, *alone})
        self.assertEqual(seen['go'], asking)
        self.assertLessEqual(asking | {f'{module}/bench/encoder', f'{module}/pkg/convex'}, seen['cpu'])

    def test_nobody_else_asks(self):
        """A package that reads the variable is one of the rooms that ask, or reaches one."""
        module = (ROOT / 'go.mod').read_text().split('\n', 1)[0].split()[1]
        asking = {package.removeprefix(f'{module}/') for package in gotest.asking()}
        for path in ROOT.glob('[a-z]*/**/*.go'):
            folder = path.parent.relative_to(ROOT).as_posix()
            if folder.split('/')[0] in ('build', 'tools') or not re.search(r'MARGINALIA_(BACKEND|PLUGIN)', path.read_text()):
                continue
            if any(path.parent.glob('*_test.go')) and folder.split('/')[0] not in gotest.ONCE:
                self.assertIn(folder, asking)
