"""python -m nb COMMAND: what the scripts in scripts/ call through tools/nb/start."""

import importlib
import sys

COMMANDS = ('setup', 'run', 'batch', 'test', 'steps', 'lab', 'documents', 'profile', 'program', 'bench', 'site', 'mutate', 'pack', 'take')


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else ''
    if name not in COMMANDS:
        sys.exit(f'nb: no command {name!r}: there are {", ".join(COMMANDS)}')
    return importlib.import_module(f'.{name}', __package__).main(sys.argv[2:])


if __name__ == '__main__':
    sys.exit(main())
