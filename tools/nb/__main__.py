"""python -m nb COMMAND: what the scripts in scripts/ call through tools/nb/start."""

import importlib
import os
import sys

from . import environment
from .checkout import JUPYTER

COMMANDS = ('setup', 'run', 'batch', 'test', 'steps', 'lab', 'documents', 'profile', 'program', 'bench', 'site', 'mutate', 'changes', 'pack', 'gpu', 'workflow', 'take')

FOLLOWING = ('batch', 'steps', 'program', 'take')  # what another command becomes, which has said it


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else ''
    if name not in COMMANDS:
        sys.exit(f'nb: no command {name!r}: there are {", ".join(COMMANDS)}')
    made, changed, stay = environment.cleaned(os.environ, str(JUPYTER))
    os.environ.clear()
    os.environ.update(made)
    for line in environment.words(changed, [] if name in FOLLOWING else stay):
        print(f'{name}: {line}', file=sys.stderr)
    return importlib.import_module(f'.{name}', __package__).main(sys.argv[2:])


if __name__ == '__main__':
    sys.exit(main())
