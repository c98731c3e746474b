"""scripts/test: its arguments. The steps are in steps.py, under the checkout's own Python."""

import argparse
import sys

from . import run, setup

PARTS = {
    'lint': 'gofmt, go vet, staticcheck; actionlint on the workflows of .github',
    'go': 'go test; what depends on the backend is on XLA on one day and on pure Go on the next, the rooms of the device on XLA each day',
    'race': 'the race detector on the packages in which goroutines meet, in pure Go, one half a day',
    'python': 'the tests of tools/nb',
    'notebooks': 'papers at quick scale, one a day through the kernel, two and whatever has changed as programs; committed notebooks and ledgers against sources and fresh runs, number by number',
    'seeds': 'a notebook a day at a second seed, one of those at which its claims were seen (MARGINALIA_SECOND_SEED takes another)',
    'reviews': 'review.py of each paper, which recomputes numbers from its formulas in numpy, without our code',
    'faults': 'small faults (tools/mutate), a sample that changes with the date: whether tests still see them',
    'site': 'the pages, in a real browser, each wide or narrow, which changes with the date (left out, with a line, where Node or Chromium is missing)',
}


def options(arguments):
    parser = argparse.ArgumentParser(
        prog='scripts/test', description='The whole check. Ends with the line "N passed, N failed" and leaves with 1 if '
        'anything failed.', epilog='Parts: ' + '; '.join(f'{name}: {what}' for name, what in PARTS.items()) + '.')
    parser.add_argument('parts', nargs='*', metavar='PART', help=f'only these: {", ".join(PARTS)} (default: all)')
    parser.add_argument('--record', action='store_true', help='keep what each part took, for the table in environment.md')
    given = parser.parse_args(arguments)
    for part in given.parts:
        if part not in PARTS:
            parser.error(f'unknown part {part!r}: known are {", ".join(PARTS)}')
    return [part for part in PARTS if part in given.parts or not given.parts]


def closing(passed, failed):
    return f'{passed} passed, {failed} failed'


def main(arguments):
    options(arguments)
    try:
        setup.ensure()
    except SystemExit as problem:
        print(problem, file=sys.stderr)
        print(closing(0, 1))
        return 1
    run.become('steps', arguments)
