"""The steps of scripts/test. Each yields (name, passed, failed, note)."""

import datetime
import json
import os
import re
import resource
import shutil
import subprocess
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from mutate import command as mutate
from mutate import faults as mutants
from mutate import results as seen

from . import batch, check, claims, documents, gotest, kept, measured
from . import seeds as record
from .checkout import BIN, BUILD, NOTEBOOKS, PYTHON, ROOT, TOOLS, commit, go_environment, has_cpu_plugin, papers
from .files import write_whole
from .run import Options, backend
from .source import SourceError
from .test import closing, options


# A second seed of one's own.
SEED = 'MARGINALIA_SECOND_SEED'
# So many papers are executed through the kernel on a day, which links forty programs for each; of so many others, and of
# all whose code or ledger is another than when they were executed, the claims are
# measured by one program.
KERNELS, PROGRAMS = 1, 2
# So many papers are run at a second seed on a day.
SECOND = 1
# So many small faults are tried on a day, for about a minute.
FAULTS = 16
# So much is done at a time where one process waits, links or computes on one core: a notebook links while another computes.
AT_A_TIME = min(2, os.cpu_count() or 1)
# Modules of tools/nb/tests that build programs or start kernels.
LONGEST = ('test_batch', 'test_program', 'test_kept', 'test_new', 'test_setup', 'test_lab', 'test_mutate')
# Parts that wait for a browser more than they compute: they run beside the others.
BESIDE = ('site',)

# What each part took the last time that somebody wanted to keep it.
RECORD = TOOLS / 'nb' / 'steps.json'
# Runs a command and says at the end what processor time it and all that it started took.
COUNTING = ('import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); used = resource.getrusage(resource.RUSAGE_CHILDREN); '
            'print(f"processor {used.ru_utime + used.ru_stime:.1f}"); sys.exit(code)')

spoken = threading.local()  # lines: what a part beside the others has said
aside = []  # processor seconds of what ran beside the others


def say(text):
    if hasattr(spoken, 'lines'):
        spoken.lines.append(text)
    else:
        print(text, flush=True)


