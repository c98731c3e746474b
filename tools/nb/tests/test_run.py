import contextlib
import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from nb import run, test


def refused(arguments, parse=run.options):
    """What the parser says about arguments that it refuses."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            parse(arguments)
        except SystemExit as end:
            if end.code == 2:
                return said.getvalue()
    raise AssertionError(f'{arguments} were not refused')


@mock.patch('nb.run.papers', lambda: ['alpha', 'beta'])
class Arguments(unittest.TestCase):
    def test_unknown(self):
        for arguments, said in {
            ('gamma',): r"unknown paper 'gamma': known are alpha, beta",
            ('--scale', 'huge'): r"unknown scale 'huge': known are quick, paper",
            ('--backend', 'tpu'): r"unknown backend 'tpu': known are cpu, cuda, go, or the path",
            ('--backend', '/'): r"unknown backend '/'",
            ('--seed', '-1'): r"--seed '-1'|expected one argument",
            ('--seed', '18446744073709551616'): r'a whole number from 0 to 18446744073709551615',
            ('--seed', '1.5'): r"--seed '1.5'",
            ('--jobs', '0'): r"--jobs '0': a whole number from 1",
            ('--write', '--seed', '2'): r'--write is for seed 1',
        }.items():
            with self.subTest(arguments):
                self.assertRegex(refused(list(arguments)), said)

    def test_known(self):
        with tempfile.NamedTemporaryFile() as plugin:
            chosen = run.options(['beta', 'beta', '--scale', 'paper', '--backend', plugin.name, '--seed', '7', '--jobs', '2'])
        self.assertEqual((chosen.papers, chosen.scale, chosen.seed, chosen.jobs), (['beta'], 'paper', 7, 2))
        self.assertEqual(chosen.backend, str(Path(plugin.name).resolve()))
        self.assertEqual(chosen.cell_seconds, run.CELL_SECONDS['paper'])

    def test_all_papers_are_the_default(self):
        self.assertEqual(run.options(['--backend', 'go']).papers, ['alpha', 'beta'])

    def test_no_plugin_for_the_system(self):
        said = io.StringIO()
        with mock.patch('nb.run.has_cpu_plugin', lambda: False), mock.patch.dict('os.environ'), contextlib.redirect_stderr(said):
            run.os.environ.pop('MARGINALIA_PLUGIN', None)
            self.assertEqual(run.options([]).backend, 'go')
        self.assertIn('pure-Go backend', said.getvalue())

    def test_no_paper_at_all(self):
        with mock.patch('nb.run.papers', list):
            self.assertIn('there is no paper yet', refused([]))


class Parts(unittest.TestCase):
    def test_unknown(self):
        self.assertRegex(refused(['nothing'], test.options), "unknown part 'nothing': known are lint, go, race, python, notebooks")

    def test_order_is_that_of_the_whole(self):
        self.assertEqual(test.options(['notebooks', 'lint']), ['lint', 'notebooks'])
        self.assertEqual(test.options([]), list(test.PARTS))
