"""At which seeds the claims of a paper were seen: notebooks/<paper>/seeds.json, a line for each claim.

    scripts/run KEY --program --seeds 20 --record    adds what it sees to what is there, and takes out what it sees fail

    {"claims": {
    "C4": {"cell": "1f0c5a...", "seen": [{"seeds": "1-20", "commit": "feca58e49d1b", "backend": "xla cpu"}]}
    }}

"cell" is a hash of the code of the cells that measure the claim: what was seen of other code does not count. Rooms may
have changed since, which "commit" tells. scripts/test runs a paper a day at one of these seeds.
"""

import json

from . import claims, markers
from .checkout import NOTEBOOKS, shown
from .checkout import source as source_of
from .files import digest, write_whole

FILE = 'seeds.json'
WANTED = 20  # seeds at which a claim is seen before it is closed (CONTRIBUTING.md)


class SeedsError(Exception):
    """Why a record of seeds cannot be used."""


def path(key):
    return NOTEBOOKS / key / FILE


def hashes(cells):
    """For each claim, a hash of the code of the cells that measure it. Comments may change."""
    parts = {}
    for cell in cells:
        code = '\n'.join(line for line in cell.code.splitlines() if not line.lstrip().startswith('//'))
        for claim in cell.claims:
            parts.setdefault(claim, []).append(code)
    return {claim: digest(*codes)[:16] for claim, codes in parts.items()}


def wanted(key):
    """The claims of a paper that a quick run measures, with the hashes of their cells."""
    found, elsewhere = hashes(markers.cells(source_of(key))), markers.elsewhere(source_of(key).parent)
    return {claim: found[claim] for claim in markers.statements(source_of(key).parent) if claim in found and claim not in elsewhere}


def load(key):
    """The record of a paper: {claim: (hash of its cells, {seed: (commit, backend)})}, {} where none is kept."""
    again = f'scripts/run {key} --program --seeds {WANTED} --record writes it afresh once it is removed'
    try:
        kept = json.loads(path(key).read_text(encoding='utf-8'))['claims']
        return {claim: (entry['cell'], {seed: (part['commit'], part['backend']) for part in entry['seen'] for seed in numbers(part['seeds'])})
                for claim, entry in kept.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SeedsError(f'{shown(path(key))} is no record of seeds ({error!r}): {again}') from None


def dump(record, order):
    """The text of a record: a line for each claim, in the order of the paper."""
    lines = []
    for claim in sorted(record, key=lambda claim: (order.index(claim) if claim in order else len(order), claim)):
        cell, seen = record[claim]
        groups = {}
        for seed in sorted(seen):
            groups.setdefault(seen[seed], []).append(seed)
        parts = [{'seeds': ranges(group), 'commit': commit, 'backend': backend} for (commit, backend), group in groups.items()]
        lines.append(f'{json.dumps(claim)}: {json.dumps({"cell": cell, "seen": parts})}')
    return '{"claims": {\n' + ',\n'.join(lines) + '\n}}\n'


def ranges(seeds):
    """[1, 2, 3, 5] as "1-3,5"."""
    parts = []
    for seed in sorted(seeds):
        if parts and parts[-1][1] == seed - 1:
            parts[-1][1] = seed
        else:
            parts.append([seed, seed])
    return ','.join(f'{first}-{last}' if first < last else str(first) for first, last in parts)


def numbers(text):
    """The seeds of "1-3,5"."""
    for part in text.split(','):
        first, _, last = part.partition('-')
        yield from range(int(first), int(last or first) + 1)


def record(key, runs, only, commit, folders='seed-*'):
    """Add to the record of a paper what its program has left in runs/seed-<n>/claims.json: what was said of it, a line each.

    A claim counts where every cell that measures it was run (only names cells or claims, as --only does; none is all) and
    its verdict is green. One that is red is not kept, and no longer if it was.
    """
    cells = markers.cells(source_of(key))
    named = set(only)
    ran = [cell for cell in cells if not named or cell.name in named or named & set(cell.claims)]
    left = {claim for cell in cells if cell not in ran for claim in cell.claims}
    now = wanted(key)
    kept = {claim: entry for claim, entry in load(key).items() if claim in now}
    whole = [claim for claim in now if claim not in left]
    said, seeds = [], []
    for file in sorted(runs.glob(f'{folders}/claims.json')):
        ledger = claims.load(file)
        if ledger['run']['scale'] != 'quick':
            raise SeedsError(f'{shown(file)} is of the {ledger["run"]["scale"]} scale: seeds are kept of the quick one')
        seed, at = ledger['run']['seed'], (commit, ledger['run']['backend'])
        seeds.append(seed)
        for claim in ledger['claims']:
            id = claim['id']
            if id not in whole:
                continue
            cell, seen = kept.get(id, (now[id], {}))
            if cell != now[id]:
                cell, seen = now[id], {}
            if claim['verdict'] in claims.GREEN and claim['checks']:
                seen[seed] = at
            else:
                seen.pop(seed, None)
                said.append(f'{id} {claim["verdict"]} at seed {seed}: not kept')
            kept[id] = cell, seen
    if not seeds:
        return ['no seed came to its end: nothing is kept']
    kept = {claim: (cell, seen) for claim, (cell, seen) in kept.items() if seen}
    if kept:
        write_whole(path(key), dump(kept, markers.statements(source_of(key).parent)))
    elif path(key).exists():
        path(key).unlink()
    return [*said, f'{shown(path(key))}: {len(whole)} claims at the seeds {ranges(seeds)}']


def draw(key, day):
    """What scripts/test runs of a paper on a day: a seed other than that of the committed notebook, from those at which most
    claims were seen, then the claims that were seen there and those that were not. The seed is None where there is none."""
    now, cells = wanted(key), markers.cells(source_of(key))
    kept = {claim: seen for claim, (cell, seen) in load(key).items() if now.get(claim) == cell}
    at = {}
    for claim in now:
        for seed in kept.get(claim, ()):
            if seed != 1:
                at.setdefault(seed, []).append(claim)
    if not at:
        return None, [], list(now)
    most = max(map(len, at.values()))
    best = sorted(seed for seed in at if len(at[seed]) == most)
    seed = best[day % len(best)]
    missing = [claim for claim in now if claim not in at[seed]]
    # A cell that measures another, too, which was not seen there, is left out: its verdict would be a lot drawn.
    out = {claim for cell in cells if set(cell.claims) & set(missing) for claim in cell.claims}
    return seed, [claim for claim in at[seed] if claim not in out], missing
