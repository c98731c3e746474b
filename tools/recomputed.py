"""What review.py of a paper prints: a line for each number that it recomputes, ok or FAIL.

    import sys
    from pathlib import Path

    sys.path.append(str(Path(__file__).resolve().parents[2] / 'tools'))
    from recomputed import end, within  # before numpy, whose threads it limits to one

    within('C4: slope', slope, -1.02, -0.98)
    end()

Matrices of a review are small, and scripts/test runs two reviews at a time on two cores.
"""

import math
import os
import sys

os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')
failed = 0


def say(good, text):
    """A line that is ok if good is true."""
    global failed
    good = bool(good)
    failed += not good
    print(f'{"ok  " if good else "FAIL"} {text}', flush=True)


def within(name, got, low, high):
    """A line that is ok if a number is finite and lies between two others, themselves included."""
    say(math.isfinite(got) and low <= got <= high, f'{name}: {got:.8g} (from {low:.6g} to {high:.6g})')


def end():
    """Leave, with 1 if a line was not ok."""
    sys.exit(1 if failed else 0)
