import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from nb import files
from nb.checkout import TOOLS

FULL = '''
import resource, sys
from nb.files import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_whole(sys.argv[1], b"x" * 100000)
except OSError as error:
    sys.exit(f"refused: {error}")
'''
HOLD = '''
import subprocess, sys
from nb.files import locked
with locked(sys.argv[1]) as lock:
    child = subprocess.Popen(["sleep", "600"], pass_fds=(lock,)) if sys.argv[2] == "child" else None
    print(child.pid if child else 0, flush=True)
    sys.stdin.read()
'''


def python(code, *arguments, **options):
    return subprocess.Popen([sys.executable, '-c', code, *map(str, arguments)], env=dict(os.environ, PYTHONPATH=str(TOOLS)),
                            text=True, **options)


class Whole(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / 'a b' / 'file'

    def test_written(self):
        files.write_whole(self.path, 'one')
        files.write_whole(self.path, b'two')
        self.assertEqual(self.path.read_text(), 'two')
        self.assertEqual(os.listdir(self.path.parent), ['file'])

    def test_no_room_for_it(self):
        """A file that may not grow stands for a disk that is full: write() fails half way."""
        files.write_whole(self.path, 'old')
        child = python(FULL, self.path, stderr=subprocess.PIPE)
        _, said = child.communicate(timeout=60)
        self.assertRegex(said, 'refused: .*file was not written')
        self.assertEqual(self.path.read_text(), 'old')
        self.assertEqual(os.listdir(self.path.parent), ['file'])

    def test_the_disk_fills_when_the_data_reach_it(self):
        files.write_whole(self.path, 'old')
        with mock.patch('os.fsync', side_effect=OSError(28, 'No space left on device')):
            with self.assertRaisesRegex(OSError, 'was not written: No space left'):
                files.write_whole(self.path, 'new')
        self.assertEqual(self.path.read_text(), 'old')
        self.assertEqual(os.listdir(self.path.parent), ['file'])

    def test_digest_tells_parts_apart(self):
        self.assertNotEqual(files.digest('ab', 'c'), files.digest('a', 'bc'))
        files.write_whole(self.path, 'ab')
        self.assertEqual(files.digest(self.path), files.digest('ab'))

    def test_sha256(self):
        files.write_whole(self.path, 'abc')
        known = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'  # FIPS 180-2, example B.1
        self.assertEqual(files.sha256(self.path), known)
        with open(self.path, 'rb') as file:
            self.assertEqual(files._sha256_by_blocks(file), known)


class Locks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / 'lock'

    def hold(self, how):
        holder = python(HOLD, self.path, how, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(holder.stdout.close)
        self.addCleanup(holder.stdin.close)
        return holder, int(holder.stdout.readline())

    def test_held_by_another(self):
        holder, _ = self.hold('alone')
        with self.assertRaisesRegex(files.Busy, str(holder.pid)):
            with files.locked(self.path):
                pass
        told = []
        with files.locked(self.path, wait=lambda pid: (told.append(pid), holder.kill(), holder.wait())):
            pass
        self.assertEqual(told, [str(holder.pid)])

    def test_free_when_the_holder_was_killed(self):
        holder, _ = self.hold('alone')
        holder.kill()
        holder.wait()
        with files.locked(self.path):
            self.assertEqual(self.path.read_text(), str(os.getpid()))

    def test_a_child_that_lives_on_keeps_it(self):
        holder, child = self.hold('child')
        holder.kill()
        holder.wait()
        try:
            with self.assertRaises(files.Busy):
                with files.locked(self.path):
                    pass
        finally:
            os.kill(child, 9)
        with files.locked(self.path, wait=lambda pid: None):
            pass
