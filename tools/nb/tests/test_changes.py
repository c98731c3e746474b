"""tools/changes: what it says of ledgers that follow each other."""

import json
import unittest

from nb import changes as module
from nb import numbers


class Changes(unittest.TestCase):
    def test_verdicts(self):
        self.assertEqual(module.verdicts('{"claims": [{"id": "C1", "verdict": "holds"}]}'), {'C1': 'holds'})
        for text in ('', '[]', '{"claims": 3}', '{"claims": [{"id": "C1"}]}'):
            self.assertIsNone(module.verdicts(text), text)

    def test_changed_new_and_gone(self):
        self.assertEqual(module.changes({'C1': 'holds', 'C2': 'holds', 'C3': 'holds'}, {'C1': 'evidence', 'C2': 'holds', 'D1': 'slip'}),
                         ['C1: holds → evidence', 'new: D1 (slip)', 'gone: C3'])
        self.assertEqual(module.changes({'C1': 'holds'}, {'C1': 'holds'}), [])
        self.assertEqual(module.changes(None, {'C1': 'holds', 'C2': 'slip', 'C3': 'holds'}), ['3 claims: 2 holds, 1 slip'])

    def test_newest_day_first(self):
        text = module.changelog({'a': [('2026-01-01', 'c1', {'C1': 'holds'}), ('2026-01-02', 'c2', {'C1': 'holds'}), ('2026-01-03', 'c3', {'C1': 'corrected'})]})
        self.assertEqual([line for line in text.splitlines() if line.startswith(('## ', '- '))],
                         ['## 2026-01-03', '- `a`, c3: C1: holds → corrected', '## 2026-01-01', '- `a`, c1: 1 claim: 1 holds'])


class Numbers(unittest.TestCase):
    def ledger(self, seed=1, **claims):
        """What a ledger of claims measured, each with its checks: numbers, or (number, rule)."""
        return numbers.measured(json.dumps({'run': {'seed': seed, 'scale': 'quick', 'backend': 'go'}, 'claims': [
            {'id': name, 'checks': [dict(zip(('name', 'measured', 'rule'), (f'check {at}', *value) if isinstance(value, tuple) else (f'check {at}', value, 'within')))
                                    for at, value in enumerate(checks)]} for name, checks in claims.items()]}))

    def test_moved_beyond_the_last_digit(self):
        before = self.ledger(C1=[1.23456, 2], C2=[1e-300], C3=[(1e-16, 'round-off')], C4=[5], C5=[0])
        after = self.ledger(C1=[1.23457, 2], C2=[2e-300], C3=[(3e-16, 'round-off')], C6=[6], C5=[0, 7])
        self.assertEqual(numbers.moved(before, after), ['C2'], 'another check, another claim and round-off are no other numbers')
        self.assertEqual(numbers.moved(before, self.ledger(C1=[1.23459, 2], C4=[-5])), ['C1', 'C4'])
        self.assertEqual(numbers.moved(before, self.ledger(C4=['nothing'])), [])
        self.assertEqual(numbers.moved(before, self.ledger(2, C4=[6])), [], 'another seed')
        for text in ('', '[]', '{"claims": []}'):
            self.assertIsNone(numbers.measured(text), text)

    def test_what_was_committed(self):
        commits = [('a1', 'convex: quicker', set(), False), ('b2', 'paper: two cells', {'C1', 'C2'}, True), ('c3', 'paper: words', set(), True)]
        self.assertEqual(numbers.reasons(['C1', 'C3', 'C2'], commits),
                         [(['C1', 'C2'], [('b2', 'paper: two cells')]), (['C3'], [('b2', 'paper: two cells'), ('c3', 'paper: words')])])
        self.assertEqual(numbers.reasons(['C1'], commits[:1]), [(['C1'], [('a1', 'convex: quicker')])])
        self.assertEqual(numbers.line(['C1', 'C2'], [(str(n), 'x') for n in range(5)]), 'C1, C2: 2 x; 3 x; 4 x; 2 more')
        self.assertIn('nothing in its code', numbers.line(['C1'], []))

    def test_a_history(self):
        """Two ledgers, and a commit between them that changes the cell of one claim."""
        texts = {f'c{n}:notebooks/sgpt/claims.json': json.dumps({'run': {'seed': 1}, 'claims': [{'id': 'C1', 'checks': [{'name': 'x', 'measured': n}]}]}) for n in (1, 2)}

        def git(*words):
            if words[0] == 'show':
                return texts.get(words[1], '@@ -3 +3 @@ func C1(cell *notebook.Cell) {\n-\tone\n+\ttwo\n')
            return '2026-01-01 c1\n2026-01-02 c2\n' if '--first-parent' in words else 'b7 sgpt: two\n'

        self.assertTrue(numbers.section(git, ['notebooks/sgpt/claims.json']).endswith('\n## sgpt\n\n- 2026-01-02, c2: C1: b7 sgpt: two\n'))


if __name__ == '__main__':
    unittest.main()
