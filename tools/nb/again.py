"""What go test -exec runs in the place of a test binary, so that each is linked once for both backends:

    python again.py FOLDER BACKEND MODULE TEST_BINARY ARGUMENTS

runs it as it is asked to, and then on the other backend, whose events it appends to a file of FOLDER as go test -json
would write them. FOLDER has a file "packages" with those that are to run again.
"""

import os
import subprocess
import sys
from pathlib import Path


def main(folder, backend, module, root, *command):
    first = subprocess.call(command)
    package = module if (here := os.path.relpath(os.getcwd(), root)) == '.' else f'{module}/{here}'
    if package in (Path(folder) / 'packages').read_text().split():
        environment = dict(os.environ, MARGINALIA_BACKEND=backend)
        with open(Path(folder) / (package.replace('/', '%') + '.json'), 'w') as out:
            subprocess.call(['go', 'tool', 'test2json', '-t', '-p', package, *command], env=environment, stdout=out, stderr=subprocess.STDOUT)
    return first


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
