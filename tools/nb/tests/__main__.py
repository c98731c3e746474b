"""python -m nb.tests [MODULE ...]: the unit tests, all or those of the modules; the last line is "N passed, N failed"."""

import sys
import unittest
from pathlib import Path

from ..test import closing


def main():
    here = Path(__file__).parent
    load = unittest.defaultTestLoader
    names = [f'nb.tests.{name}' for name in sys.argv[1:]]
    suite = load.loadTestsFromNames(names) if names else load.discover(str(here), top_level_dir=str(here.parents[1]))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, buffer=True).run(suite)
    failed = len({case for case, _ in result.failures + result.errors}) + len(result.unexpectedSuccesses)
    print(closing(result.testsRun - failed - len(result.skipped), failed))
    return 1 if failed or not result.testsRun else 0


if __name__ == '__main__':
    sys.exit(main())
