"""JupyterLab's help on Go: completion and hover, where scripts/lab has built gopls."""

import tempfile
import time
import unittest
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from nb.checkout import BIN, BUILD, JUPYTER

SETUP = '//gonb:%noautoget\n//gonb:!*go work init 2>/dev/null; go work use . "$MARGINALIA_ROOT"\n\n' \
    'import "github.com/marginalia-ml/marginalia/pkg/claim"\n'
CODE = 'func X() {\n\tx := claim.Within(1, 2)\n\t_ = x\n}\n'
PATIENCE = 120  # seconds for gopls to read the packages, the first time


@unittest.skipUnless((BIN / 'gopls').exists(), 'scripts/lab builds gopls')
class Help(unittest.TestCase):
    def setUp(self):
        BUILD.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix='.test-', dir=BUILD)
        self.addCleanup(folder.cleanup)
        manager = KernelManager(kernel_name='gonb')
        manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=[str(JUPYTER / 'kernels')], ensure_native_kernel=False)
        with open(Path(folder.name) / 'log', 'w') as log:
            manager.start_kernel(cwd=folder.name, stderr=log)
        self.addCleanup(manager.shutdown_kernel, now=True)
        self.client = manager.client()
        self.client.start_channels()
        self.addCleanup(self.client.stop_channels)
        self.client.wait_for_ready(timeout=60)
        self.assertEqual(self.answer(self.client.execute(SETUP))['status'], 'ok')

    def answer(self, message):
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply['parent_header']['msg_id'] == message:
                return reply['content']

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
