import base64
import unittest

import nbformat

from nb import export, source

DRAWING = ('<svg data-marginalia="static" role="img" aria-label="A &lt;line&gt;." width="300" height="200" '
           'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200"><rect width="300" height="200" fill="#fff"/>{}</svg>')
WORDS = '<text x="20" y="100" font-family="sans-serif" font-size="40" fill="#000">Wₖ ≤ ½ ‖ŵ‖ √α</text>'
FIGURE = ('<figure class="mg-figure"><div class="livefig" aria-label="A &lt;line&gt;."></div>\n'
          '<div class="mg-static">{}</div>\n<figcaption><b>Title.</b> What to see.</figcaption><script>1</script></figure>')


def notebook(*outputs, tags=()):
    cell = nbformat.v4.new_code_cell('x', outputs=[nbformat.v4.new_output('display_data', data=data) for data in outputs])
    cell.metadata['tags'] = list(tags)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f'# T\n\n{source.CLAIMS}'), cell])


def pixels(svg):
    """(width, height) of the PNG, and its bytes."""
    png = export.rasterize(svg, 1.5)
    return int.from_bytes(png[16:20], 'big'), int.from_bytes(png[20:24], 'big'), png


class Figures(unittest.TestCase):
    def test_a_figure_becomes_picture_and_chart(self):
        made = notebook({'text/html': FIGURE.format(DRAWING.format(WORDS))})
        export.prepare(made, '| table |')
        picture, chart = made.cells[1].outputs
        self.assertEqual(picture.data['text/plain'], 'A <line>.')
        self.assertEqual(picture.metadata['image/png'], {'width': 300, 'height': 200, 'alt': 'A <line>.'})
        self.assertEqual(base64.b64decode(picture.data['image/png'])[:4], b'\x89PNG')
        self.assertEqual(chart.data['text/html'], FIGURE.format('').replace('<div class="mg-static"></div>', ''))
        self.assertIn('| table |', made.cells[0].source)
        nbformat.validate(made)

    def test_figures_have_numbers(self):
        def shown(name):
            return {'text/html': FIGURE.format(DRAWING.format('')).replace('<figure ', f'<figure id="fig-{name}" ')}

        made = notebook(shown('a'), shown('b'))
        made.cells.insert(0, nbformat.v4.new_markdown_cell('[Figure](#fig-b), [Figure](#fig-a), [Figure](#fig-none), [the curve](#fig-a)'))
        made.cells.insert(0, notebook(shown('before'), tags=['remove-cell']).cells[1])
        text = made.cells[1].source
        for _ in range(2):  # whoever exports what was exported changes nothing
            export.prepare(made, '')
            self.assertEqual(made.cells[1].source, '[Figure 2](#fig-b), [Figure 1](#fig-a), [Figure](#fig-none), [the curve](#fig-a)')
            charts = [output.data['text/html'] for output in made.cells[-1].outputs if 'text/html' in output.data]
            for number, chart in enumerate(charts, 1):
                self.assertIn(f'<figcaption><strong class="no">Figure {number}.</strong> <b>Title.</b> What', chart)
        self.assertEqual(len(charts), 2)
        self.assertEqual(source.without_claims(made.cells[1].source), text)

    def test_what_is_no_figure_stays(self):
        data = {'text/html': '<svg><g/></svg>'}
        made = notebook(data, {'text/markdown': 'x'})
        export.prepare(made, '')
        self.assertEqual([output.data for output in made.cells[1].outputs], [data, {'text/markdown': 'x'}])
        self.assertIn(source.CLAIMS, made.cells[0].source)

    def test_empty_html_is_dropped(self):
        made = notebook({'text/html': ''}, {'text/html': ' \n'}, {'text/html': '<b>x</b>'})
        export.prepare(made, '')
        self.assertEqual(len(made.cells[1].outputs), 1)

    def test_malformed_drawings(self):
        for svg, said in {'<svg data-marginalia="static"></svg>': 'without width and height',
                          '<svg data-marginalia="static" width="3" height="2"><g></svg>': 'is no picture'}.items():
            with self.subTest(said), self.assertRaisesRegex(export.ExportError, said):
                export.prepare(notebook({'text/html': FIGURE.format(svg)}), '')

    def test_size_and_bytes(self):
        one, again = pixels(DRAWING.format(WORDS)), pixels(DRAWING.format(WORDS))
        self.assertEqual(one[:2], (450, 300))
        self.assertEqual(one, again)

    def test_letters_are_drawn(self):
        """Every sign that figures use has a glyph: leaving it out gives another picture."""
        letters = 'Wₖ≤½‖ŵ√α−10⁻⁶×'
        draw = '<text x="20" y="100" font-family="sans-serif" font-size="40" fill="#000">{}</text>'.format
        blank = pixels(DRAWING.format(''))[2]
        missing = pixels(DRAWING.format(draw('\U0010fffd')))[2]
        for letter in letters:
            with self.subTest(letter):
                self.assertNotIn(pixels(DRAWING.format(draw(letter)))[2], (blank, missing))

    def test_cover(self):
        made = notebook({'text/html': FIGURE.format(DRAWING.format(''))})
        made.cells.append(notebook({'text/html': FIGURE.format(DRAWING.format(WORDS).replace('A &lt;line&gt;', 'B'))},
                                   tags=['cover']).cells[1])
        self.assertIsNone(export.cover(made))
        export.prepare(made, '')
        self.assertEqual(export.cover(made)[1], 'B.')
        made.cells[2].metadata['tags'] = []
        self.assertEqual(export.cover(made)[1], 'A <line>.')


class Size(unittest.TestCase):
    def test_limit(self):
        made = notebook({'text/html': 'x' * 2000})
        with self.assertRaisesRegex(export.ExportError, r'has \d,\d+ bytes, the limit is 2,000; largest cells: c01'):
            export.dump(made, {}, limit=2000)
        self.assertIn('"cell_type"', export.dump(made, {}, limit=None))

    def test_metadata(self):
        made = nbformat.reads(export.dump(notebook(), {'key': 'x'}), as_version=4)
        self.assertEqual(made.metadata['marginalia'], {'key': 'x'})
        self.assertEqual(made.metadata['language_info']['pygments_lexer'], 'go')
