"""The parts of README.md and environment.md that are made from files.

They stand between <!-- begin: NAME --> and <!-- end: NAME -->.
"""

import json
import re
import statistics

from mutate import faults, results

from . import claims, measured, system, tried
from .checkout import NOTEBOOKS, ROOT, TOOLS, papers
from .files import write_whole
from .progress import count

RESULTS = measured.RESULTS
STEPS = TOOLS / 'nb' / 'steps.json'  # what scripts/test --record keeps


class DocumentError(Exception):
    """Why a document cannot be filled in."""


def made():
    """Each document's path, and its text as it should be. Raises DocumentError, LedgerError."""
    return {path: fill(path.read_text()) for path, fill in
            ((ROOT / 'README.md', readme), (ROOT / 'environment.md', environment), (TOOLS / 'nb' / 'testing.md', testing))}


def testing(text):
    """testing.md with the table of what was tried from outside."""
    return block(text, 'tried', tried.table())


def write():
    for path, text in made().items():
        if path.read_text() != text:
            write_whole(path, text)


def stale():
    """What is wrong with the documents: a list of sentences."""
    try:
        return [f'{path.name} is not what the files say: tools/documents fills it in'
                for path, text in made().items() if path.read_text() != text] + results.problems()
    except (DocumentError, claims.LedgerError, tried.TriedError, faults.FaultError, results.ResultError) as error:
        return [str(error)]


def block(text, name, content):
    """The text with the content of a block replaced."""
    begin, end = f'<!-- begin: {name} -->', f'<!-- end: {name} -->'
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise DocumentError(f'one line {begin} and, after it, one line {end} are needed')
    inside = f'\n\n{content.strip()}\n\n' if content.strip() else '\n'
    return re.sub(re.escape(begin) + '.*?' + re.escape(end), lambda _: begin + inside + end, text, flags=re.S)


FIRST = 'ntp-implicit-bias'  # whose picture needs the fewest words; that of another paper where it has none


def readme(text):
    """README.md with tables and figures from the committed ledgers and notebooks."""
    there = [key for key in papers() if (NOTEBOOKS / key / 'claims.json').exists()]
    text = block(text, 'claims', summary(there))
    text = block(text, 'import', example(ROOT / 'pkg/ntp/example_test.go', 'ExampleInstance_Wmm'))
    text = block(text, 'speed', speed(RESULTS, in_short))
    text = block(text, 'faults', results.table())
    return block(text, 'figures', next(filter(None, map(figure, sorted(there, key=lambda key: key != FIRST))), ''))


def example(path, name):
    """The body of an example that the tests run, as Go in Markdown."""
    body = re.search(rf'^func {name}\(\) {{\n(.*?)\t// Output:\n(.*?)^}}', path.read_text(), re.M | re.S)
    if not body:
        raise DocumentError(f'{path.name} has no example {name} with an output')
    return '```go\n' + re.sub('^\t', '', body[1] + body[2], flags=re.M) + '```'


def summary(keys):
    """What holds, a line a paper: whose statements they are and how each is known."""
    if not keys:
        return ''
    paths = [NOTEBOOKS / key / 'claims.json' for key in keys]
    counts = claims.counts(*paths)
    shown = ('holds', 'corrected', 'slip', 'evidence', 'paper scale')
    known = ('read', 'second-hand', 'reconstructed')
    rows = ['| Paper | Its claims | ' + ' | '.join(shown) + ' | Ours | ' + ' | '.join(known) + ' |',
            '| --- |' + ' ---: |' * (2 + len(shown) + len(known))]
    for key, path in zip(keys, paths):
        title = claims.load(path)['paper']['title']
        rows.append(row(f'[{title}](notebooks/{key}/{key}.ipynb)', counts['papers'][key], shown, known))
    if len(keys) > 1:
        rows.append(row('Together', counts['total'], shown, known))
    total = counts['total']
    return '\n'.join(rows) + f'\n\n{total["checks"]} checks, {total["controls"]} controls.'


