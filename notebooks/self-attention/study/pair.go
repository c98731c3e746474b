package study

import (
	"math"

	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// Opposed is two sequences of two tokens with K = [[1, -k], [-k, 1]]: the longest stable
// step is η* = 2(1-k)/(1+k)·‖W_mm‖.
func Opposed(k float64) (*Instance, error) {
	beside := math.Sqrt(1 - k*k)
	data := &attention.Data{N: 2, T: 2, D: 3, Y: []float64{1, 1}, X: []float64{
		1, 0, 0, 1, 0, 1,
		-k, beside, 0, -k, beside, 1,
	}}
	return Derive(attention.New(data, []float64{0, 0, 1}))
}

// PolyakSlope is the slope of the log-odds of the Polyak step with factor 1/2 on a pair,
// from margins (0.3, 0): from zero a symmetric pair has equal margins for ever.
func (in *Instance) PolyakSlope() float64 {
	start := []float64{0.3, 0}
	r := attention.KernelRun{Method: attention.Polyak, Eta: 0.5, Start: start, Norm: in.planeNorm(start)}
	return -in.Follow(r, 1000).Rise
}

// PairRuns are runs from zero: normalized descent with the given steps, gradient descent
// with ten times, the Polyak step with those factors up to 1/2.
func PairRuns(steps []float64) (runs []attention.KernelRun) {
	for _, eta := range steps {
		runs = append(runs,
			attention.KernelRun{Method: attention.NGD, Eta: eta},
			attention.KernelRun{Method: attention.GD, Eta: 10 * eta},
			attention.KernelRun{Method: attention.Polyak, Eta: min(eta, 0.5)})
	}
	return runs
}

// MostSecond is the largest attention of the second sequence on its optimal token after
// the first step, up to where the run ends.
func (in *Instance) MostSecond(r attention.KernelRun, steps int) float64 {
	most := 0.0
	in.each(r, steps, func(st attention.KernelState) {
		if st.Step > 0 {
			most = math.Max(most, sigmoid(st.S[1]))
		}
	})
	return most
}

// each makes a run and looks at every step.
func (in *Instance) each(r attention.KernelRun, steps int, see func(attention.KernelState)) *attention.Stopped {
	r.Steps = steps
	stopped, err := in.Kernel.Run(r, func(st attention.KernelState) bool {
		see(st)
		return true
	})
	if err != nil {
		panic(err) // a malformed run is a mistake
	}
	return stopped
}

// MarginRatio is s_2/s_1 after normalized descent from zero.
func (in *Instance) MarginRatio(eta float64, steps int) float64 {
	ratio := math.NaN()
	in.each(attention.KernelRun{Method: attention.NGD, Eta: eta}, steps, func(st attention.KernelState) {
		ratio = st.S[1] / st.S[0]
	})
	return ratio
}

// MostRatio is the largest c_2/c_1 on a grid of the cone s_1 ≥ 0, s_2 ≤ -slope s_1.
func (in *Instance) MostRatio(slope float64) float64 {
	most := 0.0
	for s1 := 0.0; s1 < 60; s1 += 0.02 {
		for below := 0.0; below < 40; below += 0.1 {
			most = math.Max(most, math.Exp(in.Kernel.LogPull(1, -slope*s1-below)-in.Kernel.LogPull(0, s1)))
		}
	}
	return most
}

// StuckFigure draws attention on the optimal token of the second sequence.
func StuckFigure(stuck, free *Instance) figure.Figure {
	p := figure.Panel{
		X:     figure.Axis{Name: "t", Log: true, Max: figure.At(300)},
		Y:     figure.Axis{Name: "φ of the optimal token, sequence 2", Min: figure.At(0), Max: figure.At(1)},
		Marks: []figure.Mark{figure.HLine(0.5, "½")}}
	draw := func(name string, in *Instance, r attention.KernelRun, slot int) {
		var x, y []float64
		in.each(r, 300, func(st attention.KernelState) {
			if st.Step > 0 {
				x, y = append(x, float64(st.Step)), append(y, sigmoid(st.S[1]))
			}
		})
		line := figure.Line(name, x, y).In(slot)
		if len(x) < 20 {
			line = line.As("circle")
		}
		p.Series = append(p.Series, line)
	}
	draw("NGD, η = 0.05", stuck, attention.KernelRun{Method: attention.NGD, Eta: 0.05}, 1)
	draw("NGD, η = 1", stuck, attention.KernelRun{Method: attention.NGD, Eta: 1}, 2)
	draw("GD, η = 1", stuck, attention.KernelRun{Method: attention.GD, Eta: 1}, 3)
	draw("Polyak, c = ½", stuck, attention.KernelRun{Method: attention.Polyak, Eta: 0.5}, 4)
	draw("control, NGD, η = 0.05", free, attention.KernelRun{Method: attention.NGD, Eta: 0.05}, 5)
	return figure.Figure{ID: "stuck", Title: "Every method fails", Panels: []figure.Panel{p},
		Caption: "Attention of the second sequence on its optimal token, from W₀ = 0. On the stuck pair it " +
			"falls below one half with the first step and never returns, whatever the method and the step; on " +
			"the control, in which one token has moved, it comes back from a dip and rises to one.",
		Alt: "Curves against time: those of the stuck pair fall from one half to zero, that of the control rises to one."}
}
