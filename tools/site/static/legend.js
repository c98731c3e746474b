// Symbols of points in a legend are as wide as a dash there. Where the path of one is narrower ECharts takes its label for
// shorter than it is, and the last label of a row may end beyond the figure: corners are put to the path, where nothing is drawn.
(() => {
  const wide = (icon) => (/^path:\/\/M(?:0,0H9|4\.5,0L9)/.test(icon) ? icon.replace('path://', 'path://M-8.5,0M17.5,9') : icon);
  const init = echarts.init;
  echarts.init = (...of) => {
    const chart = init(...of), set = chart.setOption;
    chart.setOption = (option, ...how) => {
      for (const entry of option.legend?.data ?? []) if (entry.icon) entry.icon = wide(entry.icon);
      return set.call(chart, option, ...how);
    };
    return chart;
  };
})();
