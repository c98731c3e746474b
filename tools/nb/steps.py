"""The steps of scripts/test. Each yields (name, passed, failed, note)."""

import os
import shutil
import subprocess
import time

from . import batch, check, claims, documents, gotest, kept, measured
from .checkout import BIN, PYTHON, ROOT, go_environment, has_cpu_plugin, papers
from .run import Options, backend
from .test import closing, options


def say(text):
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


def go():
    for name in ('cpu', 'go'):
        if name == 'cpu' and not has_cpu_plugin():
            say('    left out on XLA: no plugin is pinned for this system')
            continue
        count = gotest.run(name, say)
        yield f'go test, backend {name}', count.passed(), count.failed(), f'{count.skipped()} skipped' if count.skipped() else ''


def python():
    answer = subprocess.run([str(PYTHON), '-m', 'nb.tests'], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    *said, last = answer.stdout.splitlines() or ['']
    numbers = [int(word) for word in last.split() if word.isdecimal()]
    if len(numbers) != 2 or (numbers[1] == 0) != (answer.returncode == 0):
        said, numbers = [*said, last], [0, 1]
    if numbers[1]:
        for line in said:
            say(f'    {line}')
    yield 'python', *numbers, ''


def notebooks():
    keys = papers()
    for key in keys:
        result, = batch.Batch(Options(papers=[key], backend=backend(None, None))).run()
        for problem in result.problems + result.red:
            say(f'    {result.key}: {problem}')
        judged = result.ledger['claims'] if result.ledger else []
        bad = claims.red(result.ledger) if result.ledger else []
        holding = [claim for claim in judged if claim['verdict'] in claims.GREEN and claim['verdict'] != 'paper scale']
        executed = not result.problems and bool(judged)
        yield f'notebook {result.key}', len(holding) + executed, len(bad) + (not executed), claims.tally(result.ledger) if judged else ''
    yield 'committed notebooks', *agree(check.notebook, keys), ''
    yield 'committed numbers', *agree(check.ledger, keys), ''
    yield 'kept results', *agree(kept.problems, keys), ''
    yield 'documents', *agree(lambda _: documents.stale(), ['']), ''
    yield 'rows of bench/', *agree(lambda _: measured.problems(), ['']), ''


def site():
    """The checks of scripts/site --test. A reader's machine may lack a browser; in CI it is installed."""
    missing = [name for name in ('node', 'npm', 'chromium') if not shutil.which(name)]
    if missing and os.environ.get('CI') != 'true':
        say(f'    left out: {", ".join(missing)} not found; sudo apt-get install {" ".join("nodejs" if name == "node" else name for name in missing)}')
        return
    answer = subprocess.run([str(ROOT / 'scripts/site'), '--test'], cwd=ROOT, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    lines = answer.stdout.splitlines()
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


STEPS = {'lint': lint, 'go': go, 'python': python, 'notebooks': notebooks, 'site': site}


def main(arguments):
    total = [0, 0]
    try:
        for part in options(arguments):
            begun = time.monotonic()
            for name, passed, failed, note in STEPS[part]():
                total[0] += passed
                total[1] += failed
                say(f'{"FAIL" if failed else "ok  "} {name}: {closing(passed, failed)}, {time.monotonic() - begun:.1f} s'
                    + (f' ({note})' if note else ''))
                begun = time.monotonic()
    except KeyboardInterrupt:
        say('test: interrupted')
        return batch.INTERRUPTED
    say(closing(*total))
    return 1 if total[1] else 0
