import datetime
import io
import json
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from mutate import command, faults, results, trial

FAULT = '''The sum is too large
by one.

tests: pkg/sum -run Sum|Two
tests: pkg/other
claims: sums C1 C2
claims: more D1
file: pkg/sum/sum.go
 func Sum(a, b int) int {
-	return a + b
+	return a + b + 1
 }
'''
CODE = 'package sum\n\nfunc Sum(a, b int) int {\n\treturn a + b\n}\n'


def fault(name='sum/one', text=FAULT):
    return faults.parse(name, text)


class Parse(unittest.TestCase):
    def test_everything(self):
        one = fault()
        self.assertEqual((one.room, one.sentence, one.file), ('sum', 'The sum is too large by one.', 'pkg/sum/sum.go'))
        self.assertEqual(one.old, 'func Sum(a, b int) int {\n\treturn a + b\n}\n')
        self.assertEqual(one.new, 'func Sum(a, b int) int {\n\treturn a + b + 1\n}\n')
        self.assertEqual(one.tests, [('pkg/sum', 'Sum|Two'), ('pkg/other', '')])
        self.assertEqual(one.claims, {'sums': ['C1', 'C2'], 'more': ['D1']})

    def test_package_of_the_file(self):
        self.assertEqual(fault(text='A fault.\n\nfile: pkg/sum/sum.go\n-a\n+b\n').tests, [('pkg/sum', '')])

    def test_of_a_notebook(self):
        text = 'A fault.\n\nfile: notebooks/sums/study/sum.go\n-a\n+b\n'
        self.assertEqual(fault('sums/one', text).tests, [('notebooks/sums/study', '')])
        with self.assertRaisesRegex(faults.FaultError, 'lies in another room: a file of study, or the fault in faults/sums/'):
            fault('study/one', text)

    def test_lines_that_go(self):
        one = fault(text='A fault.\n\nfile: pkg/sum/sum.go\n-a\n')
        self.assertEqual((one.old, one.new), ('a\n', ''))

    def test_refused(self):
        for text, says in (
                ('tests: pkg/sum\nfile: pkg/sum/sum.go\n-a\n+b\n', 'a sentence that says what is wrong'),
                ('A fault.\n\ntests: pkg/sum\n', 'a line "file: PATH"'),
                ('A fault.\n\ntest: pkg/sum\nfile: pkg/sum/sum.go\n-a\n+b\n', 'one of tests, claims, equivalent, file'),
                ('A fault.\n\ntests: pkg/sum -count 1\nfile: pkg/sum/sum.go\n-a\n+b\n', 'PACKAGE -run REGEXP'),
                ('A fault.\n\nclaims: sums\nfile: pkg/sum/sum.go\n-a\n+b\n', 'ids of its claims'),
                ('A fault.\n\nfile: pkg/sum/sum.go\n*a\n', 'a blank, a minus or a plus'),
                ('A fault.\n\nfile: pkg/sum/sum.go\n a\n', 'lines that go and lines that come'),
                ('A fault.\n\nfile: pkg/other/sum.go\n-a\n+b\n', 'a file of sum')):
            with self.subTest(says), self.assertRaisesRegex(faults.FaultError, f'^sum/one: .*{says}'):
                fault(text=text)


