"""Committed against fresh: every kind of edit is seen, and another machine's last digits are not."""

import copy
import json
import unittest

from nb import compare

ENTRY = {'name': 'slope', 'measured': -1.0003, 'rule': 'within', 'low': -1.02, 'high': -0.98, 'expected': 'within 0.02 of -1', 'holds': True}
RESIDUAL = {'name': 'residual', 'measured': 3.6e-14, 'rule': 'at most', 'high': 1e-12, 'expected': 'at most 1e-12', 'holds': True}
LEDGER = {'paper': {'key': 'p', 'title': 'P'}, 'run': {'scale': 'quick', 'backend': 'xla cpu', 'device': 'A'}, 'claims': [
    {'id': 'C1', 'kind': 'rate', 'statement': '$a = 1$', 'verdict': 'holds', 'checks': [ENTRY, RESIDUAL],
     'controls': [dict(ENTRY, name='shrunk', measured=-0.9, holds=False)]},
    {'id': 'C2', 'kind': 'rate', 'statement': '$b$', 'verdict': 'holds', 'checks': [], 'controls': []}]}
SPEC = {'option': {'series': [{'name': 'loss', 'type': 'line', 'data': [[1, 0.5], [2, 0.25], [3, 1e-16]]},
                              {'name': 'bound', 'type': 'line', 'data': [[1, 1], [2, 0.5], [3, 0.25]]}]},
        'frames': [{'label': 'step 10', 'series': [[[0, 1]], [[1, 2]]]}], 'trigger': 'axis'}


def figure(spec=SPEC, name='loss', caption='Falls by 0.25 a step.'):
    """The outputs of a figure, as execution and export leave them."""
    page = (f'<figure class="mg-figure" id="fig-{name}">\n<figcaption>{caption}</figcaption>\n<script>(window.livefigs = '
            f'window.livefigs || []).push({{id: "{name}", home: 1, spec: {json.dumps(spec)}}});</script>\n</figure>')
    return [{'output_type': 'display_data', 'data': {'image/png': 'AAAA', 'text/plain': 'A curve at 0.25.'}},
            {'output_type': 'display_data', 'data': {'text/html': page.splitlines(keepends=True)}}]


def markdown(text):
    return {'output_type': 'display_data', 'data': {'text/markdown': text}}


def notebook():
    return {'cells': [
        {'cell_type': 'markdown', 'id': 'c00', 'metadata': {}, 'source': '# Title\n\n| C1 | holds | 3 |'},
        {'cell_type': 'code', 'id': 'c01', 'metadata': {}, 'source': '//gonb:%exec Begin', 'outputs': [markdown('| This run | |\n| Commit | `abc` |')]},
        {'cell_type': 'code', 'id': 'c02', 'metadata': {}, 'source': '//gonb:%exec C1\n\nfunc C1() {}',
         'outputs': [markdown('| **C1** | slope: −1.000 (within 0.02)<br>residual: 3.6e−14 (at most 1e−12) |'), *figure(),
                     {'output_type': 'stream', 'name': 'stdout', 'text': ['R = 1,200 and\n', 'W = $1.5\\cdot 10^{-3}$\n']}]}]}


class Compared(unittest.TestCase):
    def setUp(self):
        self.ledger, self.fresh_ledger, self.one, self.fresh = copy.deepcopy(LEDGER), copy.deepcopy(LEDGER), notebook(), notebook()

    def said(self):
        return '\n'.join(compare.notebooks(self.one, self.fresh, compare.Tolerance(self.ledger, self.fresh_ledger)))

    def sees(self, pattern):
        self.assertRegex(self.said(), pattern)
        self.setUp()

    def replace(self, old, new):
        """An edit of the committed notebook's text."""
        text = json.dumps(self.one)
        old, new = json.dumps(old)[1:-1], json.dumps(new)[1:-1]
        self.assertIn(old, text)
        self.one = json.loads(text.replace(old, new, 1))


