import json
import re
import unittest
from unittest import mock

from nb import documents
from nb.tests.test_claims import LEDGER, Folder

README = 'head\n<!-- begin: claims -->\nold\n<!-- end: claims -->\nmiddle\n<!-- begin: figures -->\n<!-- end: figures -->\n<!-- begin: import -->\n<!-- end: import -->\n<!-- begin: speed -->\n<!-- end: speed -->\n<!-- begin: faults -->\n<!-- end: faults -->\nfoot\n'


class Readme(Folder):
    def setUp(self):
        super().setUp()
        patch = mock.patch('nb.documents.results.table', lambda: '')
        patch.start()
        self.addCleanup(patch.stop)

    def test_readme(self):
        self.file(LEDGER, 'sums/claims.json')
        self.file(json.dumps({'metadata': {'marginalia': {'cover': 'A [curve]\nthat rises.'}}}), 'sums/sums.ipynb')
        self.file('png', 'sums/cover.png')
        self.file('', 'other/other.go')
        with mock.patch('nb.documents.NOTEBOOKS', self.folder), mock.patch('nb.documents.papers', lambda: ['other', 'sums']):
            made = documents.readme(README)
            self.assertEqual(documents.readme(made), made)
        self.assertIn('| [Sums](notebooks/sums/sums.ipynb) | 1 | 1 | 0 | 0 | 0 | 0 | 1 | 1 | 0 | 0 |', made)
        self.assertNotIn('| **A2** |', made)
        self.assertIn('[![A (curve) that rises.](notebooks/sums/cover.png)](notebooks/sums/sums.ipynb)', made)
        self.assertNotIn('*Sums.*', made)
        self.assertNotIn('\nold\n', made)
        self.assertTrue(made.startswith('head\n') and made.endswith('foot\n'))

    def test_the_picture_and_what_it_is_of(self):
        for key, learn in (('counts', 'How to count.'), ('sums', 'How to add.')):
            self.file(dict(LEDGER, paper={**LEDGER['paper'], 'key': key, 'title': key.title(), 'learn': learn}), f'{key}/claims.json')
            self.file(json.dumps({'metadata': {}}), f'{key}/{key}.ipynb')
            self.file('png', f'{key}/cover.png')
        with mock.patch('nb.documents.NOTEBOOKS', self.folder), mock.patch('nb.documents.papers', lambda: ['counts', 'sums']):
            for first, there, other in (('sums', '*Sums.* How to add.', 'How to count.'), ('gone', '*Counts.* How to count.', 'How to add.')):
                with mock.patch('nb.documents.FIRST', first):
                    made = documents.readme(README)
                self.assertIn(f'.ipynb)\n\n{there}\n', made)
                self.assertNotIn(other, made)

    def test_readme_without_papers_or_blocks(self):
        with mock.patch('nb.documents.papers', list), mock.patch('nb.documents.RESULTS', self.folder / 'none'):
            made = documents.readme(README)
            self.assertEqual(re.sub('```go.*?```', '', made, flags=re.S).replace('\n\n\n\n', '\n'), README.replace('old\n', ''))
            with self.assertRaisesRegex(documents.DocumentError, 'one line <!-- begin: claims -->'):
                documents.readme('nothing')


    def test_example(self):
        path = self.file('func ExampleT_F() {\n\tx := T{}.F()\n\tif x {\n\t\tfmt.Println(x)\n\t}\n\t// Output:\n\t// true\n}\n', 't.go')
        self.assertEqual(documents.example(path, 'ExampleT_F'), '```go\nx := T{}.F()\nif x {\n\tfmt.Println(x)\n}\n// true\n```')
        with self.assertRaisesRegex(documents.DocumentError, 't.go has no example ExampleT_G with an output'):
            documents.example(path, 'ExampleT_G')

    def test_speed(self):
        result = {'bench': 'loop', 'what': 'a step', 'against': 'JAX', 'ratio': 1.4142, 'low': 1.2, 'high': 338.2, 'ours': '5 µs',
                  'device': 'Chip, 2 cores'}
        path = self.file(json.dumps(result) + '\n' + json.dumps(dict(result, limit=2.31, comment='twice')) + '\n', 'results')
        made = documents.speed(path)
        self.assertIn('| a step | JAX | 1.41 [1.2, 338] | 5 µs |  |', made)
        self.assertIn('| a step; twice | JAX | 1.41 [1.2, 338] | 5 µs | 2.3 |', made)
        self.assertTrue(made.endswith('Seen on Chip, 2 cores, each ratio in one run, in turns. '
                                      'Geometric mean of the 2 ratios against JAX: 1.41.'))

    def test_speed_that_was_stopped(self):
        result = {'bench': 'qp', 'what': 'a program', 'against': 'cvxpy', 'ratio': 512.3, 'low': 512.3, 'high': 512.3, 'ours': '1 s',
                  'stopped': True, 'device': 'Chip, 2 cores'}
        made = documents.speed(self.file(json.dumps(result) + '\n', 'results'))
        self.assertIn('| a program | cvxpy | more than 512 | 1 s |  |', made)

    def test_speed_without_an_answer(self):
        result = {'bench': 'qp', 'what': 'a program', 'against': 'cvxpy', 'ratio': 0, 'low': 0, 'high': 0, 'ours': '1 s',
                  'comment': 'out of memory', 'device': 'Chip'}
        made = documents.speed(self.file(json.dumps(result) + '\n', 'results'))
        self.assertIn('| a program; out of memory | cvxpy | no answer | 1 s |  |', made)

    def test_growth(self):
        result = {'bench': 'loop', 'what': 'a step', 'against': 'JAX’s own', 'ratio': 2, 'low': 2, 'high': 2, 'ours': '5 µs', 'device': 'Chip'}
        grown = {'bench': 'growth', 'what': 'a step', 'size': 'm', 'sizes': [50, 100.0], 'micro': [5.21, 2300000], 'slope': 1.234,
                 'interval': [1.1, 1.3], 'counted': 3, 'moved': 2, 'device': 'Chip'}
        path = self.file(json.dumps(grown) + '\n' + json.dumps(result) + '\n', 'results')
        self.assertEqual(documents.speed(path).count('| a step |'), 1)
        self.assertTrue(documents.speed(path).endswith('in turns.'))
        made = documents.growth(path)
        self.assertTrue(made.endswith('| a step | m = 50, 100 | 5.21 µs, 2.3 s | 1.23 [1.10, 1.30] | 3.00 | 2.00 |\n\nSeen on Chip.'))
        self.assertEqual(documents.growth(self.file(json.dumps(result) + '\n', 'results')), '')


