"""One fault at a time: the tests and the claims with it in the place of the code.

go build -overlay reads the faulty file in the place of the one in the checkout, which nobody touches; what else is
built comes from the cache.
"""

import contextlib
import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from nb import markers, program
from nb.checkout import BUILD, ROOT, go_environment
from nb.checkout import source as source_of
from nb.files import digest, locked, write_whole

from . import schemata
from .faults import FaultError, load

SEEN, SURVIVED = 'seen', 'survived'
WORK = BUILD / 'mutate'
# Seconds of processor time of one test or program: far above what any of the library's needs, so that what
# takes longer hangs. Of the clock there is more, for machines that do other things too.
LIMIT, CLOCK = 240, 1500
LINK = '-ldflags=-s -w'  # half the time of a link
TEST = re.compile(r'^func (Test\w+|Example\w*)(\(.*?)(?=^func |\Z)', re.M | re.S)
FAILED = re.compile(r'^\s*--- FAIL: (\w+)', re.M)


def environment(backend, number=0):
    made = dict(go_environment(), MARGINALIA_BACKEND=backend, MARGINALIA_ROOT=str(ROOT), **{schemata.VARIABLE: str(number)})
    for name in ('MARGINALIA_RUN', 'MARGINALIA_SCALE', 'MARGINALIA_SEED', 'PYTHONPATH'):
        made.pop(name, None)
    return made


def limited():
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def call(words, backend, folder=None, number=0):
    """Exit status and output of a command, which is told the number of a fault; None for the status where it did not end in time."""
    child = subprocess.Popen(words, cwd=folder or ROOT, env=environment(backend, number), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             errors='replace', preexec_fn=limited, start_new_session=True)
    children.add(child)
    begun = time.monotonic()
    try:
        said, _ = child.communicate(timeout=CLOCK)
    except subprocess.TimeoutExpired:
        kill(child)
        child.communicate()
        return None, ''
    finally:
        children.discard(child)
    if interrupted.is_set():
        raise KeyboardInterrupt
    if child.returncode == -signal.SIGKILL and time.monotonic() - begun < LIMIT / (os.cpu_count() or 1):
        raise FaultError(f'{Path(words[0]).name} was killed from outside, which says nothing of a fault: try again')
    return child.returncode, said


children, interrupted = set(), threading.Event()


def kill(child):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, 9)


def interrupt():
    """End what is under way, in whatever thread: its calls raise KeyboardInterrupt."""
    interrupted.set()
    for child in list(children):
        kill(child)


class Overlay:
    """The file for go build -overlay, for the length of a block: a faulty file in the place of the one in the checkout, or
    whole texts; of no fault, nothing is replaced."""

    def __init__(self, fault, texts=None):
        self.texts = texts or ({ROOT / fault.file: fault.apply()} if fault else {})

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix='marginalia-fault-')
        replaced = {}
        for number, (path, text) in enumerate(self.texts.items()):
            faulty = Path(self.folder.name) / f'{number}-{path.name}'
            faulty.write_text(text, encoding='utf-8')
            replaced[str(path)] = str(faulty)
        path = Path(self.folder.name) / 'overlay.json'
        path.write_text(json.dumps({'Replace': replaced}))
        return path

    def __exit__(self, *_):
        self.folder.cleanup()


def tests(fault, packages, backend):
    """Who sees the fault in tests of packages, [(package, pattern)]: (SEEN, by) or (SURVIVED, '')."""
    with Overlay(fault) as overlay:
        for package, pattern in packages:
            binary = Path(overlay).parent / 'tests'
            status, said = call(['go', 'test', '-c', '-vet=off', LINK, '-overlay', str(overlay), '-o', str(binary), f'./{package}'], backend)
            if status or not binary.exists():
                raise FaultError(f'{fault.name}: the tests of {package} do not build: mend the fault\n{said.strip()[-2000:]}')
            for chosen in dict.fromkeys([pattern or near(fault, package), pattern or '.']):  # what is near, then all
                if not chosen:
                    continue
                status, said = call([str(binary), '-test.failfast', f'-test.timeout={CLOCK - 60}s', f'-test.run={chosen}'], backend, ROOT / package)
                if status is None or status < 0:
                    return SEEN, f'{package}: no end'
                if status:
                    return SEEN, failed(package, said)
                if 'no tests to run' in said:
                    raise FaultError(f'{fault.name}: no test of {package} is called {chosen}: mend the line tests')
            binary.unlink()
    return SURVIVED, ''


def near(fault, package):
    """A pattern of the tests that see the fault first, if any does, '' if there are none: those in files that are called as
    the faulty one, and those that name the function in which it is."""
    path = ROOT / fault.file
    if path.parent != ROOT / package:
        return ''
    function = fault.function(path.read_text(encoding='utf-8'))
    names = []
    for file in sorted(path.parent.glob('*_test.go')):
        for name, body in TEST.findall(file.read_text(encoding='utf-8')):
            if file.stem.startswith(path.stem) or function and re.search(rf'\b{function}\b', body):
                names.append(name)
    return f'^({"|".join(names)})$' if names else ''


