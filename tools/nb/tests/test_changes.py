"""tools/changes: what it says of ledgers that follow each other."""

import unittest

from nb import changes as module


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


if __name__ == '__main__':
    unittest.main()
