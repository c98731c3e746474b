package figure

import (
	"strconv"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

func TestMathIsSet(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`u_−² − u_+² of ln(σ_+/σ_−), u_±`: `u<sub>−</sub><sup>2</sup> − u<sub>+</sub><sup>2</sup> of ln(σ<sub>+</sub>/σ<sub>−</sub>), u<sub>±</sub>`,
		`e^-R and e^-kT`:                          `e<sup>−R</sup> and e<sup>−kT</sup>`,
		`R^(1/2), f^(k) and f_(k)`:                `R<sup>(1/2)</sup>, f<sup>(k)</sup> and f_(k)`,
		`$a_1,\ldots,a_n$`:                        `a<sub>1</sub>,…,a<sub>n</sub>`,
		`⟨∇_W L, V⟩`:                              `⟨∇<sub>W</sub> L, V⟩`,
		`W_mm over t^1/3`:                         `W<sub>mm</sub> over t<sup>1/3</sup>`,
		`10·Lmm − Wmm, ‖P_F L − Lin‖`:             `10·L<sup>mm</sup> − W<sup>mm</sup>, ‖P<sub>F</sub> L − L<sup>in</sup>‖`,
		`Lin et al. 2021, study.Wmm, Linear`:      `Lin et al. 2021, study.Wmm, Linear`,
		`dist ∼ t^-1.000`:                         `dist ∼ t<sup>−1.000</sup>`,
		`slope of (1 − cos)^{−1/2}`:               `slope of (1 − cos)<sup>−1/2</sup>`,
		`‖L‖_* and CE_F(W)`:                       `‖L‖<sub>*</sub> and CE<sub>F</sub>(W)`,
		`snake_case and gd_step stay`:             `snake_case and gd_step stay`,
		`a < b`:                                   `a &lt; b`,
		`614810000000 of 1234567 and 14,280`:      "6.1481\u00a0×\u00a010<sup>11</sup> of 1,234,567 and 14,280",
		`1e12 and 2e-05`:                          "10<sup>12</sup> and 2\u00a0×\u00a010<sup>−5</sup>",
		`$W_{\mathrm{mm}}$`:                       `W<sub>mm</sub>`,
		`$\lVert W_k\rVert_F^2 \le \sqrt{n+1}$`:   "‖W<sub>k</sub>‖<sub>F</sub><sup>2</sup>\u00a0≤\u00a0√(n\u00a0+\u00a01)",
		`$-\frac{\eta}{2}\log t$ at $x=10^{-3}$`:  "−η/2\u00a0log\u00a0t at x\u00a0=\u00a010<sup>−3</sup>",
		`$\lceil\log_2 d\rceil$ and $d\log d$`:    "⌈log<sub>2</sub>\u00a0d⌉ and d\u00a0log\u00a0d",
		`$\frac1n\sum_{t<T}^k a_t$, $\log(x)$`:    "1/n\u00a0Σ<sub>t&lt;T</sub><sup>k</sup>\u00a0a<sub>t</sub>, log(x)",
		`$-\log x^2$, $e^{\max_i x_i}$, $x_\max$`: "−log\u00a0x<sup>2</sup>, e<sup>maxi\u00a0xi</sup>, x<sub>max</sub>",
		`$\lambda_{\max}(G)$`:                     "λ<sub>max</sub>(G)",
		`$\overline W_t\to\hat u'$`:               "W\u0304<sub>t</sub>\u00a0→\u00a0u\u0302′",
	} {
		if got := run(t, "marginalia.math.html(a)", text); got != strconv.Quote(want) && strings.Trim(got, `"`) != strings.ReplaceAll(want, `"`, `\"`) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestMathThatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	script.mu.Lock()
	defer script.mu.Unlock()
	if err := script.load(); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`costs $5`:     "odd number of dollars",
		`$\nosuch x$`:  `command \nosuch is not known`,
		`$x^{a$`:       "braces do not pair",
		`$x_$`:         "ends where something is expected",
		`$a_}b{$`:      "braces do not pair",
		`$\frac{1}$ x`: "ends where something is expected",
	} {
		if _, err := script.words(goja.Undefined(), script.runtime.ToValue(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

func TestMathInAFigure(t *testing.T) {
	t.Parallel()
	f := Figure{ID: "m", Title: `Of $W_{\mathrm{mm}}$`, Caption: `Where $t^{1/3}$ grows, W_mm does.`, Alt: "A line.", Panels: []Panel{{
		Title: "against t^1/3", X: Axis{Name: "$t^{1/3}$"}, Y: Axis{Name: "‖W_t‖"},
		Series: []Series{Line("$W_t$", []float64{1, 2}, []float64{1, 2}), Points("at_k", []float64{1}, []float64{2}).Tagged("u_1")},
		Marks:  []Mark{HLine(1, "W_mm")},
	}}}
	html, err := f.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<strong>Of <span class="mg-math" data-tex="W_{\mathrm{mm}}">W<sub>mm</sub></span>.</strong>`,
		`Where <span class="mg-math" data-tex="t^{1/3}">t<sup>1/3</sup></span> grows, W<sub>mm</sub> does.`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the caption has no %s", want)
		}
	}
	svg, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{"W_", "t^", "$", "u_", "{d|", "{u|"} {
		if strings.Contains(svg, ">"+raw) || strings.Contains(svg, raw+"t") {
			t.Errorf("the picture shows %q", raw)
		}
	}
	for _, piece := range []string{">mm<", ">1/3<", ">W<"} {
		if !strings.Contains(svg, piece) {
			t.Errorf("the picture has no %s", piece)
		}
	}
	f.Panels[0].X.Name = `$\nosuch$`
	if _, err := f.HTML(); err == nil || !strings.Contains(err.Error(), "nosuch") || !strings.Contains(err.Error(), "figure m") {
		t.Errorf("an unknown command: %v", err)
	}
}
