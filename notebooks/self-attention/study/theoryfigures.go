package study

import (
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// planeSize is the radius of the starts of PlaneFigure, in margins.
const planeSize = 8

// planeWindow is half the side of the square that PlaneFigure shows.
const planeWindow = 26

// Paths are runs of normalized descent on a pair of sequences from starts around the
// circle and from zero, as points (s_1, s_2), and whether they end with a sequence on the
// wrong token.
func (in *Instance) Paths(starts int, eta float64, steps int) (paths [][2][]float64, stuck []bool) {
	for i := -1; i < starts; i++ {
		r := attention.KernelRun{Method: attention.NGD, Eta: eta, Steps: steps, Start: []float64{0, 0}}
		if i >= 0 {
			angle := 2 * math.Pi * (float64(i) + 0.5) / float64(starts)
			r.Start = []float64{planeSize * math.Cos(angle), planeSize * math.Sin(angle)}
			r.Norm = in.planeNorm(r.Start)
		}
		var x, y []float64
		notebook.Must(in.Kernel.Run(r, func(st attention.KernelState) bool {
			x, y = append(x, st.S[0]), append(y, st.S[1])
			return math.Hypot(st.S[0], st.S[1]) < 8*planeWindow // by then it has turned
		}))
		end := len(x) - 1
		paths, stuck = append(paths, [2][]float64{x, y}), append(stuck, math.Min(x[end], y[end]) < 0)
	}
	return paths, stuck
}

// planeNorm is the norm of the shortest W with margins a, for two sequences of two tokens:
// √(aᵀK⁻¹a).
func (in *Instance) planeNorm(a []float64) float64 {
	K := in.Kernel.K
	det := K.At(0, 0)*K.At(1, 1) - K.At(0, 1)*K.At(0, 1)
	return math.Sqrt((K.At(1, 1)*a[0]*a[0] - 2*K.At(0, 1)*a[0]*a[1] + K.At(0, 0)*a[1]*a[1]) / det)
}

// Plane is PlaneFigure of the pairs on which training finds W_mm and never does.
func Plane() (figure.Figure, error) {
	free, err := Derive(attention.FreePair(1))
	if err != nil {
		return figure.Figure{}, err
	}
	stuck, err := Derive(attention.StuckPair(1))
	if err != nil {
		return figure.Figure{}, err
	}
	return PlaneFigure(free, stuck), nil
}

// PlaneFigure is the idea of the page: two pairs of sequences, all of whose runs can be
// drawn.
func PlaneFigure(free, stuck *Instance) figure.Figure {
	panel := func(title string, in *Instance, trap bool) figure.Panel {
		p := figure.Panel{Title: title, Equal: true, Ratio: 1,
			X: figure.Axis{Name: "log-odds of the optimal token, sequence 1", Min: figure.At(-planeWindow), Max: figure.At(planeWindow)},
			Y: figure.Axis{Name: "log-odds, sequence 2", Min: figure.At(-planeWindow), Max: figure.At(planeWindow)}}
		paths, caught := in.Paths(24, 0.1, 4000)
		for i, path := range paths {
			x, y := inside(path[0], path[1], planeWindow)
			name, slot := "run that reaches W_mm", 1
			if caught[i] {
				name, slot = "run that stays in the trap", 2
			}
			line := figure.Line(name, x, y).In(slot)
			if i == 0 {
				line = line.Sized(4)
			}
			p.Series = append(p.Series, line)
		}
		var x, y []float64
		for _, path := range paths {
			x, y = append(x, path[0][0]), append(y, path[1][0])
		}
		p.Series = append(p.Series, figure.Points("start", x, y).In(figure.Ink).Sized(4))
		p.Series = append(p.Series, figure.Segment("direction of W_mm", 0, 0, planeWindow, planeWindow).In(figure.Ink).Dashed(3))
		if trap {
			p.Series = append(p.Series, figure.Segment("direction of the trap", 0, 0, planeWindow/1.5, -planeWindow).In(figure.Ink).Dashed(2))
		}
		return p
	}
	return figure.Figure{ID: "plane", Title: "Where training goes", Panels: []figure.Panel{
		panel("nearly orthogonal tokens", free, false), panel("tokens that contradict each other", stuck, true)},
		Caption: "Two sequences of two tokens in the plane; all that matters of W are two numbers, the " +
			"log-odds with which each sequence attends to its optimal token. Runs of normalized descent " +
			"from a circle of starts and (thick) from W = 0. Left: all of them turn into the direction of " +
			"the max-margin matrix, some outside of the picture. Right: one token has moved, W_mm still exists and nothing else has " +
			"changed; the run from zero and many others are caught by a second direction, in which the " +
			"second sequence attends to the wrong token for ever.",
		Alt: "Two panels of paths in the plane of two log-odds. On the left all paths end on the diagonal. " +
			"On the right some do, and the others run down to the right along another line."}
}

// apart is the least distance of two points that PlaneFigure draws of one path.
const apart = 0.7

// inside returns the points of a path up to where it leaves the square, thinned.
func inside(x, y []float64, size float64) (u, v []float64) {
	for i := range x {
		if math.Abs(x[i]) > size || math.Abs(y[i]) > size {
			break
		}
		if n := len(u); n == 0 || math.Hypot(x[i]-u[n-1], y[i]-v[n-1]) > apart {
			u, v = append(u, x[i]), append(v, y[i])
		}
	}
	return u, v
}

// Share is the fraction of the points of a dimension for which f is true.
func Share(b *attention.Border, d int, f func(attention.BorderPoint) bool) float64 {
	yes, all := 0, 0
	for _, p := range b.Points {
		if p.D == d {
			all++
			if f(p) {
				yes++
			}
		}
	}
	return float64(yes) / float64(all)
}

// BorderTest is a question to a point.
type BorderTest func(attention.BorderPoint) bool

// The questions of the border.
var (
	StuckFromZero BorderTest = func(p attention.BorderPoint) bool { return p.Zero.End == attention.Stuck }
	StuckAnywhere BorderTest = func(p attention.BorderPoint) bool { return p.Stuck() }
	SafeFromZero  BorderTest = func(p attention.BorderPoint) bool { return p.Q0 < 1 }
	SafeAnywhere  BorderTest = func(p attention.BorderPoint) bool { return p.Q < 1 }
)

// BorderFigure draws which runs get stuck and what the conditions promise.
func BorderFigure(c attention.BorderConfig, b *attention.Border) figure.Figure {
	over := make([]float64, len(c.D))
	for i, d := range c.D {
		over[i] = float64(d) / float64(c.N*c.T)
	}
	share := func(name string, f BorderTest) figure.Series {
		var y []float64
		for _, d := range c.D {
			y = append(y, Share(b, d, f))
		}
		return figure.Line(name, over, y).As("circle")
	}
	var x, y [3][]float64
	for _, p := range b.Points {
		kind := 0
		if p.Stuck() {
			kind = 1
		}
		if p.Zero.End == attention.Stuck {
			kind = 2
		}
		beside := math.Pow(1.1, float64(kind-1)) // so that the kinds do not hide each other
		x[kind] = append(x[kind], beside*float64(p.D)/float64(c.N*c.T))
		y[kind] = append(y[kind], p.Row)
	}
	rows := figure.Panel{X: figure.Axis{Name: "d/(nT)", Log: true}, Y: figure.Axis{Name: "largest row sum of κ_ij/ν_j", Log: true},
		Marks: []figure.Mark{figure.HLine(0.5, "½")}}
	for kind, name := range []string{"never stuck", "stuck from a random start", "stuck from W₀ = 0"} {
		if len(x[kind]) > 0 {
			rows.Series = append(rows.Series, figure.Points(name, x[kind], y[kind]).As([]string{"circle", "triangle", "square"}[kind]).Sized(6))
		}
	}
	lowest := math.Inf(1)
	for _, v := range append(y[1], y[2]...) {
		lowest = math.Min(lowest, v)
	}
	return figure.Figure{ID: "border", Title: "The border between stuck and not", Panels: []figure.Panel{
		{X: figure.Axis{Name: "d/(nT)", Log: true}, Y: figure.Axis{Name: "share of data sets", Min: figure.At(0), Max: figure.At(1.05)},
			Series: []figure.Series{
				share("stuck from W₀ = 0", StuckFromZero), share("stuck from some start", StuckAnywhere),
				share("(G0) holds", SafeFromZero), share("(G) holds", SafeAnywhere)}},
		rows},
		Caption: fmt.Sprintf("Random tokens, n = %d, T = %d: %d data sets a dimension, each with a run of "+
			"normalized descent from zero and %d from random starts of norm %g‖W_mm‖. In low dimension most "+
			"get stuck; (G0), which excludes it from W₀ = 0, and (G), which excludes it from every W₀, hold from d about nT on. Right, each data set by its row sum: "+
			"below ½ convergence is proved, the smallest row sum of a stuck one is %.2f.",
			c.N, c.T, c.Instances, c.Starts, c.Size, lowest),
		Alt: "Left: four curves against dimension over nT; the shares of stuck runs fall from near one to " +
			"zero, the shares of proved data sets rise from zero to one. Right: points against the same " +
			"axis; stuck data sets all lie high, far above the line at one half."}
}

// StepsFigure draws the slope of the log-odds, over -η/‖W_mm‖, against the step.
func StepsFigure(factor []float64, ratio, cosine [][]float64) figure.Figure {
	p := figure.Panel{X: figure.Axis{Name: "η/η*"}, Y: figure.Axis{Name: "slope over −η/‖W_mm‖"},
		Marks: []figure.Mark{figure.VLine(1, "η*")}}
	for i := range ratio {
		p.Series = append(p.Series, figure.Line("slope", factor, ratio[i]).In(1),
			figure.Points("mean cosine of step and W_mm", factor, cosine[i]).In(2).Sized(5))
	}
	return figure.Figure{ID: "steps", Title: "How long a step may be", Panels: []figure.Panel{p},
		Caption: fmt.Sprintf("%d data sets. Below η*, an eigenvalue of the instance, log-odds fall with the full "+
			"slope; beyond it steps overshoot for ever, and what is left is the mean cosine between a step "+
			"and W_mm.", len(ratio)),
		Alt: "Curves that are flat at one up to η/η* = 1 and then fall; points of the mean cosine lie on them."}
}

// TowerFigure draws the lengths of plain and clipped Polyak steps from one start.
func TowerFigure(plain, clipped []float64) figure.Figure {
	count := func(y []float64) (x []float64) {
		for i := range y {
			x = append(x, float64(i+1))
		}
		return x
	}
	return figure.Figure{ID: "tower", Title: "A tower of steps", Panels: []figure.Panel{{
		X: figure.Axis{Name: "step"}, Y: figure.Axis{Name: "length", Log: true},
		Series: []figure.Series{
			figure.Line("Polyak", count(plain), plain).As("circle"),
			figure.Line("clipped at ‖W_mm‖", count(clipped), clipped).As("circle")}}},
		Caption: fmt.Sprintf("Lengths of steps from a start of norm √5. Each plain Polyak step is about the "+
			"exponential of the one before: %.3g, %.3g, %.3g, %.2g, and then beyond float64.",
			plain[0], plain[1], plain[2], plain[3]),
		Alt: "Lengths against the number of the step, on a logarithmic axis: one curve shoots up after three steps, the other stays level and falls to its limit."}
}
