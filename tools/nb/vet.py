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
    path = Path(folder).resolve().relative_to(ROOT)
    if importable(path):
        words = [f'./{path}/...']
    else:  # the files are vetted as a package of their own
        words = sorted(str(file.relative_to(ROOT)) for file in (ROOT / path).glob('*.go'))
    answer = subprocess.run(['go', 'vet', *words], cwd=ROOT, env=go_environment(), capture_output=True, text=True)
    if answer.returncode == 0:
        return []
    said = '\n'.join(f'    {line}' for line in (answer.stdout + answer.stderr).strip().splitlines()[:SHOWN_LINES])
    return [f'go vet {" ".join(words)}:\n{said}']


def importable(path):
    """Whether a folder of the checkout is a package of its module: no import path has such a name, another module begins."""
    return bool(re.fullmatch(r'[\w./~-]+', str(path))) and not any((ROOT / above / 'go.mod').exists() for above in (path, *path.parents[:-1]))
