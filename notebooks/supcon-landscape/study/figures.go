package study

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// least is what smaller numbers are drawn at on a logarithmic axis.
const least = 1e-12

// TrapFigure draws the least eigenvalue of the polytopes against r, and what descents from near
// one of them do on the sphere and in the ball.
func TrapFigure(rng *rand.Rand) figure.Figure {
	left := figure.Panel{Title: "strict minima beyond a threshold", X: figure.Axis{Name: "r = 1/τ"}, Y: figure.Axis{Name: "least eigenvalue over r"},
		Marks: []figure.Mark{figure.HLine(0, "0")}}
	for _, sizes := range [][]int{{2, 2}, {4, 4}, {2, 2, 2}, {4, 4, 2}} {
		var x, y []float64
		for r := 1.0; r <= 14; r += 0.5 {
			p, H := notebook.Must2(contrastive.Polytope(r, sizes...))
			x, y = append(x, r), append(y, notebook.Must(p.HessianValues(H))[0]/r)
		}
		left.Series = append(left.Series, figure.Line("sizes "+Sized(sizes), x, y))
	}
	right := figure.Panel{Title: "4, 4 at r = 10: descents from near it", X: figure.Axis{Name: "steps of descent", Log: true}, Y: figure.Axis{Name: "loss"}}
	p, H := notebook.Must2(contrastive.Polytope(10, 4, 4))
	shaken := Shaken(H, 0.05, rng)
	counts := []int{1, 2, 3, 5, 8, 13, 20, 32, 50, 80, 130, 200, 320, 500, 800, 1300, 2000}
	for _, kind := range []struct {
		name  string
		start *mat.Dense
		ball  bool
	}{{"on the sphere", shaken, false}, {"in the ball", shaken, true}, {"on the sphere of R⁵", Shaken(Lifted(H, 5), 0.01, rng), false}} {
		var x, y []float64
		for _, n := range counts {
			x, y = append(x, float64(n)), append(y, Loss(p, after(p, kind.start, n, kind.ball)))
		}
		right.Series = append(right.Series, figure.Line(kind.name, x, y).As("circle"))
	}
	best := Best(p, rng)
	right.Marks = []figure.Mark{figure.HLine(best.Loss, "L*")}
	return figure.Figure{ID: "trap", Title: "Opposite points of one class", Panels: []figure.Panel{left, right},
		Caption: "Left: the least eigenvalue of the Hessian at ±e₁, …, ±e_d, rotations left out, for several ways to divide the pairs among classes: a saddle while it is negative, a strict minimum from where it crosses zero. Right: eight points on the sphere of R⁴, moved a little, come back to a loss of 41; " +
			"in the ball, or with one dimension more, the same points reach L* = 8.8.",
		Alt: "Left, four curves that rise with r and cross zero between 4 and 9. Right, loss against steps: a flat line at 41 on the sphere, and two curves that fall from 41 to 8.8."}
}

// after returns where so many steps of descent lead.
func after(p *contrastive.Problem, start *mat.Dense, n int, ball bool) *mat.Dense {
	if ball {
		return descended(p.Ball, start, n)
	}
	return descended(p.SphereDescent, start, n)
}

