"""What has to be on the machine: Go, a C compiler, Python with venv; and npm, once, for one corpus.

Each check returns None or a Missing that names what was found and how to install it.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from .checkout import ROOT, TOOLS, go_environment

# Commands that install a thing, by package manager.
INSTALL = {
    'Go': {
        'apt-get': 'sudo apt-get install golang-go',
        'dnf': 'sudo dnf install golang',
        'pacman': 'sudo pacman -S go',
        'apk': 'sudo apk add go',
        'zypper': 'sudo zypper install go',
        'brew': 'brew install go',
    },
    'a C compiler': {
        'apt-get': 'sudo apt-get install gcc libc6-dev',
        'dnf': 'sudo dnf install gcc',
        'pacman': 'sudo pacman -S gcc',
        'apk': 'sudo apk add gcc musl-dev',
        'zypper': 'sudo zypper install gcc',
        'brew': 'xcode-select --install',
    },
    'the venv module of Python': {
        'apt-get': 'sudo apt-get install python3-venv',
        'dnf': 'sudo dnf install python3',
        'pacman': 'sudo pacman -S python',
        'apk': 'sudo apk add python3',
        'zypper': 'sudo zypper install python3',
        'brew': 'brew install python',
    },
    'npm': {
        'apt-get': 'sudo apt-get install npm',
        'dnf': 'sudo dnf install npm',
        'pacman': 'sudo pacman -S npm',
        'apk': 'sudo apk add npm',
        'zypper': 'sudo zypper install npm',
        'brew': 'brew install node',
    },
}
ELSEWHERE = {
    'Go': 'the archive of go.dev/dl, unpacked, with its bin folder on the PATH',
    'a C compiler': 'gcc or clang from your system',
    'the venv module of Python': 'a Python with the modules venv and ensurepip',
    'npm': 'Node.js, which brings it',
}


@dataclass
class Missing:
    thing: str
    wanted: str
    found: str

    def __str__(self):
        command = install_command(self.thing)
        text = f'{self.wanted} is needed, found {self.found}. To install it:\n    {command}'
        if self.thing == 'Go' and command != ELSEWHERE['Go']:
            text += f'\nor, where that is too old: {ELSEWHERE["Go"]}'
        return text


def install_command(thing):
    """The command that installs a thing with the package manager of this machine."""
    for manager, command in INSTALL[thing].items():
        if shutil.which(manager):
            return command
    return ELSEWHERE[thing]


def wanted_go():
    """The version that go.mod asks for, as a tuple."""
    line = re.search(r'^go (\d+(?:\.\d+)*)$', (ROOT / 'go.mod').read_text(), re.M)
    return version(line.group(1))


def tools():
    """The Go tools that tools/go.mod pins, by their packages."""
    return re.findall(r'^\s+(\S+/\S+)$', (TOOLS / 'go.mod').read_text().split('tool (')[1].split(')')[0], re.M)


def version(text):
    """(1, 26, 5) of "go1.26.5", () where there is no number."""
    found = re.search(r'(\d+)\.(\d+)(?:\.(\d+))?', text)
    return tuple(int(part or 0) for part in found.groups()) if found else ()


def check_go():
    wanted = wanted_go()
    words = 'Go %s or newer' % '.'.join(map(str, wanted))
    if not shutil.which('go'):
        return Missing('Go', words, 'no go on the PATH')
    # In the checkout, so that a go that fetches the toolchain of go.mod may do it.
    answer = subprocess.run(['go', 'env', 'GOVERSION'], cwd=ROOT, env=go_environment(),
                            capture_output=True, text=True)
    if answer.returncode or version(answer.stdout) < wanted:
        said = (answer.stdout.strip() or answer.stderr.strip()).splitlines()
        return Missing('Go', words, said[0] if said else 'a go that does not answer')
    return None


def check_compiler():
    named = os.environ.get('CC')
    for command in [named.split()[0]] if named else ['gcc', 'cc', 'clang']:
        if shutil.which(command):
            return None
    return Missing('a C compiler', 'a C compiler', f'no {named} (from CC)' if named else 'no gcc, cc or clang on the PATH')


def check_venv():
    absent = [name for name in ('venv', 'ensurepip') if importlib.util.find_spec(name) is None]
    if absent:
        return Missing('the venv module of Python', 'Python with its venv module', f'one without {" and ".join(absent)}')
    return None


def check_npm():
    """Not in missing(): most papers do without, and the corpus may be in the cache."""
    if shutil.which('npm'):
        return None
    return Missing('npm', 'npm, once, for the Brown corpus, without which darex and fair-embedding stop and ntp-geometry and '
                   'ntp-implicit-bias leave out what they measure on it,', 'no npm on the PATH')


def missing():
    """Everything without which there is no set-up."""
    return [lack for lack in (check_go(), check_compiler(), check_venv()) if lack]