def row(name, counts, shown, known):
    numbers = [sum(counts['paper'].values()), *(counts['paper'][verdict] for verdict in shown),
               sum(counts['ours'].values()), *(counts['known'][how] for how in known)]
    return f'| {name} | ' + ' | '.join(map(str, numbers)) + ' |'


# What README.md shows of the ratios; environment.md has all.
IN_SHORT = (('loop', 'JAX'), ('attention', 'JAX'), ('mlp', 'JAX'), ('capacity', 'JAX, widths by vmap'), ('qp', 'cvxpy, CLARABEL'))


def in_short(results):
    """Of each of IN_SHORT the first result."""
    for bench, against in IN_SHORT:
        yield from [result for result in results if (result['bench'], result['against']) == (bench, against)][:1]


def speed(path, choose=list):
    """The table of what scripts/bench --write measured, of the rows that are chosen."""
    if not path.exists():
        return ''
    results = [json.loads(line) for line in path.read_text().splitlines()]
    results = [result for result in results if result['bench'] != 'growth']
    if not results:
        return 'Not measured since the rows carry their rounds: `scripts/bench all --write`.'
    rows = ['| What | Against | Their time over ours: median [least, most] | Ours | Over the machine’s limit |', '| --- | --- | ---: | ---: | ---: |']
    for result in choose(results):
        limit = f'{result["limit"]:.1f}' if result.get('limit') else ''
        comment = f'; {result["comment"]}' if result.get('comment') else ''
        ratio = f'{short(result["ratio"])} [{short(result["low"])}, {short(result["high"])}]' if result['ratio'] else 'no answer'
        if result.get('stopped'):
            ratio = f'more than {short(result["ratio"])}'
        rows.append(f'| {result["what"]}{comment} | {result["against"]} | {ratio} | {result["ours"]} | {limit} |')
    devices = sorted({result['device'] for result in results})
    against = [result['ratio'] for result in results if re.match('JAX(,|$)', result['against'])]
    mean = f' Geometric mean of the {len(against)} ratios against JAX: {statistics.geometric_mean(against):.2f}.' if against else ''
    return ('\n'.join(rows) + f'\n\nSeen on {"; ".join(devices)}, each ratio in one run, in turns.{mean}')


def growth(path):
    """The table of how time grows with size, which scripts/bench growth --write measured."""
    if not path.exists():
        return ''
    results = [json.loads(line) for line in path.read_text().splitlines()]
    results = [result for result in results if result['bench'] == 'growth']
    if not results:
        return ''
    rows = ['| As the work grows | Sizes | Time at the least and at the largest | Slope of the time, 95 % | Of the operations | Of the bytes |',
            '| --- | --- | ---: | ---: | ---: | ---: |']
    for result in results:
        sizes = ', '.join(f'{size:g}' for size in result['sizes'])
        low, high = result['interval']
        rows.append(f'| {result["what"]} | {result["size"]} = {sizes} | {duration(result["micro"][0])}, {duration(result["micro"][-1])} | '
                    f'{result["slope"]:.2f} [{low:.2f}, {high:.2f}] | {result["counted"]:.2f} | {result["moved"]:.2f} |')
    devices = sorted({result['device'] for result in results})
    return '\n'.join(rows) + f'\n\nSeen on {"; ".join(devices)}.'


def duration(micro):
    """Microseconds in the unit that suits them."""
    for unit, size in (('s', 1e6), ('ms', 1e3)):
        if micro >= size:
            return f'{micro / size:.3g} {unit}'
    return f'{micro:.3g} µs'


def short(number):
    """A ratio in three digits."""
    return f'{number:.0f}' if number >= 100 else f'{number:.3g}'