// LandscapeFigure draws how far runs end above the solution, and the certificate there.
func LandscapeFigure(all []Landed) figure.Figure {
	edges := []string{"10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "1", "more"}
	bars := func(keep func(Landed) bool) (y []float64, n int) {
		y = make([]float64, len(edges))
		for _, l := range all {
			if !keep(l) {
				continue
			}
			n++
			bin := 0
			for bin < len(edges)-1 && l.Over > math.Pow(10, float64(2*bin-8)) {
				bin++
			}
			y[bin]++
		}
		for i := range y {
			y[i] /= float64(max(1, n))
		}
		return y, n
	}
	histogram := figure.Panel{Title: "where runs end", X: figure.Axis{Name: "excess over the least one − 1, at most", Categories: edges}, Y: figure.Axis{Name: "share of the runs", Min: figure.At(0)}}
	total := 0
	for _, kind := range []struct {
		name string
		keep func(Landed) bool
	}{
		{"d = k − 2, sphere", func(l Landed) bool { return l.Offset == -2 }},
		{"d = k − 1", func(l Landed) bool { return l.Offset == -1 }},
		{"d ≥ k, sphere", func(l Landed) bool { return l.Offset >= 0 && !l.Ball }},
		{"d ≥ k, ball", func(l Landed) bool { return l.Offset >= 0 && l.Ball }},
	} {
		y, n := bars(kind.keep)
		total += n
		histogram.Series = append(histogram.Series, figure.Bars(kind.name, y))
	}
	scatter := figure.Panel{Title: "and what the certificate says", X: figure.Axis{Name: "excess over the least one − 1", Log: true}, Y: figure.Axis{Name: "−λ_min(S)/r", Log: true}}
	var x, y [2][]float64
	for _, l := range all {
		which := 0
		if l.Offset == -2 {
			which = 1
		}
		x[which], y[which] = append(x[which], max(least, l.Over)), append(y[which], max(least, -l.Least))
	}
	scatter.Series = []figure.Series{figure.Points("d ≥ k − 1", x[0], y[0]).In(3).As("circle").Sized(6), figure.Points("d = k − 2, sphere", x[1], y[1]).In(1).As("diamond").Sized(7)}
	return figure.Figure{ID: "landscape", Title: "Random starts", Panels: []figure.Panel{histogram, scatter},
		Caption: fmt.Sprintf("%d runs. With enough dimensions all end at the solution, whether or not r < r_c, and the certificate says so: −λ_min is the rounding of the solver (values below 10⁻¹² are drawn there). "+
			"With d = k − 2 runs end above it, hardly where one eigenvalue of M* is nearly zero (20, 5, 3, 2 at r = 0.3), and λ_min shows the missing dimension.", total),
		Alt: "Left, bars: all runs with d of k minus 1 and more lie in the lowest bin, those with d = k minus 2 spread over higher ones. Right, two clouds: one at tiny excess and tiny eigenvalue, one with both large."}
}

// CurveFigure draws the cosines against R: theory, minima of the full problem, and networks.
func CurveFigure(nets []Net, rng *rand.Rand) figure.Figure {
	var panels []figure.Panel
	for _, k := range []int{2, 5} {
		for _, r := range []float64{1, 10} {
			x := contrastive.Step{R: r, K1: k, K2: k, Minor: 5}
			ratios := Geometric(1, 1000, 61)
			s := Along(x, ratios)
			p := figure.Panel{Title: fmt.Sprintf("k = %d, r = %g", 2*k, r), X: figure.Axis{Name: "imbalance R", Log: true}, Y: figure.Axis{Name: "cosine", Min: figure.At(-1), Max: figure.At(1)},
				Series: []figure.Series{figure.Line("α, majority", ratios, Alphas(s)).In(1), figure.Line("β, between", ratios, Betas(s)).In(3), figure.Line("γ, minority", ratios, Gammas(s)).In(2)}}
			var at []float64
			var found [3][]float64
			for _, R := range []float64{1, 2, 5, 10, 20} {
				x.Major = R * x.Minor
				q := Whole(x)
				a, b, g, _ := Blocks(contrastive.Gram(q.Means(Sphere(q, q.K(), rng))), k)
				at = append(at, R)
				found[0], found[1], found[2] = append(found[0], a), append(found[1], b), append(found[2], g)
			}
			for _, f := range found {
				p.Series = append(p.Series, figure.Points("descent, all embeddings", at, f).In(figure.Ink).As("circle").Sized(7))
			}
			if k == 2 && r == 1 {
				for _, n := range nets {
					R := float64(n.Ratio)
					p.Series = append(p.Series, figure.Points("trained network", []float64{R, R, R}, []float64{n.Alpha, n.Beta, n.Gamma}).In(5).As("diamond").Sized(11))
				}
			}
			if k > 2 {
				p.Marks = []figure.Mark{figure.HLine(contrastive.MinorityLimit(r, k), "γ_∞")}
			}
			panels = append(panels, p)
		}
	}
	return figure.Figure{ID: "curves", Title: "Cosines against imbalance", Panels: panels, ShareY: true,
		Caption: "Lines: the two-number program (6). Points: class means of embeddings that were found by L-BFGS in the full problem with d = k, five minority samples a class; diamonds: those of the networks of E4. With k₁ = 2 the minority merges, with k₁ = 5 it tends to γ_∞; at r = 10 α and β hardly move, and γ slowly.",
		Alt:     "Four panels with three curves each that start at one value, the simplex, and separate with R: alpha falls, gamma rises, beta stays between. Black points, and diamonds in the first panel, lie on the curves."}
}

// DiagramFigure draws γ over imbalance and temperature with the threshold.
func DiagramFigure() figure.Figure {
	rs := Geometric(0.1, 20, 24)
	ratios := Geometric(1, 1e4, 25)
	panel := func(k1, k2 int) figure.Panel {
		heat := &figure.Heat{Scale: "γ", Diverging: true, Low: figure.At(-1), High: figure.At(1)}
		for _, R := range ratios {
			heat.Cols = append(heat.Cols, fmt.Sprintf("%.3g", R))
		}
		for i := len(rs) - 1; i >= 0; i-- {
			heat.Rows = append(heat.Rows, fmt.Sprintf("%.2g", rs[i]))
			heat.Values = append(heat.Values, Gammas(Along(contrastive.Step{R: rs[i], K1: k1, K2: k2, Minor: 5}, ratios)))
		}
		return figure.Panel{Title: fmt.Sprintf("k₁ = %d, k₂ = %d", k1, k2), X: figure.Axis{Name: "imbalance R"}, Y: figure.Axis{Name: "r = 1/τ"}, Heat: heat}
	}
	limit := figure.Panel{Title: "limit of γ", X: figure.Axis{Name: "r = 1/τ", Log: true}, Y: figure.Axis{Name: "min(1, γ_∞)", Min: figure.At(0), Max: figure.At(1.05)}}
	for _, k1 := range []int{2, 3, 5, 10} {
		var y []float64
		for _, r := range rs {
			y = append(y, min(1, contrastive.MinorityLimit(r, k1)))
		}
		limit.Series = append(limit.Series, figure.Line(fmt.Sprintf("k₁ = %d", k1), rs, y))
	}
	border := figure.Panel{Title: "imbalance at which minorities meet", X: figure.Axis{Name: "r = 1/τ", Log: true}, Y: figure.Axis{Name: "R*", Log: true}}
	for _, k := range [][2]int{{1, 2}, {2, 2}, {2, 4}, {3, 3}} {
		var x, y []float64
		for _, r := range rs {
			if at := notebook.Must((contrastive.Step{R: r, K1: k[0], K2: k[1], Minor: 50}).Threshold()); !math.IsInf(at, 1) {
				x, y = append(x, r), append(y, at)
			}
		}
		border.Series = append(border.Series, figure.Line(fmt.Sprintf("%d large, %d small classes", k[0], k[1]), x, y))
	}
	return figure.Figure{ID: "diagram", Title: "The cosine of two minority classes", Panels: []figure.Panel{panel(2, 2), panel(5, 5), limit, border},
		Caption: "Above: dark blue is γ = 1, one point for all minority classes. With two majority classes it is reached at every temperature, and soonest for r between one and two; with five, γ_∞ stays below one until r = 12. " +
			"Below: the limit, and the threshold where there is one. Three large classes have one from r = 4.9 on, at R of ten thousand and more.",
		Alt: "Above, two heat-maps over imbalance and inverse temperature: left, a large dark region at the right for r below five; right, pale colours, darker around r of six at the largest imbalance. Below left, limits that rise with r from one over k1 minus one; below right, threshold curves: those of two large classes have a minimum between r of one and two, those of one and of three large classes rise."}
}

// HeatFigure shows predicted and measured cosines of class means.
func HeatFigure(id, title string, n Net) figure.Figure {
	names := make([]string, n.Problem.K())
	for c, size := range n.Problem.Sizes {
		names[c] = fmt.Sprint(size)
	}
	panel := func(title string, M *mat.Dense) figure.Panel {
		k, _ := M.Dims()
		rows := make([][]float64, k)
		for c := range rows {
			rows[c] = mat.Row(nil, c, M)
		}
		return figure.Panel{Title: title, X: figure.Axis{Name: "class, by its size"}, Y: figure.Axis{Name: "class, by its size"},
			Heat: &figure.Heat{Rows: names, Cols: names, Values: rows, Scale: "cosine", Diverging: true, Low: figure.At(-1), High: figure.At(1), Print: k < 6}}
	}
	apart := panel("learned − predicted", matrix.Add(n.Learned, -1, n.Predicted))
	apart.Heat.Scale, apart.Heat.Low, apart.Heat.High = "difference", nil, nil
	return figure.Figure{ID: id, Title: title, Panels: []figure.Panel{panel("predicted", n.Predicted), panel("learned", n.Learned), apart},
		Caption: fmt.Sprintf("Cosines of class means, classes named by their sizes: (a) from the sizes alone, (b) from the network, (c) the difference, on a scale of its own. The distance of (a) and (b) at norm one is %.2g.", n.Distance),
		Alt:     "Two heat-maps of cosines between classes that look alike: large classes repel each other most, small ones lie close to each other. A third one shows their difference, whose scale ends where the others do not leave white."}
}
