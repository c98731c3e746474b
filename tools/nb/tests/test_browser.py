"""Programs for browsers: what is generated, what is kept of a claim, when it is measured again."""

import json
import shutil
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from nb import browser, program
from nb.checkout import BUILD, ROOT

FIXTURES = Path(__file__).parent / 'fixtures'
DONE = {'seconds': 1.234, 'claims': [{'id': 'T1', 'verdict': 'holds'}], 'faults': [], 'read': []}


class Measured(unittest.TestCase):
    def setUp(self):
        BUILD.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix='test-', dir=BUILD)
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name) / 'little'
        shutil.copytree(FIXTURES / 'little', self.home)
        self.runs, self.outcome = [], DONE
        for name, value in {'NOTEBOOKS': self.home.parent, 'source_of': lambda key: self.home / 'little.go', 'build': lambda key: self.home,
                            'run': lambda work, names, limit: self.runs.append(names) or self.outcome}.items():
            patch = mock.patch(f'nb.browser.{name}', value)
            patch.start()
            self.addCleanup(patch.stop)

    def measure(self, **more):
        self.runs.clear()
        return browser.measure('little', say=lambda line: None, **more)

    def test_a_claim_is_measured_again_when_its_cell_has_changed(self):
        first = self.measure()
        self.assertEqual({id: entry.get('verdict') for id, entry in browser.load('little').items() if 'seconds' in entry}, {'T1': 'holds'})
        self.assertEqual(first['T1']['seconds'], 1.2)
        self.assertEqual(first['T2']['without'], 'its cell measures nothing')
        self.measure()
        self.assertEqual(self.runs, [])
        kept = browser.load('little')
        kept['T1']['cells'] = 'of other code'
        browser.keep('little', kept)
        self.measure()
        self.assertEqual(self.runs, [browser.cells('little')['T1'][0]])

    def test_what_lacked_data_is_tried_again(self):
        self.outcome = {**DONE, 'faults': ['T1: data: novel: go: no such client']}
        self.assertEqual(self.measure()['T1']['without'], browser.NO_DATA)
        self.outcome = {**DONE, 'read': ['/data/novel/sherlock.txt', '/data/brown/x.tgz']}
        self.assertEqual(self.measure()['T1']['data'], ['brown', 'novel'])

    def test_what_took_too_long_is_tried_again_with_more_time(self):
        self.outcome = {'seconds': None, 'claims': [], 'faults': []}
        self.assertEqual(self.measure(limit=5)['T1']['without'], 'it takes longer than 5 s')
        self.measure(limit=5)
        self.assertEqual(self.runs, [])
        self.outcome = DONE
        self.assertEqual(self.measure(limit=60)['T1']['verdict'], 'holds')

    def test_the_quickest_of_the_committed_notebook_come_first_and_what_is_kept_stays_in_its_order(self):
        there = browser.cells('little')
        names = [name for names, _ in there.values() for name in names]
        took = dict(zip(names, range(len(names), 0, -1), strict=True))
        (self.home / 'little.ipynb').write_text(json.dumps({'cells': [
            {'cell_type': 'code', 'metadata': {'marginalia': {'seconds': took[name]}}, 'source': [f'//gonb:%exec paper.Cell({name})\n']} for name in names]}))
        self.measure()
        self.assertEqual(self.runs, [list(names) for names in reversed([names for names, _ in there.values()])])
        self.assertEqual(list(browser.load('little')), list(there))

    def test_what_is_malformed_says_what_to_do(self):
        (self.home / browser.FILE).write_text('[')
        with self.assertRaisesRegex(browser.BrowserError, r'browser.json: .*scripts/site --measure little writes it afresh'):
            self.measure()

    def test_faults_are_sentences(self):
        for outcome, said in (({**DONE, 'faults': ['C1: data: no cache folder'], 'claims': []}, 'it reads files of data'),
                              ({**DONE, 'faults': ['T1: no backend\nstack'], 'claims': []}, 'no backend')):
            self.assertEqual(browser.of(outcome, 'T1', 60), {'without': said})


class Data(unittest.TestCase):
    def test_a_page_is_offered_what_is_in_the_cache_and_not_too_large(self):
        with tempfile.TemporaryDirectory() as cache, mock.patch('nb.browser.pack.cache', lambda: Path(cache)), mock.patch('nb.browser.LARGEST', 5), \
                mock.patch('nb.browser.pack.sets', lambda: {'a': ('x', ''), 'b': ('y', ''), 'c': ('z', '')}):
            for name, size in (('a/x', 5), ('b/y', 6)):
                (Path(cache) / name).parent.mkdir()
                (Path(cache) / name).write_bytes(bytes(size))
            self.assertEqual(browser.data(), {'/data/a/x': f'{cache}/a/x'})


class Generated(unittest.TestCase):
    def test_only_the_program_for_browsers_has_the_figure_to_explore(self):
        for folder in (ROOT / 'notebooks').iterdir():
            file = folder / f'{folder.name}.go'
            if not file.exists():
                continue
            there = program.idea(file) is not None
            self.assertEqual('Idea: idea.Idea(),' in program.generate(file, browser=True), there)
            self.assertNotIn('Idea: idea', program.generate(file))


class Kept(unittest.TestCase):
    def test_what_is_kept_names_claims_of_the_paper(self):
        for file in (ROOT / 'notebooks').glob(f'*/{browser.FILE}'):
            ids = {statement['id'] for statement in json.loads((file.parent / 'paper.json').read_text())['statements']}
            for id, entry in json.loads(file.read_text()).items():
                self.assertIn(id, ids, file)
                self.assertEqual(('seconds' in entry) + ('without' in entry), 1, f'{file}: {id}')
