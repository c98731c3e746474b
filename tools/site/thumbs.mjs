// The pictures of the front page: one panel of a paper's cover figure, drawn for the size at which it is seen.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { layout, opening, textWidth } from './mathtext.mjs';
import { ROOT } from './repository.mjs';

const WIDTH = 256; // of the column of pictures, so that letters have their size
let echarts = null;

/** The SVG of one panel ("a", "b", ...) of the figure whose spec is given as JSON. */
export const thumbnail = (json, panel = 'a') => still(only(opened(JSON.parse(json)), panel.charCodeAt(0) - 97), WIDTH);

/** The picture of a spec at a width: {svg, width, height}. */
export function still(spec, width) {
  if (!echarts) {
    echarts = createRequire(import.meta.url)(join(ROOT, 'pkg/figure/echarts.min.js'));
    // A picture inside a page has the reader's own fonts: room for a wide one, as in static pictures.
    echarts.setPlatformAPI({ measureText: (text, font) => ({ width: textWidth(text, Number(/([\d.]+)px/.exec(font ?? '')?.[1] ?? 12)) * (/bold/.test(font) ? 1.11 : 1) }) });
  }
  const { option, height } = layout(spec, width, false, 'DejaVu Sans, Verdana, sans-serif');
  option.backgroundColor = '#ffffff';
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption(option);
  const svg = chart.renderToSVGString();
  chart.dispose();
  // Names that echarts counts through a process, and what it keeps for a pointer, would make other bytes each time.
  return { svg: svg.replace(/ class="[^"]*"|<style.*?<\/style>\s*/gs, '').replace(/zr\d+-/g, 'z-'), width, height };
}

/** The spec as a figure with frames opens it: the frame that it was drawn with first may say nothing, or the contrary. */
function opened(spec) {
  const frame = spec.frames?.[opening(spec)];
  if (!frame) return spec;
  const series = spec.option.series.map((s, i) => (frame.series ? { ...s, data: frame.series[i] ?? s.data } : s.type === 'heatmap' ? { ...s, data: frame.data } : s));
  return { ...spec, option: { ...spec.option, series } };
}

/** The spec with one of its panels, without its letter. */
function only(spec, at) {
  const panel = spec.panels[at];
  if (!panel) throw new Error(`the cover has ${spec.panels.length} panels, there is none with the letter ${String.fromCharCode(97 + at)}`);
  const kept = spec.option.series.map((s, i) => i).filter((i) => (spec.option.series[i].xAxisIndex ?? 0) === at);
  const series = kept.map((i) => ({ ...spec.option.series[i], xAxisIndex: 0, yAxisIndex: 0 }));
  const maps = (spec.option.visualMap ?? []).filter((m) => m.seriesIndex.some((i) => kept.includes(i))).map((m) => ({ ...m, seriesIndex: m.seriesIndex.filter((i) => kept.includes(i)).map((i) => kept.indexOf(i)) }));
  const names = new Set(series.map((s) => s.name));
  return { ...spec, columns: 1, frames: undefined, bar: maps.length ? 0 : undefined, legend: spec.legend.filter((l) => names.has(l.name)),
    panels: [{ ...panel, title: (panel.title ?? '').replace(/^\([a-z]\) ?/, ''), bar: undefined }],
    option: { ...spec.option, series, xAxis: [{ ...spec.option.xAxis[at], gridIndex: 0 }], yAxis: [{ ...spec.option.yAxis[at], gridIndex: 0 }], ...(maps.length ? { visualMap: maps } : { visualMap: undefined }) } };
}
