"""scripts/gpu: the plan, and workflow/gpu.sh over a bundle that is played by a script."""

import contextlib
import io
import subprocess
import tempfile
import unittest
from pathlib import Path

from nb import gpu
from nb.checkout import BUILD, ROOT, papers

# A bundle that notes its words and leaves, for a key, with the next of the codes that are written there.
PLAYED = '''#!/bin/sh
echo "$@" >>"$(dirname "$0")/said"
key=$1; [ "$1" = run ] && key=$2
code=$(head -n 1 "$(dirname "$0")/codes-$key"); sed -i 1d "$(dirname "$0")/codes-$key"
cat >/dev/null # what lies on the standard input is not for it
exit ${code:-0}
'''


class Gpu(unittest.TestCase):
    def setUp(self):
        BUILD.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix='test-', dir=BUILD)
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / 'gpu.sh').write_text((ROOT / 'workflow' / 'gpu.sh').read_text())
        (self.root / 'marginalia').write_text(PLAYED)
        (self.root / 'marginalia').chmod(0o755)
        (self.root / 'plan').write_text('one P1 1\ntwo P1,V1 2\nthree P2 1\n')
        self.codes(check=[0], one=[0], two=[0], three=[0])

    def codes(self, **codes):
        for key, each in codes.items():
            (self.root / f'codes-{key}').write_text(''.join(f'{code}\n' for code in each))

    def go(self, **environment):
        (self.root / 'said').write_text('')
        status = subprocess.run(['sh', self.root / 'gpu.sh', self.root / 'out'], env={'PATH': '/usr/bin:/bin', **environment},
                                stdout=subprocess.DEVNULL, check=False).returncode
        return status, (self.root / 'said').read_text().splitlines()

    def test_all(self):
        status, said = self.go(MINUTES='9', UNPACK='/u', BACKEND='cpu')
        self.assertEqual(status, 0)
        self.assertEqual(said[0], 'check --backend cpu --unpack /u')
        self.assertEqual(said[2], f'run two --scale paper --only P1,V1 --backend cpu --unpack /u --dir {self.root}/out/two --resume --minutes 2.00')
        self.assertEqual(len(said), 4)
        self.assertEqual(self.go(), (0, []))  # nothing is left

    def test_cut_goes_on(self):
        self.codes(two=[75, 75, 0])
        status, said = self.go(MINUTES='9')
        self.assertEqual(status, 75)
        self.assertEqual([line.split()[1] for line in said], ['--backend', 'one', 'two', 'three', 'two'])
        self.assertRegex(said[-1], r'--minutes (9\.00|8\.\d\d)$')  # all that is left
        status, said = self.go()
        self.assertEqual((status, [line.split()[1] for line in said]), (0, ['two']))

    def test_red_and_without_time(self):
        self.codes(check=[1, 0], one=[1])
        status, said = self.go(MINUTES='9')
        self.assertEqual((status, len(said)), (1, 4))  # the rest is measured all the same
        self.assertIn('one P1: left with 1', (self.root / 'out' / 'log').read_text())
        self.codes(check=[0], two=[])
        (self.root / 'out' / 'two.done').unlink()
        status, said = self.go(MINUTES='0')
        self.assertEqual((status, said), (75, ['check --backend cuda --unpack /tmp']))

    def test_plan(self):
        lines = gpu.plan(papers()).splitlines()
        self.assertEqual(sorted(line.split()[0] for line in lines), sorted(key for key in papers() if gpu.measured(key)))
        self.assertIn('self-attention P2,V1 4', lines)
        for name in gpu.MINUTES:
            self.assertTrue(gpu.measured(name), name)
        self.assertLessEqual(sum(int(line.split()[2]) for line in lines[:3]), 9)
        self.assertEqual(gpu.options([]).papers, [key for key in papers() if gpu.measured(key)])
        with contextlib.redirect_stderr(io.StringIO()) as err, self.assertRaises(SystemExit):
            gpu.options(['cap'])
        self.assertIn("'cap' has no claims of the scale of the paper", err.getvalue())


if __name__ == '__main__':
    unittest.main()
