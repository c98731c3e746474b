"""Bundles: what is packed, one of a paper end to end without Go, results that are taken and refused."""

import contextlib
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from nb import kept, pack, run, take
from nb.checkout import BUILD, NOTEBOOKS, ROOT, papers
from nb.files import sha256

KEY = 'cap'  # the cheapest


class Folder(unittest.TestCase):
    def setUp(self):
        BUILD.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix='test-', dir=BUILD)
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        patch = mock.patch('nb.take.BUILD', self.root)
        patch.start()
        self.addCleanup(patch.stop)

    def taken(self, *files, options=()):
        """Exit status of scripts/run --take, and what it says."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            status = take.main([*options, '--take', *map(str, files)])
        return status, out.getvalue()


class Pack(Folder):
    def test_every_data_set_is_read_by_a_paper(self):
        self.assertEqual(pack.reads(papers()), sorted(pack.sets()))
        self.assertEqual(pack.reads(['supcon-landscape']) == pack.reads(papers()), False)

    def test_what_hashes_read_is_packed(self):
        packed = pack.checkout([KEY])
        needed = {str(file.relative_to(ROOT)) for file in kept.files(KEY, but=())} | {'go.mod', f'notebooks/{KEY}/paper.json', f'notebooks/{KEY}/{KEY}.go'}
        self.assertLessEqual(needed, set(packed))
        for name in packed:
            self.assertNotRegex(name, r'_test\.go$|\.ipynb$|\.md$')
        self.assertIn('pkg/figure/echarts.min.js', packed)

    def test_refused(self):
        for words, said in ((['nothing'], "unknown paper 'nothing'"), (['--plugin', 'tpu'], "--plugin 'tpu'"), (['--kills', '3'], '--kills for --test'),
                            ([KEY, '--test', '--plugin', 'none'], '--test is for a bundle with its plugin')):
            err = io.StringIO()
            with contextlib.redirect_stderr(err), self.assertRaises(SystemExit):
                pack.options(words)
            self.assertIn(said, err.getvalue())
        with self.assertRaisesRegex(pack.PackError, "unknown data set 'x'"):
            pack.data('x', [KEY])

    def test_workflow(self):
        """What the workflow reads of its configuration is there and nothing else; what it gives to run are its flags."""
        snakefile = (ROOT / 'workflow' / 'Snakefile').read_text()
        set_ = set(re.findall(r'^(\w+):', (ROOT / 'workflow' / 'config.yaml').read_text(), re.M))
        self.assertEqual(set(re.findall(r'''config\[["']?(\w+)["']?\]''', snakefile)), set_)
        known = set(re.findall(r'flags\.\w+\((?:&o\.\w+, )?"(\w+)"', (ROOT / 'pkg' / 'bundle' / 'run.go').read_text()))
        scripts = [snakefile.split('rule gather')[0], (ROOT / 'workflow' / 'job.slurm').read_text().split('./marginalia run')[1]]
        for text in scripts:
            self.assertLessEqual({'scale', 'backend', 'minutes', 'unpack', 'dir', 'resume'}, set(re.findall(r'--(\w+)', text)))
            self.assertLessEqual(set(re.findall(r'--(\w+)', text)) - {'help', 'take'}, known)
        for script in ('workflow/job.slurm', 'scripts/workflow'):
            subprocess.run(['bash', '-n', ROOT / script], check=True)

    def test_a_claim_travels(self):
        """Packed, run with neither Go nor anything else of this machine's, taken."""
        bundle = self.root / 'marginalia'
        pack.pack([KEY], bundle, with_plugin=False, words='none')
        words = [bundle, 'run', KEY, '--backend', 'go', '--only', 'C1', '--dir', self.root / 'run', '--unpack', self.root]
        answer = subprocess.run(words, env={'HOME': str(self.root)}, cwd=self.root, capture_output=True, text=True)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        status, said = self.taken(self.root / 'run.tar.gz')
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r'cap, quick scale, seed 1: 1 of 1 cell came to .*\n +C1 +holds')
        ledger, committed = (json.loads(path.read_text()) for path in (self.root / KEY / 'taken' / 'seed-1' / 'claims.json', NOTEBOOKS / KEY / 'claims.json'))
        self.assertEqual([c['id'] for c in ledger['claims'] if c['checks']], ['C1'])
        names = [[check['name'] for check in claim['checks']] for claim in (ledger['claims'][0], committed['claims'][0])]
        self.assertEqual(*names)
        notebook = json.loads((self.root / KEY / 'taken' / f'{KEY}.ipynb').read_text())
        self.assertEqual(notebook['metadata']['marginalia']['bundle'], json.loads((self.root / 'run' / 'run.json').read_text())['bundle'])
        shown = [''.join(output['data'].get('text/markdown', '')) for cell in notebook['cells'] for output in cell.get('outputs', [])]
        self.assertTrue(any('Computed by the bundle' in text for text in shown))
        self.assertTrue(any('| C1 |' in text or '**C1**' in text for text in shown), shown)


