"""Executes one notebook through a kernel of its own and stops at what went wrong."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from . import kernel
from .checkout import JUPYTER

# What GoNB prints for a failed shell line, a signal, a panic in a test and a magic that
# it does not know, while it calls the cell a success. Of a program that a cell runs it says
# itself that it failed: what such a program prints is its own.
BAD = re.compile(r'^(exit status \d+|signal: .*|panic: .*|"%.*unknown or not implemented.*)$', re.M)
SPECIAL = re.compile(r'^(?://gonb:)?[!%](?!exec\b|noautoget\b|autoget\b|main\b)', re.M)
ANSI = re.compile(r'\x1b\[[0-9;]*[A-Za-z]')
SHOWN_LINES = 25  # of an error
# What ended a program of Go; behind it come the stacks of whatever else was going on.
CAUSE = re.compile(r'^(panic: |fatal error: |runtime: out of memory|runtime: cannot allocate|SIG[A-Z]+: |signal: )')
START_SECONDS = 60
END_SECONDS = 2
# GoNB leaves the input open, and waits until the output is closed.
WAITING = '; a shell line that reads its standard input waits for ever: give it < /dev/null; so does one that leaves a job behind: give that > /dev/null 2>&1'
LOG_LINES = 15  # of what a kernel said that did not start or died


class Failure(Exception):
    """A cell (or the kernel) that failed: index of the cell, its first line, what it said."""

    def __init__(self, index, head, said):
        super().__init__(said)
        self.index, self.head = index, head
        self.program = []  # lines of the program that GoNB made of the cell

    def text(self):
        """What it said, without colours."""
        return ANSI.sub('', super().__str__()).strip()

    @staticmethod
    def shown(said):
        """As many lines of a text as a terminal should get."""
        lines = said.strip().splitlines()
        first = next((at for at, line in enumerate(lines) if CAUSE.match(line)), None)
        if len(lines) > SHOWN_LINES and first is not None:
            rest = len(lines) - first - SHOWN_LINES
            lines = lines[first:first + SHOWN_LINES] + ([f'... ({rest} lines more in the notebook)'] if rest > 0 else [])
        elif len(lines) > SHOWN_LINES:
            lines = [f'... ({len(lines) - SHOWN_LINES} lines more in the notebook)', *lines[-SHOWN_LINES:]]
        return '\n'.join(f'    {line}' for line in lines)

    def __str__(self):
        where = f'cell c{self.index:02d} ({self.head})' if self.index is not None else self.head
        return f'{where}\n{self.shown(self.text())}'


class Session:
    """One notebook, one kernel. After run(), failures tells what went wrong."""

    def __init__(self, notebook, folder, work, environment, cell_seconds, keep_going=False, told=lambda index, title, seconds: None,
                 kernels=JUPYTER / 'kernels'):
        self.notebook = nbformat.from_dict(notebook)
        self.folder = Path(folder)  # the working folder of the cells
        self.work = Path(work)  # the kernel's log and temporary files
        self.environment = environment
        self.keep_going = keep_going
        self.kernels = kernels  # the folder in which the kernel is looked for
        self.told = told  # called with a cell's index and title before it (seconds None) and after it
        self.failures = []
        self.seconds = {}
        self.client = NotebookClient(
            self.notebook, timeout=cell_seconds, startup_timeout=START_SECONDS, kernel_name=kernel.NAME,
            record_timing=False, coalesce_streams=False, allow_errors=True, extra_arguments=['--raw_error'])
        self.group = None  # the process group of the kernel and its cells
        self.watchdog = None

    async def run(self):
        """Execute the cells. Leaves no process behind, whatever happens."""
        temporary = self.work / 'tmp'
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        try:
            with open(self.work / 'kernel.log', 'wb') as log:
                await self._start(temporary, log)
                for index, cell in enumerate(self.notebook.cells):
                    if cell.cell_type == 'code' and not await self._cell(cell, index):
                        break
        except (DeadKernelError, NoSuchKernel, RuntimeError, OSError) as error:
            log = self.work / 'kernel.log'
            own = ANSI.sub('', log.read_text(encoding='utf-8', errors='replace')).strip() if log.exists() else ''
            told = '\n'.join(own.splitlines()[-LOG_LINES:])
            self.failures.append(Failure(None, 'the kernel', f'{told}\n{error}\nIts log: {log}' if told else f'{error}\nIts log: {log}'))
        finally:
            await self._stop()
            shutil.rmtree(temporary, ignore_errors=True)

    async def _start(self, temporary, log):
        environment = {**os.environ, **self.environment, 'TMPDIR': str(temporary)}
        environment.pop('PYTHONPATH', None)
        manager = self.client.create_kernel_manager()
        manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=[str(self.kernels)], ensure_native_kernel=False)
        manager.connection_file = str(temporary / 'connection.json')
        self.client.reset_execution_trackers()
        await self.client.async_start_new_kernel(cwd=str(self.folder), env=environment, stdout=log, stderr=log)
        self.group = manager.provisioner.pgid
        # Should this process be killed, the pipe closes and the kernel's group goes too.
        end = f'read _; kill -TERM -{self.group}; sleep {END_SECONDS}; kill -KILL -{self.group}'
        self.watchdog = subprocess.Popen(['sh', '-c', end], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL, start_new_session=True)
        await self.client.async_start_new_kernel_client()

    async def _cell(self, cell, index):
        """Execute a cell; whether to go on."""
        self.told(index, title(cell.source), None)
        begun = time.monotonic()
        problem, fatal = None, False
        try:
            await self.client.async_execute_cell(cell, index, execution_count=self.client.code_cells_executed + 1)
            joined(cell)
            problem = complaint(cell)
        except CellTimeoutError:
            problem, fatal = f'no end after {self.client.timeout} s' + (WAITING if SPECIAL.search(cell.source) else ''), True
        except DeadKernelError:
            problem, fatal = 'the kernel died', True
        except CellExecutionError as error:
            problem = str(error)
        self.seconds[index] = time.monotonic() - begun
        self.told(index, title(cell.source), self.seconds[index])
        if problem is None:
            return True
        failure = Failure(index, title(cell.source), problem)
        for path in (self.work / 'tmp').glob('*/main.go'):
            failure.program = path.read_text(errors='replace').splitlines()
        self.failures.append(failure)
        return self.keep_going and not fatal

    async def _stop(self):
        if self.watchdog is not None:
            self.watchdog.kill()
            self.watchdog.wait()
            self.watchdog.stdin.close()
        with contextlib.suppress(Exception):
            if self.client.kc is not None:
                self.client.kc.stop_channels()
        manager = self.client.km
        if self.group:
            # First the signal on which GoNB ends its helpers, which have groups of their own.
            self._signal(signal.SIGTERM)
            for _ in range(int(END_SECONDS / 0.02)):
                if manager is None or not await manager.is_alive():
                    break
                await asyncio.sleep(0.02)
            self._signal(signal.SIGKILL)
        if manager is not None and manager.has_kernel:
            with contextlib.suppress(Exception):
                await manager.shutdown_kernel(now=True)

    def _signal(self, number):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.group, number)


def joined(cell):
    """Join the pieces in which streams came, each at the place of its first, the standard output before the standard error.

    nbclient can do that, with regular expressions whose time grows with the square of a line's length.
    """
    pieces, outputs = {}, []
    for output in cell.outputs:
        if output.output_type != 'stream':
            outputs.append(output)
        elif output.name in pieces:
            pieces[output.name].append(output.text)
        else:
            pieces[output.name] = [output.text]
            outputs.append(output)
    names = []
    for output in outputs:
        names.append(output.name if output.output_type == 'stream' else '')
        if names[-1]:
            output.text = overwritten(''.join(pieces[output.name]))
    for at in range(len(names) - 1):
        if names[at:at + 2] == ['stderr', 'stdout']:
            outputs[at:at + 2] = outputs[at + 1], outputs[at]
            break
    cell.outputs = outputs


def overwritten(text):
    """A text as a terminal shows it: what a carriage return goes back over is gone, and so is what a backspace does."""
    lines = []
    for line in text.split('\n'):
        body = line.rstrip('\r')
        line = body.rsplit('\r', 1)[-1] + line[len(body):]
        if '\b' in line:
            kept = []
            for sign in line:
                if sign != '\b':
                    kept.append(sign)
                elif kept:
                    kept.pop()
            line = ''.join(kept)
        lines.append(line)
    return '\n'.join(lines)


KILLED = re.compile(r'^signal: killed$', re.M)


def complaint(cell):
    """Why an executed cell counts as failed, or None."""
    streams = ''.join(output.text for output in cell.outputs if output.output_type == 'stream' and output.name == 'stderr')
    for output in cell.outputs:
        if output.output_type == 'error':
            said = f'{streams}\n' + '\n'.join(output.traceback or [f'{output.ename}: {output.evalue}'])
            return said + OUT_OF_MEMORY if KILLED.search(ANSI.sub('', said)) else said
    return streams if SPECIAL.search(cell.source) and BAD.search(ANSI.sub('', streams)) else None


# Nobody else kills a cell.
OUT_OF_MEMORY = '\nThe system killed it, as it does with what asks for more memory than there is: see dmesg, or give it less to do.'


def title(code):
    """A line by which a reader finds the cell."""
    lines = [line for line in code.splitlines() if line.strip()]
    for line in lines:
        if line.startswith('//gonb:%exec') or line.startswith('func '):
            return line.removeprefix('//gonb:').split('{')[0].strip()
    return lines[0].strip().removeprefix('//gonb:') if lines else 'empty'
