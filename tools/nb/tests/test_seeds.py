"""At which seeds claims were seen: kept, merged, refused, drawn."""

import json
import shutil
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from nb import claims, program, seeds
from nb.checkout import BUILD, ROOT
from nb.run import options
from nb.tests.test_run import refused

FIXTURES = Path(__file__).parent / 'fixtures'


class Record(unittest.TestCase):
    """The little notebook: T1 has a cell of its own, T2 one too."""

    def setUp(self):
        BUILD.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix='test-', dir=BUILD)
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.home = self.root / 'papers' / 'little'
        self.runs = self.root / 'runs'
        shutil.copytree(FIXTURES / 'little', self.home)
        self.source = self.home / 'little.go'
        self.change('FOLDER', str(self.home.relative_to(ROOT)))
        for name, value in {'NOTEBOOKS': self.home.parent, 'source_of': lambda key: self.home / 'little.go'}.items():
            patch = mock.patch(f'nb.seeds.{name}', value)
            patch.start()
            self.addCleanup(patch.stop)

    def change(self, old, new):
        text = self.source.read_text()
        self.assertIn(old, text)
        self.source.write_text(text.replace(old, new))

    def ledger(self, seed, scale='quick', **verdicts):
        """What a program leaves of a seed: claims with these verdicts, and a check each unless nothing was measured."""
        path = self.runs / f'seed-{seed}' / 'claims.json'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({'paper': {'key': 'little'}, 'run': {'scale': scale, 'seed': seed, 'backend': 'go'}, 'claims': [
            {'id': id, 'verdict': verdict, 'checks': [] if verdict == 'not checked' else [{}]} for id, verdict in verdicts.items()]}))

    def record(self, commit='c1', only=()):
        said = seeds.record('little', self.runs, only, commit)
        shutil.rmtree(self.runs, ignore_errors=True)
        return said

    def seen(self):
        return {claim: seeds.ranges(seen) for claim, (_, seen) in seeds.load('little').items()}

    def test_kept_and_merged(self):
        for seed in (2, 3, 5):
            self.ledger(seed, T1='holds', T2='evidence')
        self.assertEqual(self.record(), [f'{seeds.path("little").relative_to(ROOT)}: 2 claims at the seeds 2-3,5'])
        self.assertEqual(self.seen(), {'T1': '2-3,5', 'T2': '2-3,5'})
        for seed in (3, 4):
            self.ledger(seed, T1='holds', T2='holds')
        self.record('c2')
        self.assertEqual(self.seen(), {'T1': '2-5', 'T2': '2-5'})
        text = seeds.path('little').read_text()
        self.assertIn('{"seeds": "2,5", "commit": "c1", "backend": "go"}, {"seeds": "3-4", "commit": "c2", "backend": "go"}', text)
        self.assertEqual([line[:5] for line in text.splitlines()], ['{"cla', '"T1":', '"T2":', '}}'], 'a line each, in the order of the paper')
        self.assertEqual(list(self.home.glob('.*')), [], 'nothing half-written')

    def test_red_is_not_kept_and_no_longer(self):
        self.ledger(2, T1='holds', T2='fails')
        self.assertEqual(self.record()[0], 'T2 fails at seed 2: not kept')
        self.assertEqual(self.seen(), {'T1': '2'})
        self.ledger(2, T1='vacuous', T2='holds')
        self.ledger(3, T1='holds', T2='not checked')
        self.assertEqual(self.record()[:2], ['T1 vacuous at seed 2: not kept', 'T2 not checked at seed 3: not kept'])
        self.assertEqual(self.seen(), {'T1': '3', 'T2': '2'})
        self.ledger(3, T1='fails', T2='holds')
        self.ledger(2, T1='fails', T2='fails')
        self.record()
        self.assertEqual(self.seen(), {'T2': '3'})
        self.ledger(3, T1='fails', T2='fails')
        self.record()
        self.assertFalse(seeds.path('little').exists(), 'an empty record is none')

    def test_part_of_a_paper(self):
        self.ledger(2, T1='holds', T2='not checked')
        self.record(only=['T1'])
        self.assertEqual(self.seen(), {'T1': '2'})
        self.change('\tc := cell.Claim()\n', '\tcell.Claim("T2").Check("again", 1, claim.Exactly(1))\n\tc := cell.Claim()\n')
        self.ledger(3, T1='holds', T2='holds')
        self.record(only=['T1'])  # T2 has another cell, which was not run
        self.assertEqual(self.seen(), {'T1': '3'}, 'what was seen of other code does not count')

    def test_changed_cells(self):
        self.ledger(2, T1='holds', T2='holds')
        self.record()
        self.change('One statement is exact,', 'One statement is quite exact,')
        self.change('// T1: the sum', '// T1: the whole sum')
        self.assertEqual(seeds.draw('little', 0), (2, ['T1', 'T2'], []), 'words may change')
        self.change('seen = 5.0', 'seen = 6.0')
        self.assertEqual(seeds.draw('little', 0), (2, ['T1', 'T2'], []), 'settings are as rooms: the commit tells')
        self.change('claim.Between(-seen, seen)', 'claim.Between(-2*seen, seen)')
        self.assertEqual(seeds.draw('little', 0), (2, ['T1'], ['T2']))

    def test_drawn(self):
        self.assertEqual(seeds.draw('little', 5), (None, [], ['T1', 'T2']))
        self.ledger(1, T1='holds', T2='holds')
        self.record()
        self.assertEqual(seeds.draw('little', 5), (None, [], ['T1', 'T2']), 'seed 1 is that of the committed notebook')
        self.ledger(7, T1='holds', T2='fails')
        self.record()
        self.assertEqual(seeds.draw('little', 1), (7, ['T1'], ['T2']))
        for seed in (3, 9, 4):
            self.ledger(seed, T1='holds', T2='holds')
        self.record()
        self.assertEqual([seeds.draw('little', day)[0] for day in range(6)], [3, 4, 9, 3, 4, 9], 'seven lacks T2')
        self.assertEqual(seeds.draw('little', 1), (4, ['T1', 'T2'], []))

    def test_a_cell_that_measures_what_was_not_seen_is_left_out(self):
        self.change('\tc := cell.Claim()\n', '\tcell.Claim("T2").Check("again", 1, claim.Exactly(1))\n\tc := cell.Claim()\n')
        self.ledger(7, T1='holds', T2='fails')
        self.record()
        self.assertEqual(seeds.draw('little', 1), (7, [], ['T2']))

    def test_damaged(self):
        for text in ('', '[]', '{"claims": []}', '{"claims": {"T1": {"cell": "x", "seen": [{"seeds": "a"}]}}}', '{"claims": {"T1": 3}}'):
            with self.subTest(text):
                seeds.path('little').write_text(text)
                with self.assertRaisesRegex(seeds.SeedsError, r'seeds\.json is no record of seeds .*scripts/run little --program --seeds 20 --record'):
                    seeds.draw('little', 1)

    def test_what_no_run_left(self):
        self.assertEqual(self.record(), ['no seed came to its end: nothing is kept'])
        self.assertFalse(seeds.path('little').exists())
        self.ledger(2, scale='paper', T1='holds', T2='holds')
        with self.assertRaisesRegex(seeds.SeedsError, 'is of the paper scale'):
            seeds.record('little', self.runs, (), 'c1')

    def test_ledgers_of_an_earlier_run_do_not_count(self):
        """End to end: a program that is told to keep what it sees leaves a record of its own seeds alone."""
        work = self.root / 'program'
        chosen = mock.Mock(seeds='2-3', jobs=1, scale='quick', backend='go', only='', figures='', record=False)
        self.assertEqual(program.run(self.source, work, chosen), 0)
        chosen.seeds, chosen.record = '4,', True
        with mock.patch('builtins.print') as said:
            self.assertEqual(program.run(self.source, work, chosen), 0)
        self.assertIn('2 claims at the seeds 4', said.call_args.args[0])
        self.assertEqual(self.seen(), {'T1': '4', 'T2': '4'})
        self.assertEqual([claim['verdict'] for claim in claims.load(work / 'runs/seed-4/claims.json')['claims']], ['holds', 'holds'])
        before = (work / 'stamp').read_text()
        program.build(self.source, work)
        self.assertEqual((work / 'stamp').read_text(), before, 'a record is no source')


class Text(unittest.TestCase):
    def test_there_and_back(self):
        for numbers, text in {(2,): '2', (1, 2, 3, 5): '1-3,5', (2, 4, 5, 9): '2,4-5,9', (2**64 - 2, 2**64 - 1): f'{2**64 - 2}-{2**64 - 1}'}.items():
            self.assertEqual(seeds.ranges(reversed(numbers)), text)
            self.assertEqual(tuple(seeds.numbers(text)), numbers)


class Arguments(unittest.TestCase):
    def test_refused(self):
        self.assertRegex(refused(['--record']), '--seeds, --only, --figures and --record are for --program')
        self.assertRegex(refused(['--program', '--record', '--scale', 'paper']), '--record is for the quick scale')

    def test_known(self):
        self.assertTrue(options(['--program', '--record', '--seeds', '2-20', '--backend', 'go']).record)
