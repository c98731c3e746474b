"""What a reader meets in JupyterLab: cells that tell what to run again; completion and hover, where scripts/lab has built gopls."""

import json
import os
import tempfile
import time
import unittest
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from nb import lab
from nb.checkout import BIN, BUILD, JUPYTER, papers

SETUP = '//gonb:%noautoget\n//gonb:!*export GOWORK="$PWD/go.work"; go work init 2>/dev/null; go work use . "$MARGINALIA_ROOT"\n\n' \
    'import "github.com/marginalia-ml/marginalia/pkg/claim"\n'
CODE = 'func X() {\n\tx := claim.Within(1, 2)\n\t_ = x\n}\n'
PATIENCE = 120  # seconds for gopls to read the packages, the first time


class Kernel(unittest.TestCase):
    """A kernel, whose cells build from the checkout's packages."""
    setup = SETUP

    def setUp(self):
        BUILD.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix='.test-', dir=BUILD)
        self.addCleanup(folder.cleanup)
        manager = KernelManager(kernel_name='gonb')
        manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=[str(JUPYTER / 'kernels')], ensure_native_kernel=False)
        self.folder = Path(folder.name)
        self.prepare()
        with open(self.folder / 'log', 'w') as log:
            manager.start_kernel(cwd=folder.name, stderr=log, env={**os.environ, 'MARGINALIA_RUN': str(self.folder / 'run'), 'MARGINALIA_BACKEND': 'go'})
        self.addCleanup(manager.shutdown_kernel, now=True)
        self.client = manager.client()
        self.client.start_channels()
        self.addCleanup(self.client.stop_channels)
        self.client.wait_for_ready(timeout=60)
        self.assertEqual(self.answer(self.client.execute(self.setup))['status'], 'ok')

    def prepare(self):
        """Put files into the kernel's folder before it starts."""

    def answer(self, message):
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply['parent_header']['msg_id'] == message:
                return reply['content']


class Copies(unittest.TestCase):
    def test_of_the_committed_notebooks(self):
        for key in papers():
            with self.subTest(key):
                made = lab.notebook(key)
                told = [cell['source'] for cell in made['cells'] if cell['source'].startswith(lab.TELLING)]
                self.assertTrue(told)  # the settings
                self.assertEqual(lab.quiet(made)['cells'], [{**cell, 'source': cell['source'].removeprefix(lab.TELLING)} for cell in made['cells']])
                self.assertTrue(any(cell.get('outputs') for cell in made['cells']))  # of the cells that have not changed


@unittest.skipUnless((BIN / 'gopls').exists(), 'scripts/lab builds gopls')
class Help(Kernel):
    def until(self, ask, found):
        end = time.monotonic() + PATIENCE
        while not found(answer := self.answer(ask())):
            self.assertLess(time.monotonic(), end, answer)
            time.sleep(1)
        return answer

    def test_completion_and_hover(self):
        at = CODE.index('Within') + 4
        self.until(lambda: self.client.complete(CODE.replace('Within(1, 2)', 'With'), at), lambda answer: 'Within' in answer.get('matches', []))
        told = self.until(lambda: self.client.inspect(CODE, at), lambda answer: answer.get('found'))
        self.assertIn('Within holds for', told['data']['text/markdown'])


class Changes(Kernel):
    setup = SETUP.replace('pkg/claim"', 'pkg/notebook"') + 'import "fmt"\n\nvar paper = notebook.Open("p")\n'

    def prepare(self):
        statement = {'id': 'C1', 'kind': 'certificate', 'title': 'A', 'tex': '$a$', 'source': 'here', 'known': 'ours'}
        paper = {'key': 'p', 'title': 'A', 'authors': ['Nobody'], 'venue': 'here', 'learn': 'nothing', 'read': 'all', 'statements': [statement]}
        (self.folder / 'paper.json').write_text(json.dumps(paper))

    def shown(self, code):
        """What a cell shows."""
        message, texts = self.client.execute(code), []
        while True:
            told = self.client.get_iopub_msg(timeout=PATIENCE)
            if told['parent_header'].get('msg_id') != message:
                continue
            if told['msg_type'] in ('display_data', 'update_display_data'):
                texts.append(told['content']['data'].get('text/markdown', ''))
            if told['msg_type'] == 'stream' and told['content']['name'] == 'stderr':
                texts.append(told['content']['text'])
            if told['msg_type'] == 'status' and told['content']['execution_state'] == 'idle':
                self.assertEqual(self.answer(message)['status'], 'ok', texts)
                return '\n'.join(texts)

    def test_what_to_run_again(self):
        settings = [{'cell_type': 'code', 'source': f'var toy = {toy}\n\nvar large = 7\n'} for toy in (2, 3)]
        before, after = (cell['source'] for cell in lab.telling({'cells': settings})['cells'])
        cells = [f'//gonb:%exec paper.Cell({name})\n\n// A cell.\nfunc {name}(cell *notebook.Cell) {{\n\tcell.Markdown(fmt.Sprint("{name}: ", {reads}))\n}}\n'
                 for name, reads in (('C1', 'toy'), ('Other', 'large'))]
        self.assertNotIn('last ran', self.shown(before))
        self.assertIn('C1: 2', self.shown(cells[0]))
        self.assertIn('Other: 7', self.shown(cells[1]))
        self.assertIn('`toy` has changed since C1 last ran. Run it again', self.shown(after))
        said = self.shown(cells[0])
        self.assertIn('C1: 3', said)
        self.assertNotIn('last ran', said)
        self.assertNotIn('last ran', self.shown(after))
