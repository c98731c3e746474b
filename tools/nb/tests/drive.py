"""Runs notebooks of a folder other than notebooks/: python -m nb.tests.drive FOLDER BUILD ARGUMENT ..."""

import sys
from pathlib import Path
from unittest import mock

from .. import batch


def main():
    folder, build, *arguments = sys.argv[1:]
    keys = sorted(path.name for path in Path(folder).iterdir())
    with mock.patch('nb.run.papers', lambda: keys), mock.patch('nb.batch.BUILD', Path(build)), \
            mock.patch('nb.batch.NOTEBOOKS', Path(folder)), \
            mock.patch('nb.batch.source_of', lambda key: Path(folder) / key / f'{key}.go'), \
            mock.patch('nb.documents.write', lambda: print('documents written')):
        return batch.main(arguments)


if __name__ == '__main__':
    sys.exit(main())
