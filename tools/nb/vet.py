"""Whether the packages of a paper compile, tests included, and what go vet says to them."""

import subprocess
from pathlib import Path

from .checkout import ROOT, go_environment


def problems(*folders):
    """What go vet says to the packages in and below the folders: a list of one text, or none.

    It builds what these packages need and nothing else.
    """
    patterns = [f'./{Path(folder).relative_to(ROOT)}/...' for folder in folders]
    answer = subprocess.run(['go', 'vet', *patterns], cwd=ROOT, env=go_environment(), capture_output=True, text=True)
    if answer.returncode == 0:
        return []
    said = '\n'.join(f'    {line}' for line in (answer.stdout + answer.stderr).strip().splitlines()[:40])
    return [f'go vet {" ".join(patterns)}:\n{said}']
