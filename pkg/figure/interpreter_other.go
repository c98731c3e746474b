//go:build !js

package figure

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/dop251/goja"
)

// programs are ECharts, the layout and the function that draws, compiled once.
var programs = sync.OnceValues(func() ([]*goja.Program, error) {
	const draw = `
var setTimeout = function () { return 0; }, clearTimeout = function () {}, setInterval = setTimeout, clearInterval = clearTimeout;
echarts.setPlatformAPI({measureText: function (text, font) {
  var size = /([\d.]+)px/.exec(font || ''), bold = /bold/.test(font) ? 1.11 : 1;
  return {width: marginalia.textWidth(text, size ? +size[1] : 12) * bold};
}});
function picture(spec, width) {
  spec = JSON.parse(spec);
  var made = marginalia.layout(spec, width, false);
  made.option.backgroundColor = '#ffffff';
  var chart = echarts.init(null, null, {renderer: 'svg', ssr: true, width: width, height: made.height});
  chart.setOption(made.option);
  var svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}`
	var all []*goja.Program
	for _, file := range []string{"echarts.min.js", "mathtext.js", "livefig.js"} {
		source, err := Assets.ReadFile(file)
		if err != nil {
			return nil, err
		}
		p, err := goja.Compile(file, string(source), false)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	p, err := goja.Compile("picture.js", draw, false)
	return append(all, p), err
})

// interpreter is one JavaScript runtime with everything loaded. It serves one caller at
// a time.
type interpreter struct {
	mu      sync.Mutex
	runtime *goja.Runtime
	picture goja.Callable
	words   goja.Callable
}

var drawing interpreter

func (in *interpreter) load() error {
	if in.picture != nil {
		return nil
	}
	all, err := programs()
	if err != nil {
		return err
	}
	in.runtime = goja.New()
	for _, p := range all {
		if _, err := in.runtime.RunProgram(p); err != nil {
			return err
		}
	}
	picture, ok := goja.AssertFunction(in.runtime.Get("picture"))
	if !ok {
		return fmt.Errorf("no function picture")
	}
	if in.words, ok = goja.AssertFunction(in.runtime.Get("marginalia").ToObject(in.runtime).Get("math").ToObject(in.runtime).Get("caption")); !ok {
		return fmt.Errorf("no function marginalia.math.caption")
	}
	in.picture = picture
	return nil
}

// render draws the spec as an SVG of the given width.
func (in *interpreter) render(s spec, width int) (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := in.load(); err != nil {
		return "", fmt.Errorf("loading echarts: %w", err)
	}
	v, err := in.picture(goja.Undefined(), in.runtime.ToValue(string(text)), in.runtime.ToValue(width))
	if err != nil {
		return "", fmt.Errorf("echarts: %w", err)
	}
	return v.String(), nil
}

// caption sets the mathematics of a text as HTML with sub and sup; what stands between
// dollars keeps its TeX beside it, for pages that can set it.
func (in *interpreter) caption(text string) (string, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := in.load(); err != nil {
		return "", fmt.Errorf("loading mathtext.js: %w", err)
	}
	v, err := in.words(goja.Undefined(), in.runtime.ToValue(text))
	if err != nil {
		return "", err
	}
	return v.String(), nil
}