class Checkout(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.file(CODE, 'pkg/sum/sum.go')
        self.list = self.root / 'faults'
        self.kept = self.root / 'results.json'

    def file(self, text, name):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


class Apply(Checkout):
    def test_once(self):
        self.assertEqual(fault().apply(self.root), CODE.replace('a + b', 'a + b + 1'))
        self.file(CODE + CODE, 'pkg/sum/sum.go')
        with self.assertRaisesRegex(faults.FaultError, 'in pkg/sum/sum.go 2 times, once is expected'):
            fault().apply(self.root)
        (self.root / 'pkg/sum/sum.go').unlink()
        with self.assertRaisesRegex(faults.FaultError, 'pkg/sum/sum.go cannot be read'):
            fault().apply(self.root)

    def test_problems(self):
        self.file(json.dumps({'statements': [{'id': 'C1'}]}), 'notebooks/sums/paper.json')
        self.file(json.dumps({'claims': [{'id': 'D1'}]}), 'notebooks/more/claims.json')
        self.assertEqual(faults.problems({'sum/one': fault()}, self.root), [
            'sum/one: pkg/other is no folder of the checkout: mend the line tests',
            'sum/one: sums has no claim C2: mend the line claims'])

    def test_load(self):
        self.file(FAULT, 'faults/sum/one.fault')
        self.file(FAULT.replace('pkg/sum/sum', 'pkg/two/sum'), 'faults/two/one.fault')
        self.assertEqual(list(faults.load(folder=self.list)), ['sum/one', 'two/one'])
        self.assertEqual(list(faults.load(['two'], self.list)), ['two/one'])
        self.assertEqual(list(faults.load(['sum/one', 'sum'], self.list)), ['sum/one'])
        with self.assertRaisesRegex(faults.FaultError, "'three': rooms are sum, two"):
            faults.load(['three'], self.list)
        self.file('', 'faults/sum/One.fault')
        with self.assertRaisesRegex(faults.FaultError, 'One.fault is no fault'):
            faults.load(folder=self.list)


class Results(Checkout):
    def named(self, *names):
        return {name: fault(name) for name in names}

    def keep(self, **seen):
        for name, (tests, claims) in seen.items():
            results.update(fault(f'sum/{name}'), (tests, claims), self.kept)

    def test_record(self):
        self.keep(one=(('seen', 'pkg/sum TestSum'), None))
        self.keep(one=(None, ('survived', '')))
        self.assertEqual(results.read(self.kept)['sum/one'] | {'when': ''}, {
            'digest': fault().digest, 'when': '', 'tests': ['seen', 'pkg/sum TestSum'], 'claims': ['survived', '']})
        results.update(fault(text=FAULT + ' }\n'), (None, ('seen', 'sums C1')), self.kept)
        self.assertIsNone(results.read(self.kept)['sum/one']['tests'], 'a result of another text was kept')

    def test_damaged(self):
        self.file('{', 'results.json')
        with self.assertRaisesRegex(results.ResultError, 'holds no results'):
            results.read(self.kept)

    def test_problems(self):
        self.keep(one=(('seen', 'x'), None), gone=(('seen', 'x'), None))
        self.assertEqual([said.split(':')[0] for said in results.problems(self.named('sum/one', 'sum/new'), self.kept)], [
            '1 small faults are new or have changed, as sum/new',
            'there are results of sum/gone, but no such fault', '1 of 2 small faults are seen, 95% are expected'])
        results.forget(self.named('sum/one'), self.kept)
        self.assertEqual(results.problems(self.named('sum/one'), self.kept), [])
        changed = self.named('sum/one')
        changed['sum/one'].digest = 'another'
        self.assertEqual(len(results.problems(changed, self.kept)), 2, 'what was seen of another text is no result')
        self.keep(two=(None, ('seen', 'sums C1')))
        self.assertEqual(results.problems(self.named('sum/one', 'sum/two'), self.kept), [], 'what claims have seen was tried')

    def test_reach(self):
        self.keep(one=(('survived', ''), ('survived', '')))
        self.assertEqual(results.problems(self.named('sum/one'), self.kept), [
            '0 of 1 small faults are seen, 95% are expected: a test or a claim is missing',
            '0 of 1 small faults that touch what a claim states are seen by claims alone, 70% are expected: a claim could be sharper'])
        self.keep(one=(('seen', 'x'), None))
        self.assertEqual(len(results.problems(self.named('sum/one'), self.kept)), 1, 'tests do not stand in for claims')
        self.keep(one=(None, ('seen', 'sums C1')))
        self.assertEqual(results.problems(self.named('sum/one'), self.kept), [])

    def test_table(self):
        every = self.named('sum/one', 'sum/two', 'sum/three', 'sum/four')
        every['sum/four'].equivalent = 'the same sum'
        self.keep(one=(('seen', 'x'), ('survived', '')), two=(('survived', ''), ('seen', 'x')), three=(('survived', ''), None))
        self.assertEqual(results.table(every, self.kept).splitlines()[2:],
                         ['| `sum` | 4 | 1 | 1 of 2 | 1 | 1 |', '| all | 4 | 1 | 1 of 2 | 1 | 1 |'])
        self.assertEqual(results.table({}, self.kept), '')

    def test_turn(self):
        every = self.named(*(f'sum/{letter}' for letter in 'abcdefg'))
        for name, one in every.items():
            one.digest = name
        kept = {name: {'digest': name, 'tests': ['survived' if name == 'sum/g' else 'seen', ''], 'claims': None} for name in every}
        days = [results.turn(every, kept, 2, datetime.date(2026, 1, day)) for day in (1, 2, 3)]
        self.assertEqual({one.name for day in days for one in day}, {f'sum/{letter}' for letter in 'abcdef'})
        kept['sum/a']['digest'] = 'other'
        self.assertNotIn('sum/a', [one.name for one in results.turn(every, kept, 9, datetime.date.today())])


class Trial(Checkout):
    """A module of its own, and faults in it."""

    def setUp(self):
        super().setUp()
        self.file('module example.org/m\n\ngo 1.24\n', 'go.mod')
        self.file('package sum\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n\tif Sum(1, 1) != 2 {\n\t\tt.Fatal()\n\t}\n}\n\nfunc TestNothing(t *testing.T) {}\n',
                  'pkg/sum/sum_test.go')
        patch = mock.patch('mutate.trial.ROOT', self.root)
        patch.start()
        self.addCleanup(patch.stop)
        apply = faults.Fault.apply
        patch = mock.patch.object(faults.Fault, 'apply', lambda one: apply(one, self.root))
        patch.start()
        self.addCleanup(patch.stop)

    def tried(self, new, pattern=''):
        return trial.tests(fault(text=f'A fault.\n\nfile: pkg/sum/sum.go\n-\treturn a + b\n+\t{new}\n'), [('pkg/sum', pattern)], 'go')

    def test_seen(self):
        self.assertEqual(self.tried('return a - b'), ('seen', 'pkg/sum TestSum'))
        self.assertEqual(self.tried('return b + a'), ('survived', ''))
        self.assertEqual(self.tried('return a - b', 'Nothing'), ('survived', ''))
        self.assertEqual(self.tried('panic(a)'), ('seen', 'pkg/sum TestSum'))
        self.assertEqual((self.root / 'pkg/sum/sum.go').read_text(), CODE)

    def test_near(self):
        self.file('package sum\n\nimport "testing"\n\nfunc TestTwice(t *testing.T) {\n\tSum(1, 1)\n}\n\nfunc TestOther(t *testing.T) {\n}\n',
                  'pkg/sum/other_test.go')
        one = fault(text='A fault.\n\nfile: pkg/sum/sum.go\n-\treturn a + b\n+\treturn a\n')
        self.assertEqual(one.function(CODE), 'Sum')
        self.assertEqual(trial.near(one, 'pkg/sum'), '^(TestTwice|TestSum|TestNothing)$')
        self.assertEqual(trial.near(one, 'pkg/other'), '')

    def test_no_end(self):
        with mock.patch('mutate.trial.LIMIT', 2):
            self.assertEqual(self.tried('for {\n+\t}'), ('seen', 'pkg/sum: no end'))

    def test_killed_from_outside(self):
        with self.assertRaisesRegex(faults.FaultError, 'sh was killed from outside'):
            trial.call(['sh', '-c', 'kill -9 $$'], 'go')

    def test_refused(self):
        for new, pattern, says in (('return c', '', 'do not build'), ('return a - b', 'Absent', 'no test of pkg/sum is called Absent')):
            with self.subTest(says), self.assertRaisesRegex(faults.FaultError, says):
                self.tried(new, pattern)

    def test_sound(self):
        self.assertEqual(trial.sound('pkg/sum', '', 'go'), '')
        self.file(CODE.replace('a + b', 'a'), 'pkg/sum/sum.go')
        self.assertEqual(trial.sound('pkg/sum', '', 'go'), 'pkg/sum TestSum')


class Sample(unittest.TestCase):
    def test_found_again(self):
        asked, said = [], []

        def tests(one, packages, backend):
            asked.append(packages)
            if packages[0][1] == '^TestGone$':
                raise faults.FaultError('no test is called so')
            return ('survived', '') if one.name == 'sum/b' else ('seen', 'x')

        every = {f'sum/{letter}': fault(f'sum/{letter}') for letter in 'abc'}
        for name, one in every.items():
            one.digest = name
        kept = {name: {'digest': name, 'tests': ['seen', f'pkg/sum {test}'], 'claims': None}
                for name, test in zip(every, ('TestA', 'TestB', 'TestGone'))}
        with mock.patch('mutate.command.tests', tests):
            self.assertEqual(command.sample(every, kept, 3, datetime.date(2026, 1, 1), 'go', said.append), (2, 1))
        self.assertEqual(said, ['    sum/b: nobody sees any more that the sum is too large by one.'])
        self.assertIn([('pkg/sum', '^TestA$')], asked)
        self.assertEqual(asked.count(fault().tests), 2, 'all tests are asked where the one that saw it does not')


class Command(Checkout):
    def run_it(self, chosen, **given):
        settings = dict(claims=False, only_claims=False, jobs=1, write=False, names=[], survivors=False, backend='go') | given
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            code = command.tried(chosen, {}, SimpleNamespace(**settings))
        return code, out.getvalue()

    def test_tried(self):
        def tests(one, packages, backend):
            if one.name == 'sum/b':
                raise faults.FaultError('sum/b: it does not build')
            return ('survived', '') if one.name == 'sum/c' else ('seen', 'pkg/sum TestSum')

        every = {f'sum/{letter}': fault(f'sum/{letter}') for letter in 'abcd'}
        every['sum/d'].equivalent = 'the same'
        with mock.patch('mutate.command.tests', tests), mock.patch('mutate.command.sound', lambda *_: ''), \
                mock.patch('mutate.command.converted', lambda paper: False):
            code, said = self.run_it(every)
        self.assertEqual(code, 1)
        self.assertIn('ok   sum/a: seen by pkg/sum TestSum', said)
        self.assertIn('FAIL sum/b: it does not build', said)
        self.assertIn('survived: sum/c: The sum is too large by one. (pkg/sum/sum.go)', said)
        self.assertTrue(said.endswith('1 of 3 seen, 1 survived, 1 could not be tried, 1 equivalent\n'))

    def test_without_a_fault(self):
        with mock.patch('mutate.command.sound', lambda *_: 'pkg/sum TestSum'), mock.patch('mutate.command.converted', lambda paper: False):
            code, said = self.run_it({'sum/one': fault()})
        self.assertEqual(code, 1)
        self.assertIn('without any fault there is a failure (pkg/sum TestSum)', said)

    def test_claims(self):
        asked = []

        def claims(one, papers, backend):
            asked.append((one.name, papers))
            return 'seen', 'sums C1'

        def sound(paper, ids, backend):
            asked.append((None, {paper: list(ids)}))
            return ''

        with mock.patch('mutate.command.claims', claims), mock.patch('mutate.command.converted', lambda paper: paper == 'sums'), \
                mock.patch('mutate.command.sound_claims', sound):
            code, said = self.run_it({'sum/one': fault()}, only_claims=True)
        self.assertEqual(code, 0)
        self.assertIn('claims of more are not asked', said)
        self.assertEqual(asked, [(None, {'sums': ['C1', 'C2']}), ('sum/one', {'sums': ['C1', 'C2']})])

    def test_what_was_green_is_not_measured_again(self):
        asked, red = [], ('survived', '')

        def claims(one, papers, backend):
            asked.append(papers['sums'])
            return red

        self.file('as it was', 'stamp')
        with mock.patch('mutate.trial.claims', claims), mock.patch('mutate.trial.prepared', lambda paper: self.root):
            for ids in (['C1'], ['C1', 'C2'], ['C2']):
                self.assertEqual(trial.sound_claims('sums', ids, 'go'), '')
            self.assertEqual(asked, [['C1'], ['C2']])
            self.file('changed', 'stamp')
            red = ('seen', 'sums C2')
            for _ in range(2):
                self.assertEqual(trial.sound_claims('sums', ['C2'], 'go'), 'sums C2')
            self.assertEqual(asked[2:], [['C2'], ['C2']], 'what is red is measured again')
            red = ('survived', '')
            trial.sound_claims('sums', ['C2'], 'go')
            trial.sound_claims('sums', ['C2'], 'cpu')
            self.assertEqual(len(asked), 6, 'another backend is another measurement')

    def test_left(self):
        tests, claims, both = (SimpleNamespace(only_claims=only, claims=asked) for only, asked in ((False, False), (True, False), (False, True)))
        one = fault()
        for result, left in ((None, (True, True, True)), (('seen', None), (False, True, True)), (('survived', None), (True, True, True)),
                             ((None, 'seen'), (True, False, True)), (('seen', 'survived'), (False, False, False)),
                             (('survived', 'seen'), (False, False, False))):
            if result:
                by_tests, by_claims = ((verdict, '') if verdict else None for verdict in result)
                result = {'digest': one.digest, 'tests': by_tests, 'claims': by_claims}
            with self.subTest(result):
                self.assertEqual(tuple(command.left(one, result, given) for given in (tests, claims, both)), left)

    def test_options(self):
        for words in (['--jobs', '0'], ['--sample', '0'], ['--sample', '2', 'rate'], ['--sample', '2', '--write'], ['--date', 'today']):
            with self.subTest(words), self.assertRaises(SystemExit), redirect_stderr(io.StringIO()):
                command.options(words)


class Committed(unittest.TestCase):
    def test_list(self):
        every = faults.load()
        self.assertGreaterEqual(len(every), 100)
        self.assertEqual(faults.problems(every), [])
