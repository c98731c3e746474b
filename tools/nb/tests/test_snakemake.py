"""scripts/workflow: its Python, its environment, its command line."""

import contextlib
import io
import sys
import unittest
from pathlib import Path
from unittest import mock

from nb import workflow
from nb.tests.test_claims import Folder


class Python(unittest.TestCase):
    def test_this_one_or_the_newest_of_the_path(self):
        self.assertEqual(workflow.python(version=(3, 11, 2)), sys.executable)
        there = {'python3.11': '/a/11', 'python3.13': '/a/13', 'python3.9': '/a/9'}
        self.assertEqual(workflow.python(there.get, (3, 10, 0)), '/a/13')

    def test_none(self):
        with self.assertRaisesRegex(SystemExit, 'needs Python 3.11 or newer, found 3.10'):
            workflow.python({'python3.9': '/a/9'}.get, (3, 10, 4))


class Environment(Folder):
    def made(self, code=0):
        """What is run to make the environment of the pins of a folder."""
        ran = []

        def run(words):
            ran.append([Path(word).name for word in words[:2]])
            (self.folder / 'home').mkdir(exist_ok=True)
            return mock.Mock(returncode=code)

        with contextlib.suppress(SystemExit):
            workflow.prepare(self.folder / 'home', self.folder / 'pins', run)
        return ran

    def test_made_once_for_the_same_pins(self):
        self.file('one==1', 'pins')
        self.assertEqual([words[-1] for words in self.made()], ['-m', 'install'])
        self.assertEqual(self.made(), [])
        self.file('one==2', 'pins')
        self.assertEqual(len(self.made()), 2)

    def test_half_made_is_made_again(self):
        self.file('one==1', 'pins')
        self.assertEqual(len(self.made(code=1)), 1)
        self.assertFalse((self.folder / 'home' / 'pins.txt').exists())
        self.assertEqual(len(self.made()), 2)


class Command(unittest.TestCase):
    def test_the_profile_of_this_machine_unless_another_is_asked_for(self):
        self.assertEqual(workflow.command(['gather'])[1:], ['--snakefile', 'workflow/Snakefile', '--profile', 'workflow/profiles/local', 'gather'])
        for words in (['--profile', 'x'], ['--profile=x', 'gather']):
            self.assertEqual(workflow.command(words)[3:], words)

    def test_help(self):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            workflow.main(['--help'])
        self.assertIn('scripts/workflow gather', said.getvalue())


if __name__ == '__main__':
    unittest.main()
