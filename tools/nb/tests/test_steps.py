"""The whole check: seeds and turns by the date, parts beside others, parts that break."""

import contextlib
import datetime
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from nb import documents, steps
from nb.batch import Result
from nb.seeds import SeedsError
from nb.tests.test_claims import Folder


class Halves(unittest.TestCase):
    def test_all_have_their_turn(self):
        for names in ([], ['a'], list('cab'), list('dcab')):
            first, second = steps.gotest.half(names, 7), steps.gotest.half(names, 8)
            self.assertEqual(sorted(first + second), sorted(names))
            self.assertLessEqual(abs(len(first) - len(second)), 1)

    def test_the_race_detector(self):
        ran = []

        def run(backend, say, packages, *flags):
            ran.extend((backend, package) for package in ([packages] if isinstance(packages, str) else packages))
            return mock.Mock(passed=lambda: 1, failed=lambda: 0)

        for today in (8, 9):
            with mock.patch('nb.steps.day', lambda today=today: today), mock.patch('nb.steps.gotest.run', run):
                self.assertTrue(all(passed and not failed for _, passed, failed, _ in steps.race()))
        self.assertEqual(sorted(ran), sorted(('go', package) for package in [*steps.gotest.MEETING, *steps.gotest.MEETING_AT]))


class Reviews(Folder):
    def steps(self, script, text='what was tried'):
        self.file(script, 'a/review.py')
        if text:
            self.file(text, 'a/review.md')
        with mock.patch('nb.steps.NOTEBOOKS', self.folder), mock.patch('nb.steps.papers', lambda: ['a']), \
                contextlib.redirect_stdout(io.StringIO()) as said:
            (_, passed, failed, _), = steps.reviews()
        return passed, failed, said.getvalue()

    def test_numbers_are_counted(self):
        eight = 'for i in range(8):\n    print("ok", i)\n'
        self.assertEqual(self.steps(eight)[:2], (8, 0))
        self.assertEqual(self.steps(eight + 'print("FAIL", 9)\nraise SystemExit(1)')[:2], (8, 1))
        self.assertEqual(self.steps(eight + 'raise SystemExit(1)')[:2], (8, 1))

    def test_too_few(self):
        self.assertEqual(self.steps('print("ok")')[:2], (1, 1))

    def test_none(self):
        passed, failed, said = self.steps('', None)
        self.assertEqual((passed, failed), (0, 1))
        self.assertIn('a: review.py and review.md are wanted', said)


class Workflows(Folder):
    def lint(self, **change):
        """What actionlint says of our workflow with a piece replaced."""
        text = (steps.ROOT / '.github' / 'workflows' / 'test.yml').read_text()
        for old, new in change.get('pieces', ()):
            self.assertEqual(text.count(old), 1)
            text = text.replace(old, new)
        self.file(text, change.get('name', 'test.yml'))
        with contextlib.redirect_stdout(io.StringIO()) as said:
            made = steps.workflows(self.folder)
        return made, said.getvalue()

    def test_ours_is_whole(self):
        self.assertEqual(self.lint(), ((1, 0), ''))

    def test_a_broken_one_is_red(self):
        for old, new, word in (('runs-on: ubuntu-24.04', 'runs-on: ubuntu-24.40', 'ubuntu-24.40'),
                               ('contents: read', 'contents: reed', 'reed'),
                               ('${{ github.ref }}', '${{ github.reff }}', 'reff'),
                               ('  pull_request:', '  pull_requests:', 'pull_requests'),
                               ('jobs:', 'jobs', 'could not parse')):
            for name in ('test.yml', 'other.yaml'):
                with self.subTest(new, name=name):
                    made, said = self.lint(pieces=[(old, new)], name=name)
                    self.assertEqual(made, (0, 1))
                    self.assertIn(word, said)
                    (self.folder / name).unlink()

    def test_none_is_red(self):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(steps.workflows(self.folder), (0, 1))
        self.assertIn('has no workflow', said.getvalue())


