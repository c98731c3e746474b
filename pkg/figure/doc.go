// Package figure draws the figures of a notebook, live and static at once, and shows
// Markdown, tables and progress in a cell.
//
// A Figure is a value: panels with axes, series, marks or a heat-map, a caption that
// says what to see and a text for readers who do not see it. Show turns it into one
// HTML output that holds
//
//   - a static SVG picture, drawn in this process by Apache ECharts 5.6.0 on a JavaScript
//     interpreter in Go; the exporter of notebooks makes a PNG of it for viewers that
//     run no scripts;
//   - the option of the same chart, which livefig.js draws live where ECharts is at
//     hand: in JupyterLab through the checkout's extension, on the site through the page.
//
// The option is built with go-echarts. Positions and colours are missing in it:
// livefig.js adds them for the width and the theme at hand, for the static picture as
// well as for the live one, so that a phone shows one panel under the other, and dark
// pages get colours of their own. Series differ by colour and by dash or symbol.
//
// A figure that cannot be drawn faithfully is an error that names panel and series: NaN
// and infinite values, a value that is not positive on a logarithmic axis, missing axis
// names, captions or texts.
//
// Titles, names, labels and captions are text with mathematics: TeX between dollars, as
// in $\lVert W_{\mathrm{mm}}\rVert$, or plain Unicode, where W_k and t^{1/3} are set with
// an index and an exponent, and numbers of seven digits and more as multiples of powers
// of ten. mathtext.js sets both in every picture and page.
//
// What was measured is drawn over what theory gives: a line in Ink is a pale band
// beneath the others.
//
// A cell prints or shows: what it prints and what it displays travel on two ways and
// lose their order.
//
// The files echarts.min.js, mathtext.js and livefig.js are also served from here, as Assets, to the
// site and to JupyterLab. ECharts is part of Apache ECharts 5.6.0 (npm package
// echarts@5.6.0, file dist/echarts.min.js, whose hash a test holds) under the Apache
// License 2.0; see echarts.LICENSE and echarts.NOTICE.
package figure
