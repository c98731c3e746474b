package study

import (
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/delta"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// KearnsFigure is log left − log right of the inequality of Kearns and Saul, over t².
func KearnsFigure(rates []float64) figure.Figure {
	panel := figure.Panel{X: figure.Axis{Name: "t"}, Y: figure.Axis{Name: "(log left − log right)/t²"}}
	for _, p := range rates {
		var x, y []float64
		for t := -16.0; t <= 8; t += 0.1 {
			if math.Abs(t) < 0.05 {
				continue
			}
			left, right := delta.KearnsSaul(p, t)
			x, y = append(x, t), append(y, (left-right)/(t*t))
		}
		at := 2 * math.Log((1-p)/p)
		panel.Series = append(panel.Series, figure.Line("p = "+claim.Plain(p, 3), x, y),
			figure.Points("t*", []float64{at}, []float64{0}).In(figure.Ink).As("circle").Sized(9))
	}
	return figure.Figure{ID: "kearns", Title: "Where the inequality of Kearns and Saul is sharp",
		Caption: "Difference of both sides in logarithms, over t². It touches zero at t* = 2 log((1−p)/p) alone: at −0.81, −4.4, −9.2. The nearer p is to one, the further from zero is the place that decides the constant, and the less it says of small t.",
		Alt:     "Three curves below zero that touch zero at one point each, further to the left the nearer p is to one.",
		Panels:  []figure.Panel{panel}}
}

// ConstantsFigure is the bound and its rivals over p for n equal influences, as multiples of
// the root of n.
func ConstantsFigure(n int, gamma float64) figure.Figure {
	var at, proven, printed, hoeffding, exact, sd []float64
	Q := float64(n)
	for k := 1; k <= 99; k++ {
		p := float64(k) / 100
		at = append(at, p)
		proven = append(proven, delta.Bound(p, 1-p, Q, gamma)/math.Sqrt(Q))
		printed = append(printed, delta.Printed(p, 1-p, Q, gamma)/math.Sqrt(Q))
		hoeffding = append(hoeffding, delta.Hoeffding(p, 1-p, Q, gamma)/math.Sqrt(Q))
		all := notebook.Must(delta.Equal(n, p))
		exact = append(exact, max(1e-3, delta.Quantile(all, gamma)/math.Sqrt(Q)))
		sd = append(sd, math.Sqrt(p/(1-p)))
	}
	return figure.Figure{ID: "constants", Title: "The bound, its rivals and the truth",
		Caption: fmt.Sprintf("What |h| exceeds with probability at most γ = %s, over √Q, for %d equal influences and DARE. The exact quantile is about two standard deviations. The proven bound is 1.4 times that at p = 1/2 and 4.2 times at 0.99, where Hoeffding's is 6.4 times. The printed constant lies below the truth for most p from 0.3 to 0.5, where its root is missing.", claim.Plain(gamma, 2), n),
		Alt:     "Five rising curves over p on a logarithmic axis: Hoeffding's bound on top, the proven bound below it, the printed one, which jumps at p = 1/2, the exact quantile, and the standard deviation.",
		Panels: []figure.Panel{{X: figure.Axis{Name: "pruning rate p"}, Y: figure.Axis{Name: "|h|/√Q", Log: true, Min: figure.At(0.05)},
			Series: []figure.Series{
				figure.Line("Hoeffding", at, hoeffding), figure.Line("proven, √Φ/(1−p)", at, proven), figure.Line("as printed", at, printed),
				figure.Line("exact quantile", at, exact).In(figure.Ink), figure.Line("standard deviation", at, sd)}}}}
}