class Take(Folder):
    """Results that are made up from the committed ledger."""

    def result(self, spoil=lambda about, files: None, seal=None, more=()):
        ledger = (NOTEBOOKS / KEY / 'claims.json').read_bytes()
        facts = json.loads(ledger)['run']
        files = {'claims.json': ledger, 'shown/C1.json': b'[{"text/markdown": "Shown there."}]'}
        about = {'format': 1, 'key': KEY, 'scale': 'quick', 'seed': 1, 'only': None, 'complete': True, 'bundle': 'b0b0', 'commit': 'abc', 'when': '2026-01-02',
                 'code': 'c0de', 'statements': sha256(NOTEBOOKS / KEY / 'paper.json'), 'backend': facts['backend'], 'device': facts['device'], 'driver': '',
                 'plugin': {'file': 'p.so', 'sha256': '0' * 64, 'pinned': False}, 'minutes': 1.5, 'memory': 2**30,
                 'cells': [{'name': 'C1', 'done': True, 'seconds': 1, 'memory': 1}]}
        about['files'] = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        spoil(about, files)
        text = json.dumps(about).encode()
        path = self.root / 'result.tar.gz'
        with tarfile.open(path, 'w:gz') as archive:
            for name, content in [('result.json', text), ('result.sha256', seal or hashlib.sha256(text).hexdigest().encode()), *files.items(), *more]:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return path

    def setUp(self):
        super().setUp()
        patch = mock.patch('nb.kept.code', lambda key: 'c0de')
        patch.start()
        self.addCleanup(patch.stop)

    def test_taken(self):
        status, said = self.taken(self.result())
        self.assertEqual(status, 0, said)
        self.assertIn('which is not the pinned one', said)
        notebook = (self.root / KEY / 'taken' / f'{KEY}.ipynb').read_text()
        self.assertIn('Shown there.', notebook)
        self.assertNotIn('the first is the committed ledger', said)

    def test_the_scale_of_the_paper_is_kept(self):
        """The committed results of a paper, as if a bundle had computed them."""
        key, home = 'self-attention', self.root / 'results'

        def paper(about, files):
            results = NOTEBOOKS / key / 'results'
            files.clear()
            files['claims.json'] = (results / 'claims.json').read_bytes()
            files['results/vision.json'] = (results / 'vision.json').read_bytes()
            facts = json.loads(files['claims.json'])['run']
            about.update(key=key, scale='paper', statements=sha256(NOTEBOOKS / key / 'paper.json'), driver='580.1', backend=facts['backend'],
                         device=facts['device'], files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()})

        with mock.patch('nb.kept.folder', lambda key: home):
            status, said = self.taken(self.result(paper), options=['--scale', 'paper', '--write'])
            self.assertEqual(status, 0, said)
            self.assertIn(f'wrote P2, V1 to notebooks/{key}/results', said)
            run = kept.load(key)[0]
            self.assertEqual((run['bundle'], run['commit'], run['minutes'], run['driver']), ('b0b0', 'abc', 1.5, '580.1'))
            self.assertTrue((home / 'vision.json').exists())
            told, _ = kept.sentences(key)
            self.assertRegex(told['P2'], r'Kept, seen on .*, driver 580\.1, plugin 0a0fe56ca17b, seed 1\) at commit `abc` on 2026-01-02, in 1\.5 minutes and 1\.0 GB')
            ledger = json.loads((NOTEBOOKS / key / 'results' / 'claims.json').read_text())
            self.assertEqual(json.loads((home / 'claims.json').read_text())['claims'], ledger['claims'])

    def test_a_cell_that_did_not_end(self):
        status, said = self.taken(self.result(lambda about, files: about.update(complete=False, cells=[{'name': 'C1', 'done': False, 'failure': 'out of memory'}])))
        self.assertEqual(status, 1, said)
        self.assertIn('0 of 1 cell', said)
        self.assertIn('out of memory', (self.root / KEY / 'taken' / f'{KEY}.ipynb').read_text())

    def test_refused(self):
        def edited(about, files):
            files['claims.json'] = files['claims.json'].replace(b'"holds"', b'"fails"', 1)

        def verdict(about, files):
            edited(about, files)
            about['files']['claims.json'] = hashlib.sha256(files['claims.json']).hexdigest()

        cases = [
            (self.result, dict(spoil=edited), 'claims.json was edited'),
            (self.result, dict(spoil=verdict), 'C1'),
            (self.result, dict(seal=b'0' * 64), 'result.json was edited'),
            (self.result, dict(spoil=lambda about, files: about.update(code='other')), 'a result of other code: go back to commit abc'),
            (self.result, dict(spoil=lambda about, files: about.update(statements='other')), 'its statements are not those of'),
            (self.result, dict(spoil=lambda about, files: about.update(key='nothing')), "of the paper 'nothing'"),
            (self.result, dict(spoil=lambda about, files: about.update(format=2)), 'has format 2'),
            (self.result, dict(spoil=lambda about, files: about.update(seed=2)), "has the seed 1, result.json 2"),
            (self.result, dict(spoil=lambda about, files: about.update(device='another')), 'has the device'),
            (self.result, dict(spoil=lambda about, files: about.pop('minutes')), 'is damaged'),
            (self.result, dict(spoil=lambda about, files: files.pop('claims.json')), 'claims.json is missing'),
            (self.result, dict(more=[('../../x', b'')]), "'../../x' does not belong into a result"),
            (self.result, dict(more=[('claims.json', b'')]), "'claims.json' does not belong"),
            (self.result, dict(more=[('results/p1.json', b'{}')]), 'results/p1.json was edited'),
        ]
        for make, arguments, words in cases:
            status, said = self.taken(make(**arguments))
            self.assertEqual(status, 1, said)
            self.assertIn(words, said)
        path = self.result()
        path.write_bytes(path.read_bytes()[:-200])
        self.assertIn('or was cut short', self.taken(path)[1])
        shutil.copy(ROOT / 'go.mod', path)
        self.assertIn('is no result of a bundle', self.taken(path)[1])
        self.assertIn(f'is a result of {KEY}, not of darex', self.taken(self.result(), options=['darex'])[1])

    def test_words(self):
        for words, said in ((['--take', '/no/file'], 'there is no such file'), (['--take', __file__, '--program'], '--take executes nothing'),
                            (['--take', __file__, '--only', 'C1'], '--take executes nothing')):
            err = io.StringIO()
            with contextlib.redirect_stderr(err), self.assertRaises(SystemExit):
                run.options(words)
            self.assertIn(said, err.getvalue())


if __name__ == '__main__':
    unittest.main()
