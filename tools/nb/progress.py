"""What a run shows while it runs: live lines on a terminal, plain lines elsewhere."""

import json
import shutil
import sys
import time
from pathlib import Path

INTERVAL = 0.2  # seconds between two looks of the live display


class Paper:
    """How far a paper is."""

    def __init__(self, key, cells, folder):
        self.key = key
        self.cells = cells  # indices of the code cells
        self.folder = Path(folder)  # of the ledger
        self.begun = time.monotonic()
        self.at = 0  # code cells begun
        self.cell = None  # of the cell that runs: its title and when it began

    def seconds(self):
        return time.monotonic() - self.begun

    def claims(self):
        """How many claims have a check so far."""
        try:
            lines = (self.folder / 'ledger.jsonl').read_text().splitlines()
        except (FileNotFoundError, UnicodeDecodeError):
            return 0
        found = set()
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                continue  # empty, or torn by a kill
            if isinstance(record, dict) and record.get('slot') == 'check':
                found.add(record.get('claim'))
        return len(found)

    def line(self, cell=''):
        return f'{self.key}: cell {self.at}/{len(self.cells)}{cell}, {self.seconds():.0f} s, {count(self.claims(), "claim")}'

    def live(self):
        """The line of a terminal, which also shows the cell that runs."""
        return self.line(f' ({self.cell[0]}, {time.monotonic() - self.cell[1]:.0f} s)' if self.cell else '')


def count(number, noun):
    return f'{number} {noun}' if number == 1 else f'{number} {noun}s'


class Display:
    """Shows papers. On a terminal their lines change in place, below what is said for good."""

    def __init__(self, stream=sys.stderr):
        self.stream = stream
        self.live = stream.isatty()
        self.running = []
        self.drawn = []  # the lines that can change

    def add(self, paper):
        self.running.append(paper)
        if not self.live:
            self._print(f'{paper.key}: {count(len(paper.cells), "cell")}')

    def remove(self, paper):
        self._wipe()
        self.running.remove(paper)

    def told(self, paper, index, title, seconds):
        """A cell begins (seconds None) or has ended."""
        if seconds is None:
            paper.at = paper.cells.index(index) + 1
            paper.cell = title, time.monotonic()
        elif not self.live:
            self._print(f'{paper.line()} (this cell {seconds:.1f} s)')

    def say(self, text):
        """A line that stays."""
        self._wipe()
        self._print(text)
        self.draw()

    def draw(self):
        width = shutil.get_terminal_size().columns
        lines = [paper.live()[:width - 1] for paper in self.running] if self.live else []
        if lines != self.drawn:
            self._wipe()
            for line in lines:
                self._print(line)
            self.drawn = lines

    def _wipe(self):
        if self.drawn:
            self.stream.write(f'\x1b[{len(self.drawn)}A\x1b[J')
            self.drawn = []

    def _print(self, text):
        self.stream.write(text + '\n')
        self.stream.flush()
