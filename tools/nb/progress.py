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

    def line(self):
        return f'{self.key}: cell {self.at}/{len(self.cells)}, {self.seconds():.0f} s, {count(self.claims(), "claim")}'


def count(number, noun):
    return f'{number} {noun}' if number == 1 else f'{number} {noun}s'


class Display:
    """Shows papers. On a terminal their lines change in place, below what is said for good."""

    def __init__(self, stream=sys.stderr):
        self.stream = stream
        self.live = stream.isatty()
        self.running = []
        self.drawn = 0

    def add(self, paper):
        self.running.append(paper)
        if not self.live:
            self._print(f'{paper.key}: {count(len(paper.cells), "cell")}')

    def remove(self, paper):
        self._wipe()
        self.running.remove(paper)

    def told(self, paper, index, seconds):
        """A cell begins (seconds None) or has ended."""
        if seconds is None:
            paper.at = paper.cells.index(index) + 1
        elif not self.live:
            self._print(f'{paper.line()} (this cell {seconds:.1f} s)')

    def say(self, text):
        """A line that stays."""
        self._wipe()
        self._print(text)
        self.draw()

    def draw(self):
        if not self.live:
            return
        self._wipe()
        width = shutil.get_terminal_size().columns
        for paper in self.running:
            self._print(paper.line()[:width - 1])
        self.drawn = len(self.running)

    def _wipe(self):
        if self.drawn:
            self.stream.write(f'\x1b[{self.drawn}A\x1b[J')
            self.drawn = 0

    def _print(self, text):
        self.stream.write(text + '\n')
        self.stream.flush()
