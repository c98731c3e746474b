"""scripts/mutate: puts small faults into the library, one at a time, and says which nobody sees."""

import argparse
import datetime
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from nb import run, setup

from . import results as kept
from .faults import FaultError, load, problems
from .trial import SEEN, claims, converted, interrupt, sound, sound_claims, tests


def options(arguments):
    parser = argparse.ArgumentParser(
        prog='scripts/mutate', description='Tries small faults (tools/mutate/faults), one at a time: does a test of the room see it, does a '
        'claim that depends on it? Prints which survive, and leaves with 1 if one does or cannot be tried. Nothing in the checkout is touched.')
    parser.add_argument('names', nargs='*', metavar='ROOM|NAME', help='only the faults of a room, or one, as convex/dual-sign (default: all)')
    parser.add_argument('--claims', action='store_true', help='ask the claims too, of papers that are programs')
    parser.add_argument('--only-claims', action='store_true', help='ask the claims alone')
    parser.add_argument('--survivors', action='store_true', help='only faults that survived when they were last tried, or were not tried, or with --claims not asked, since they changed')
    parser.add_argument('--jobs', type=int, default=1, metavar='N', help='faults at a time (default: 1)')
    parser.add_argument('--sample', type=int, metavar='N', help='N faults that tests have seen: must still be seen; another day has others')
    parser.add_argument('--date', type=datetime.date.fromisoformat, default=datetime.date.today(), metavar='D', help='the day of the sample (default: today)')
    parser.add_argument('--backend', metavar='NAME', help='cpu, cuda, go or the path of a PJRT plugin (default: cpu where there is one)')
    parser.add_argument('--write', action='store_true', help='keep what is seen in tools/mutate/results.json, fault by fault')
    parser.add_argument('--list', action='store_true', help='say what is wrong in each fault, and what was seen of it')
    given = parser.parse_args(arguments)
    if given.jobs < 1 or (given.sample is not None and given.sample < 1):
        parser.error('--jobs and --sample are whole numbers from 1 on')
    if given.sample and (given.names or given.write or given.claims or given.only_claims):
        parser.error('--sample chooses the faults itself, and writes nothing')
    given.backend = run.backend(parser, given.backend)
    return given


