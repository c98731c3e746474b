"""scripts/site: what it needs, what it runs, and in which order."""

import contextlib
import io
import os
from unittest import mock

from nb import site
from nb.tests.test_setup import Folder

NODE = '''case "$1" in
--version) echo "${NODE_SAYS:-v20.1.0}" ;;
-e) [ -z "$NO_CHROMIUM" ] ;;
*) echo "$@ $SITE $ONLY${TURN:+ turn $TURN}" >>"$CALLS"; case "$*" in *"$FAILS"*) exit 1 ;; esac ;;
esac'''
NPM = 'echo npm >>"$CALLS"; [ -z "$NPM_FAILS" ] && mkdir -p "$3/node_modules"'


class Site(Folder):
    def setUp(self):
        super().setUp()
        self.home = self.folder / 'site'
        self.home.mkdir()
        for name in ('package.json', 'package-lock.json'):
            (self.home / name).write_text('{}')
        for name, value in {'HOME': self.home, 'BUILD': self.folder / 'build', 'SETUP': self.folder / 'setup'}.items():
            patch = mock.patch(f'nb.site.{name}', value)
            patch.start()
            self.addCleanup(patch.stop)
        self.built, self.fresh = [], []
        for name, value in {'papers': lambda: ['a', 'b', 'c', 'd'], 'browser.build': self.built.append, 'browser.there': lambda key: key in self.fresh, 'browser.data': dict}.items():
            patch = mock.patch(f'nb.site.{name}', value)
            patch.start()
            self.addCleanup(patch.stop)
        self.path = self.path_with('id', node=NODE, npm=NPM)

    def run_site(self, *arguments, **environment):
        """(what it leaves with, the calls of node and npm)."""
        calls = self.folder / 'calls'
        calls.write_text('')
        fixed = {'PATH': self.path, 'CALLS': str(calls), 'CI': '', 'FAILS': 'no such word'}
        with mock.patch.dict(os.environ, {**fixed, **environment}), contextlib.redirect_stderr(io.StringIO()):
            return site.main([*arguments, *([] if '--notebooks' in arguments else ['--notebooks', str(self.folder)])]), \
                calls.read_text().splitlines()

    def test_pages_alone(self):
        code, calls = self.run_site()
        self.assertEqual((code, calls[0]), (0, 'npm'))
        self.assertEqual(calls[1].strip(), f'build.mjs --notebooks {self.folder} --out {self.folder}/build/site --programs {self.folder}/build --data {{}}')
        self.assertTrue((self.home / 'node_modules').is_symlink())
        self.assertEqual(self.run_site()[1][0].split()[0], 'build.mjs', 'the packages are there')
        self.assertEqual(len(list((self.folder / 'setup').iterdir())), 1)

    def test_a_changed_lock_makes_another_folder(self):
        self.run_site()
        (self.home / 'package-lock.json').write_text('{"x": 1}')
        self.assertEqual(self.run_site()[1][0], 'npm')
        self.assertEqual(len(list((self.folder / 'setup').iterdir())), 2)

    def test_everything(self):
        code, calls = self.run_site('--pdf', '--single', '--test', '--shots')
        self.assertEqual(code, 0)
        self.assertEqual([call.split()[0] for call in calls[1:]],
                         ['build.mjs', 'pdf.mjs', 'shots.mjs', '--test-reporter=./test/reporter.mjs'])
        self.assertIn('--single', calls[1])
        self.assertTrue(calls[-1].strip().endswith(f'{self.folder}/build/site'), 'the tests know where the pages are')

    def test_programs(self):
        self.run_site()
        self.assertEqual(self.built, ['a', 'b', 'c', 'd'])
        for day, keys in ((0, ['a', 'b']), (1, ['c', 'd']), (2, ['a', 'b'])):
            self.built.clear()
            self.run_site('--test', '--turn', str(day))
            self.assertEqual(self.built, keys)
        self.built.clear()
        for key in ('a', 'b', 'c'):
            (self.folder / 'build' / key / 'browser').mkdir(parents=True)
            (self.folder / 'build' / key / 'browser' / 'program.wasm.gz').write_text('old')
        self.fresh = ['b']
        self.run_site('--programs', 'c')
        self.assertEqual(self.built, ['c'])
        left = [key for key in ('a', 'b', 'c') if (self.folder / 'build' / key / 'browser' / 'program.wasm.gz').exists()]
        self.assertEqual(left, ['b', 'c'], 'a program of other code is no page\'s')
        with contextlib.redirect_stderr(io.StringIO()) as said, self.assertRaises(SystemExit):
            site.main(['--notebooks', str(self.folder), '--programs', 'x'])
        self.assertIn('--programs x: known are a, b, c, d', said.getvalue())

    def test_measuring_builds_no_site(self):
        with mock.patch('nb.site.browser.measure') as measure:
            self.assertEqual(self.run_site('--measure', 'c', 'a'), (0, ['npm']))
            self.assertEqual([call.args for call in measure.call_args_list], [('c',), ('a',)])
            self.run_site('--measure', 'c', '--limit', '5')
            self.assertEqual(measure.call_args.kwargs, {'limit': 5})
            with contextlib.redirect_stderr(io.StringIO()) as said, self.assertRaises(SystemExit):
                site.main(['--notebooks', str(self.folder), '--measure', '--limit', '61'])
            self.assertIn('--limit 61: a number of seconds from 1 to 60', said.getvalue())

    def test_one_page(self):
        for key in ('a', 'b'):
            (self.folder / key).mkdir()
            (self.folder / key / f'{key}.ipynb').write_text('{}')
        code, calls = self.run_site('--only', 'a', 'b', '--test')
        self.assertEqual(code, 0)
        self.assertTrue(calls[1].strip().endswith(f'--out {self.folder}/build/pages --only a,b --programs {self.folder}/build --data {{}}'))
        self.assertEqual(self.built, ['a', 'b'], 'the programs of these pages')
        self.assertTrue(calls[2].endswith('build/pages a,b'), 'the tests know which pages')
        self.assertNotIn('--only', self.run_site('--only', 'a', 'index')[1][0], 'the front page stands for all papers')
        with contextlib.redirect_stderr(io.StringIO()) as said, self.assertRaises(SystemExit):
            site.main(['--notebooks', str(self.folder), '--only', 'c'])
        self.assertIn('--only c: expected index, packages, or a paper with a notebook', said.getvalue())

    def test_halves_change_places_from_day_to_day(self):
        said = [self.run_site('--test', '--turn', str(day))[1][-1].split()[-2:] for day in (20261128, 20261129, 20261130)]
        self.assertEqual(said, [['turn', '0'], ['turn', '1'], ['turn', '0']])
        self.assertNotIn('turn', self.run_site('--test')[1][-1])

    def test_a_step_that_fails_is_the_last(self):
        code, calls = self.run_site('--pdf', '--test', FAILS='pdf.mjs')
        self.assertEqual((code, len(calls)), (1, 3))
        self.assertEqual(self.run_site('--test', FAILS='all.mjs')[0], 1)

    def test_what_is_missing(self):
        self.assertRegex(self.run_site(NODE_SAYS='v18.3.0')[0], r'Node 18\.15 or newer is needed, found v18\.3\.0')
        self.assertRegex(self.run_site(NPM_FAILS='yes')[0], 'npm could not install')
        self.assertEqual(list((self.folder / 'setup').iterdir()), [], 'a failed installation leaves nothing')
        self.assertRegex(self.run_site('--test', NO_CHROMIUM='yes')[0], 'Chromium')
        (self.folder / 'bin' / 'npm').unlink()
        self.assertRegex(self.run_site()[0], r'npm not found\. To install them: sudo apt-get')

    def test_no_such_folder(self):
        said = io.StringIO()
        with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as left:
            site.main(['--notebooks', '/nowhere'])
        self.assertEqual(left.exception.code, 2)
        self.assertIn('--notebooks /nowhere: a folder is expected', said.getvalue())
