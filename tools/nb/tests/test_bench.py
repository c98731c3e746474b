"""scripts/bench: its arguments, and rows that somebody measured against rows that nobody did."""

import contextlib
import io
import json
import subprocess
from unittest import mock

from nb import bench, measured
from nb.tests.test_claims import Folder

ROW = {'bench': 'loop', 'what': 'a step', 'against': 'JAX', 'ratio': 2.0, 'low': 1.0, 'high': 3.0, 'ours': '2 s', 'device': 'Chip',
       'rounds': {'ours': [1, 2, 4], 'theirs': [3, 2, 8]}}
GROWTH = {'bench': 'growth', 'what': 'a step', 'size': 'm', 'sizes': [1, 2, 4], 'micro': [3, 6, 12], 'operations': [1, 4, 16],
          'bytes': [2, 4, 8], 'slope': 1, 'interval': [1, 1], 'counted': 2, 'moved': 1, 'device': 'Chip'}


def refused(arguments):
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
        bench.options(arguments)
    return said.getvalue()


class Checkout(Folder):
    """A clone with programs of its own and one commit."""

    def setUp(self):
        super().setUp()
        for name, value in {'ROOT': self.folder, 'RESULTS': self.folder / 'bench' / 'results.jsonl'}.items():
            patch = mock.patch(f'nb.measured.{name}', value)
            patch.start()
            self.addCleanup(patch.stop)
        for name in ('loop/main.go', 'loop/main_test.go', 'peer/peer.go', 'qp/peer.py'):
            self.write(name, f'{name}\n')
        self.git('init', '-q')
        self.commit()

    def write(self, name, text):
        path = self.folder / 'bench' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def git(self, *words):
        return subprocess.run(['git', '-C', str(self.folder), '-c', 'user.name=n', '-c', 'user.email=e', *words], check=True,
                              capture_output=True, text=True).stdout

    def commit(self):
        self.git('add', '-A')
        self.git('commit', '-qm', 'c')

    def keep(self, *rows):
        """Record rows as a comparison does; the problems that follow."""
        kept = measured.RESULTS.read_text() if measured.RESULTS.exists() else ''
        for row in rows:
            kept = measured.merge(kept, json.dumps(row) + '\n', row['bench'], measured.commit())
        measured.RESULTS.write_text(kept)
        return measured.problems(measured.RESULTS)

    def edited(self, seal=False, **changes):
        """The problems of the first row, changed."""
        row = {**json.loads(measured.RESULTS.read_text().splitlines()[0]), **changes}
        changed = self.folder / 'changed'
        changed.write_text(json.dumps(measured.sealed(row) if seal else row) + '\n')
        return ' '.join(measured.problems(changed))


