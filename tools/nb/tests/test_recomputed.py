"""The lines of a review.py (tools/recomputed.py)."""

import contextlib
import io
import math
import unittest

import recomputed


class Lines(unittest.TestCase):
    def setUp(self):
        self.addCleanup(setattr, recomputed, 'failed', recomputed.failed)
        recomputed.failed = 0

    def said(self, print_line):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            print_line()
        return said.getvalue()

    def left_with(self):
        with self.assertRaises(SystemExit) as left:
            recomputed.end()
        return left.exception.code

    def test_a_number_between_two_others(self):
        for got in (1, 1.5, 2):
            self.assertEqual(self.said(lambda: recomputed.within('C4: slope', got, 1, 2)), f'ok   C4: slope: {got:g} (from 1 to 2)\n')
        self.assertEqual(self.left_with(), 0)

    def test_what_is_outside_or_no_number_fails(self):
        for got in (0.999, 2.001, math.nan, math.inf, -math.inf):
            self.assertRegex(self.said(lambda: recomputed.within('C4: slope', got, 1, 2)), r'^FAIL C4: slope: ')
        self.assertTrue(self.said(lambda: recomputed.within('n', math.inf, 1, math.inf)).startswith('FAIL'))
        self.assertEqual((recomputed.failed, self.left_with()), (6, 1))

    def test_one_failure_is_remembered(self):
        self.assertEqual(self.said(lambda: recomputed.say(False, 'a')), 'FAIL a\n')
        self.assertEqual(self.said(lambda: recomputed.say(True, 'b')), 'ok   b\n')
        self.assertEqual(self.left_with(), 1)
