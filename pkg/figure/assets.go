package figure

import "embed"

// Assets holds echarts.min.js, mathtext.js and livefig.js.
//
//go:embed echarts.min.js mathtext.js livefig.js
var Assets embed.FS

// EChartsSHA256 is the hash of echarts.min.js as published.
const EChartsSHA256 = "bf4a223524e40b77c304bec67e1222cf551f14880cf42c69dc046558e11c07b1"