class Rows(Checkout):
    def test_measured(self):
        self.assertEqual(self.keep(ROW, GROWTH, dict(ROW, bench='qp')), [])
        self.assertEqual([json.loads(line)['bench'] for line in measured.RESULTS.read_text().splitlines()], ['growth', 'loop', 'qp'])
        self.assertEqual(self.keep(dict(ROW, what='b'), dict(ROW, what='c')), [])
        self.assertEqual(measured.RESULTS.read_text().count('"loop"'), 1, 'a comparison takes the place of its rows')

    def test_edited(self):
        self.keep(ROW)
        self.assertRegex(self.edited(ratio=2.5), r'line 1 \(loop: a step, against JAX\) says ratio 2.5, its rounds say 2.0: scripts/bench loop')
        self.assertIn('says ratio 2.5', self.edited(seal=True, ratio=2.5), 'whoever makes the hash anew has the rounds to make too')
        self.assertIn('says high 4', self.edited(seal=True, high=4))
        for change in ({'ours': '1 s'}, {'what': 'two steps'}, {'limit': 1.0}, {'device': 'Other'},
                       {'rounds': {'ours': [2, 4, 8], 'theirs': [6, 4, 16]}}):
            with self.subTest(str(change)):
                self.assertIn('was changed after it was measured', self.edited(**change))

    def test_growth_that_was_edited(self):
        self.keep(GROWTH)
        self.assertIn('says slope 0.9', self.edited(seal=True, slope=0.9))
        self.assertIn('says moved 2', self.edited(seal=True, moved=2))

    def test_without_provenance(self):
        self.keep(ROW)
        self.assertIn('does not say by what it was measured: commit missing', self.edited(commit=''))
        self.assertIn('is no row', self.edited(rounds=None))
        self.assertIn('0 rounds of ours', self.edited(rounds={'ours': [], 'theirs': []}))
        self.assertIn('is of no comparison', self.edited(seal=True, bench='other'))
        measured.RESULTS.write_text('{\n')
        self.assertIn('is no row', measured.problems(measured.RESULTS)[0])

    def test_the_program_is_one_that_was_committed(self):
        self.keep(ROW)
        self.assertIn('of another program than bench/loop at commit', self.edited(seal=True, program='0' * 32))
        self.write('loop/main_test.go', 'changed')
        self.write('qp/peer.py', 'changed')
        self.commit()
        self.assertEqual(measured.problems(measured.RESULTS), [])
        self.write('peer/peer.go', 'changed')
        self.commit()
        self.assertEqual(measured.problems(measured.RESULTS), [], 'a later program does not undo what was measured by an earlier one')
        self.assertIn('is of the commit 123456789012, which is not', self.edited(seal=True, commit='1234567890123'))

    def test_what_was_changed_cannot_be_measured_for_good(self):
        self.write('loop/main.go', 'changed')
        with self.assertRaisesRegex(measured.RowError, r'commit first\n M bench/loop/main.go'):
            measured.commit()
        with self.assertRaisesRegex(measured.RowError, 'recorded nothing'):
            measured.merge('', '', 'loop', 'x')
        with self.assertRaisesRegex(measured.RowError, 'recorded a row of qp'):
            measured.merge('', json.dumps(dict(ROW, bench='qp')), 'loop', 'x')

    def test_six_digits_are_enough(self):
        """The ratio of the row follows from its rounds as written, to the last digit."""
        self.assertEqual([said for _, said, computed in measured.recomputed(ROW) if said != computed], [])


class Arguments(Folder):
    def test_which(self):
        self.assertEqual(vars(bench.options([])[0]), {'what': 'all', 'write': False, 'peers': False})
        given, rest = bench.options(['loop', '--write', '--', '-rounds', '3'])
        self.assertEqual((given.what, given.write, rest), ('loop', True, ['-rounds', '3']))
        self.assertEqual(bench.options(['notebook', 'ntp-capacity'])[1], ['ntp-capacity'])

    def test_refused(self):
        for arguments, said in ((['other'], 'notebook'), (['--', '-rounds', '3'], 'scripts/bench loop -- -rounds 3'),
                                (['qp', '--write', '--', '-growth'], 'scripts/bench growth --write'), (['loop', 'qp'], 'qp')):
            with self.subTest(str(arguments)):
                self.assertIn(said, refused(arguments))

    def test_a_comparison_that_fails_writes_nothing(self):
        (self.folder / 'bench').mkdir()
        results = self.file('old\n', 'results')
        with mock.patch('nb.measured.RESULTS', results), mock.patch('nb.measured.commit', lambda: 'c'), \
                mock.patch('nb.bench.run', side_effect=bench.BenchError('go left with 1')), \
                contextlib.redirect_stdout(io.StringIO()), self.assertRaises(bench.BenchError):
            bench.compare('loop', [], True)
        self.assertEqual(results.read_text(), 'old\n')

    def test_what_is_run(self):
        calls = []
        with mock.patch('nb.bench.run', lambda *words, environment=None: calls.append((words, environment['MARGINALIA_BENCH']))), \
                contextlib.redirect_stdout(io.StringIO()):
            bench.compare('qp', ['-rounds', '2'], False)
            bench.compare('growth', [], False)
        self.assertEqual(calls[0][0][:3], ('go', 'run', './bench/qp'))
        self.assertEqual(calls[0][0][-2:], ('-rounds', '2'))
        self.assertEqual([words[2:] for words, _ in calls[1:]], [(f'./bench/{name}', '-growth') for name in measured.GROWING])
        self.assertEqual({file for _, file in calls}, {''}, 'without --write nothing is recorded')

    def test_no_python_for_the_peers(self):
        with mock.patch.dict('os.environ', {'PATH': str(self.folder)}), self.assertRaisesRegex(bench.BenchError, '3.11 or newer.*found none'):
            bench.peer_python()