class Python(unittest.TestCase):
    def made(self, **modules):
        """The step of modules of tests, each with what it prints and leaves with."""
        def run(words, **_):
            text, code = modules[words[3]]
            return mock.Mock(stdout=text, returncode=code)

        found = [mock.Mock(stem=name) for name in modules]
        for path in found:
            path.__lt__ = lambda one, other: one.stem < other.stem
        said = io.StringIO()
        with mock.patch('nb.steps.TOOLS', mock.MagicMock(__str__=lambda _: 'tools', __truediv__=lambda self, _: self, glob=lambda _: found)), \
                mock.patch('nb.steps.subprocess.run', run), contextlib.redirect_stdout(said):
            (name, passed, failed, _), = steps.python()
        self.assertEqual(name, 'python')
        return passed, failed, said.getvalue()

    def test_modules_are_counted_together(self):
        self.assertEqual(self.made(test_a=('fine\n3 passed, 0 failed\n', 0), test_b=('2 passed, 0 failed\n', 0)), (5, 0, ''))

    def test_one_that_fails_is_shown(self):
        passed, failed, said = self.made(test_a=('fine\n3 passed, 0 failed\n', 0), test_b=('what fell\n2 passed, 1 failed\n', 1))
        self.assertEqual((passed, failed, said), (5, 1, '    what fell\n'))

    def test_one_that_breaks_or_says_something_else_than_it_leaves_with_is_a_failure(self):
        for text, code in (('Traceback\n', 1), ('', 0), ('3 passed, 0 failed\n', 1), ('3 passed, 1 failed\n', 0)):
            with self.subTest(text, code=code):
                self.assertEqual(self.made(test_a=(text, code))[:2], (0, 1))


