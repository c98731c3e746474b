import json
import re
import unittest

from nb import gotest
from nb.checkout import ROOT
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


class Asking(unittest.TestCase):
    """What is tested on the second backend too: all that could tell backends apart."""

    def test_by_what_tests_reach(self):
        module = (ROOT / 'go.mod').read_text().split('\n', 1)[0].split()[1]
        asking = {package.removeprefix(f'{module}/') for package in gotest.asking()}
        for name in ('xla', 'pkg/repro', 'pkg/train', 'pkg/ntp', 'pkg/loss'):
            self.assertIn(name, asking)
        for name in ('pkg/convex', 'pkg/text'):
            self.assertNotIn(name, asking)

    def test_nobody_else_asks(self):
        """A package that reads the variable is one of the rooms that ask, or reaches one."""
        module = (ROOT / 'go.mod').read_text().split('\n', 1)[0].split()[1]
        asking = {package.removeprefix(f'{module}/') for package in gotest.asking()}
        for path in ROOT.glob('[a-z]*/**/*.go'):
            folder = path.parent.relative_to(ROOT).as_posix()
            if folder.split('/')[0] in ('build', 'tools') or not re.search(r'MARGINALIA_(BACKEND|PLUGIN)', path.read_text()):
                continue
            if any(path.parent.glob('*_test.go')):
                self.assertIn(folder, asking)
