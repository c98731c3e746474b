"""A paper as one program: the claims of the kernel byte for byte, many seeds, what it refuses."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from nb import program
from nb.checkout import BUILD, ROOT, TOOLS
from nb.run import Options

FIXTURES = Path(__file__).parent / 'fixtures'


class Program(unittest.TestCase):
    def setUp(self):
        # Inside the checkout, whose module the packages of the paper belong to.
        BUILD.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix='test-', dir=BUILD)
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.home = self.root / 'papers' / 'little'
        shutil.copytree(FIXTURES / 'little', self.home)
        self.file = self.home / 'little.go'
        self.change('FOLDER', str(self.home.relative_to(ROOT)))

    def change(self, old, new, file=None):
        file = file or self.file
        text = file.read_text()
        self.assertIn(old, text)
        file.write_text(text.replace(old, new))

    def run_program(self, *words):
        binary = program.build(self.file, self.root / 'program')
        answer = subprocess.run([binary, '-backend', 'go', '-root', ROOT, '-dir', self.root / 'runs', *words], capture_output=True, text=True,
                                env=dict(os.environ, MARGINALIA_SEED='77', MARGINALIA_SCALE='nonsense'))
        return answer.returncode, answer.stdout + answer.stderr

    def run_kernel(self, *words):
        answer = subprocess.run([sys.executable, '-m', 'nb.tests.drive', self.home.parent, self.root / 'out', '--backend', 'go', *words, 'little'],
                                cwd=ROOT, env=dict(os.environ, PYTHONPATH=str(TOOLS)), capture_output=True, text=True)
        return answer.returncode, answer.stdout + answer.stderr

    def test_kernel_and_program_give_the_same_ledger(self):
        code, said = self.run_kernel('--seed', '12')
        self.assertEqual(code, 0, said)
        code, said = self.run_program('-seeds', '1,12')
        self.assertEqual(code, 0, said)
        kernel, other = (self.root / 'out' / 'little' / 'claims.json').read_bytes(), (self.root / 'runs' / 'seed-1' / 'claims.json').read_bytes()
        self.assertEqual(kernel, (self.root / 'runs' / 'seed-12' / 'claims.json').read_bytes())
        self.assertEqual(json.loads(kernel)['run']['seed'], 12)
        self.assertNotEqual(json.loads(kernel)['claims'], json.loads(other)['claims'], 'the seed plays no part')
        notebook = json.loads((self.root / 'out' / 'little' / 'little.ipynb').read_text())
        text = ''.join(''.join(cell['source']) for cell in notebook['cells'] if cell['cell_type'] == 'markdown')
        self.assertRegex(text, r'<!-- begin: claim T1 -->\n\n<a id="claim-T1"></a>\n\n> \*\*Claim T1 \(A sum\)\.\*\* \$1\+')
        self.assertIn('| **T2** |', text)

    def test_seeds(self):
        self.change('seen = 5.0', 'seen = 1.0', self.file)  # a third of the seeds are further off
        code, said = self.run_program('-seeds', '20', '-jobs', '2')
        self.assertEqual(code, 1, said)
        self.assertEqual(len(re.findall(r'^seed \d+ \(', said, re.M)), 20)
        depends = re.search(r'^T2 depends on the seed: fails on (.*); holds on (.*)$', said, re.M)
        self.assertTrue(depends, said)
        self.assertNotIn('T1 depends', said)
        one = self.run_program('-seeds', '20', '-only', 'T1')
        self.assertEqual((one[0], 'T2' in one[1]), (0, False), one[1])
        red = re.split(r'[-,]', depends[1])[0]
        again = self.run_program('-seeds', red + ',')
        self.assertRegex(again[1], f'(?s)seed {red} .*T2 fails: standard errors off')

    def test_figures_and_cells_that_others_feed(self):
        code, said = self.run_program('-seeds', '3,5', '-only', 'Draw', '-figures', self.root / 'figures')
        self.assertEqual(code, 0, said)
        self.assertEqual(sorted(path.relative_to(self.root / 'figures').as_posix() for path in (self.root / 'figures').rglob('*.svg')),
                         ['seed-3/squares.svg', 'seed-5/squares.svg'])
        self.assertEqual(len(list((self.root / 'runs').glob('seed-*/kept/mean-*.gob'))), 2)

    def test_a_cell_that_stops_is_red_and_does_not_stop_the_others(self):
        self.change('	m := notebook.Keep', '	notebook.Check(fmt.Errorf("no more"))\n	m := notebook.Keep')
        code, said = self.run_program()
        self.assertEqual(code, 1, said)
        self.assertIn('Means: no more', said)
        self.assertNotIn('goroutine', said)
        self.assertRegex(said, r'holds: T1; not checked: T2')
        code, said = self.run_kernel()
        self.assertEqual(code, 1, said)
        self.assertRegex(said, r'cell c06 \(%exec paper\.Cell\(Means\)\)\n    Means: no more\n')
        self.assertNotIn('goroutine', said)

    def test_built_once(self):
        binary = program.build(self.file, self.root / 'program')
        before = binary.stat().st_mtime_ns
        self.assertEqual(program.build(self.file, self.root / 'program').stat().st_mtime_ns, before)
        self.change('shifted by one', 'shifted by 1')
        self.assertNotEqual(program.build(self.file, self.root / 'program').stat().st_mtime_ns, before)

    def test_unknown_names(self):
        for words, said in {('-only', 'T9'): r'no cell of little is called "T9".*there are T1, Means, T2, Draw',
                            ('-seeds', 'x'): r'-seeds "x": a number of seeds',
                            ('-seeds', '3,3'): r'names 3 twice', ('-seeds', '0'): r'-seeds "0"',
                            ('-scale', 'huge'): r'unknown scale "huge"', ('-jobs', '0'): r'-jobs 0'}.items():
            with self.subTest(words):
                code, text = self.run_program(*words)
                self.assertEqual(code, 2, text)
                self.assertRegex(text, said)

    def test_what_does_not_compile_is_red_before_anything_runs(self):
        self.change('func Gap(n int', 'func Gap(n float64', self.home / 'study' / 'study.go')
        chosen = Options(papers=['little'], backend='go', program=True)
        with self.assertRaisesRegex(program.ProgramError, r'(?s)go vet .*mismatched types'):
            program.run(self.file, self.root / 'program', chosen)
        code, said = self.run_kernel()
        self.assertEqual(code, 1)
        self.assertRegex(said, r'(?s)little: go vet .*mismatched types')
        self.assertFalse((self.root / 'out' / 'little' / 'little.ipynb').exists())


if __name__ == '__main__':
    unittest.main()
