"""What a run shows while it runs: live lines on a terminal, plain lines elsewhere."""

import json
import shutil
import sys
import time
from pathlib import Path

INTERVAL = 0.2  # seconds between two looks of the live display


class Paper:
    """How far a paper is. where(claim, function, name of a check) is the place in the source."""

    def __init__(self, key, cells, folder, where=lambda claim, part, name: None):
        self.key = key
        self.cells = cells  # indices of the code cells
        self.folder = Path(folder)  # of the ledger
        self.where = where
        self.begun = time.monotonic()
        self.at = 0  # code cells begun
        self.cell = None  # of the cell that runs: its title and when it began
        self.read = 0  # bytes of the ledger that look has seen
        self.measured = set()  # claims with a check
        self.parts = {}  # claim -> the function that records it

    def seconds(self):
        return time.monotonic() - self.begun

    def look(self):
        """Read what the ledger has more than at the last look; sentences on claims that fell."""
        try:
            with open(self.folder / 'ledger.jsonl', 'rb') as file:
                file.seek(self.read)
                *lines, rest = file.read().split(b'\n')
                self.read = file.tell() - len(rest)
        except FileNotFoundError:
            return []
        fell = []
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                continue  # empty, or torn by a kill
            if isinstance(record, dict) and record.get('claim'):
                self.parts[record['claim']] = record.get('part', '')
                if record.get('slot') == 'check':
                    self.measured.add(record['claim'])
                fell += filter(None, [fallen(record)])
        return fell

    def claims(self):
        """How many claims have a check so far."""
        return len(self.measured)

    def line(self, cell=''):
        return f'{self.key}: cell {self.at}/{len(self.cells)}{cell}, {self.seconds():.0f} s, {count(self.claims(), "claim")}'

    def live(self):
        """The line of a terminal, which also shows the cell that runs."""
        return self.line(f' ({self.cell[0]}, {time.monotonic() - self.cell[1]:.0f} s)' if self.cell else '')


def fallen(record):
    """What a record of the ledger says of a claim that it turns red, or None."""
    entry = record.get('entry') or record.get('control') or {}
    if record['slot'] == 'check' and entry.get('holds') is False:
        return record['claim'], entry['name'], f'fails: {entry["name"]}: {entry["measured"]} ({entry.get("expected", "")})'
    if record['slot'] == 'control' and entry.get('holds') is True:
        return record['claim'], entry['name'], f'is vacuous: its control "{entry["name"]}" holds, {entry["measured"]}'
    return None


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
        self.news(paper)
        if seconds is None:
            paper.at = paper.cells.index(index) + 1
            paper.cell = title, time.monotonic()
        elif not self.live:
            self._print(f'{paper.line()} (this cell {seconds:.1f} s)')

    def news(self, paper):
        """Say which claims fell since the last look: at once, not when the paper is done."""
        for claim, name, text in paper.look():
            place = paper.where(claim, paper.parts.get(claim, ''), name)
            self.say(f'{place or paper.key}: RED, {claim} {text}')

    def say(self, text):
        """A line that stays."""
        self._wipe()
        self._print(text)
        self.draw()

    def look(self):
        for paper in list(self.running):
            self.news(paper)

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
