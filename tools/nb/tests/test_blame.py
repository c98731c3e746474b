"""Red claims and failed cells, named by their own line of the source."""

import tempfile
import unittest
import unittest.mock
from pathlib import Path

from nb import blame, run
from nb.execute import Failure
from nb.progress import Paper

SOURCE = '''// Package p is a source.
package p

// %% [markdown]
// # Title

// %%

//gonb:%exec Begin

func Begin() {}

// %%
//gonb:%exec C4

// C4 measures two claims.
func C4() {
	c := ledger().Claim("C4")
	c.Check("slope", x, rule)
	d := ledger().Claim("C5")
	d.Check("slope", x, rule)
}

// %%
//gonb:%exec paper.Cell(D1)

func D1(cell *notebook.Cell) {
	cell.Claim().Check("gap", x, rule)
}
'''
COMPILER = '''# gonb_e727b8bc
Cell[2]: Line 4
\tfunc C4() {
 ^
undefined: undefinedThing'''
PANIC = '''panic: the data are not separable

goroutine 1 [running]:
github.com/marginalia-ml/marginalia/pkg/repro.Check(...)
\t{root}/pkg/repro/env.go:25
main.C4()
\t [[ Cell [2] Line 7 ]] /a folder/gonb_bd3eecec/main.go:27 +0x365
main.main()
\t [[ Cell [2] Line 1 ]] /a folder/gonb_bd3eecec/main.go:33 +0x52
exit status 2

exit status 2
'''


