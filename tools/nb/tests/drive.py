"""Runs notebooks of a folder other than notebooks/: python -m nb.tests.drive FOLDER BUILD ARGUMENT ..."""

import sys
from pathlib import Path
from unittest import mock

from .. import batch, program


def main():
    folder, build, *arguments = sys.argv[1:]
    keys = sorted(path.name for path in Path(folder).iterdir())
    with mock.patch('nb.run.papers', lambda: keys), mock.patch('nb.batch.BUILD', Path(build)), \
            mock.patch('nb.batch.NOTEBOOKS', Path(folder)), \
            mock.patch('nb.batch.source_of', lambda key: Path(folder) / key / f'{key}.go'), \
            mock.patch('nb.program.source_of', lambda key: Path(folder) / key / f'{key}.go'), \
            mock.patch('nb.program.BUILD', Path(build)), \
            mock.patch('nb.kept.NOTEBOOKS', Path(folder)), \
            mock.patch('nb.kept.source_of', lambda key: Path(folder) / key / f'{key}.go'), \
            mock.patch('nb.documents.write', lambda: print('documents written')):
        return (program if '--program' in arguments else batch).main(arguments)


if __name__ == '__main__':
    sys.exit(main())
