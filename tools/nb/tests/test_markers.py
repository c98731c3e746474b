"""Markers of claims, boxes, targets, and the functions that cells execute."""

import re
import shutil
import tempfile
import unittest
from pathlib import Path

from nb import markers, source
from nb.checkout import papers
from nb.checkout import source as source_of

FIXTURE = Path(__file__).parent / 'fixtures' / 'little'


class Markers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name) / 'little'
        shutil.copytree(FIXTURE, self.home)
        self.file = self.home / 'little.go'
        self.text = self.file.read_text()

    def said(self, *changes):
        text = self.text
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        self.file.write_text(text)
        return '\n'.join(markers.problems(self.file))

    def test_good(self):
        self.assertEqual(self.said(), '')
        self.assertEqual([(cell.name, cell.claims) for cell in markers.cells(self.file)],
                         [('T1', ['T1']), ('Means', ['T2']), ('Draw', [])])

    def test_no_statements(self):
        (self.home / 'paper.json').unlink()
        with self.assertRaisesRegex(source.SourceError, r'paper\.json is not there: the statements of a paper stand in it'):
            markers.problems(self.file)

    def test_malformed_statements(self):
        (self.home / 'paper.json').write_text('{"statements": [{}]}')
        with self.assertRaisesRegex(source.SourceError, r'paper\.json: no paper\.json'):
            markers.problems(self.file)

    def test_backslashes_of_statements(self):
        for tex, want in {r'$\\gamma$': None, r'$\gamma$': r'paper\.json:2: this is not JSON: Invalid .escape.*written twice',
                          r'$\theta$': r'paper\.json: tex of statement T1 has "\\theta": a backslash .* "\$\\\\theta\$"',
                          r'$\frac12$': r'has "\\frac12"', r'$\beta$': r'has "\\beta"', '$"': r'paper\.json:2: this is not JSON: (?!.*twice)'}.items():
            with self.subTest(tex):
                (self.home / 'paper.json').write_text('{"statements": [\n{"id": "T1", "tex": "' + tex + '"}]}')
                if want is None:
                    self.assertEqual(markers.statements(self.home), ['T1'])
                    continue
                with self.assertRaisesRegex(source.SourceError, want):
                    markers.statements(self.home)

    def test_uncited(self):
        work = '// the other one\n//\n// <a id="ref-doe2024"></a>A. Doe. *A title.*'
        self.assertRegex(self.said(('// the other one', work)), r'little\.go:\d+: the text cites ref-doe2024 nowhere: write \[Author 2024\]')
        self.assertEqual(self.said(('// the other one', work), ('A. Doe', '[Doe 2024](#ref-doe2024)')), '')

    def test_wrong(self):
        line = {text: number for number, text in enumerate(self.text.splitlines(), 1)}
        mark, run = line['// <!-- claim: T2 -->'], line['//gonb:%exec paper.Cell(T1)']
        for changes, said in {
            (('// <!-- claim: T2 -->', '// text'),): r'little\.go: claim T2 is stated nowhere',
            (('// <!-- claim: T2 -->', '// <!-- claim: T1 -->'),): rf'little\.go:{mark}: claim T1 is stated here and in line {mark - 4}',
            (('claim: T2', 'claim: T9'),): rf'little\.go:{mark}: T9 is no statement of paper\.json: there are T1, T2',
            (('claim: T2 -->', 'claim T2 -->'),): rf"little\.go:{mark}: '<!-- claim T2 -->' is no marker",
            (('// <!-- claim: T2 -->', '//  <!-- claim: T2 -->'),): rf'little\.go:{mark}: .* is no marker',
            (('// <!-- claim: T2 -->\n//\n', '// <!-- claim: T2 -->\n'),): rf'little\.go:{mark}: the marker of claim T2 stands between blank lines',
            (('// <!-- claims -->', '// text'),): r'little\.go:5: the table of claims has 0 places',
            (('// the other one', '// <!-- claims -->\n// the other one'),): r'little\.go:5: the table of claims has 2 places',
            (('// <!-- claims -->', '// text'), ('// the other one', '// <!-- claims -->\n//\n// the other one')): rf'little\.go:{mark + 2}: the table of claims stands behind the first',
            (('Cell(T1)', 'Cell(T7)'),): rf'little\.go:{run}: %exec paper\.Cell\(T7\): there is no func T7\(cell \*notebook\.Cell\)',
            (('Cell(Draw)', 'Cell(draw)'), ('func Draw', 'func draw')): r'little\.go:\d+: .*give it a capital letter',
            (('%exec paper.Cell(Draw)', '%exec Draw'),): r'little\.go:\d+: %exec Draw: paper\.Begin, paper\.Cell\(NAME\) or paper\.Close',
            (('Cell(Draw)', 'Cell(Means)'),): r'little\.go:\d+: %exec paper\.Cell\(Means\) is there twice',
            (('.Claim("T2")', '.Claim("T5")'),): r'little\.go:\d+: Means measures T5, which is no statement',
            (('notebook.Open("little"', 'notebook.Open("large"'),): r'var paper = notebook\.Open\("little"\) is expected, found the key "large"',
            (('//gonb:%exec paper.Close', '// nothing'),): r'the last one paper\.Close, found paper\.Begin, ',
            (('//gonb:%exec paper.Cell(T1)\n\n', '// gonb:%exec paper.Cell(T1)\n'),): rf"little\.go:{run}: '// gonb:%exec paper\.Cell\(T1\)' is a comment: .*gofmt",
            (('//gonb:%exec paper.Cell(T1)\n\n', ''),): r'little\.go:\d+: no cell executes T1: //gonb:%exec paper\.Cell\(T1\) and an empty line',
            (('\n// The run begins: an empty ledger, and what it runs on.\n', ''),): r'%exec paper\.Begin stands alone in its cell',
        }.items():
            with self.subTest(said):
                self.assertRegex(self.said(*changes), said)

    def test_links(self):
        line = next(number for number, text in enumerate(self.text.splitlines(), 1) if text.startswith('// the other one'))
        for link, want in {'eq-7': r'\\tag\{7\} in an equation is expected', 'claim-T9': '<!-- claim: T9 --> is expected',
                           'theorem-1': '<a id="theorem-1"></a> before what it names is expected'}.items():
            with self.subTest(link):
                self.assertRegex(self.said(('// the other one', f'// the [other](#{link}) one')), rf'little\.go:{line}: the link to #{link} leads nowhere: {want}')
        for link, target in {'eq-7': r'// $$x \tag{7}$$', 'theorem-1': '// <a id="theorem-1"></a>', 'A-new-part': '// ## A new part',
                             'a-new-part': '// ## A new part', 'claim-T2': '//', 'fig-squares': '//'}.items():
            with self.subTest(link):
                self.assertEqual(self.said(('// the other one', f'// the [other](#{link}) one\n//\n{target}\n//\n// and')), '')

    def test_numbers_of_figures_are_not_written(self):
        self.assertRegex(self.said(('// the other one', '// the [Figure 2](#fig-squares) one')), r'little\.go:\d+: \[Figure 2\]\(#fig-squares\) has a number, .*: write \[Figure\]\(#fig-squares\)')

    def test_stated_behind_its_cell(self):
        start, end = self.text.index('// <!-- claim: T2 -->'), self.text.index('// the other one')
        moved = self.text[:start] + self.text[end:] + '\n// %% [markdown]\n// Late.\n//\n// <!-- claim: T2 -->\n'
        self.file.write_text(moved)
        self.assertRegex('\n'.join(markers.problems(self.file)), r'claim T2 is stated here, behind line \d+, where Means measures it')

    def test_boxes_come_and_go(self):
        made = source.read(self.file)
        markers.state(made, self.home)
        text = made['cells'][4]['source']
        self.assertIn('<!-- begin: claim T2 -->\n\n<a id="claim-T2"></a>\n\n> **Claim T2 (A mean).** $\\bar x\\to0$', text)
        self.assertEqual(source.without_claims(text), source.read(self.file)['cells'][4]['source'])
        self.assertEqual(source.same(made, source.read(self.file)), [])
        head, _ = source.split(self.text, '')
        self.assertEqual(source.write(made, head), self.text)

    def test_targets_of_equations_come_and_go(self):
        text = 'So $a$.\n\n$$x=\\begin{aligned}y\\\\\nz\\end{aligned} \\tag{3}$$\n\n$$no$$\n\n> Then\n> $$u \\tag{4a}$$\n> and\n>\n> $$v$$\n\n$$w \\tag{5}\\\\ \\tag{6}$$'
        once = markers.with_targets(text)
        self.assertEqual(once, text.replace('$$x', '<a id="eq-3"></a>\n$$x').replace('> $$u', '> <a id="eq-4a"></a>\n> $$u').replace('$$w', '<a id="eq-5"></a><a id="eq-6"></a>\n$$w'))
        self.assertEqual(markers.with_targets(once), once)
        self.assertEqual(source.without_claims(once), text)
        for key in papers():
            made = source.read(source_of(key))
            markers.state(made, source_of(key).parent)
            text = '\n\n'.join(cell['source'] for cell in made['cells'] if cell['cell_type'] == 'markdown')
            missing = {to for to in re.findall(r'\]\(#(eq-[^)\s]+)\)', text) if text.count(f'<a id="{to}"></a>') != 1}
            self.assertEqual(missing, set(), f'{key}: equations that a link leads to have one target each')
            self.assertEqual(source.same(made, source.read(source_of(key))), [])

    def test_the_table_leaves_the_boxes_of_its_cell(self):
        text = 'A\n\n<!-- claims -->\n\n<!-- begin: claim T1 -->\n\nbox\n\n<!-- end: claim T1 -->'
        once = source.with_claims(text, '| a |')
        self.assertIn('box', once)
        self.assertEqual(source.without_claims(once), 'A\n\n<!-- claims -->\n\n<!-- claim: T1 -->')


if __name__ == '__main__':
    unittest.main()
