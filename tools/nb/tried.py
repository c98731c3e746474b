"""What was tried to break the project from outside, and the tests that try it again: tried.json, shown in testing.md."""

import json
import re

from .checkout import ROOT, TOOLS

LIST = TOOLS / 'nb' / 'tried.json'
FIELDS = {'what', 'tries', 'before', 'tests'}


class TriedError(Exception):
    """What is wrong with the list."""


def rows():
    """The rows of the list, each with tests that are there. Raises TriedError."""
    found = json.loads(LIST.read_text())
    for row in found:
        if set(row) != FIELDS or not row['tests'] or not isinstance(row['tries'], int) or row['tries'] < 1:
            raise TriedError(f'{LIST.name}: {row.get("what", row)!r}: want {", ".join(sorted(FIELDS))}, at least one try and one test')
        for test in row['tests']:
            if not there(test):
                raise TriedError(f'{LIST.name}: the test {test!r} of {row["what"]!r} is not there')
    return found


def there(test):
    """Whether a test is there: "pkg/claim TestX", or "tools/nb test_setup.Class.test_x"."""
    room, _, name = test.partition(' ')
    if room == 'tools/nb':
        module, *names = name.split('.')
        path = TOOLS / 'nb' / 'tests' / f'{module}.py'
        return path.exists() and all(re.search(rf'^ *(?:class|def) {word}\b', path.read_text(), re.M) for word in names)
    return any(re.search(rf'^func {name}\(', path.read_text(), re.M) for path in (ROOT / room).glob('*_test.go'))


def table():
    """The list as a table, with the sum of the tries."""
    lines = ['| what was tried | tries | before | seen by |', '| --- | ---: | --- | --- |']
    lines += [f'| {row["what"]} | {row["tries"]} | {row["before"]} | {", ".join(f"`{test}`" for test in row["tests"])} |' for row in rows()]
    return '\n'.join([*lines, f'| together | {sum(row["tries"] for row in rows())} | | |'])
