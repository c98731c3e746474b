"""What is committed against sources and fresh runs; taking a run over; taking cells back."""

import contextlib
import io
import json
from unittest import mock

from nb import batch, check, lab, source
from nb.tests.test_claims import LEDGER, Folder
from nb.tests.test_source import GOOD


class Home(Folder):
    """A paper "p" in a folder that stands for notebooks/, and its build."""

    def setUp(self):
        super().setUp()
        self.home, self.build = self.folder / 'notebooks' / 'p', self.folder / 'build' / 'p'
        self.home.mkdir(parents=True)
        self.build.mkdir(parents=True)
        (self.home / 'p.go').write_text(GOOD)
        for name, value in {'NOTEBOOKS': self.home.parent, 'BUILD': self.build.parent, 'ROOT': self.folder}.items():
            for module in ('check', 'batch', 'lab'):
                if hasattr({'check': check, 'batch': batch, 'lab': lab}[module], name):
                    self.patch(f'nb.{module}.{name}', value)
        for module in ('check', 'lab'):
            self.patch(f'nb.{module}.source_of', lambda key: self.home.parent / key / f'{key}.go')

    def patch(self, name, value):
        patch = mock.patch(name, value)
        patch.start()
        self.addCleanup(patch.stop)

    def notebook(self, **code):
        """Commit the notebook of the source, executed, with changes to its cell of code."""
        made = source.notebook(GOOD)
        made['cells'][1].update({'execution_count': 1, **code})
        (self.home / 'p.ipynb').write_text(json.dumps(made))


class Notebooks(Home):
    def test_as_the_source_says(self):
        self.notebook()
        self.assertEqual(check.notebook('p'), [])

    def test_not(self):
        self.assertRegex(check.notebook('p')[0], r'notebooks/p/p\.ipynb is not there: scripts/run p --write')
        for change, said in [({'source': 'func Run() { other() }'}, 'not what its source says, cell 1 .*line 1'),
                             ({'execution_count': None}, 'c01 .* was not executed'),
                             ({'outputs': [{'output_type': 'error'}]}, 'c01 .* shows an error'),
                             ({'outputs': [{'output_type': 'stream', 'name': 'stderr', 'text': ['kept (/home/me/a.b)\n']}]}, 'c01 .* prints /home/me')]:
            with self.subTest(said):
                self.notebook(**change)
                self.assertRegex(' '.join(check.notebook('p')), said)
        (self.home / 'p.ipynb').write_text('{')
        self.assertRegex(check.notebook('p')[0], 'is no notebook')


class Changed(Home):
    def test_code_or_ledger(self):
        self.patch('nb.kept.code', lambda key, but: f'code of {key}' if but == () else 'what shows is left out')
        self.assertTrue(check.changed('p'), 'without a notebook')
        (self.home / 'claims.json').write_text('{}')
        self.notebook()
        self.assertTrue(check.changed('p'), 'made before its hash was written')
        made = json.loads((self.home / 'p.ipynb').read_text())
        made['metadata']['marginalia'] = {'of': check.made_of('p', self.home.parent)}
        (self.home / 'p.ipynb').write_text(json.dumps(made))
        self.assertFalse(check.changed('p'))
        (self.home / 'claims.json').write_text('{"claims": 1}')
        self.assertTrue(check.changed('p'), 'another ledger')
        (self.home / 'claims.json').write_text('{}')
        self.patch('nb.kept.code', lambda key, but: 'other code')
        self.assertTrue(check.changed('p'))


class Ledgers(Home):
    def put(self, committed, fresh):
        for folder, verdict in ((self.home, committed), (self.build, fresh)):
            ledger = json.loads(json.dumps(LEDGER))
            ledger['claims'][0]['verdict'] = verdict
            if verdict == 'fails':  # a ledger whose verdicts do not follow from its numbers is refused
                ledger['claims'][0]['checks'][0].update(measured=4, holds=False)
                del ledger['claims'][0]['checks'][0]['slack']
                ledger['claims'][0]['reason'] = 'sum is 4, expected within 1 of 2'
            (folder / 'claims.json').write_text(json.dumps(ledger))
        self.notebook()
        (self.build / 'p.ipynb').write_text((self.home / 'p.ipynb').read_text())

    def test_verdicts(self):
        self.put('holds', 'holds')
        self.assertEqual(check.ledger('p'), [])
        self.put('holds', 'fails')
        self.assertRegex(check.ledger('p')[0], r'A1: holds in the first, fails in the second \(first: committed')

    def test_numbers_and_outputs(self):
        self.put('holds', 'holds')
        text = (self.home / 'claims.json').read_text()
        self.assertIn('"measured": 2', text)
        (self.home / 'claims.json').write_text(text.replace('"measured": 2.000001', '"measured": 2.5').replace('"slack": 0.5', '"slack": 0.2'))
        self.notebook(outputs=[{'output_type': 'stream', 'name': 'stdout', 'text': 'one'}])
        said = check.ledger('p')
        self.assertRegex(said[0], r'A1: the check "sum" measured 2.5 in the first, 2 in the second .*: scripts/run p --write')
        self.assertRegex(said[1], r'cell c01 \(Run\): shows 1 outputs .* the fresh run nothing')
        (self.build / 'p.ipynb').unlink()
        self.assertIn('cannot be compared', check.ledger('p')[0])

    def test_notes(self):
        for device, committed, said in [('d', 'the rank is 6.1', 'the note of A1 says 6.1 where the fresh run says 6'),
                                        ('d', 'no rank', 'the note of A1 says "no rank"'), ('d', 'the rank is 6.00001', None),
                                        ('e', 'the rank is 6.1', None), ('e', 'a rank of 6', 'the note of A1 says "a rank of #"')]:
            with self.subTest(said, device=device):
                self.put('holds', 'holds')
                for folder, note, seen in ((self.home, committed, device), (self.build, 'the rank is 6', 'd')):
                    ledger = json.loads((folder / 'claims.json').read_text())
                    ledger['claims'][0]['note'], ledger['run']['device'] = note, seen
                    (folder / 'claims.json').write_text(json.dumps(ledger))
                self.assertEqual([line.split(' where')[0] for line in check.ledger('p')], [said.split(' where')[0]] if said else [])

    def test_another_backend_has_other_digits(self):
        self.put('holds', 'holds')
        text = (self.home / 'claims.json').read_text()
        (self.home / 'claims.json').write_text(text.replace('"measured": 2.000001', '"measured": 2.5').replace('"slack": 0.5', '"slack": 0.2').replace('"backend": "go"', '"backend": "xla cpu"'))
        self.assertEqual(check.ledger('p'), [])

    def test_of_another_scale_or_none(self):
        self.put('holds', 'holds')
        text = (self.home / 'claims.json').read_text()
        (self.home / 'claims.json').write_text(text.replace('"quick"', '"paper"'))
        self.assertIn('not of the quick scale', check.ledger('p')[0])
        (self.home / 'claims.json').unlink()
        self.assertIn('claims.json is not there', check.ledger('p')[0])