class Notebooks(Compared):
    def test_the_same(self):
        self.assertEqual(self.said(), '')

    def test_numbers_of_texts(self):
        for old, new, said in (
                ('−1.000', '−1.100', r'cell c02 \(C1\): the text says −1.100 where the fresh run says −1.000'),
                ('3.6e−14', '3.6e−10', r'cell c02 .* says 3.6e−10'),
                ('R = 1,200', 'R = 1,300', r'cell c02 .* printed text says 1,300 where the fresh run says 1,200'),
                ('10^{-3}', '10^{-4}', r'says 1.5\\cdot 10\^\{-4\} where the fresh'),
                ('holds | 3', 'holds | 4', 'cell c00: the text says 4'),
                ('Falls by 0.25', 'Falls by 0.35', r'cell c02 \(C1\): the caption of loss says 0.35'),
                ('curve at 0.25', 'curve at 0.05', r'the words of a picture says 0.05')):
            with self.subTest(new):
                self.replace(old, new)
                self.sees(said)

    def test_words(self):
        self.replace('slope:', 'the slope:')
        self.sees(r'cell c02 \(C1\): the text says ".*the slope:.*" where the fresh run says')
        self.replace('holds | 3', 'fails | 3')
        self.sees('cell c00: the text says')

    def test_series(self):
        for change, said in (
                (lambda s: s['option']['series'][0]['data'][1].__setitem__(1, 0.3), r'the figure loss, series "loss", 2, 2: 0.3 where the fresh run has 0.25'),
                (lambda s: s['option']['series'][1]['data'].pop(), r'series "bound", 2 values where the fresh run has 3'),
                (lambda s: s['option']['series'].pop(), 'option, series, 1 values where'),
                (lambda s: s['option']['series'][0].update(name='other'), 'says "other" where'),
                (lambda s: s['frames'][0]['series'][1][0].__setitem__(1, 3), 'frames, series, 2, 2: 3 where the fresh run has 2'),
                (lambda s: s['frames'][0].update(label='step 20'), 'frames, label says 20'),
                (lambda s: s.pop('trigger'), 'trigger is only in the fresh run')):
            spec = copy.deepcopy(SPEC)
            change(spec)
            with self.subTest(said):
                self.one['cells'][2]['outputs'][1:3] = figure(spec)
                self.sees(r'(?s)cell c02 \(C1\): the figure loss, .*' + said.removeprefix('the figure loss, '))

    def test_a_figure_that_disappears(self):
        del self.one['cells'][2]['outputs'][1:3]
        self.sees(r'cell c02 \(C1\): does not show the figure loss of the fresh run')
        del self.fresh['cells'][2]['outputs'][1:3]
        self.sees(r'cell c02 \(C1\): shows the figure loss, which the fresh run does not')
        del self.one['cells'][2]['outputs'][0]
        self.sees('cell c02 .*shows 3 outputs')
        self.one['cells'][2]['outputs'] = []
        self.sees('does not show the figure loss')

    def test_what_may_differ(self):
        self.replace('`abc`', '`def`')
        self.replace('AAAA', 'BBBB')
        self.replace('−1.000', '−1.001')
        spec = copy.deepcopy(SPEC)
        spec['option']['series'][0]['data'][1][1] = 0.2501
        spec['option']['series'][0]['data'][2][1] = 3e-16
        self.one['cells'][2]['outputs'][2] = figure(spec)[1]
        self.assertEqual(self.said(), '')

    def test_an_unsteady_cell_on_another_device(self):
        for cells in (self.one, self.fresh):
            cells['cells'][2]['metadata']['tags'] = ['unsteady']
        self.replace('−1.000', '−1.100')
        self.assertRegex(self.said(), 'says −1.100', 'on the same device it is as steady as any')
        self.ledger['run']['device'] = 'B'
        self.assertEqual(self.said(), '')
        self.replace('R = ', 'S = ')
        self.assertRegex(self.said(), 'printed text says "S = ')
        del self.one['cells'][2]['outputs'][1:3]
        self.assertRegex(self.said(), 'does not show the figure loss')

    def test_what_the_ledgers_say_too(self):
        self.replace('3.6e−14', '5.1e−13')
        self.assertRegex(self.said(), 'says 5.1e−13', 'the ledger says another number')
        self.ledger['claims'][0]['checks'][1]['measured'] = 5.1e-13
        self.assertEqual(self.said(), '')


class Numbers(unittest.TestCase):
    def test_forms(self):
        for text, expected in {'−1.5': [-1.5], '3e−14': [3e-14], r'$2\cdot10^{-3}$': [2e-3], '4·10⁻¹²': [4e-12], '1,234,567': [1234567],
                               '2 × 10^5': [2e5], 'W1 and x_2': [1, 2], '10 of 30': [10, 30], '1, 2': [1, 2], '0.5.': [0.5]}.items():
            with self.subTest(text):
                self.assertEqual([value for value, _ in compare.numbers(text)[1]], expected)

    def test_not_finite(self):
        near = compare.Tolerance(LEDGER, LEDGER).near
        self.assertTrue(near(float('inf'), float('inf')) and near(float('nan'), float('nan')))
        self.assertFalse(near(float('inf'), 1) or near(float('nan'), 1))
