"""Whole runs: green, red in every way, interrupted, killed, twice at once."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from nb import claims, steps
from nb.checkout import BUILD, TOOLS

FIXTURES = Path(__file__).parent / 'fixtures'
FIGURE = 'github.com/marginalia-ml/marginalia/pkg/figure'
PATIENCE = 300  # seconds until a thing that must happen counts as not happening, on a machine with much other work


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError('it did not happen')
        time.sleep(0.05)


def processes(word):
    """The processes, but for ps and this one, in whose arguments a word stands."""
    if Path('/proc/self/cmdline').exists():
        found = []
        for path in Path('/proc').glob('[0-9]*/cmdline'):
            with contextlib.suppress(OSError):
                found.append(path.read_bytes().replace(b'\0', b' ').decode(errors='replace'))
    else:
        found = subprocess.run(['ps', '-axo', 'args='], capture_output=True, text=True).stdout.splitlines()
    return [line for line in found if word in line]


class Run(unittest.TestCase):
    def setUp(self):
        # Inside the checkout, like the papers; go ignores a folder whose name begins with a dot.
        BUILD.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix='.test-', dir=BUILD)
        self.addCleanup(folder.cleanup)
        self.folder, self.build = Path(folder.name) / 'papers', Path(folder.name) / 'a build'

    def paper(self, key, fixture='tiny', **changes):
        text = (FIXTURES / fixture / f'{fixture}.go').read_text()
        paper = (FIXTURES / fixture / 'paper.json').read_text()
        for old, new in changes.get('change', {}).items():
            self.assertIn(old, text + paper)
            text, paper = text.replace(old, new), paper.replace(old, new)
        if not changes.get('draw'):
            text = re.sub(r'// %%\n//gonb:%exec paper.Cell\(Draw\)\n.*?\n}\n\n', '', text, flags=re.S).replace(f'\t"{FIGURE}"\n', '')
        home = self.folder / key
        home.mkdir(parents=True, exist_ok=True)
        (home / f'{key}.go').write_text(text.replace(f'"{fixture}"', f'"{key}"'))
        (home / 'paper.json').write_text(paper.replace(f'"{fixture}"', f'"{key}"'))
        return home

    def start(self, *arguments, **options):
        return subprocess.Popen([sys.executable, '-m', 'nb.tests.drive', self.folder, self.build, '--backend', 'go', *arguments],
                                env=dict(os.environ, PYTHONPATH=str(TOOLS)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, **options)

    def finish(self, *arguments):
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, said


class Green(Run):
    def test_written_and_read_back(self):
        home = self.paper('tiny', draw=True)
        code, said = self.finish('--write', '--seed', '1')
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r'tiny: cell 5/5, \d+ s, 1 claim \(this cell')
        self.assertRegex(said, r'  T1   holds        sum: 2 \(exactly 2\)')
        self.assertIn('1 paper green', said)
        self.assertIn('documents written', said)
        notebook = json.loads((home / 'tiny.ipynb').read_text())
        self.assertIn('| **T1** | *A sum.* $1 + 1 = 2$ | section 1 (ours) | holds |', ''.join(notebook['cells'][0]['source']))
        about = notebook['metadata']['marginalia']
        self.assertEqual((about['key'], about['scale'], about['seed'], about['backend']), ('tiny', 'quick', 1, 'go'))
        picture, chart = notebook['cells'][5]['outputs']
        self.assertEqual(picture['metadata']['image/png']['alt'], 'A curve that rises.')
        self.assertNotIn('<svg', ''.join(chart['data']['text/html']))
        self.assertIn('livefigs', ''.join(chart['data']['text/html']))
        self.assertTrue((home / 'cover.png').read_bytes().startswith(b'\x89PNG'))
        self.assertEqual(claims.differences(home / 'claims.json', self.build / 'tiny' / 'claims.json'), [])
        self.assertEqual(sorted(path.name for path in (self.build / 'tiny').iterdir()),
                         ['.lock', 'claims.json', 'cover.png', 'kernel.log', 'run', 'tiny.ipynb'])
        code, said = self.finish()  # the same numbers again, of seed 1 where none is named
        self.assertEqual(code, 0, said)
        self.assertEqual((home / 'claims.json').read_bytes(), (self.build / 'tiny' / 'claims.json').read_bytes())


class Red(Run):
    CASES = {
        'fails': {'"sum", 1+1': '"sum", 1+3'},
        'vacuous': {'"wrong sum", 1+2': '"wrong sum", 1+1'},
        'not-checked': {'\tc := cell.Claim()\n': '\tc := cell.Claim()\n\tif cell.Seed() > 0 {\n\t\treturn\n\t}\n'},
        'unclosed': {'//gonb:%exec paper.Close': '//gonb:%exec paper.Begin'},
        'panics': {'fmt.Println("one and one")': 'panic(fmt.Sprint("on purpose"))'},
        'another': {'"key": "tiny"': '"key": "other"'},
        'malformed': {'// %% [markdown]\n// ## Claims': '// %% [text]\n// ## Claims'},
        'mistaken': {'fmt.Println("one and one")': 'var none []int; fmt.Println(none[len(none)])'},
        'uncompiled': {'fmt.Println("one and one")': 'undefinedThing()'},
        'noticed': {'\t"fmt"\n': '\t"fmt"\n\t"os"\n', 'fmt.Println("one and one")':
                    'fmt.Println("one and one")\n\tos.WriteFile(os.Getenv("MARGINALIA_NOTICES"), []byte("marginalia: x had come to its end ("+os.Getenv("MARGINALIA_RUN")+"/kept/x)"), 0o600)'},
        'vetted': {'fmt.Println("one and one")': 'fmt.Printf("%d", "one")'},
    }
    SAID = {
        'fails': r'\nnotebooks/fails/fails\.go:40: RED, T1 fails: sum: 4 \(exactly 2\)\nfails: cell 3/4(.*\n)*'
                 r'fails: 1 claim red\n    notebooks/fails/fails\.go:40: T1 fails: sum is 4, expected exactly 2\n',
        'vacuous': r'notebooks/vacuous/vacuous\.go:41: RED, T1 is vacuous: its control "wrong sum" holds, 2\n(.*\n)*'
                   r'    notebooks/vacuous/vacuous\.go:41: T1 vacuous: ',
        'not-checked': r'    notebooks/not-checked/not-checked\.go:39: T1 not checked: no check was recorded',
        'unclosed': r'unclosed\.go:1: one cell executes paper\.Begin and the last one paper\.Close, found paper\.Begin, paper\.Cell\(T1\), paper\.Begin\n',
        'panics': r'panics: notebooks/panics/panics\.go:42: cell c04 \(%exec paper\.Cell\(T1\)\)\n    on purpose\n\n',
        'mistaken': r'notebooks/mistaken/mistaken\.go:42: cell c04 .*\n    panic: runtime error: index out of range .*\n'
                    r'    at notebooks/mistaken/mistaken\.go:42\n\n',
        'uncompiled': r'uncompiled: go vet .*:\n(    .*\n)*    .*\buncompiled\.go:42:\d+: undefined: undefinedThing\n',
        'noticed': r'\nnoticed: marginalia: x had come to its end \(.*/noticed/run/kept/x\): the run was to begin with nothing kept\n',
        'vetted': r'vetted: go vet .*:\n(    .*\n)*    .*\bvetted\.go:42:\d+: fmt\.Printf format %d has arg "one"',
        'another': r'paper\.json has the key "other", but the notebook was opened with notebook\.Open\("another"\)',
        'malformed': r"malformed\.go:23: '// %% \[text\]' is no marker",
    }

    # What needs a kernel has its turn by the date.
    TURNS = ('fails', 'panics', 'noticed'), ('vacuous', 'mistaken', 'not-checked', 'another')

    def test_all_of_them(self):
        tomorrow = self.TURNS[steps.day() % 2 - 1]
        cases = {key: change for key, change in self.CASES.items() if key not in tomorrow}
        for key, change in cases.items():
            self.paper(key, change=change)
        home = self.paper('well')
        code, said = self.finish('--keep-going', '--jobs', '2', '--write')
        self.assertEqual(code, 1, said)
        for key in cases:
            with self.subTest(key):
                self.assertRegex(said, self.SAID[key])
                self.assertIn(f'{key} is red: not written', said)
                self.assertEqual(sorted(os.listdir(self.folder / key)), sorted([f'{key}.go', 'paper.json']))
        self.assertNotRegex(said, r'goroutine|exit status|main\.go|/tmp', 'a sentence, not a trace')
        self.assertNotRegex(said, r'(?m)^(?!another|unclosed).*%exec paper\.Close', 'the closing cell is not to blame')
        self.assertIn(f'1 paper green, {len(cases)} red: ', said)
        self.assertTrue((home / 'well.ipynb').exists())
        failed = 'panics' if 'panics' in cases else 'mistaken'
        self.assertTrue((self.build / failed / f'{failed}.ipynb').exists(), 'a failed notebook is the evidence')

    def test_stops_at_the_first(self):
        self.paper('a', change=self.CASES['panics'])
        self.paper('b')
        code, said = self.finish()
        self.assertEqual(code, 1)
        self.assertIn('not begun: b', said)
        self.assertFalse((self.build / 'b').exists())


class Interrupted(Run):
    def waiting(self):
        self.paper('slow', 'slow')
        process = self.start(start_new_session=True)
        self.addCleanup(process.stdout.close)
        wait_for((self.build / 'slow' / 'run' / 'waiting').exists)
        self.assertTrue(processes(str(self.build)), 'kernel and cell are there')
        return process

    def gone(self):
        wait_for(lambda: not processes(str(self.build)) and not processes('sleep 86397'))

    def test_by_a_signal(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                process = self.waiting()
                os.killpg(process.pid, number)
                said, _ = process.communicate(timeout=PATIENCE)
                self.assertEqual(process.returncode, 130, said)
                self.assertIn('interrupted', said)
                self.gone()
                self.assertEqual(sorted(path.name for path in (self.build / 'slow').iterdir()), ['.lock', 'kernel.log', 'run'])
                shutil.rmtree(self.build)

    def test_killed_and_the_next_run_starts_clean(self):
        process = self.waiting()
        process.kill()
        process.wait()
        self.gone()
        self.assertTrue((self.build / 'slow' / 'tmp').exists(), 'nobody could clean up')
        (self.build / 'slow' / 'run' / 'ledger.jsonl').write_text('{"paper": "torn')
        self.paper('slow', 'tiny')
        code, said = self.finish()
        self.assertEqual(code, 0, said)
        self.assertFalse((self.build / 'slow' / 'tmp').exists())
        self.assertFalse((self.build / 'slow' / 'run' / 'waiting').exists())

    def test_a_second_run_of_the_same_paper_is_refused(self):
        process = self.waiting()
        code, said = self.finish()
        self.assertEqual(code, 1)
        self.assertIn(f'slow is being run by another process ({process.pid})', said)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        self.gone()