class Seeds(unittest.TestCase):
    def test_as_asked(self):
        self.assertEqual(steps.second_seed({steps.SEED: '7'}), 7)
        self.assertEqual([steps.second_seed({}), steps.second_seed({steps.SEED: ''})], [None, None])
        for text in ('-1', 'x', '1.5', str(2**64)):
            with self.subTest(text), self.assertRaisesRegex(ValueError, 'a whole number is expected'):
                steps.second_seed({steps.SEED: text})

    def test_days_are_counted_over_the_end_of_a_month(self):
        days = [datetime.date(2026, 11, 29) + datetime.timedelta(n) for n in range(40)]
        numbers = [steps.day(lambda: today) for today in days]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 40)))

    def test_every_paper_has_its_turn(self):
        keys = ['a', 'b', 'c', 'd']
        self.assertEqual([steps.turn(keys, seed, 2) for seed in (20261128, 20261129)], [['a', 'b'], ['c', 'd']])
        self.assertEqual(sorted(sum((steps.turn(keys, seed, 1) for seed in range(20261128, 20261132)), [])), keys)
        self.assertEqual([steps.turn(keys[:3], seed, 2) for seed in range(3)], [['a', 'b'], ['a', 'c'], ['b', 'c']])
        self.assertEqual([steps.turn([], 1, 1), steps.turn(['a'], 5, 2)], [[], ['a']])

    def test_ten_papers_are_no_longer_day_than_four(self):
        """What is heavy, kernels, programs and second seeds, is as much with ten papers as with four; each paper goes through
        the kernel within five days, is measured within four, at once where it has changed, and has a second seed within ten."""
        ten = [f'paper-{index}' for index in range(10)]
        days = range(739000, 739020)
        for day in days:
            through, apart = steps.plan(ten, day)
            self.assertEqual((len(through), len(steps.turn(ten, day, steps.SECOND))), (steps.KERNELS, steps.SECOND))
            self.assertLessEqual(len(apart), steps.PROGRAMS)
            self.assertFalse(set(through) & set(apart))
            self.assertEqual(sorted(sum(steps.plan(ten, day, ten), [])), ten, 'all have changed')
            self.assertEqual(set(sum(steps.plan(ten, day, ten[3:4]), [])), {*through, *apart, ten[3]})
            self.assertEqual(set().union(*(sum(steps.plan(ten, later), []) for later in range(day, day + 5))), set(ten))
            for many in (steps.KERNELS, steps.SECOND):
                self.assertEqual(set().union(*(steps.turn(ten, later, many) for later in range(day, day + 10 // many))), set(ten))
        self.assertEqual(steps.plan(ten[:2], 5), (ten[1:2], ten[:1]))

    def made(self, drawn, asked='', day=7, code=0):
        """The step on a day: what was run, the steps, what was said. Each paper has what record.draw says of it."""
        calls = []

        def call(words, **_):
            calls.append(words[4:-2])
            return mock.Mock(returncode=code, stdout='C4 fails\n')

        def draw(key, number):
            made = drawn[key]
            if isinstance(made, Exception):
                raise made
            return made(number) if callable(made) else made

        said = io.StringIO()
        with mock.patch('nb.steps.papers', lambda: sorted(drawn)), mock.patch('nb.steps.subprocess.run', call), \
                mock.patch('nb.steps.record.draw', draw), mock.patch('nb.steps.day', lambda: day), \
                mock.patch.dict('os.environ', {steps.SEED: asked}), mock.patch('nb.steps.backend', lambda *_: 'go'), \
                contextlib.redirect_stdout(said):
            made = [step[:3] for step in steps.seeds()]
        return calls, made, said.getvalue()

    def test_one_of_the_seeds_at_which_all_was_seen(self):
        drawn = {'a': (9, ['C1', 'C2'], []), 'b': None}  # which goes through the kernel on this day
        calls, made, said = self.made(drawn)
        self.assertEqual(calls, [['a', '--program', '--seed', '9']])
        self.assertEqual(made, [('a at seed 9', 1, 0)])
        self.assertIn('scripts/run a --program --seed 9 repeats it', said)
        _, made, said = self.made(drawn, code=1)
        self.assertEqual(made, [('a at seed 9', 0, 1)])
        self.assertIn('    C4 fails', said)

    def test_only_what_was_seen(self):
        calls, made, said = self.made({'b': (9, ['C1', 'C2'], ['C5'])})
        self.assertEqual(calls, [['b', '--program', '--seed', '9', '--only', 'C1,C2']])
        self.assertEqual(made, [('b at seed 9', 1, 0)])
        self.assertRegex(said, r'b: not seen at seed 9: C5; scripts/run b --program --seeds 20 --record')

    def test_nothing_was_seen(self):
        for drawn in ((None, [], ['C1']), (9, [], ['C1', 'C2'])):
            calls, made, said = self.made({'b': drawn})
            self.assertEqual((calls, made), ([], [('b at no second seed', 0, 0)]))
            self.assertIn('scripts/run b --program --seeds 20 --record sees and keeps it', said)

    def test_a_seed_of_ones_own_takes_the_whole_paper(self):
        calls, made, _ = self.made({'b': (9, ['C1'], ['C5'])}, asked='20261129')
        self.assertEqual((calls, made), ([['b', '--program', '--seed', '20261129']], [('b at seed 20261129', 1, 0)]))

    def test_every_seed_has_its_turn(self):
        """Over the days each paper is run, at one after the other of its seeds."""
        drawn = {key: lambda number: (2 + number % 19, ['C1'], []) for key in 'abc'}
        runs = [self.made(drawn, day=739000 + n)[0][0] for n in range(3 * 19)]
        self.assertEqual(len({(run[0], run[3]) for run in runs}), 3 * 19)

    def test_a_record_or_a_seed_that_is_none(self):
        for drawn, asked, want in ((SeedsError('no record of seeds'), '', 'no record of seeds'), ((9, ['C1'], []), 'x', 'a whole number')):
            calls, made, said = self.made({'b': drawn}, asked=asked)
            self.assertEqual((calls, made), ([], [('second seed', 0, 1)]))
            self.assertIn(want, said)


class Notebooks(Folder):
    def made(self, code, changed=lambda key: True):
        """The steps of three papers, of which a goes through the kernel, b and c are programs that leave with code, where
        they have changed."""
        compared = []

        def program(key, seed):
            self.assertEqual(seed, 1)
            self.file(self.ledger, f'{key}/program/runs/seed-1/claims.json')
            return code, ['C4 fails'], 1.0

        result = Result('a', 1.0, ledger=self.ledger)
        told = io.StringIO()
        with mock.patch('nb.steps.papers', lambda: ['a', 'b', 'c']), mock.patch('nb.steps.KERNELS', 1), \
                mock.patch('nb.steps.PROGRAMS', 1), mock.patch('nb.steps.check.changed', changed), \
                mock.patch('nb.steps.day', lambda: 3), mock.patch('nb.steps.backend', lambda *_: 'go'), \
                mock.patch('nb.steps.batch.Batch', lambda chosen: mock.Mock(run=lambda: [result] * (chosen.papers == ['a']))), \
                mock.patch('nb.steps.BUILD', self.folder), mock.patch('nb.steps.program', program), \
                mock.patch('nb.steps.check.notebook', lambda key: []), mock.patch('nb.steps.kept.problems', lambda key: []), \
                mock.patch('nb.steps.check.ledger', lambda key, outputs: compared.append((key, outputs)) or []), \
                mock.patch('nb.steps.documents.stale', list), mock.patch('nb.steps.measured.problems', list), \
                contextlib.redirect_stdout(told):
            made = [step[:3] for step in steps.notebooks()]
        return made, compared, told.getvalue()

    def test_programs_stand_in_for_kernels(self):
        self.file('{"old": 1}', 'b/claims.json')
        made, compared, _ = self.made(0)
        self.assertEqual(made[:3], [('notebook a', 2, 0), ('program b', 2, 0), ('program c', 2, 0)])
        self.assertEqual(compared, [('a', True), ('b', False), ('c', False)])
        fresh = json.loads((self.folder / 'b' / 'claims.json').read_text())['claims']
        self.assertEqual([claim['id'] for claim in fresh], ['A1', 'A2'])
        self.assertIn('Not reproduced here', fresh[1]['kept'], 'a ledger as the kernel leaves it')

    def test_what_has_not_changed_has_its_turn(self):
        made, compared, told = self.made(0, changed=lambda key: key == 'c')
        self.assertEqual([name for name, *_ in made[:3]], ['notebook a', 'program c', 'committed notebooks'])
        self.assertEqual((made[2][1], compared), (3, [('a', True), ('c', False)]))
        self.assertIn('not today: b', told)

    def test_a_red_program(self):
        self.file('{"old": 1}', 'b/claims.json')
        made, _, told = self.made(1)
        self.assertEqual(made[1:3], [('program b', 0, 1), ('program c', 0, 1)])
        self.assertIn('b: C4 fails', told)
        self.assertFalse((self.folder / 'b' / 'claims.json').exists(), 'an older ledger would be compared')


class Parts(unittest.TestCase):
    def run_parts(self, **parts):
        said = io.StringIO()
        with mock.patch.dict(steps.STEPS, parts, clear=True), mock.patch('nb.steps.options', lambda _: list(parts)), \
                contextlib.redirect_stdout(said):
            code = steps.main([])
        return code, said.getvalue().splitlines()

    def test_in_order_with_the_one_beside_at_its_place(self):
        def beside():
            steps.say('    looked')
            yield 'pages', 3, 0, ''

        def one():
            yield 'one', 1, 0, 'a note'

        code, said = self.run_parts(lint=one, site=beside)
        self.assertEqual(code, 0)
        self.assertRegex('\n'.join(said), r'^ok   one: 1 passed, 0 failed, [\d.]+ s \(a note\)\n     lint: 0 s, 0 s of a processor\n    looked\n'
                                          r'ok   pages: 3 passed, 0 failed, [\d.]+ s\n     site: 0 s, 0 s of a processor beside the others\n     all: 0 s\n4 passed, 0 failed$')

    def test_what_parts_took(self):
        def busy():
            steps.subprocess.run([sys.executable, '-c', 'import time\nwhile time.process_time() < 1.2: pass'], check=True)
            yield 'busy', 1, 0, ''

        def beside():
            answer = steps.subprocess.run([sys.executable, '-c', steps.COUNTING, sys.executable, '-c',
                                           'import time\nwhile time.process_time() < 0.7: pass'], capture_output=True, text=True)
            steps.aside.append(float(answer.stdout.split()[-1]))
            yield 'beside', 1, 0, ''

        with tempfile.TemporaryDirectory() as folder, mock.patch('nb.steps.RECORD', Path(folder) / 'steps.json'), mock.patch('nb.steps.aside', []), \
                mock.patch.dict(steps.STEPS, {'lint': busy, 'site': beside}, clear=True), mock.patch('nb.steps.options', lambda _: ['lint', 'site']), \
                contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(steps.main(['--record']), 0)
            kept = json.loads((Path(folder) / 'steps.json').read_text())
            table = documents.steps(Path(folder) / 'steps.json')
        self.assertEqual([(part['name'], part['beside']) for part in kept['parts']], [('lint', False), ('site', True)])
        self.assertEqual([part['processor'] for part in kept['parts']], [1, 1])
        self.assertRegex(table, r'\| lint \| \d+ \| 1 \|\n\| site, beside the others \| \d+ \| 1 \|\n\| all \| \d+ \| 2 \|')

    def test_a_part_that_breaks_is_a_failure(self):
        def broken():
            yield 'first', 1, 0, ''
            raise RuntimeError('on purpose')

        for name in ('lint', 'site'):
            with self.subTest(name):
                code, said = self.run_parts(**{name: broken, 'go': lambda: iter(())})
                self.assertEqual((code, said[-1]), (1, '1 passed, 1 failed'))
                self.assertIn('RuntimeError: on purpose', '\n'.join(said))
