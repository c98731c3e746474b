"""scripts/site: builds the reading room with Node; the builder itself is in tools/site."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from . import browser, program
from .checkout import BUILD, NOTEBOOKS, SETUP, TOOLS, papers

HOME = TOOLS / 'site'
NODE = (18, 15)
INSTALL = 'To install them: sudo apt-get install nodejs npm (macOS: brew install node)'
FIND = ('import("./browser.mjs").then((b) => console.log(b.findChromium()))'
        '.catch((e) => { console.error(`site: ${e.message}`); process.exit(1); })')


class SiteError(Exception):
    """Why no page was built."""


def parser():
    made = argparse.ArgumentParser(
        prog='scripts/site', description='Builds the committed notebooks as pages into build/site; open build/site/index.html. '
        'Needs Go, and Node 18.15 or newer with npm; --pdf, --test and --shots need Chromium too.')
    made.add_argument('--pdf', action='store_true', help='also one PDF a paper, in build/pdf')
    made.add_argument('--single', action='store_true', help='also one file a paper that needs no other, in build/single')
    made.add_argument('--test', action='store_true', help='then check builder and pages, the pages in a real browser: a line '
                      '"ok ..." or "FAIL ..." for each check; leaves with 1 if one fails')
    made.add_argument('--turn', metavar='DAY', type=int, help='with --test: look at half of the pages wide and at the others narrow, '
                      'which change places from a day, a number, to the next')
    made.add_argument('--shots', action='store_true', help='then take pictures of all pages, wide and narrow, light and dark, '
                      'into build/shots')
    made.add_argument('--only', metavar='PAGE', nargs='+', default=[], help='build and look at these pages alone, into build/pages: '
                      'keys of papers, index, packages; --test then leaves out the checks of the builder')
    made.add_argument('--programs', metavar='KEY', nargs='*', help='the papers whose pages recompute in the browser; their programs are built '
                      'where they are not there (default: all that the site has; with --turn: two of the day)')
    made.add_argument('--measure', metavar='KEY', nargs='*', help='build no site: run the claims of these papers, or of all, as a browser does, those '
                      'whose cells have changed since, and keep in notebooks/KEY/browser.json what became of each')
    made.add_argument('--limit', metavar='SECONDS', type=int, default=browser.LIMIT, help='with --measure: what takes longer than so many seconds of '
                      'the processor is given up, until more are given (default: %(default)s, which is what a page offers)')
    made.add_argument('--notebooks', metavar='DIR', default=str(NOTEBOOKS), help='take DIR/<paper>/<paper>.ipynb instead of the '
                      'committed notebooks, for example those that scripts/run left in build')
    return made


def provide(*packages):
    """Whether what is missing could be installed: in CI, as root; elsewhere the command is named."""
    if os.environ.get('CI') != 'true' or not shutil.which('apt-get') or os.geteuid():
        return False
    environment = dict(os.environ, DEBIAN_FRONTEND='noninteractive')
    return all(subprocess.run(['apt-get', *words], env=environment, stdout=sys.stderr).returncode == 0 for words in (
        ('update', '-qq'), ('install', '-y', '-qq', '--no-install-recommends', *packages)))


def need_node():
    missing = [name for name in ('node', 'npm') if not shutil.which(name)]
    if missing and not provide('nodejs', 'npm'):
        raise SiteError(f'node and npm are needed, {" and ".join(missing)} not found. {INSTALL}')
    said = subprocess.run(['node', '--version'], capture_output=True, text=True).stdout.strip()
    numbers = [int(part) for part in said.removeprefix('v').split('.')[:2] if part.isdigit()]
    if numbers < list(NODE):
        raise SiteError(f'Node {".".join(map(str, NODE))} or newer is needed, found {said or "one that does not answer"} '
                        f'at {shutil.which("node")}')


def need_packages():
    """The packages lie in a folder named after the lock file, so that a changed lock makes another
    one and a killed installation leaves none. npm checks every package's hash."""
    final = SETUP / f'site-{zlib.crc32((HOME / "package-lock.json").read_bytes())}'
    if not final.is_dir():
        SETUP.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix='site.', dir=SETUP, ignore_cleanup_errors=True) as draft:
            for name in ('package.json', 'package-lock.json'):
                shutil.copy(HOME / name, draft)
            print('site: installing the packages of tools/site/package-lock.json', file=sys.stderr, flush=True)
            if subprocess.run(['npm', 'ci', '--prefix', draft, '--ignore-scripts', '--no-audit', '--no-fund', '--silent']).returncode:
                raise SiteError('npm could not install the packages; the first time it needs its registry (npm config get registry)')
            if not final.is_dir():
                os.chmod(draft, 0o755)
                os.rename(draft, final)
    link, wanted = HOME / 'node_modules', final / 'node_modules'
    if link.resolve() != wanted.resolve():
        if link.is_symlink():
            link.unlink()
        elif link.exists():
            shutil.rmtree(link)
        link.symlink_to(wanted)


