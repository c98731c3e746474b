"""Whether the packages of a paper compile, tests included, and what go vet says to them."""

import re
import subprocess
from pathlib import Path

from .checkout import ROOT, go_environment

SHOWN_LINES = 40


def problems(folder):
    """What go vet says to the packages in and below a folder: a list of one text, or none.

    It builds what these packages need and nothing else.
    """
    folder = Path(folder)
    path = folder.relative_to(ROOT)
    if re.fullmatch(r'[\w./~-]+', str(path)):
        words, where = [f'./{path}/...'], ROOT
    else:  # no import path has such a name: the files are vetted as a package of their own
        words, where = sorted(file.name for file in folder.glob('*.go')), folder
    answer = subprocess.run(['go', 'vet', *words], cwd=where, env=go_environment(), capture_output=True, text=True)
    if answer.returncode == 0:
        return []
    said = '\n'.join(f'    {line}' for line in (answer.stdout + answer.stderr).strip().splitlines()[:SHOWN_LINES])
    return [f'go vet {" ".join(words)}:\n{said}']
