"""scripts/workflow: papers x seeds over a bundle with Snakemake, which has a Python environment of its own."""

import os
import shutil
import subprocess
import sys

from .checkout import ROOT, TOOLS

HOME, PINS = ROOT / '.venv-workflow', TOOLS / 'workflow.txt'
NEWEST, LEAST = 14, 11  # minor versions of Python that are looked for
HELP = '''Runs papers x seeds over a bundle with Snakemake: on this machine, or on a cluster by a profile of workflow/profiles.
  scripts/workflow                                        two jobs at a time here, what workflow/config.yaml says
  scripts/workflow gather                                 then their results, by scripts/run --take
  scripts/workflow --profile workflow/profiles/slurm      on a cluster
  scripts/workflow --config papers=[cap,darex] seeds=[1,2,3]'''


def python(which=shutil.which, version=sys.version_info):
    """A Python that Snakemake runs on: this one, or another of the PATH. Raises SystemExit where there is none."""
    if version >= (3, LEAST):
        return sys.executable
    for minor in range(NEWEST, LEAST - 1, -1):
        if found := which(f'python3.{minor}'):
            return found
    sys.exit(f'workflow: Snakemake needs Python 3.{LEAST} or newer, found 3.{version[1]}')


def prepare(home=HOME, pins=PINS, run=subprocess.run):
    """Make the environment unless it is that of the pins; what is half made is made again."""
    done = home / 'pins.txt'
    if done.exists() and done.read_bytes() == pins.read_bytes():
        return
    shutil.rmtree(home, ignore_errors=True)
    for words in ([python(), '-m', 'venv', home],
                  [home / 'bin' / 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '-r', pins]):
        if run([str(word) for word in words]).returncode:
            sys.exit(f'workflow: the environment of {pins.name} could not be made; the lines above say why')
    shutil.copyfile(pins, done)


def command(arguments):
    """The command line of Snakemake: the profile of this machine, unless another is asked for."""
    asked = any(word == '--profile' or word.startswith('--profile=') for word in arguments)
    profile = [] if asked else ['--profile', 'workflow/profiles/local']
    return [str(HOME / 'bin' / 'snakemake'), '--snakefile', 'workflow/Snakefile', *profile, *arguments]


def main(arguments):
    if '--help' in arguments[:1]:
        print(HELP)
        return
    prepare()
    os.chdir(ROOT)
    words = command(arguments)
    os.execv(words[0], words)