class Keep(Home):
    def test_quick(self):
        for name in ('p.ipynb', 'claims.json'):
            (self.build / name).write_text(f'new {name}')
        (self.home / 'cover.png').write_text('old')
        self.assertEqual(batch.keep(batch.Result('p'), 'quick'), 'wrote notebooks/p')
        self.assertEqual((self.home / 'claims.json').read_text(), 'new claims.json')
        self.assertFalse((self.home / 'cover.png').exists(), 'the new run has no picture')


class Copies(Home):
    """scripts/lab opens a copy; what the reader makes of it is hers."""

    def setUp(self):
        super().setUp()
        self.copies = self.build.parent / 'lab'
        self.patch('nb.lab.COPIES', self.copies)
        self.notebook(outputs=[{'output_type': 'stream', 'name': 'stdout', 'text': 'one'}])
        self.committed = (self.home / 'p.ipynb').read_bytes()

    def copy(self, fresh=False):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            lab.copy('p', fresh)
        self.assertEqual((self.home / 'p.ipynb').read_bytes(), self.committed, 'the committed notebook is never touched')
        return json.loads((self.copies / 'p.ipynb').read_text()), said.getvalue()

    def edit(self, old, new):
        path = self.copies / 'p.ipynb'
        path.write_text(path.read_text().replace(old, new))

    def test_as_committed(self):
        made, _ = self.copy()
        self.assertEqual(made['cells'], json.loads(self.committed)['cells'])

    def test_without_a_committed_notebook(self):
        (self.home / 'p.ipynb').unlink()
        self.committed = b''
        lab.copy('p')
        self.assertEqual(json.loads((self.copies / 'p.ipynb').read_text()), source.notebook(GOOD))

    def test_the_source_was_changed(self):
        (self.home / 'p.go').write_text(GOOD.replace('Run() {}', 'Run() { println() }'))
        cell = self.copy()[0]['cells'][1]
        self.assertEqual((cell['source'], cell['outputs']), ('//gonb:%exec Run\n\nfunc Run() { println() }', []))
        (self.home / 'p.go').write_text(GOOD)
        self.assertEqual(self.copy()[0]['cells'][1]['outputs'][0]['text'], 'one', 'a copy that nobody changed follows')

    def test_a_copy_that_was_changed_stays(self):
        self.copy()
        self.edit('one', 'mine')
        made, said = self.copy()
        self.assertEqual((made['cells'][1]['outputs'][0]['text'], said), ('mine', ''))
        (self.home / 'p.go').write_text(GOOD.replace('Run() {}', 'Run() { println() }'))
        made, said = self.copy()
        self.assertEqual(made['cells'][1]['outputs'][0]['text'], 'mine')
        self.assertIn('--fresh makes a new copy', said)
        self.assertIn('println', self.copy(fresh=True)[0]['cells'][1]['source'])
        self.assertIn('mine', (self.copies / 'p.1.ipynb').read_text())

    def save(self):
        said = io.StringIO()
        self.patch('nb.lab.papers', lambda: ['p'])
        with contextlib.redirect_stdout(said):
            return lab.save(None, 'p') or said.getvalue()

    def test_cells_into_the_source(self):
        self.copy()
        self.edit('Run() {}', 'Run() { println() }')
        self.assertIn('wrote notebooks/p/p.go', self.save())
        self.assertEqual((self.home / 'p.go').read_text(), GOOD.replace('Run() {}', 'Run() { println() }'))

    def test_settings_tell_what_to_run_again(self):
        with_settings = GOOD + '\n// %%\nvar size = 3\n'
        (self.home / 'p.go').write_text(with_settings)
        made, _ = self.copy()
        self.assertEqual(made['cells'][-1]['source'], lab.TELLING + 'var size = 3')
        self.assertNotIn(lab.TELLING, made['cells'][1]['source'], 'it executes something already')
        self.edit('size = 3', 'size = 4')
        self.assertIn('wrote', self.save())
        self.assertEqual((self.home / 'p.go').read_text(), with_settings.replace('size = 3', 'size = 4'))

    def test_refused(self):
        self.copy()
        self.edit('//gonb:%exec Run', '// %%')
        self.assertIn('was not taken over', self.save())
        self.assertEqual((self.home / 'p.go').read_text(), GOOD)
        (self.copies / 'p.ipynb').unlink()
        self.assertIn('was not taken over', self.save())