def command(*words, environment=None, silent=False):
    """Run a command that must leave with 0 (and say nothing, if silent): passed, failed."""
    answer = subprocess.run(words, cwd=ROOT, env=environment or go_environment(), stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    good = answer.returncode == 0 and not (silent and answer.stdout.strip())
    if not good:
        for line in answer.stdout.splitlines()[-60:]:
            say(f'    {line}')
    return int(good), int(not good)


def sources():
    """The Go files of the checkout: what lies in hidden folders and in build/ is not ours."""
    found = []
    for folder, below, files in os.walk(ROOT):
        below[:] = [name for name in below if not name.startswith('.') and name not in ('build', 'node_modules')]
        found += [os.path.join(folder, name) for name in files if name.endswith('.go')]
    return found


def lint():
    yield 'gofmt', *command('gofmt', '-l', *sources(), silent=True), ''
    yield 'go vet', *command('go', 'vet', './...'), ''
    yield 'staticcheck', *command(str(BIN / 'staticcheck'), './...'), ''
    yield 'actionlint', *workflows(ROOT / '.github' / 'workflows'), ''


def workflows(folder):
    """The workflows of a folder through actionlint, without the shellcheck and pyflakes that one machine has and another has not."""
    found = sorted(path for path in folder.glob('*') if path.suffix in ('.yml', '.yaml'))
    if not found:  # of no files actionlint would look for some itself
        say(f'    {folder} has no workflow')
        return 0, 1
    return command(str(BIN / 'actionlint'), '-no-color', '-shellcheck=', '-pyflakes=', *map(str, found))


def go():
    if has_cpu_plugin():
        both, again, alone = gotest.turns(day())
        first, second = gotest.twice('cpu', 'go', again, say, both)
        yield tested('cpu', first)
        second.add(gotest.run('go', say, alone))
        yield tested('go', second, f'{len(again)} packages of these again, {len(alone)} others, which are on XLA tomorrow')
    else:
        say('    left out on XLA: no plugin is pinned for this system')
        yield tested('go', gotest.run('go', say))


def tested(name, count, note=''):
    return f'go test, backend {name}', count.passed(), count.failed(), '; '.join(filter(None, [note, f'{count.skipped()} skipped' if count.skipped() else '']))


def race():
    """The race detector, in pure Go: of XLA's threads it sees nothing."""
    today = gotest.half([*gotest.MEETING, *gotest.MEETING_AT], day())
    count = gotest.run('go', say, [package for package in gotest.MEETING if package in today], *gotest.RACE)
    yield 'race detector', count.passed(), count.failed(), gotest.RACE_NOTE
    for package, pattern in gotest.MEETING_AT.items():
        if package not in today:
            continue
        count = gotest.run('go', say, (package,), *gotest.RACE, f'-run={pattern}')
        yield f'race detector, {package}', count.passed(), count.failed(), pattern


def python():
    """The tests of tools/nb, a process for each module: the longest begin first, so that none is left alone at the end."""
    found = sorted(path.stem for path in (TOOLS / 'nb' / 'tests').glob('test_*.py'))
    modules = [name for name in LONGEST if name in found] + [name for name in found if name not in LONGEST]
    passed, failed, slowest = 0, 0, []
    for name, (numbers, said, seconds) in zip(modules, at_a_time(tests_of, modules)):
        passed, failed = passed + numbers[0], failed + numbers[1]
        slowest.append((seconds, name))
        for line in said:
            say(f'    {line}')
    yield 'python', passed, failed, 'slowest: ' + ', '.join(f'{name} {seconds:.0f} s' for seconds, name in sorted(slowest, reverse=True)[:3])


def tests_of(module):
    """Run a module of tests: how many passed and failed, its lines if one failed, and the seconds."""
    begun = time.monotonic()
    answer = subprocess.run([str(PYTHON), '-m', 'nb.tests', module], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env=dict(os.environ, PYTHONPATH=str(TOOLS)))
    *said, last = answer.stdout.splitlines() or ['']
    numbers = [int(word) for word in last.split() if word.isdecimal()]
    if len(numbers) != 2 or (numbers[1] == 0) != (answer.returncode == 0):
        said, numbers = [f'{module}:', *said, last], [0, 1]
    return numbers, said if numbers[1] else [], time.monotonic() - begun


def at_a_time(work, items):
    """work(item) of each, AT_A_TIME at once, in their order."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield from pool.map(work, items)


def notebooks():
    """Papers at quick scale: some through the kernel, whose outputs are compared too, others as programs, whose
    ledgers are the same (tests/test_program.py), among them all that have changed since they were executed."""
    keys = papers()
    through, apart = plan(keys, day(), [key for key in keys if check.changed(key)])
    if apart:
        say(f'    as programs today: {", ".join(apart)}')
    if rest := [key for key in keys if key not in through + apart]:
        say(f'    as they were executed, not today: {", ".join(rest)}')
    results, measured_apart = together(through, apart)
    for result in results:
        for problem in result.problems + result.red:
            say(f'    {result.key}: {problem}')
        judged = result.ledger['claims'] if result.ledger else []
        bad = claims.red(result.ledger) if result.ledger else []
        holding = [claim for claim in judged if claim['verdict'] in claims.GREEN and claim['verdict'] != 'paper scale']
        whole = not result.problems and bool(judged)
        yield f'notebook {result.key}', len(holding) + whole, len(bad) + (not whole), \
            f'{result.seconds:.1f} s{"; " + claims.tally(result.ledger) if judged else ""}'
    for key, (problems, seconds) in zip(apart, measured_apart):
        judged = [] if problems else claims.load(BUILD / key / 'claims.json')['claims']
        for line in problems:
            say(f'    {key}: {line}')
        holding = [claim for claim in judged if claim['verdict'] in claims.GREEN and claim['verdict'] != 'paper scale']
        yield f'program {key}', len(holding) + (not problems), int(bool(problems)), f'{seconds:.1f} s'
    yield 'committed notebooks', *agree(check.notebook, keys), ''
    yield 'committed numbers', *agree(lambda key: check.ledger(key, outputs=key in through), through + apart), ''
    yield 'kept results', *agree(kept.problems, keys), ''
    yield 'documents', *agree(lambda _: documents.stale(), ['']), ''
    yield 'rows of bench/', *agree(lambda _: measured.problems(), ['']), ''


def together(through, apart):
    """Execute some papers through the kernel, and measure others by programs beside them: one links while another computes.
    The results of both."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        over = threading.Event()
        if through:
            pool.submit(over.wait)  # the kernel's place
        programs = [pool.submit(fresh, key) for key in apart]
        try:
            chosen = Options(papers=through, backend=backend(None, None), jobs=1, keep_going=True)
            results = batch.Batch(chosen).run() if through else []
        finally:
            over.set()
        return results, [one.result() for one in programs]


def day(today=datetime.date.today):
    """The number of today: what has its turn by the date, has it by this. Months and years make no jump in it."""
    return today().toordinal()


def second_seed(environment=os.environ):
    """The seed that the environment asks for, or None: then it is drawn from a paper's record."""
    text = environment.get(SEED)
    if not text:
        return None
    if not text.isdecimal() or not 0 <= int(text) < 2**64:
        raise ValueError(f'{SEED} is {text!r}: a whole number is expected')
    return int(text)


def turn(keys, day, many):
    """Of the papers, as many as are said, whose turn it is on a day: each has its own in as few days as can be."""
    chosen = {(day * many + index) % len(keys) for index in range(min(many, len(keys)))}
    return [key for index, key in enumerate(keys) if index in chosen]


def plan(keys, day, changed=()):
    """The papers that go through the kernel on a day, and those that are measured by programs: the changed ones, and those
    whose turn it is."""
    through = turn(keys, day, KERNELS)
    return through, [key for key in keys if key not in through and (key in changed or key in turn(keys, day, PROGRAMS))]


def program(key, seed, only=()):
    """Run a paper as a program, or only the cells that measure some claims: what it leaves with, its last lines, and the seconds."""
    begun = time.monotonic()
    some = ['--only', ','.join(only)] if only else []
    answer = subprocess.run([str(PYTHON), '-m', 'nb', 'program', key, '--program', '--seed', str(seed), *some, '--backend', backend(None, None)], cwd=ROOT,
                            env=dict(os.environ, PYTHONPATH=str(TOOLS)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return answer.returncode, answer.stdout.splitlines()[-40:], time.monotonic() - begun


def fresh(key):
    """Measure a paper by a program at the seed of what is committed, its ledger where a run through the kernel leaves it:
    what is wrong, and the seconds."""
    shutil.rmtree(BUILD / key / 'program/runs/seed-1', ignore_errors=True)  # what cells of an earlier run have kept
    (BUILD / key / 'claims.json').unlink(missing_ok=True)
    code, lines, seconds = program(key, 1)
    if code:
        return lines or ['it says nothing'], seconds
    write_whole(BUILD / key / 'claims.json', (BUILD / key / 'program/runs/seed-1/claims.json').read_bytes())
    kept.show(key, BUILD / key / 'claims.json')
    return [], seconds


def seeds():
    """A paper, as a program, at a second seed, another each day, and not the one that goes through the kernel: a verdict
    that depends on the seed is wrong.

    A seed that nobody has tried would make the check a lottery: the seed is one of those at which the claims of the paper
    were seen (seeds.json), so that what is red here was broken since. New seeds are tried by scripts/run --record.
    """
    number, keys = day(), papers()
    try:
        asked = second_seed()
        drawn = [(key, *((asked, None, []) if asked is not None else record.draw(key, number // max(1, len(keys))))) for key in turn(keys, number + len(keys) // 2, SECOND)]
    except (ValueError, record.SeedsError, SourceError) as problem:
        say(f'    {problem}')
        yield 'second seed', 0, 1, ''
        return
    for key, seed, seen, missing in drawn:
        if missing:
            say(f'    {key}: ' + (f'not seen at seed {seed}: {", ".join(missing)}' if seed is not None else 'seen at no second seed')
                + f'; scripts/run {key} --program --seeds {record.WANTED} --record sees and keeps it')
        if seed is None or missing and not seen:
            yield f'{key} at no second seed', 0, 0, 'nothing is recorded'
            continue
        only = seen if missing else []
        say(f'    scripts/run {key} --program --seed {seed}{" --only " + ",".join(only) if only else ""} repeats it')
        code, lines, seconds = program(key, seed, only)
        for line in lines if code else ():
            say(f'    {line}')
        yield f'{key} at seed {seed}', int(code == 0), int(code != 0), f'{seconds:.1f} s'


def reviews():
    """What review.py of each paper recomputes from the paper's formulas, without our code."""
    yield from at_a_time(review, papers())


def review(key):
    begun = time.monotonic()
    script = NOTEBOOKS / key / 'review.py'
    if not script.exists() or not script.with_suffix('.md').exists():
        say(f'    {key}: review.py and review.md are wanted beside the notebook: CONTRIBUTING.md says what they hold')
        return f'review of {key}', 0, 1, ''
    answer = subprocess.run([str(PYTHON), str(script)], cwd=script.parent, env=go_environment(), stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    lines = answer.stdout.splitlines()
    passed, bad = sum(line.startswith('ok') for line in lines), [line for line in lines if line.startswith('FAIL')]
    silent = not bad and (answer.returncode != 0 or passed < 8)  # eight numbers are recomputed at least
    for line in bad or (lines[-20:] if silent else []):
        say(f'    {key}: {line}')
    return f'review of {key}', passed, len(bad) + silent, f'{time.monotonic() - begun:.1f} s'


def faults():
    """Small faults in the library, others each day: the tests that saw them still do (tools/mutate)."""
    try:
        every = mutants.load()
        wrong = mutants.problems(every)
        results = seen.read()
    except (mutants.FaultError, seen.ResultError) as problem:
        say(f'    {problem}')
        yield 'faults', 0, 1, ''
        return
    for problem in wrong:
        say(f'    {problem}')
    yield 'faults that fit the code', len(every) - len(wrong), len(wrong), ''
    today = datetime.date.today()
    passed, failed = mutate.sample(every, results, FAULTS, today, backend(None, None), say, AT_A_TIME)
    yield 'sample of faults', passed, failed, f'scripts/mutate --sample {FAULTS} --date {today} repeats it'


def site():
    """The checks of scripts/site --test. A reader's machine may lack a browser; in CI it is installed."""
    missing = [name for name in ('node', 'npm', 'chromium') if not shutil.which(name)]
    if missing and os.environ.get('CI') != 'true':
        say(f'    left out: {", ".join(missing)} not found; sudo apt-get install {" ".join("nodejs" if name == "node" else name for name in missing)}')
        return
    answer = subprocess.run([str(PYTHON), '-c', COUNTING, str(ROOT / 'scripts/site'), '--test', '--turn', str(day())], cwd=ROOT, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    lines = answer.stdout.splitlines()
    if used := re.fullmatch(r'processor ([\d.]+)', lines[-1] if lines else ''):
        lines.pop()
        aside.append(float(used[1]))
    for line in lines:
        if line.startswith('today '):
            say(f'    {line}')
    passed, bad = sum(line.startswith('ok ') for line in lines), [line for line in lines if line.startswith('FAIL')]
    silent = not bad and (answer.returncode != 0 or not passed)
    for line in bad or (lines[-30:] if silent else []):
        say(f'    {line}')
    yield 'site', passed, len(bad) + silent, ''


def agree(compare, keys):
    """How many of the papers have nothing against them, and how many have."""
    failed = 0
    for key in keys:
        problems = compare(key)
        failed += bool(problems)
        for problem in problems:
            say(f'    {key}: {problem}' if key else f'    {problem}')
    return len(keys) - failed, failed


STEPS = {'lint': lint, 'go': go, 'race': race, 'python': python, 'notebooks': notebooks, 'seeds': seeds, 'reviews': reviews, 'faults': faults, 'site': site}


def processor():
    """The processor seconds of the commands that have ended, but for those beside the others."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime - sum(aside)


def keep(parts, seconds):
    """Keep what each part took."""
    write_whole(RECORD, json.dumps({'when': str(datetime.date.today()), 'commit': commit(), 'cores': os.cpu_count(), 'seconds': round(seconds),
                                    'parts': [{'name': part.name, 'seconds': round(part.seconds), 'processor': round(part.processor),
                                               'beside': bool(part.thread)} for part in parts]}, indent=1) + '\n')


class Part:
    """A part of the check: its lines, and what passed and failed."""

    def __init__(self, name):
        self.name, self.passed, self.failed, self.seconds, self.processor = name, 0, 0, 0.0, 0.0
        self.lines, self.thread = [], None

    def beside(self):
        """Run while others do; what it says is kept for later."""
        def run():
            spoken.lines = self.lines
            self.run()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def run(self):
        first = begun = time.monotonic()
        used = processor()
        try:
            for name, passed, failed, note in STEPS[self.name]():
                self.passed += passed
                self.failed += failed
                say(f'{"FAIL" if failed else "ok  "} {name}: {closing(passed, failed)}, {time.monotonic() - begun:.1f} s'
                    + (f' ({note})' if note else ''))
                begun = time.monotonic()
        except Exception:  # a part that breaks is a failure, beside others too
            say(traceback.format_exc())
            self.failed += 1
        self.seconds = time.monotonic() - first
        self.processor = sum(aside) if self.thread else processor() - used

    def end(self):
        """Wait for one that runs beside others; show what it said."""
        if self.thread:
            self.thread.join()
            print('\n'.join(self.lines), flush=True)
        else:
            self.run()
        say(f'     {self.name}: {self.seconds:.0f} s, {self.processor:.0f} s of a processor' + (' beside the others' if self.thread else ''))


def main(arguments):
    parts = [Part(name) for name in options(arguments)]
    begun = time.monotonic()
    try:
        for part in parts:
            if part.name in BESIDE and len(parts) > 1:
                part.beside()
        for part in parts:
            part.end()
    except KeyboardInterrupt:
        say('test: interrupted')
        return batch.INTERRUPTED
    seconds = time.monotonic() - begun
    say(f'     all: {seconds:.0f} s')
    if '--record' in arguments:
        keep(parts, seconds)
    failed = sum(part.failed for part in parts)
    say(closing(sum(part.passed for part in parts), failed))
    return 1 if failed else 0