def need_chromium():
    def look(**options):
        return subprocess.run(['node', '-e', FIND], cwd=HOME, **options).returncode == 0

    if not look(capture_output=True) and not provide('chromium') and not look(stdout=subprocess.DEVNULL):
        raise SiteError('the pages are looked at with Chromium, which was not found')


def node(script, *words, cwd=HOME, **environment):
    """Whether a script of tools/site leaves with 0."""
    quiet = f'{os.environ.get("NODE_OPTIONS", "")} --no-warnings'.strip()
    return subprocess.run(['node', *map(str, (*([script] if isinstance(script, (str, Path)) else script), *words))], cwd=cwd,
                          env=dict(os.environ, NODE_OPTIONS=quiet, **environment)).returncode == 0


# So many programs for browsers are built for the checks of a day.
PROGRAMS = 2


def programs(given):
    """Build the programs of the pages that recompute."""
    keys = papers()
    chosen = given.programs
    if chosen is None:
        chosen = [key for key in keys if not given.only or key in given.only]
        if given.turn is not None:
            chosen = [keys[(PROGRAMS * given.turn + i) % len(keys)] for i in range(min(PROGRAMS, len(keys)))]
    for key in keys:
        if key in chosen:
            browser.build(key)
        elif not browser.there(key):  # that of other code
            (BUILD / key / 'browser' / 'program.wasm.gz').unlink(missing_ok=True)
    return ['--programs', BUILD, '--data', json.dumps(browser.data())]


def build(given):
    """Whether pages, and what else was asked for, were made and found well."""
    pages = BUILD / ('pages' if given.only else 'site')
    names = ','.join(given.only)
    # The front page and that of the packages stand for all papers.
    chosen = [] if not given.only or set(given.only) & {'index', 'packages'} else ['--only', names]
    single = ['--single', BUILD / 'single'] if given.single else []
    return (node('build.mjs', '--notebooks', given.notebooks, '--out', pages, *single, *chosen, *programs(given))
            and (not given.pdf or node('pdf.mjs', pages, BUILD / 'pdf'))
            and (not given.shots or node('shots.mjs', pages, BUILD / 'shots'))
            and (not given.test or node(['--test-reporter=./test/reporter.mjs', 'test/all.mjs'], SITE=str(pages),
                                           **({'ONLY': names} if names else {}), **({} if given.turn is None else {'TURN': str(given.turn % 2)}))))


def main(arguments):
    known = parser()
    given = known.parse_args(arguments)
    if not os.path.isdir(given.notebooks):
        known.error(f'--notebooks {given.notebooks}: a folder is expected')
    given.notebooks = os.path.abspath(given.notebooks)
    unknown = [page for page in given.only if page not in ('index', 'packages') and not os.path.isfile(
        os.path.join(given.notebooks, page, f'{page}.ipynb'))]
    if unknown:
        known.error(f'--only {" ".join(unknown)}: expected index, packages, or a paper with a notebook in {given.notebooks}')
    if not 1 <= given.limit <= browser.LIMIT:
        known.error(f'--limit {given.limit}: a number of seconds from 1 to {browser.LIMIT} is expected')
    for option in ('programs', 'measure'):
        if strange := [key for key in getattr(given, option) or [] if key not in papers()]:
            known.error(f'--{option} {" ".join(strange)}: known are {", ".join(papers())}')
    sys.stdout.flush()
    try:
        need_node()
        need_packages()
        if given.pdf or given.test or given.shots:
            need_chromium()
        if given.measure is not None:
            for key in given.measure or papers():
                browser.measure(key, limit=given.limit)
            return 0
        return 0 if build(given) else 1
    except (SiteError, OSError, browser.BrowserError, program.ProgramError) as error:
        return f'site: {error}'
    except KeyboardInterrupt:
        return 130
