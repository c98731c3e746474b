"""scripts/new: what it makes is green, and what it refuses it names."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from nb import claims, source
from nb.checkout import BUILD, ROOT, TOOLS, go_environment

sys.path.insert(0, str(TOOLS / 'new'))

import create  # noqa: E402


class New(unittest.TestCase):
    def setUp(self):
        BUILD.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix='new-', dir=BUILD)
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def test_green_from_the_first_minute(self):
        folder = create.create('paper-eleven', self.root, title='A "quoted" title', authors='Ann One, Bo Two', arxiv='2001.00000')
        self.assertEqual(sorted(path.name for path in folder.iterdir()), ['paper-eleven.go', 'paper-eleven_test.go', 'questions.md'])
        go = go_environment()
        self.assertEqual(subprocess.run(['gofmt', '-l', folder], capture_output=True, text=True, env=go).stdout, '')
        for command in (['go', 'vet'], ['go', 'test']):
            answer = subprocess.run([*command, f'./{folder.relative_to(ROOT)}'], cwd=ROOT, env=go, capture_output=True, text=True)
            self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        answer = subprocess.run([sys.executable, '-m', 'nb.tests.drive', folder.parent, self.root / 'out', '--backend', 'go', 'paper-eleven'],
                                cwd=ROOT, env=dict(os.environ, PYTHONPATH=str(TOOLS)), capture_output=True, text=True)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        ledger = claims.load(self.root / 'out' / 'paper-eleven' / 'claims.json')
        self.assertEqual([(claim['verdict'], len(claim['controls'])) for claim in ledger['claims']], [('holds', 1)])
        self.assertEqual(ledger['paper']['authors'], ['Ann One', 'Bo Two'])
        notebook = json.loads((self.root / 'out' / 'paper-eleven' / 'paper-eleven.ipynb').read_text())
        pictures = [output for cell in notebook['cells'] for output in cell.get('outputs', []) if 'image/png' in output.get('data', {})]
        self.assertEqual(len(pictures), 1)

    def test_listed_papers_bring_their_facts(self):
        for paper in create.listed():
            folder = create.create(paper['key'], self.root)
            text = (folder / f'{paper["key"]}.go').read_text()
            self.assertIn(f'// # {paper["title"]}\n', text)
            self.assertIn(f'ArXiv: "{paper["arxiv"]}"', text)
            source.notebook(text, paper['key'])

    def test_packages_have_names_that_go_takes(self):
        self.assertEqual([create.package(key) for key in ('a-b', '3d-nets', 'func', 'main')], ['ab', 'paper3dnets', 'paperfunc', 'papermain'])

    def test_bad_keys(self):
        for key in ('', 'Upper', 'a b', 'a--b', '-a', 'a_b', '../x', 'a/b', 'ä'):
            with self.subTest(key), self.assertRaisesRegex(create.NewError, 'joined by hyphens'):
                create.create(key, self.root)
        self.assertFalse((self.root / 'notebooks').exists())

    def test_existing_key_is_left_alone(self):
        folder = create.create('twice', self.root)
        before = {path: path.read_bytes() for path in folder.iterdir()}
        with self.assertRaisesRegex(create.NewError, 'is there already'):
            create.create('twice', self.root)
        self.assertEqual({path: path.read_bytes() for path in folder.iterdir()}, before)

    def test_a_failure_leaves_nothing(self):
        (self.root / 'notebooks').write_text('a file where the folder belongs')
        with self.assertRaisesRegex(create.NewError, 'cannot write'):
            create.create('paper', self.root)
        self.assertEqual([path.name for path in self.root.iterdir()], ['notebooks'])

    def test_main_says_what_is_wrong(self):
        text = io.StringIO()
        with contextlib.redirect_stderr(text):
            self.assertEqual(create.main(['Bad']), 2)
            self.assertEqual(create.main(['good', '--arxiv', 'x']), 2)
        self.assertRegex(text.getvalue(), "(?s)'Bad'.*--arxiv 'x'")
        self.assertFalse((ROOT / 'notebooks' / 'good').exists())


if __name__ == '__main__':
    unittest.main()