class Blame(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        path = self.folder / 'p.go'
        path.write_text(SOURCE)
        self.cells = blame.Cells(path, 'notebooks/p/p.go')

    def line(self, text):
        return f'notebooks/p/p.go:{SOURCE.splitlines().index(text) + 1}'

    def test_claims(self):
        for (claim, part, name), line in {
                ('C4', 'C4', 'slope'): '\tc.Check("slope", x, rule)', ('C4', 'C4', ''): '\tc := ledger().Claim("C4")',
                ('C5', 'C4', 'none'): '\td := ledger().Claim("C5")', ('C4', 'C4', 'of a helper'): '\tc := ledger().Claim("C4")',
                ('D1', 'D1', 'gap'): '\tcell.Claim().Check("gap", x, rule)', ('D1', '', ''): '\tcell.Claim().Check("gap", x, rule)',
        }.items():
            with self.subTest(f'{claim} {name}'):
                self.assertEqual(self.cells.claim(claim, part, name), self.line(line))
        self.assertIsNone(self.cells.claim('X9'))

    def test_red(self):
        check = {'name': 'gap', 'holds': True, 'controls': [{'name': 'wrong gap', 'holds': True}]}
        self.assertEqual(blame.red({'id': 'D1', 'verdict': 'vacuous', 'reason': 'why', 'checks': [check]}, self.cells, {}),
                         self.line('\tcell.Claim().Check("gap", x, rule)') + ': D1 vacuous: why')
        self.assertEqual(blame.red({'id': 'X9', 'verdict': 'not checked', 'checks': []}, self.cells, {}),
                         'notebooks/p/p.go: X9 not checked: no reason given')

    def test_a_sentence_without_its_stack(self):
        failed = Failure(2, '%exec C4', PANIC.replace('{root}', str(blame.ROOT)))
        self.assertEqual(blame.failure(failed, self.cells),
                         self.line('\td := ledger().Claim("C5")') + ': cell c02 (%exec C4)\n    the data are not separable')

    def test_a_stack_whose_lines_the_kernel_did_not_know(self):
        failed = Failure(2, '%exec C4', PANIC.replace('{root}', str(blame.ROOT)).replace(' [[ Cell [2] Line 7 ]] ', '').replace(
            ' [[ Cell [2] Line 1 ]] ', ''))
        failed.program = [''] * 26 + ['\td := ledger().Claim("C5")']
        self.assertTrue(blame.failure(failed, self.cells).startswith(self.line('\td := ledger().Claim("C5")')))
        failed.program = []
        self.assertTrue(blame.failure(failed, self.cells).startswith(self.cells.line(2) + ': cell c02'))

    def test_a_mistake_with_the_lines_that_led_to_it(self):
        said = PANIC.replace('{root}/pkg/repro/env.go', f'{blame.ROOT}/pkg/attention/race.go').replace(
            'the data are not separable', 'runtime error: index out of range')
        made = blame.failure(Failure(2, '%exec C4', said), self.cells).splitlines()
        self.assertEqual(made[1:], ['    panic: runtime error: index out of range', '    at pkg/attention/race.go:25',
                                    f'    at {self.line(chr(9) + "d := ledger().Claim(" + chr(34) + "C5" + chr(34) + ")")}'])

    def test_the_compiler(self):
        made = blame.failure(Failure(2, '%exec C4', COMPILER), self.cells)
        self.assertTrue(made.startswith(self.line('func C4() {') + ': cell c02'), made)
        self.assertNotIn('Cell[', made)
        self.assertNotIn('gonb_', made)

    def test_the_kernel(self):
        self.assertEqual(blame.failure(Failure(None, 'the kernel', 'died'), self.cells), 'the kernel\n    died')

    def test_the_closing_cell(self):
        closed = Failure(3, '%exec Close', 'panic: claim: 1 of the 20 claims of p are red\n  C4 fails: x')
        self.assertTrue(blame.closing(closed, {'claims': []}))
        self.assertFalse(blame.closing(closed, None), 'without a ledger it is all that is known')
        self.assertFalse(blame.closing(Failure(3, '%exec Close', 'panic: claim: the ledger is misused: x'), {'claims': []}))


class Falling(unittest.TestCase):
    LINES = ('{"claim":"A","part":"F","slot":"check","entry":{"name":"x","measured":1,"expected":"at least 2","holds":false}}\n',
             '{"claim":"A","part":"F","slot":"control","check":"x","control":{"name":"y","measured":1,"holds":true}}\n',
             '{"claim":"B","part":"F","slot":"control","entry":{"name":"z","measured":1,"expected":"at least 2","holds":false}}\n',
             '{"claim":"B","slot":"note","text":"x"}\n', 'torn {\n\n')

    def test_each_is_told_once_and_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            paper, path = Paper('p', [0], folder), Path(folder) / 'ledger.jsonl'
            self.assertEqual(paper.look(), [])
            path.write_text(self.LINES[0] + self.LINES[1][:20])
            self.assertEqual(paper.look(), [('A', 'x', 'fails: x: 1 (at least 2)')])
            path.write_text(''.join(self.LINES))
            self.assertEqual(paper.look(), [('A', 'y', 'is vacuous: its control "y" holds, 1')])
            self.assertEqual(paper.look(), [])
            self.assertEqual((paper.claims(), paper.parts), (1, {'A': 'F', 'B': ''}))


class Forecast(unittest.TestCase):
    def test_minutes_and_device(self):
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch('nb.run.source', lambda key: Path(folder) / key):
            (Path(folder) / 'p').write_text('x, repro.Expect{Quick: 2, Paper: 45}))')
            (Path(folder) / 'q').write_text('nothing')
            chosen = run.Options(papers=['p', 'q'], scale='paper')
            first, second = run.forecast(chosen, gpu=False)
            self.assertEqual(first, 'p at the scale of the paper: 45 minutes expected on one GPU; this run is on the CPU and will '
                             'take longer: no GPU found')
            self.assertIn('q at the scale of the paper: its source expects no time', second)
            self.assertIn('--backend cuda takes the GPU', next(run.forecast(chosen, gpu=True)))
            chosen.backend = 'cuda'
            self.assertTrue(next(run.forecast(chosen, gpu=True)).endswith('this run is on that'))
            chosen.scale = 'quick'
            self.assertEqual(list(run.forecast(chosen, gpu=True)), [])

    def test_cuda_without_what_it_needs(self):
        with unittest.mock.patch.dict('os.environ'), unittest.mock.patch('nb.plugin.has_gpu', lambda: True), \
                unittest.mock.patch('nb.plugin.path', lambda kind: None):
            run.os.environ.pop('MARGINALIA_PLUGIN', None)
            self.assertIn('scripts/setup --cuda installs it', run.obstacle('cuda'))
            self.assertIsNone(run.obstacle('cpu'))
            run.os.environ['MARGINALIA_PLUGIN'] = '/x/pjrt_cuda.so'
            self.assertIsNone(run.obstacle('cuda'))
            del run.os.environ['MARGINALIA_PLUGIN']
            with unittest.mock.patch('nb.plugin.has_gpu', lambda: False):
                self.assertIn('no NVIDIA GPU found', run.obstacle('cuda'))