class Environment(unittest.TestCase):
    def test_what_the_files_pin(self):
        text = ''.join(f'<!-- begin: {name} -->\n<!-- end: {name} -->\n' for name in ('go', 'python', 'plugins', 'growth', 'speed', 'steps'))
        made = documents.environment(text)
        self.assertRegex(made, r'\| Go, at least \| 1\.\d+\.\d+ \|')
        direct = (documents.ROOT / 'go.mod').read_text().split('require (')[1].split()
        version = direct[direct.index('github.com/gomlx/gomlx') + 1]
        self.assertIn(f'| `github.com/gomlx/gomlx` | {version} |', made)
        self.assertNotIn('indirect', made)
        self.assertRegex(made, r'\| `staticcheck` \| `honnef.co/go/tools` \| v')
        self.assertRegex(made, r'\| `actionlint` \| `github.com/rhysd/actionlint` \| v')
        self.assertIn(f"| `gonb` | `github.com/janpfeifer/gonb` | {direct[direct.index('github.com/janpfeifer/gonb') + 1]} |", made)
        self.assertRegex(made, r'\| `tools/headless.txt` \| .* \| nbclient 0\.11\.0, .* \(\d\d packages in all\) \|')
        self.assertRegex(made, r'libpjrt_cpu.so` \| `0a0fe56c[0-9a-f]{56}` \|')
        self.assertEqual(documents.environment(made), made)

    def test_stale(self):
        with mock.patch('nb.documents.environment', lambda text: text + 'more'), mock.patch('nb.documents.readme', lambda text: text), \
                mock.patch('nb.documents.results.problems', lambda: ['too little is seen']):
            self.assertEqual(len(documents.stale()), 2)
            self.assertIn('environment.md is not what the files say', documents.stale()[0])
            self.assertEqual('too little is seen', documents.stale()[1])