def main(arguments):
    given = options(arguments)
    try:
        chosen, results = load(given.names), kept.read()
        wrong = problems(chosen)
        if wrong:
            raise FaultError('\n'.join(wrong))
        if given.list:
            return show(chosen, results)
        setup.ensure(packages=False)  # each trial builds what it needs
        if given.sample:
            return sampled(chosen, results, given)
        if given.survivors:
            chosen = {name: fault for name, fault in chosen.items() if left(fault, results.get(name), given)}
        if given.only_claims:
            chosen = {name: fault for name, fault in chosen.items() if fault.claims}
        return tried(chosen, results, given)
    except (FaultError, kept.ResultError) as error:
        print(f'mutate: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('mutate: interrupted; what was tried is kept' if given.write else 'mutate: interrupted', file=sys.stderr)
        return 130


def left(fault, result, given):
    """Whether a fault survived when it was last tried, or was not asked of what is asked now."""
    if not result or result['digest'] != fault.digest or not any(kept.verdict(fault, result)):
        return True
    asked = (not given.only_claims and not result['tests'], (given.claims or given.only_claims) and fault.claims and not result['claims'])
    return any(asked)


def show(chosen, results):
    for name, fault in chosen.items():
        result = results.get(name, {})
        seen = fault.equivalent and 'equivalent' or '; '.join(' by '.join(filter(None, result[kind])) for kind in ('tests', 'claims') if result.get(kind))
        print(f'{name}: {fault.sentence} [{seen or "not tried"}]')
    return 0


class Trials:
    """Tries faults, and says what comes out."""

    def __init__(self, given):
        self.given = given
        self.lock = threading.Lock()
        self.sound = {}  # (kind, what) -> a lock and whether the code without a fault passes

    def one(self, fault):
        """(tests, claims) of a fault; None each where it was not asked."""
        by_tests = by_claims = None
        if not self.given.only_claims:
            for package in fault.tests:
                self.green('tests', package)
            by_tests = tests(fault, fault.tests, self.given.backend)
        if self.given.claims or self.given.only_claims:
            papers = {paper: ids for paper, ids in fault.claims.items() if converted(paper)}
            for paper, ids in papers.items():
                self.green('claims', (paper, tuple(ids)))
            by_claims = claims(fault, papers, self.given.backend) if papers else None
        return by_tests, by_claims

    def green(self, kind, what):
        """The code as it is must pass: else a failure says nothing."""
        with self.lock:
            lock, state = self.sound.setdefault((kind, what), (threading.Lock(), []))
        with lock:
            if not state:
                state.append(sound(*what, self.given.backend) if kind == 'tests' else sound_claims(*what, self.given.backend))
        if state[0]:
            raise FaultError(f'without any fault there is a failure ({state[0]}): mend that first')


def tried(chosen, results, given):
    """Try faults; what survived is said at the end."""
    skipped = sorted({paper for fault in chosen.values() for paper in fault.claims if not converted(paper)})
    if (given.claims or given.only_claims) and skipped:
        print(f'     claims of {", ".join(skipped)} are not asked: no program can be made of them yet (no paper.json)', flush=True)
    trials, broken, survived = Trials(given), [], []
    faults = [fault for fault in chosen.values() if not fault.equivalent]

    def one(fault):
        begun = time.monotonic()
        try:
            seen = trials.one(fault)
        except FaultError as error:
            seen = error
        return fault, seen, time.monotonic() - begun

    if given.write:
        kept.forget(load())
    pool = ThreadPoolExecutor(given.jobs)
    try:
        for fault, seen, seconds in pool.map(one, faults):
            if isinstance(seen, FaultError):
                broken.append(fault.name)
                print(f'FAIL {seen}', flush=True)
                continue
            if given.write:
                results = kept.update(fault, seen)
            else:
                kept.record(results, fault, *seen)
            if not any(kept.verdict(fault, results[fault.name])):
                survived.append(fault)
            by = '; '.join(' by '.join(filter(None, pair)) for pair in seen if pair) or 'nothing was asked'
            print(f'{"ok  " if any(pair and pair[0] == SEEN for pair in seen) else "    "} {fault.name}: {by}, {seconds:.1f} s', flush=True)
    except KeyboardInterrupt:
        interrupt()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    for fault in survived:
        print(f'survived: {fault.name}: {fault.sentence} ({fault.file})')
    print(f'{len(faults) - len(survived) - len(broken)} of {len(faults)} seen, {len(survived)} survived, {len(broken)} could not be tried, '
          f'{len(chosen) - len(faults)} equivalent')
    return 1 if survived or broken else 0


def sample(faults, results, many, day, backend, say=print, jobs=1):
    """Whether tests still see the faults of a day: (passed, failed)."""
    passed = failed = 0
    with ThreadPoolExecutor(jobs) as pool:
        chosen = kept.turn(faults, results, many, day)
        for fault, (seen, problem) in zip(chosen, pool.map(lambda fault: again(fault, results, backend), chosen)):
            passed, failed = passed + seen, failed + (not seen)
            if problem:
                say(f'    {problem}')
            if not seen:
                say(f'    {fault.name}: nobody sees any more that {fault.sentence[0].lower()}{fault.sentence[1:]}')
    return passed, failed


def again(fault, results, backend):
    """Whether tests still see a fault, the one that saw it first of all; and why it cannot be tried."""
    package, _, test = results[fault.name]['tests'][1].partition(' ')
    before = [(package, f'^{test}$')] if test.isidentifier() else []
    try:
        seen = tests(fault, before, backend)[0] if before else None
    except FaultError:
        seen = None  # the test has another name now
    try:
        return seen == SEEN or tests(fault, fault.tests, backend)[0] == SEEN, ''
    except FaultError as error:
        return False, str(error)


def sampled(faults, results, given):
    begun = time.monotonic()
    passed, failed = sample(faults, results, given.sample, given.date, given.backend, jobs=given.jobs)
    print(f'{passed} of {passed + failed} seen, the sample of {given.date}, {time.monotonic() - begun:.1f} s')
    return 1 if failed else 0
