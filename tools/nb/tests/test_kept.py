"""Results of the paper's scale, end to end with a made-up paper: kept, shown, refused."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from nb import kept
from nb.checkout import BUILD, ROOT, TOOLS

FIXTURES = Path(__file__).parent / 'fixtures'
AGAIN = '`scripts/run little --scale paper --write`'


class Paper(unittest.TestCase):
    """The little notebook, whose claim T2 needs the scale of the paper."""

    def setUp(self):
        BUILD.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix='test-', dir=BUILD)
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.home = self.root / 'papers' / 'little'
        shutil.copytree(FIXTURES / 'little', self.home)
        self.change('little.go', 'FOLDER', str(self.home.relative_to(ROOT)))
        self.change('little.go', '\tdefer cell.Watch("draws")()\n', '\tif cell.Scale() != "paper" {\n\t\treturn\n\t}\n')
        self.change('paper.json', '"tex": "$\\\\bar x\\\\to0$",', '"tex": "$\\\\bar x\\\\to0$", "scale": "paper",')
        for name, value in {'NOTEBOOKS': self.home.parent, 'source_of': lambda key: self.home / 'little.go'}.items():
            patch = mock.patch(f'nb.kept.{name}', value)
            patch.start()
            self.addCleanup(patch.stop)

    def change(self, name, old, new):
        path = self.home / name
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))

    def run_paper(self, *words):
        answer = subprocess.run([sys.executable, '-m', 'nb.tests.drive', self.home.parent, self.root / 'out', '--backend', 'go', *words,
                                 'little'], cwd=ROOT, env=dict(os.environ, PYTHONPATH=str(TOOLS)), capture_output=True, text=True)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        return answer.stdout

    def quick(self):
        """What the ledger of a quick run says of T2, which its notebook says too."""
        self.run_paper()
        ledger = json.loads((self.root / 'out' / 'little' / 'claims.json').read_text())
        self.assertEqual([claim['verdict'] for claim in ledger['claims']], ['holds', 'paper scale'], 'what is kept never counts as holding')
        self.assertNotIn('kept', ledger['claims'][0])
        notebook = json.loads((self.root / 'out' / 'little' / 'little.ipynb').read_text())
        self.assertIn(f'**T2.** {ledger["claims"][1]["kept"]}', ''.join(notebook['cells'][0]['source']))
        return ledger['claims'][1]['kept']

    def runs(self):
        return json.loads((self.home / 'results' / 'runs.json').read_text())['runs']


class Kept(Paper):
    def test_kept_shown_refused(self):
        self.assertEqual(self.quick(), f'Not reproduced here: {AGAIN} does it.')
        said = self.run_paper('--scale', 'paper', '--write', '--seed', '3')
        self.assertIn('wrote T1, T2 to notebooks/little/results; scripts/run little --write shows it', said)
        self.assertFalse((self.home / 'little.ipynb').exists(), 'the committed notebook is that of the quick scale')
        run, = self.runs()
        self.assertEqual((run['claims'], run['seed'], run['backend']), (['T1', 'T2'], 3, 'go'))
        self.assertTrue(run['device'] and run['when'] and run['versions']['gonum'] and run['memory'] > 1 << 20, run)
        self.assertEqual(kept.problems('little'), [])
        self.assertIn('T1, T2 in notebooks/little/results: the same numbers', self.run_paper('--scale', 'paper', '--write', '--seed', '3'))
        self.assertEqual(self.runs(), [run], 'minutes and day are those of the run that computed them')
        shown = self.quick()
        self.assertRegex(shown, r'^At the scale of the paper: holds; standard errors off: .* \(between .*\)\. Kept, seen on .* \(go, '
                                r'seed 3\) at commit `.*` on 20..-..-.., in [\d.]+ minutes and [\d.]+ GB\.$')
        # Words may change, code may not.
        self.change('little.go', 'One statement is exact,', 'One statement is quite exact,')
        self.assertEqual(self.said(), shown)
        self.change('study/study.go', 'draws a sample.', 'draws another sample.')
        self.assertRegex(self.said(), r'^Not reproduced here: what was kept on .* at commit `.*` is of other code; '
                                      f'{AGAIN} does it')
        self.change('study/study.go', 'draws another sample.', 'draws a sample.')
        self.assertEqual(self.said(), shown)
        # What was kept may not be edited.
        for name, old, new in (('claims.json', '"measured": ', '"measured": 1'), ('runs.json', '"seed": 3', '"seed": 4')):
            path = self.home / 'results' / name
            text = path.read_text()
            path.write_text(text.replace(old, new, 1))
            with self.subTest(name):
                self.assertRegex(self.said(), f'^Not reproduced here: notebooks/little/results/{name} was edited')
                self.assertRegex(kept.problems('little')[0], f'{name} was edited')
            path.write_text(text)
        self.assertEqual(kept.problems('little'), [])
        # A notebook that was executed while what is kept was of other code says so, and has to be executed again.
        (self.home / 'little.ipynb').write_text(f'the result that was kept {kept.NOT_SHOWN} since')
        self.assertRegex(kept.problems('little')[0], 'little.ipynb says of a kept result that it is of other code')
        self.assertIn(kept.NOT_SHOWN.split(', ')[1], (ROOT / 'pkg/repro/saved.go').read_text())
        self.change('study/study.go', 'draws a sample.', 'draws another sample.')
        self.assertEqual(kept.problems('little'), [])
        self.change('study/study.go', 'draws another sample.', 'draws a sample.')
        (self.home / 'little.ipynb').unlink()
        (self.home / 'results' / 'more.json').write_text('{}')
        self.assertRegex(kept.problems('little')[0], 'more.json was edited after it was kept')

    def said(self):
        said, otherwise = kept.sentences('little')
        return said.get('T2', otherwise)

    def test_one_claim_at_a_time(self):
        said = self.run_paper('--program', '--scale', 'paper', '--only', 'T2', '--write')
        self.assertIn('wrote T2 to notebooks/little/results', said)
        self.run_paper('--program', '--scale', 'paper', '--only', 'T1', '--write', '--seed', '2')
        self.assertEqual([(run['claims'], run['seed']) for run in self.runs()], [(['T2'], 1), (['T1'], 2)])
        self.assertEqual(kept.problems('little'), [])
        self.assertIn('Kept, seen on', self.said())
        self.change('study/study.go', 'draws a sample.', 'draws another sample.')
        self.run_paper('--program', '--scale', 'paper', '--only', 'T1', '--write')
        self.assertEqual([run['claims'] for run in self.runs()], [['T1']], 'what is of other code goes')
        self.assertEqual(self.said(), f'Not reproduced here: {AGAIN} does it.')


class Slim(unittest.TestCase):
    def test_white_space_between_tokens_goes_and_nothing_else(self):
        text = json.dumps({'a "b"  c\\': ['x\\" ,  y', 1.50, None]} | {str(k): [' ', k] for k in range(60000)}, indent=1).encode()
        slim = kept.slim(text)
        self.assertGreater(len(text), kept.LARGE)
        self.assertEqual(slim, json.dumps(json.loads(text), separators=(',', ':')).encode() + b'\n')
        self.assertEqual(kept.slim(text[:100]), text[:100])


class Exact(unittest.TestCase):
    def test_numbers_stay_as_they_are_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'x'
            text = '{\n "a": 1e+06,\n "b": [\n  1.50,\n  -3e-07\n ],\n "c": "1.50 < ü",\n "d": []\n}\n'
            path.write_text(text)
            self.assertEqual(kept.dump(kept.exact(path)), text)
