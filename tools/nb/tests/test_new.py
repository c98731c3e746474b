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

from nb import claims, markers, program, source
from nb.checkout import BUILD, PYTHON, ROOT, TOOLS, go_environment

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
        self.assertEqual(sorted(path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()),
                         ['paper-eleven.go', 'paper-eleven_test.go', 'paper.json', 'questions.md', 'review.md', 'review.py',
                          'study/study.go', 'study/study_test.go'])
        go = go_environment()
        self.assertEqual(subprocess.run(['gofmt', '-l', folder], capture_output=True, text=True, env=go).stdout, '')
        for command in (['go', 'vet'], ['go', 'test']):
            answer = subprocess.run([*command, f'./{folder.relative_to(ROOT)}/...'], cwd=ROOT, env=go, capture_output=True, text=True)
            self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        answer = subprocess.run([PYTHON, folder / 'review.py'], capture_output=True, text=True, env=dict(os.environ, PYTHONPATH=str(TOOLS)))
        self.assertEqual((answer.returncode, [line[:5] for line in answer.stdout.splitlines()]), (0, 8 * ['ok   ']), answer.stdout + answer.stderr)
        answer = subprocess.run([sys.executable, '-m', 'nb.tests.drive', folder.parent, self.root / 'out', '--backend', 'go', 'paper-eleven'],
                                cwd=ROOT, env=dict(os.environ, PYTHONPATH=str(TOOLS)), capture_output=True, text=True)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        ledger = claims.load(self.root / 'out' / 'paper-eleven' / 'claims.json')
        self.assertEqual([(claim['verdict'], [len(check['controls']) for check in claim['checks']]) for claim in ledger['claims']], [('holds', [1, 1])])
        self.assertEqual(ledger['paper']['authors'], ['Ann One', 'Bo Two'])
        notebook = json.loads((self.root / 'out' / 'paper-eleven' / 'paper-eleven.ipynb').read_text())
        pictures = [output for cell in notebook['cells'] for output in cell.get('outputs', []) if 'image/png' in output.get('data', {})]
        self.assertEqual(len(pictures), 1)
        binary = program.build(folder / 'paper-eleven.go', self.root / 'program')
        answer = subprocess.run([binary, '-seeds', '20', '-jobs', '2', '-backend', 'go', '-root', ROOT, '-dir', self.root / 'runs'],
                                capture_output=True, text=True)
        self.assertEqual((answer.returncode, '20 of 20 seeds green' in answer.stdout), (0, True), answer.stdout + answer.stderr)

    def test_without_an_arxiv_number_or_authors(self):
        folder = create.create('bare', self.root, authors='Ann One, Bo Two', venue='JMLR 2025')
        self.assertIn('\n// *Ann One, Bo Two. JMLR 2025. Margin notes by marginalia.*\n', (folder / 'bare.go').read_text())
        paper = json.loads((folder / 'paper.json').read_text())
        self.assertNotIn('arxiv', paper)
        self.assertEqual(claims.boxes(folder / 'paper.json').keys(), {'C1'})
        self.assertEqual(markers.problems(folder / 'bare.go'), [])

    def test_listed_papers_bring_their_facts(self):
        for paper in create.listed():
            folder = create.create(paper['key'], self.root)
            text = (folder / f'{paper["key"]}.go').read_text()
            self.assertIn(f'// # {paper["title"]}\n', text)
            self.assertEqual(json.loads((folder / 'paper.json').read_text())['arxiv'], paper['arxiv'])
            self.assertIn(f'[arXiv:{paper["arxiv"]}](https://arxiv.org/abs/{paper["arxiv"]}). Margin notes', text)
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
        before = {path: path.read_bytes() for path in folder.rglob('*') if path.is_file()}
        with self.assertRaisesRegex(create.NewError, 'is there already'):
            create.create('twice', self.root)
        self.assertEqual({path: path.read_bytes() for path in folder.rglob('*') if path.is_file()}, before)

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
