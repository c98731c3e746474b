"""Executes papers, judges them by their ledgers and writes what they became.

    build/<paper>/run/           what the cells write: ledger, kept results (fresh each time)
    build/<paper>/<paper>.ipynb  the executed notebook, also of a run that failed
    build/<paper>/claims.json    its ledger
    build/<paper>/kernel.log     what the kernel said
"""

import asyncio
import copy
import functools
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field

from . import blame, check, claims, documents, export, kept, markers, source, vet
from .checkout import BUILD, NOTEBOOKS, ROOT, shown
from .checkout import commit as commit_of_checkout
from .checkout import source as source_of
from .execute import Session
from .files import Busy, locked, write_whole
from .progress import INTERVAL, Display, Paper, count
from .run import options

INTERRUPTED = 130
NOTICES = 'notices.txt'  # in a paper's folder: what trainings say of what was kept


@dataclass
class Result:
    key: str
    seconds: float = 0
    cells: int = 0
    slowest: str = ''
    problems: list = field(default_factory=list)
    ledger: dict = None
    red: list = field(default_factory=list)  # a line for each red claim: its place in the source, and why

    def green(self):
        return not self.problems and self.ledger is not None and not claims.red(self.ledger)


class Batch:
    def __init__(self, chosen, display=None):
        self.options = chosen
        self.display = display or Display()
        self.interrupted = False

    def run(self):
        """Execute the papers; their results in order, without those that were not begun."""
        return asyncio.run(self._all())

    async def _all(self):
        gate = asyncio.Semaphore(self.options.jobs)
        stop = asyncio.Event()  # a paper is red: begin no other

        async def one(key):
            async with gate:
                if stop.is_set():
                    return None
                result = await self._paper(key)
                if not result.green() and not self.options.keep_going:
                    stop.set()
                return result

        work = asyncio.gather(*(one(key) for key in self.options.papers))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._interrupt, work)
        drawing = asyncio.create_task(self._draw())
        try:
            return [result for result in await work if result]
        except asyncio.CancelledError:
            # gather is cancelled before its children have cleaned up.
            mine = (asyncio.current_task(), drawing)
            await asyncio.gather(*(task for task in asyncio.all_tasks() if task not in mine), return_exceptions=True)
            raise KeyboardInterrupt from None
        finally:
            drawing.cancel()

    def _interrupt(self, work):
        if not self.interrupted:  # a second Ctrl-C must not cut the cleaning up short
            self.interrupted = True
            work.cancel()

    async def _draw(self):
        while True:
            self.display.look()
            self.display.draw()
            await asyncio.sleep(INTERVAL)

    async def _paper(self, key):
        work = BUILD / key
        try:
            with locked(work / '.lock'):
                return await self._alone(key, work)
        except Busy as busy:
            return Result(key, problems=[f'{key} is being run by another process ({busy}): wait for it or end it'])
        except (source.SourceError, claims.LedgerError, OSError) as error:
            return Result(key, problems=[str(error)])

    async def _alone(self, key, work):
        """Execute a paper in its folder, which nobody else uses now."""
        for name in (f'{key}.ipynb', 'claims.json', 'cover.png'):
            (work / name).unlink(missing_ok=True)
        (work / NOTICES).unlink(missing_ok=True)
        run = work / 'run'
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir(parents=True)
        notebook = source.read(source_of(key))
        wrong = markers.problems(source_of(key)) or await asyncio.to_thread(vet.problems, source_of(key).parent)
        if wrong:
            return Result(key, problems=wrong)
        markers.state(notebook, source_of(key).parent)
        cells = blame.Cells(source_of(key), f'notebooks/{key}/{key}.go')
        paper = Paper(key, cells.code, run, cells.claim)
        session = Session(notebook, source_of(key).parent, work, self._environment(work), self.options.cell_seconds,
                          self.options.keep_going, functools.partial(self.display.told, paper))
        self.display.add(paper)
        try:
            await session.run()
        finally:
            self.display.remove(paper)
        if self.interrupted:  # nbclient takes the cancellation for a dead kernel
            raise asyncio.CancelledError
        result = Result(key, paper.seconds(), len(session.seconds))
        if session.seconds:
            slow = max(session.seconds, key=session.seconds.get)
            result.slowest = f'the slowest, c{slow:02d}, took {session.seconds[slow]:.1f} s'
        for index, seconds in session.seconds.items():
            session.notebook.cells[index].metadata['marginalia'] = {'seconds': round(seconds, 1)}
        conclude(result, session.notebook, work)
        result.problems += [blame.failure(failed, cells) for failed in session.failures if not blame.closing(failed, result.ledger)]
        result.red = [blame.red(claim, cells, paper.parts) for claim in claims.red(result.ledger)] if result.ledger else []
        told = noticed(work)
        result.problems += [f'{line}: the run was to begin with nothing kept' for line in told if str(shown(run)) in line]
        for line in told:
            self.display.say(f'{key}: {line}')
        self.display.say(f'{key}: {"green" if result.green() else "red"}, {count(result.cells, "cell")} in '
                         f'{result.seconds:.1f} s; {result.slowest}')
        return result

    def _environment(self, work):
        return {
            'MARGINALIA_ROOT': str(ROOT),
            'MARGINALIA_RUN': str(work / 'run'),
            'MARGINALIA_NOTICES': str(work / NOTICES),
            'MARGINALIA_ONCE': '1',
            'MARGINALIA_SCALE': self.options.scale,
            'MARGINALIA_BACKEND': self.options.backend,
            'MARGINALIA_SEED': str(self.options.seed),
        }