def failed(package, said):
    """The first test that failed, in the words "package Test"."""
    found = FAILED.search(said)
    if found:
        return f'{package} {found[1]}'
    return f'{package}: ' + next((line.strip()[:100] for line in said.splitlines() if line.startswith(('panic:', 'fatal error:'))), 'it fails')


def sound(package, pattern, backend):
    """What fails in the tests of a package without a fault, or ''. What passed and has not changed is not run again."""
    status, said = call(['go', 'test', '-vet=off', LINK, f'-timeout={CLOCK - 60}s', *(('-run', pattern) if pattern else ()), f'./{package}'], backend)
    return failed(package, said) if status != 0 else ''


def converted(paper):
    """Whether a paper runs as a program."""
    return markers.statements(source_of(paper).parent) is not None


building = threading.Lock()


def claims(fault, papers, backend):
    """Who sees the fault (None: the code as it is) in claims of papers, {key: ids}, that are programs."""
    for paper, ids in papers.items():
        with tempfile.TemporaryDirectory(prefix='marginalia-fault-') as folder:
            try:
                binary, number = holding(paper, fault, backend)
                if not binary:
                    binary = built(paper, Overlay(fault), Path(folder) / 'program', backend)
            except program.ProgramError as error:
                raise FaultError(f'{fault.name if fault else "without a fault"}: {error}') from None
            status, said = call([str(binary), '-seeds', '1', '-jobs', '1', '-scale', 'quick', '-backend', backend, '-root', str(ROOT),
                                 '-dir', f'{folder}/runs', '-only', ','.join(ids)], backend, number=number)
            if status is None or status < 0:
                return SEEN, f'{paper}: no end'
            if status:
                return SEEN, f'{paper} {red(Path(folder) / "runs" / "seed-1" / "claims.json", said)}'
    return SURVIVED, ''


def built(paper, overlay, binary, backend):
    """The program of a paper, built into a file with other texts in the place of the checkout's."""
    folder = prepared(paper)
    with overlay as file:
        status, said = call(['go', 'build', '-overlay', str(file), '-tags', program.TAG, LINK, '-o', str(binary), f'./{folder.relative_to(ROOT)}'], backend)
    if status:
        raise program.ProgramError(f'the program of {paper} does not build:\n{said.strip()}')
    return binary


def holding(paper, fault, backend):
    """The program that holds all faults which touch claims of a paper, and the number of this one, 0 for none; (None, 0) where
    this one cannot be among them, or a fault does not compile."""
    texts, numbers = schemata.together([one for one in load().values() if paper in one.claims and not one.equivalent])
    number = numbers.get(fault.name) if fault else 0
    folder = prepared(paper)
    binary, stamp = folder / 'together', folder / 'together.stamp'
    if number is None:
        return None, 0
    with locked(folder / 'lock-together', wait=lambda _: None):
        key = digest((folder / 'stamp').read_text(), *map(str, texts), *texts.values())
        if not stamp.exists() or stamp.read_text() != key:
            stamp.unlink(missing_ok=True)
            binary.unlink(missing_ok=True)
            with contextlib.suppress(program.ProgramError):
                built(paper, Overlay(None, texts), binary, backend)
            write_whole(stamp, key)
    return (binary, number) if binary.exists() else (None, 0)


def sound_claims(paper, ids, backend):
    """What is red among claims of a paper without a fault, or ''. What was green and has not changed is not measured again."""
    try:
        folder = prepared(paper)
    except program.ProgramError as error:
        raise FaultError(str(error)) from None
    key = digest((folder / 'stamp').read_text(), backend)
    with locked(folder / 'lock', wait=lambda _: None):
        file = folder / 'green.json'
        try:
            known = json.loads(file.read_text())
        except (FileNotFoundError, ValueError):
            known = {}
        green = known.get('claims', []) if known.get('key') == key else []
        if set(ids) <= set(green):
            return ''
        wrong = claims(None, {paper: [id for id in ids if id not in green]}, backend)[1]
        if not wrong:
            write_whole(file, json.dumps({'key': key, 'claims': sorted({*green, *ids})}))
        return wrong


def prepared(paper):
    """The folder with the source of a paper's program."""
    file = source_of(paper)
    with building:
        folder = WORK / paper
        wrong = markers.problems(file)
        if wrong:
            raise program.ProgramError('\n'.join(wrong))
        text = program.generate(file)
        stamp = digest(text, file.parent / 'paper.json')
        if not (folder / 'stamp').exists() or (folder / 'stamp').read_text() != stamp:
            write_whole(folder / 'main.go', text)
            write_whole(folder / 'paper.json', (file.parent / 'paper.json').read_bytes())
            write_whole(folder / 'go.mod.txt', (ROOT / 'go.mod').read_bytes())
            write_whole(folder / 'stamp', stamp)
        return folder


def red(ledger, said):
    """The claims that are red in a ledger, or the last line that a program said."""
    try:
        judged = json.loads(ledger.read_text())['claims']
        ids = [claim['id'] for claim in judged if claim['verdict'] in ('fails', 'vacuous')]
    except (OSError, ValueError, KeyError):
        ids = []
    return ' '.join(ids) or (said.strip().splitlines() or ['says nothing'])[-1].strip()[:100]
