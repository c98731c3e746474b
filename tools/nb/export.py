"""Makes an executed notebook fit to be read anywhere: pictures, numbers of figures, table of claims, size."""

import base64
import functools
import html
import re
import subprocess

import nbformat
import resvg_py

from . import source
from .checkout import ROOT, go_environment

LIMIT = 1_500_000  # bytes of a notebook: more, and GitHub's viewer gives up
# Pixels of a picture for one unit of the drawing; the second for a notebook that the first makes too large.
ZOOMS = (1.5, 1.25)
STATIC = re.compile(r'<div class="mg-static"[^>]*>\s*(?P<svg><svg[^>]*\bdata-marginalia="static".*?</svg>)\s*</div>', re.S)
ALT = re.compile(r'\baria-label="([^"]*)"')
FIGURE = re.compile(r'<figure\b[^>]*\bid="(?P<id>fig-[\w-]+)"')
NUMBER = re.compile(r'(<figcaption[^>]*>)(?:<strong class="no">Figure \d+\.</strong> )?')
LINK = re.compile(r'\[Figure\]\(#(?P<id>fig-[\w-]+)\)')
CAPTION = re.compile(r'<figcaption[^>]*>(.*?)</figcaption>', re.S)
# What pkg/train says to whoever waits for a run that was begun before; a page is the same with it and without.
SIZE = re.compile(r'<svg[^>]*?\bwidth="([\d.]+)"[^>]*?\bheight="([\d.]+)"', re.S)


class ExportError(Exception):
    """Why an executed notebook cannot be what readers open."""


def prepare(notebook, table, zoom=ZOOMS[0]):
    """Give an executed notebook its pictures, the Markdown table of its claims, and its figures their numbers."""
    for cell in notebook.cells:
        if cell.cell_type == 'code':
            cell.outputs = [made for output in cell.outputs for made in outputs(output, zoom)]
        elif source.CLAIMS in cell.source and table:
            cell.source = source.with_claims(cell.source, table)
    enumerate_figures(notebook)


def enumerate_figures(notebook):
    """Number the figures as they come, in their captions and where the text links to them. The site gives the same numbers."""
    numbers = {}
    for cell in notebook.cells:
        if cell.cell_type != 'code' or 'remove-cell' in cell.metadata.get('tags', []):
            continue
        for output in cell.outputs:
            text = source.joined(output.get('data', {}).get('text/html', ''))
            found = FIGURE.search(text)
            if found:
                number = numbers.setdefault(found['id'], len(numbers) + 1)
                output.data['text/html'] = NUMBER.sub(rf'\g<1><strong class="no">Figure {number}.</strong> ', text, count=1)
    for cell in notebook.cells:
        if cell.cell_type == 'markdown':
            cell.source = LINK.sub(lambda link: f'[Figure {numbers[link["id"]]}](#{link["id"]})' if link['id'] in numbers else link[0],
                                   source.without_numbers(cell.source))


def dump(notebook, about, limit=LIMIT):
    """The text of the notebook file; about is what is to be known about the run."""
    notebook.metadata = nbformat.from_dict({**source.METADATA, 'marginalia': about})
    text = nbformat.writes(notebook) + '\n'
    size = len(text.encode())
    if limit and size > limit:
        raise ExportError(f'the notebook has {size:,} bytes, the limit is {limit:,}; largest cells: '
                          f'{", ".join(largest(notebook))}. Draw fewer points or fewer figures')
    return text


def fits(notebook):
    """Whether its size leaves room for what dump says of the run."""
    return len(nbformat.writes(notebook).encode()) < LIMIT - 2_000


def largest(notebook, many=3):
    sizes = [(len(str(cell.get('outputs', ''))), index) for index, cell in enumerate(notebook.cells)]
    return [f'c{index:02d} ({size:,})' for size, index in sorted(sizes, reverse=True)[:many] if size]


def outputs(output, zoom):
    """What an output becomes: nothing where it is empty, picture and chart where it is a figure."""
    if output.output_type not in ('display_data', 'execute_result'):
        return [output]
    text = source.joined(output.data.get('text/html', ''))
    if set(output.data) <= {'text/html', 'text/plain'} and not text.strip() and not output.data.get('text/plain'):
        return []
    figure = STATIC.search(text)
    if not figure:
        return [output]
    output.data['text/html'] = text[:figure.start()] + text[figure.end():]
    output.data.pop('text/plain', None)
    return [picture(figure['svg'], text, zoom), output]


def picture(svg, text, zoom):
    """The PNG output of a static drawing; its words come from the figure's caption."""
    size = SIZE.search(svg)
    if not size:
        raise ExportError(f'a static drawing without width and height: {svg[:200]}')
    width, height = (round(float(number)) for number in size.groups())
    label = ALT.search(svg) or ALT.search(text)
    caption = CAPTION.search(text)
    alt = html.unescape(label[1]) if label else plain(caption[1]) if caption else 'figure'
    png = base64.b64encode(rasterize(svg, zoom)).decode()
    return nbformat.v4.new_output(
        'display_data', data={'image/png': png, 'text/plain': alt},
        metadata={'image/png': {'width': width, 'height': height, 'alt': alt}})


def plain(text):
    return ' '.join(html.unescape(re.sub(r'<[^>]+>', '', text)).split())


def rasterize(svg, zoom):
    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom, background='#ffffff', skip_system_fonts=True,
                                           font_files=fonts(), sans_serif_family='DejaVu Sans', font_family='DejaVu Sans'))
    except ValueError as error:
        raise ExportError(f'a static drawing is no picture ({error}): {svg[:200]}') from None


@functools.cache
def fonts():
    """DejaVu from the Go module that go.sum pins: the same letters on every machine."""
    answer = subprocess.run(['go', 'list', '-m', '-f', '{{.Dir}}', 'github.com/go-fonts/dejavu'], cwd=ROOT,
                            env=go_environment(), capture_output=True, text=True)
    folder = answer.stdout.strip()
    if answer.returncode or not folder:
        raise ExportError(f'the fonts of the pictures are not there: {answer.stderr.strip() or "run scripts/setup"}')
    return [f'{folder}/{name}/{file}.ttf' for name, file in (('dejavusans', 'DejaVuSans'), ('dejavusansbold', 'DejaVuSans-Bold'))]


def cover(notebook):
    """(bytes, words) of the picture that stands for the notebook: the first one of the cell
    with the tag "cover", or of the notebook; None where there is none."""
    tagged = [cell for cell in notebook.cells if 'cover' in cell.metadata.get('tags', [])]
    for cell in tagged or notebook.cells:
        for output in cell.get('outputs', []):
            png = output.get('data', {}).get('image/png')
            if png:
                return base64.b64decode(png), output.data.get('text/plain', '')
    return None
