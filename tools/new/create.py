"""scripts/new: starts the notebook of another paper, green from the first minute."""

import argparse
import json
import re
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MODULE = 'github.com/marginalia-ml/marginalia'
KEY = re.compile(r'[a-z0-9]+(-[a-z0-9]+)*')
ARXIV = re.compile(r'(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})?')
GO_WORDS = set('break case chan const continue default defer else fallthrough for func go goto if import interface map '
               'package range return select struct switch type var main init'.split())


class NewError(Exception):
    """Why the notebook cannot be started, and what to do."""


def create(key, root=ROOT, title='', authors='', venue='', arxiv=''):
    """Write notebooks/<key>/ under root, all of it or nothing; returns the folder."""
    if not KEY.fullmatch(key):
        raise NewError(f'the key is {key!r}: lower-case words and numbers joined by hyphens are expected, '
                       'as in ntp-implicit-bias')
    if not ARXIV.fullmatch(arxiv):
        raise NewError(f'--arxiv {arxiv!r}: a number such as 2402.18551 is expected')
    folder = Path(root) / 'notebooks' / key
    if folder.exists():
        raise NewError(f'{folder} is there already: choose another key, or remove the folder if nothing in it is needed')
    known = next((paper for paper in listed() if paper['key'] == key), {})
    facts = {
        'title': title or known.get('title') or key.replace('-', ' ').capitalize(),
        'authors': [name.strip() for name in authors.split(',') if name.strip()] or known.get('authors') or ['Its authors'],
        'venue': venue or known.get('venue') or str(date.today().year),
        'arxiv': arxiv or known.get('arxiv', ''),
    }
    draft = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f'.{key}.', dir=folder.parent))
        (draft / 'study').mkdir()
        for template, name in (('paper.go.txt', f'{key}.go'), ('paper_test.go.txt', f'{key}_test.go'), ('paper.json.txt', 'paper.json'),
                               ('study.go.txt', 'study/study.go'), ('study_test.go.txt', 'study/study_test.go'),
                               ('questions.md.txt', 'questions.md'), ('review.md.txt', 'review.md'), ('review.py.txt', 'review.py')):
            (draft / name).write_text(filled((HERE / template).read_text(encoding='utf-8'), key, facts, folder), encoding='utf-8')
        draft.chmod(0o755)
        draft.rename(folder)
    except OSError as error:
        raise NewError(f'cannot write {folder}: {error}') from None
    finally:
        if draft:
            shutil.rmtree(draft, ignore_errors=True)
    return folder


def listed():
    """The papers that the site's front page names."""
    return json.loads((HERE.parent / 'site' / 'papers.json').read_text(encoding='utf-8'))


def filled(text, key, facts, folder):
    byline = f'{", ".join(facts["authors"])}. {facts["venue"]}'
    if facts['arxiv']:
        byline += f', [arXiv:{facts["arxiv"]}](https://arxiv.org/abs/{facts["arxiv"]})'
    values = {
        'STUDY': f'{MODULE}/{folder.resolve().relative_to(ROOT).as_posix()}/study',
        'KEY': key, 'PACKAGE': package(key), 'TITLE': facts['title'], 'BYLINE': byline,
        'KEY_JSON': quoted(key), 'TITLE_JSON': quoted(facts['title']), 'VENUE_JSON': quoted(facts['venue']),
        'AUTHORS_JSON': ', '.join(quoted(name) for name in facts['authors']),
        'ARXIV_LINE': f' "arxiv": {quoted(facts["arxiv"])},\n' if facts['arxiv'] else '',
    }
    return re.sub(r'@(\w+)@', lambda name: values[name[1]], text)


def package(key):
    """The key as the name of a Go package."""
    name = key.replace('-', '')
    return f'paper{name}' if name[0].isdigit() or name in GO_WORDS else name


def quoted(text):
    """A string of JSON."""
    return json.dumps(text, ensure_ascii=False)


def main(arguments):
    parser = argparse.ArgumentParser(
        prog='scripts/new', description='Starts the notebook of another paper in notebooks/<KEY>/: its '
        'statements, a source with settings, one figure and one claim with its controls, what its cells call, tests, and the questions to answer '
        'before writing and before it counts as done. '
        'Papers that the front page lists get their facts from it.')
    parser.add_argument('key', metavar='KEY', help='lower-case words joined by hyphens, as in ntp-implicit-bias')
    parser.add_argument('--title', default='', help='the title of the paper')
    parser.add_argument('--authors', default='', help='its authors, separated by commas')
    parser.add_argument('--venue', default='', help='where and when it appeared')
    parser.add_argument('--arxiv', default='', help='its arXiv number')
    given = parser.parse_args(arguments)
    if any('\n' in value for value in vars(given).values()):
        parser.error('a line break is in one of the values: one line each is expected')
    try:
        folder = create(given.key, title=given.title, authors=given.authors, venue=given.venue, arxiv=given.arxiv)
    except NewError as error:
        print(f'new: {error}', file=sys.stderr)
        return 2
    print(f'{folder.relative_to(ROOT)}/ is there. Next:\n'
          f'    scripts/run {given.key}            executes it: one claim, green\n'
          f'    scripts/run {given.key} --program --seeds 20\n'
          f'    notebooks/{given.key}/questions.md  what to answer before writing\n'
          f'    scripts/run {given.key} --write    puts the executed notebook beside its source')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