def noticed(work):
    """What trainings said of checkpoints that they went on from (pkg/train)."""
    try:
        return (work / NOTICES).read_text(encoding='utf-8').replace(f'{ROOT}/', '').splitlines()
    except FileNotFoundError:
        return []


def conclude(result, notebook, work):
    """Read the ledger of an executed notebook, finish the notebook and write both."""
    table = ''
    try:
        result.ledger = claims.load(work / 'run' / 'claims.json')
        write_whole(work / 'claims.json', (work / 'run' / 'claims.json').read_bytes())
        elsewhere = kept.show(result.key, work / 'claims.json')
        result.ledger = claims.load(work / 'claims.json')
        table = claims.markdown('brief', work / 'claims.json').rstrip() + (f'\n\n{elsewhere}' if elsewhere else '')
        if result.ledger['paper']['key'] != result.key:
            result.problems.append(f'the ledger is of the paper {result.ledger["paper"]["key"]!r}, expected {result.key!r}: '
                                   'the key of its paper.json is the name of its folder')
    except claims.LedgerError as error:
        result.problems.append(str(error))
    executed = notebook
    for zoom in export.ZOOMS:
        notebook = copy.deepcopy(executed)
        try:
            export.prepare(notebook, table, zoom)
        except export.ExportError as error:
            result.problems.append(str(error))
            break
        if export.fits(notebook):
            break
    about = provenance(result)
    picture = export.cover(notebook)
    if picture:
        write_whole(work / 'cover.png', picture[0])
        about['cover'] = picture[1]
    try:
        text = export.dump(notebook, about)
    except export.ExportError as error:
        result.problems.append(str(error))
        text = export.dump(notebook, about, limit=None)
    write_whole(work / f'{result.key}.ipynb', text)


def provenance(result):
    """What a reader of the notebook wants to know about the run."""
    about = {'key': result.key, 'commit': commit_of_checkout(), 'seconds': round(result.seconds, 1)}
    if result.ledger:
        about['of'] = check.made_of(result.key, BUILD)
        run = result.ledger['run']
        about.update({name: run.get(name) for name in ('backend', 'device', 'scale', 'seed', 'versions', 'plugin')})
        about['command'] = (f'scripts/run {result.key} --scale {run["scale"]} --backend {run["backend"].removeprefix("xla ")} '
                            f'--seed {run["seed"]}')
    return about


def keep(result, scale):
    """Make a green run the committed one."""
    work, home = BUILD / result.key, NOTEBOOKS / result.key
    if scale == 'paper':
        return kept.keep(result.key, work / 'run', kept.provenance(commit_of_checkout(), result.seconds)) \
            + f'; scripts/run {result.key} --write shows it'
    for name in (f'{result.key}.ipynb', 'claims.json', 'cover.png'):
        if (work / name).exists():
            write_whole(home / name, (work / name).read_bytes())
        else:
            (home / name).unlink(missing_ok=True)
    return f'wrote notebooks/{result.key}'


def report(results, chosen, out=sys.stdout):
    """The tables of claims, then what went wrong."""
    for result in results:
        if result.ledger:
            run = result.ledger['run']
            print(f'\n{result.ledger["paper"]["title"]} ({result.key}; {run["backend"]}, {run["scale"]} scale, '
                  f'seed {run["seed"]})', file=out)
            print(claims.terminal(result.ledger, claims.width()), file=out)
            print(f'  {claims.tally(result.ledger)}', file=out)
    for result in results:
        if result.red:
            print(f'\n{result.key}: {count(len(result.red), "claim")} red', *result.red, sep='\n    ', file=out)
        for problem in result.problems:
            print(f'\n{result.key}: {problem}', file=out)
    begun = {result.key for result in results}
    rest = [key for key in chosen.papers if key not in begun]
    if rest:
        print(f'\nnot begun: {", ".join(rest)} (--keep-going does not stop at the first red paper)', file=out)
    bad = [result.key for result in results if not result.green()]
    print(f'\n{count(len(begun) - len(bad), "paper")} green' + (f', {len(bad)} red: {", ".join(bad)}' if bad else ''), file=out)


def main(arguments):
    chosen = options(arguments)
    begun = time.monotonic()
    try:
        results = Batch(chosen).run()
    except KeyboardInterrupt:
        print('\nrun: interrupted; kernels and cells have ended, nothing was written', file=sys.stderr)
        return INTERRUPTED
    report(results, chosen)
    green = len(results) == len(chosen.papers) and all(result.green() for result in results)
    if chosen.write:
        try:
            for result in results:
                print(keep(result, chosen.scale) if result.green() else f'{result.key} is red: not written')
            documents.write()
        except (OSError, documents.DocumentError, claims.LedgerError, kept.KeptError) as error:
            print(f'run: not all was written: {error}', file=sys.stderr)
            green = False
    print(f'{time.monotonic() - begun:.1f} s', file=sys.stderr)
    return 0 if green else 1
