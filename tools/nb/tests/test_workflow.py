"""The workflow of workflow/ run by Snakemake, over a bundle that is played by a script: here, by the profile for Slurm on a
Slurm that is played, by that for Kubernetes on an API that is. Where scripts/workflow was never called there is no Snakemake, and
nothing to try."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from nb.checkout import BUILD, ROOT

SNAKEMAKE = ROOT / '.venv-workflow' / 'bin' / 'snakemake'
FIXTURES = Path(__file__).parent / 'fixtures'
SLURM, API = FIXTURES / 'slurm.py', FIXTURES / 'kubernetes_api.py'
# What a pod's image has of its own: rsync between two files, and a pip that has nothing to install, for the plugin is there.
RSYNC = '''#!/usr/bin/env bash
to=${@: -1} from=${@: -2:1}
mkdir -p "$(dirname "$to")"
cp -pL "$from" "$to"
'''
# A bundle whose first try is killed half-way and whose second goes on from there.
PLAYED = '''#!/usr/bin/env bash
while [ $# -gt 0 ]; do case $1 in --dir) folder=$2 ;; --minutes) minutes=$2 ;; esac; shift; done
mkdir -p "$folder"
echo "$minutes" >>"$folder/tries"
if [ ! -e "$folder/half" ]; then touch "$folder/half"; kill -9 $$; fi
mv "$folder/tries" "$folder.tar.gz"
'''


@unittest.skipUnless(SNAKEMAKE.exists(), 'scripts/workflow was not called here: no Snakemake')
class Workflow(unittest.TestCase):
    def setUp(self):
        BUILD.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix='test-', dir=BUILD)
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / 'marginalia').write_text(PLAYED)
        (self.root / 'marginalia').chmod(0o755)

    def go(self, profile, *words, config=(), **environment):
        """Run papers one and two by a profile; what it said."""
        config = config or (f'bundle={self.root / "marginalia"}', f'out={self.root / "out"}')
        answer = subprocess.run(
            [SNAKEMAKE, '--snakefile', 'workflow/Snakefile', '--profile', f'workflow/profiles/{profile}', '--nolock', *words,
             '--config', *config, 'papers=[one,two]', 'seeds=[3]', 'minutes=7'], cwd=ROOT,
            env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=300)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        return answer.stdout + answer.stderr

    def tried(self):
        """The minutes that each try was given."""
        return [(self.root / 'out' / f'{key}-quick-3.tar.gz').read_text().split() for key in ('one', 'two')]

    def test_here(self):
        said = self.go('local')
        self.assertEqual(self.tried(), [['6', '6']] * 2)  # killed, run again, gone on
        self.assertIn('Trying to restart job', said)

    def test_slurm(self):
        """The profile as it is: its jobs are submitted with its resources, a job that died is submitted again and goes on."""
        commands, jobs = self.root / 'bin', self.root / 'jobs'
        commands.mkdir()
        jobs.mkdir()
        for name in ('sbatch', 'srun', 'sacct', 'squeue', 'scancel', 'sinfo', 'sacctmgr', 'scontrol'):
            (commands / name).symlink_to(SLURM)
        self.go('slurm', '--retries', '2', '--slurm-init-seconds-before-status-checks', '1', '--latency-wait', '5',
                PATH=f'{commands}:{os.environ["PATH"]}', PLAYED_SLURM=str(jobs))
        self.assertEqual(self.tried(), [['6', '6']] * 2)
        words = [path.read_text() for path in sorted(jobs.glob('*.words'))]
        self.assertEqual(len(words), 4)
        for text in words:
            for wanted in ('change-me', '-t\n7', '--mem\n4000', '--gres=gpu:1'):
                self.assertIn(wanted, text)

    def test_kubernetes(self):
        """The profile but for its volume's path: pods fetch the bundle and what Snakemake reads, one that died is made again and goes on."""
        commands, api = self.root / 'bin', self.root / 'api'
        commands.mkdir()
        api.mkdir()
        for name, text in (('rsync', RSYNC), ('pip', '#!/bin/sh\n')):
            (commands / name).write_text(text)
            (commands / name).chmod(0o755)
        path = f'{commands}:{SNAKEMAKE.parent}:{os.environ["PATH"]}'
        server = subprocess.Popen([sys.executable, API, api], env={**os.environ, 'PATH': path})
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        for _ in range(100):
            if (api / 'config').exists():
                break
            time.sleep(0.1)
        self.go('kubernetes', '--retries', '2', '--default-storage-prefix', self.root, config=('bundle=marginalia', 'out=out', f'folders={self.root / "folders"}'),
                PATH=path, KUBECONFIG=str(api / 'config'))
        self.assertEqual(self.tried(), [['6', '6']] * 2)
        jobs = [json.loads(one.read_text())['spec']['template']['spec'] for one in sorted((api / 'jobs').glob('*.json'))]
        self.assertEqual(len(jobs), 4)
        for job in jobs:
            self.assertEqual(job['containers'][0]['resources']['requests']['nvidia.com/gpu'], '1')
            self.assertIn({'claimName': 'marginalia'}, [one.get('persistentVolumeClaim') for one in job['volumes']])


if __name__ == '__main__':
    unittest.main()
