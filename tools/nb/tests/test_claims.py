import copy
import json
import tempfile
import unittest
from pathlib import Path

from nb import claims, progress

LEDGER = {
    'paper': {'key': 'sums', 'title': 'Sums', 'authors': ['Nobody'], 'venue': '', 'arxiv': ''},
    'run': {'scale': 'quick', 'backend': 'go', 'device': 'any', 'seed': 1, 'versions': {}},
    'claims': [
        {'id': 'A1', 'kind': 'certificate', 'title': 'A sum', 'statement': '$|1|$', 'source': '(1)', 'known': 'read', 'verdict': 'holds',
         'checks': [{'name': 'sum', 'measured': 2.000001, 'rule': 'within', 'low': 1, 'high': 3, 'target': 2, 'tolerance': 1,
                     'expected': 'within 1 of 2', 'holds': True, 'slack': 0.5, 'because': 'it is a test',
                     'controls': [{'name': 'wrong sum', 'measured': 5, 'low': 1, 'high': 3, 'holds': False}]},
                    {'name': 'count', 'measured': 0, 'rule': 'exactly', 'low': 0, 'high': 0, 'target': 0, 'expected': 'exactly 0',
                     'holds': True, 'controls': [{'name': 'wrong count', 'measured': 4, 'low': 0, 'high': 0, 'holds': False}]}],
         'reported': None, 'note': ''},
        {'id': 'A2', 'kind': 'certificate', 'title': 'More', 'statement': '$2$', 'source': '(2)', 'known': 'ours', 'verdict': 'paper scale',
         'scale': 'paper', 'checks': [], 'reported': None, 'note': 'not reproduced here'},
    ],
}


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.ledger = copy.deepcopy(LEDGER)

    def file(self, ledger, name='claims.json'):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ledger if isinstance(ledger, str) else json.dumps(ledger))
        return path


class Ledger(Folder):
    def test_malformed(self):
        for text, said in {'{': 'is no ledger', '[]': 'is no ledger', '{"claims": [{}]}': 'is no ledger',
                           json.dumps({**LEDGER, 'claims': []}): 'has no claim'}.items():
            with self.subTest(text), self.assertRaisesRegex(claims.LedgerError, said):
                claims.load(self.file(text))
        with self.assertRaisesRegex(claims.LedgerError, 'the notebook closed no ledger'):
            claims.load(self.folder / 'none.json')

    def test_red(self):
        self.assertEqual(claims.red(self.ledger), [])
        for verdict in ('fails', 'vacuous', 'not checked', 'a word nobody knows'):
            self.ledger['claims'][0]['verdict'] = verdict
            self.assertEqual([claim['id'] for claim in claims.red(self.ledger)], ['A1'])
        self.ledger['claims'][0]['verdict'] = 'corrected'
        self.assertEqual(claims.red(self.ledger), [])

    def test_terminal(self):
        self.assertEqual(claims.terminal(self.ledger).splitlines(), [
            '  A1   holds        sum: 2 (within 1 of 2) (and 1 more)',
            '  A2   paper scale  not reproduced here'])
        self.assertEqual(claims.tally(self.ledger), '2 claims: 1 holds, 1 paper scale')
        self.ledger['claims'][0].update(verdict='fails', reason='sum is 4')
        self.assertIn('A1   fails        sum is 4 (and 2 more)', claims.terminal(self.ledger))

    def test_markdown_and_differences(self):
        other = copy.deepcopy(LEDGER)
        other['claims'][0].update(verdict='fails', reason='sum is 4, expected within 1 of 2')
        other['claims'][0]['checks'][0].update(measured=4, holds=False)
        del other['claims'][0]['checks'][0]['slack']
        one, two = self.file(LEDGER), self.file(other, 'other.json')
        self.assertIn(r'| **A1** | *A sum.* $\vert 1\vert $ | (1) (read) | holds |', claims.markdown('brief', one))
        self.assertIn('sum: 2 (within 1 of 2)', claims.markdown('full', one))
        self.assertEqual(claims.differences(one, one), [])
        self.assertEqual(claims.differences(one, two), ['A1: holds in the first, fails in the second',
                                                        'A1: the check "sum" measured 2 in the first, 4 in the second'])
        edited = self.file(json.dumps(other).replace('"fails"', '"holds"'), 'edited.json')
        with self.assertRaisesRegex(claims.LedgerError, 'A1: the verdict is "holds", but its numbers say "fails"'):
            claims.markdown('full', edited)
        self.assertEqual(claims.counts(one)['total']['paper']['holds'], 1)
        with self.assertRaisesRegex(claims.LedgerError, 'claims: '):
            claims.markdown('brief', self.folder / 'none.json')


class Progress(unittest.TestCase):
    def test_claims_so_far(self):
        with tempfile.TemporaryDirectory() as folder:
            paper = progress.Paper('key', [1, 3], folder)
            self.assertEqual((paper.look(), paper.claims()), ([], 0))
            lines = [{'slot': 'check', 'claim': 'A'}, {'slot': 'check', 'claim': 'A'}, {'slot': 'control', 'claim': 'B'},
                     {'slot': 'check', 'claim': 'C'}]
            (Path(folder) / 'ledger.jsonl').write_text('\n\n'.join(map(json.dumps, lines)) + '\n{"slot": "check", "cl')
            self.assertEqual((paper.look(), paper.claims()), ([], 2))

    def test_a_terminal_is_redrawn_and_a_file_is_not(self):
        class Stream(list):
            write, flush = list.append, lambda self: None

            def __init__(self, terminal):
                super().__init__()
                self.isatty = lambda: terminal

        said = {}
        for terminal in (True, False):
            stream = Stream(terminal)
            display, paper = progress.Display(stream), progress.Paper('key', [1, 3], '/nowhere')
            display.add(paper)
            display.draw()
            display.told(paper, 1, '%exec A', None)
            display.draw()
            display.told(paper, 1, '%exec A', 2.5)
            display.draw()
            display.remove(paper)
            display.say('the end')
            said[terminal] = ''.join(stream)
        self.assertRegex(said[False], r'^key: 2 cells\nkey: cell 1/2, 0 s, 0 claims \(this cell 2\.5 s\)\nthe end\n$')
        self.assertIn('\x1b[1A\x1b[Jkey: cell 1/2 (%exec A, 0 s), 0 s', said[True])
        self.assertTrue(said[True].endswith('\x1b[1A\x1b[Jthe end\n'))
