package figure

import "embed"

// Assets holds echarts.min.js, mathtext.js and livefig.js.
//
//go:embed echarts.min.js mathtext.js livefig.js
var Assets embed.FS