def figure(key):
    """The picture that stands for a paper, as a link to its notebook, and below it what one learns there."""
    home = NOTEBOOKS / key
    if not (home / 'cover.png').exists():
        return ''
    words = json.loads((home / f'{key}.ipynb').read_text())['metadata'].get('marginalia', {}).get('cover', key)
    words = ' '.join(words.replace('[', '(').replace(']', ')').split())
    paper = claims.load(home / 'claims.json')['paper']
    below = f'\n\n*{paper["title"]}.* {paper["learn"]}' if paper.get('learn') else ''
    return f'[![{words}](notebooks/{key}/cover.png)](notebooks/{key}/{key}.ipynb){below}'


def environment(text):
    """environment.md with the versions and hashes that the files pin, and how time grows."""
    text = block(text, 'speed', speed(RESULTS))
    text = block(text, 'growth', growth(RESULTS))
    text = block(text, 'steps', steps(STEPS))
    text = block(text, 'go', modules('go.mod') + '\n\n' + tools())
    text = block(text, 'python', '\n'.join(['| File | What | Pinned there (with everything it needs, by hash) |', '| --- | --- | --- |',
                                            *map(requirements, ('headless', 'plugin-cpu', 'lab', 'cuda', 'workflow'))]))
    return block(text, 'plugins', plugins())


def steps(path):
    """What the parts of scripts/test took, if somebody has kept it."""
    if not path.exists():
        return ''
    kept = json.loads(path.read_text())
    rows = [(part['name'] + (', beside the others' if part['beside'] else ''), part['seconds'], part['processor']) for part in kept['parts']]
    rows.append(('all', kept['seconds'], sum(part['processor'] for part in kept['parts'])))
    return '\n'.join([f'`scripts/test --record`, {kept["when"]}, {kept["commit"]}, {count(kept["cores"], "core")}:', '',
                      '| Part | Seconds | of a processor |', '| --- | ---: | ---: |', *(f'| {name} | {wall} | {cpu} |' for name, wall, cpu in rows)])


def modules(name):
    """The modules that a go.mod requires directly."""
    text = (ROOT / name).read_text()
    rows = [f'| `{path}` | {version} |' for path, version in re.findall(r'^(?:require )?\s*(\S+) (v\S+)$', text, re.M)]
    return '\n'.join(['| Module | Version |', '| --- | --- |', f'| Go, at least | {re.search(r"^go (.+)$", text, re.M)[1]} |', *rows])


def tools():
    text = (TOOLS / 'go.mod').read_text()
    versions = dict(re.findall(r'^\s*(\S+) (v\S+)', text, re.M))
    rows = []
    for path in system.tools():
        module = max((module for module in versions if path == module or path.startswith(f'{module}/')), key=len)
        rows.append(f'| `{path.rsplit("/", 1)[-1]}` | `{module}` | {versions[module]} |')
    return '\n'.join(['| Tool, in `.bin` | Module | Version |', '| --- | --- | --- |', *rows])


def requirements(name):
    lines = (TOOLS / f'{name}.in').read_text().splitlines()
    what = ' '.join(line[1:].strip() for line in lines if line.startswith('#')).rstrip('.')
    pins = [line.replace('==', ' ') for line in lines if '==' in line]
    shown = ', '.join(pins[:4]) + (f' and {len(pins) - 4} more' if len(pins) > 4 else '')
    many = len(set(re.findall(r'^([a-z0-9][\w.-]*)==', (TOOLS / f'{name}.txt').read_text(), re.M)))
    return f'| `tools/{name}.txt` | {what} | {shown} ({count(many, "package")} in all) |'


def plugins():
    rows = []
    for line in (TOOLS / 'plugins.sha256').read_text().splitlines():
        value, _, file = line.partition('  ')
        rows.append(f'| `{file}` | `{value}` |')
    return '\n'.join(['| Plugin, in the environment | SHA-256 of the file |', '| --- | --- |', *rows])


def main(arguments):
    """Fill in the documents; with --check only say what is stale."""
    if arguments not in ([], ['--check']):
        return 'usage: tools/documents [--check]'
    if arguments:
        return '\n'.join(stale()) or None
    write()
