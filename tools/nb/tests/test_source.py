import json
import random
import unittest
from pathlib import Path

from nb import source

FIXTURES = Path(__file__).parent / 'fixtures'
GOOD = '''// Package p is a source.
package p

// %% [markdown] tags=["a", "b"]
// # Title
//
// <!-- claims -->

// %%
//gonb:%exec Run

func Run() {}
'''


class Reading(unittest.TestCase):
    def test_cells(self):
        made = source.notebook(GOOD)
        text, code = made['cells']
        self.assertEqual((text['cell_type'], text['id'], text['metadata']), ('markdown', 'c00', {'tags': ['a', 'b']}))
        self.assertEqual(text['source'], '# Title\n\n<!-- claims -->')
        self.assertEqual((code['cell_type'], code['id'], code['metadata']), ('code', 'c01', {}))
        self.assertEqual(code['source'], '//gonb:%exec Run\n\nfunc Run() {}')

    def test_the_fixtures_survive_both_ways(self):
        for path in FIXTURES.glob('*/*.go'):
            with self.subTest(path.name):
                text = path.read_text()
                head, _ = source.split(text, path.name)
                self.assertEqual(source.write(source.read(path), head), text)

    def test_lines_in_lists_as_files_have_them(self):
        made = source.notebook(GOOD)
        for cell in made['cells']:
            cell['source'] = cell['source'].splitlines(keepends=True)
        head, _ = source.split(GOOD, '')
        self.assertEqual(source.write(json.loads(json.dumps(made)), head), GOOD)

    def test_malformed(self):
        for change, said in {
            ('// %%\n//gonb', '//%%\n//gonb'): r"source:9: '//%%' is no marker",
            ('// %%\n//gonb', '// %% [code]\n//gonb'): r"source:9: .* is no marker",
            ('// %%\n//gonb', '\t// %%\n//gonb'): r"source:9: .* is no marker",
            ('["a", "b"]', '["a", b]'): r'source:4: the tags .* are no list of strings',
            ('["a", "b"]', '[1]'): r'source:4: the tags .* are no list of strings',
            ('// # Title', 'var x = 1'): r"source:5: 'var x = 1' in a text cell",
            ('// # Title', '//gonb:%exec X'): r'source:5: .* in a text cell',
            ('func Run() {}\n', 'func Run() {}\n\n// %%\n'): r'source:14: an empty cell',
            ('package p', ''): r'0 package clauses',
            ('package p\n', 'package p\n\nimport "fmt"\n'): r'found import "fmt"',
        }.items():
            with self.subTest(change[1]):
                self.assertIn(change[0], GOOD)
                with self.assertRaisesRegex(source.SourceError, said):
                    source.notebook(GOOD.replace(*change))

    def test_nothing_to_read(self):
        with self.assertRaisesRegex(source.SourceError, 'no cell'):
            source.notebook('package p\n')
        with self.assertRaisesRegex(source.SourceError, 'no such file'):
            source.read(FIXTURES / 'none.go')


class Odd(unittest.TestCase):
    """Sources put together from lines that other readers of such files take for something."""

    LINES = ['// %%', '// %% [markdown]', '// %% tags=["a"]', '// %% [markdown] tags=["a", "b]"]', '// %% tags=["active-py"]',
             '// %% tags=[1]', '// %%time', '// %% [raw]', '// %% [md]', '// %% title', '// %%%', '//%%', '\t// %%', '// % %',
             '// In[1]:', '// <codecell>', '// +', '// -', '// !x', '// %matplotlib', '%exec A', '!ls', '//gonb:%exec A',
             '//gonb:!ls', 'func A() {}', 'var x = `', '`', '// text', '//text', '// # T', '//', '', '', '  ', '// ', '//   x',
             '// ---', '// jupyter:', '// region', '// endregion', '"""', "'''", '/*', '*/', '# x', '// ```', '// $$',
             'a\u2028b', 'a\fb', 'a\x1cb', 'package q']

    def test_every_line_is_in_its_cell_or_the_source_is_refused(self):
        draw = random.Random(1)
        accepted = 0
        for _ in range(4000):
            lines = ['// %%' if draw.random() < 0.9 else '']
            for _ in range(draw.randrange(9)):
                lines.append(draw.choice(self.LINES if draw.random() < 0.4 else ['// %%', '// %% [markdown]', '// text', '// text', '']))
            text = 'package p\n\n' + '\n'.join(lines)
            with self.subTest(text):
                try:
                    made = source.notebook(text)
                except source.SourceError:
                    continue
                accepted += 1
                left, code = iter(made['cells']), None
                for line in lines:
                    if source.MARKER.fullmatch(line):
                        code, cell = '[markdown]' not in line, next(left)
                        self.assertEqual((cell['cell_type'] == 'code', cell['id']), (code, f'c{made["cells"].index(cell):02d}'))
                        said = iter(cell['source'].split('\n'))
                    elif code is not None and line.strip() not in ('', '//'):
                        self.assertNotRegex(line, '%%|codecell|In.1|\u2028|\f|\x1c')
                        self.assertIn(line if code else line.removeprefix('// '), said)  # takes what stands before it
                self.assertEqual(list(left), [])
        self.assertGreater(accepted, 400)


class Writing(unittest.TestCase):
    def test_a_cell_that_reads_as_a_marker_is_refused(self):
        made = source.notebook(GOOD)
        made['cells'][1]['source'] += '\n// %%\nvar x = 1'
        with self.assertRaisesRegex(source.SourceError, 'does not survive'):
            source.write(made, ['package p'])

    def test_raw_cells_are_refused(self):
        made = source.notebook(GOOD)
        made['cells'][0]['cell_type'] = 'raw'
        with self.assertRaisesRegex(source.SourceError, "'raw'"):
            source.write(made, ['package p'])


class Claims(unittest.TestCase):
    def test_in_and_out(self):
        text = source.notebook(GOOD)['cells'][0]['source']
        once = source.with_claims(text, '| a |\n')
        self.assertIn('<!-- begin: claims -->\n\n| a |\n\n<!-- end: claims -->', once)
        self.assertEqual(source.without_claims(once), text)
        self.assertNotIn(source.CLAIMS, once)


class Same(unittest.TestCase):
    def setUp(self):
        self.one, self.other = source.notebook(GOOD), source.notebook(GOOD)

    def test_the_table_of_claims_makes_no_difference(self):
        cell = self.other['cells'][0]
        cell['source'] = source.with_claims(cell['source'], '| a |').splitlines(keepends=True)
        self.assertEqual(source.same(self.one, self.other), [])

    def test_differences(self):
        for change, said in [
            (lambda cells: cells[1].update(source=cells[1]['source'] + '\n\nvar x = 1'), 'c01.*line 4'),
            (lambda cells: cells[1].update(id='x'), 'id c01 against x'),
            (lambda cells: cells[0]['metadata'].update(tags=['a']), 'tags'),
            (lambda cells: cells[0].update(cell_type='code'), 'kind'),
            (lambda cells: cells.append(cells[1]), '2 cells against 3'),
        ]:
            with self.subTest(said):
                self.setUp()
                change(self.other['cells'])
                self.assertRegex(' '.join(source.same(self.one, self.other)), said)
