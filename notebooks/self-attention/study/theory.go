package study

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/attention"
)

// gaussian draws n numbers N(0, scale²).
func gaussian(rng *rand.Rand, n int, scale float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = scale * rng.NormFloat64()
	}
	return x
}

// FlowError is, at random margins, the largest error over the sequences of
// ds_i/dt = Σ_j c_j π_iᵀ K_ij π_j by a central difference, over the sum of the absolute
// values of the terms; and the same with uniform weights in place of π_i.
func (in *Instance) FlowError(rng *rand.Rand) (err, wrong float64) {
	k, m := in.Kernel, in.Kernel.T-1
	a := gaussian(rng, k.Rows(), 2)
	p := k.At(a)
	rates, sizes := make([]float64, len(a)), make([]float64, len(a)) // of the margins
	for r := range a {
		for s := range a {
			term := k.K.At(r, s) * math.Exp(p.LogC[s/m]) * p.Pi[s]
			rates[r] += term
			sizes[r] += math.Abs(term)
		}
	}
	moved := func(h float64) []float64 {
		return k.At(floats.AddScaledTo(make([]float64, len(a)), a, h, rates)).S
	}
	const h = 1e-4
	up, down := moved(h), moved(-h)
	for i := range k.N {
		own := rates[i*m : (i+1)*m]
		slope, size := (up[i]-down[i])/(2*h), floats.Dot(p.Pi[i*m:(i+1)*m], sizes[i*m:(i+1)*m])
		err = math.Max(err, math.Abs(slope-floats.Dot(p.Pi[i*m:(i+1)*m], own))/size)
		wrong = math.Max(wrong, math.Abs(slope-floats.Sum(own)/float64(m))/size)
	}
	return err, wrong
}

// Gains are left side minus right side of the step inequality, over the sum of their
// absolute values: of its two forms, and without the terms in the length.
type Gains struct{ Corrected, Least, Bare []float64 }

// StepGains is Gains at random margins and steps from a hundredth of ‖W_mm‖ to ten times.
func (in *Instance) StepGains(rng *rand.Rand, count int) (g Gains) {
	for range count {
		a := gaussian(rng, in.Kernel.Rows(), 3*rng.Float64())
		g.step(in, a, in.Omega*math.Pow(10, -2+3*rng.Float64()))
	}
	return g
}

// step appends the gains of a step from margins a.
func (g *Gains) step(in *Instance, a []float64, length float64) {
	gain := func(left, right float64) float64 { return (left - right) / (math.Abs(left) + math.Abs(right)) }
	q, _ := in.Coupling.Step(a, length)
	for i := range q.Left {
		g.Corrected = append(g.Corrected, gain(q.Left[i], q.Right[i]))
		g.Bare = append(g.Bare, gain(q.Left[i], q.Bare[i]))
		if in.Coupling.Least[i] > 0 {
			g.Least = append(g.Least, gain(q.Left[i], q.Least[i]))
		}
	}
}

// Overshoot appends the gains of a long step of one sequence whose two V point away from each
// other: it raises the margin of the token that is attended to, and lowers the other one by more.
func (g *Gains) Overshoot() error {
	data := &attention.Data{N: 2, T: 3, D: 4, Y: []float64{1, 1}, X: []float64{
		0, 1, 1, 0, 2, 0, 1, 0, -2, 0, 1, 0, // V_1: (-2, 1, 0, 0) and (2, 1, 0, 0) times the query
		0, 1, 0, 1, 1, 0, 0, 1, -1, 0, 0, 1,
	}}
	in, err := Derive(attention.New(data, []float64{0, 1, 0, 0}))
	if err == nil {
		g.step(in, []float64{0, 5, 60, 60}, 10)
	}
	return err
}

// HoeffdingShare is how much of the terms in the length a step of the given length needs,
//
//	(E_π[x] - (s_1⁺ - s_1))/(l D_1 Σ_j o_1j U_j/8),   x the increments of the margins,
//
// where it needs most: a sequence of three tokens whose other two share the attention
// equally and which hardly pulls, and another sequence that pulls along V_{1,1} - V_{1,2}.
func HoeffdingShare(length float64) (float64, error) {
	const query, own = 30, 0.02 // a long common coordinate, and the gap of the one that pulls
	data := &attention.Data{N: 2, T: 3, D: 3, Y: []float64{1, 1}, X: []float64{
		0, 1, query, 0.5, 0, query, -0.5, 0, query,
		0.5, own, query, -0.5, 0, query, -0.5, 0, query,
	}}
	in, err := Derive(attention.New(data, []float64{0, 1, 0}))
	if err != nil {
		return 0, err
	}
	a := []float64{-40, -40, 0, 0} // φ_{1,opt} = e^-40/2: no pull
	q, after := in.Coupling.Step(a, length)
	mean := (after[0] - a[0] + after[1] - a[1]) / 2
	return (mean - q.Left[0]) / (q.Bare[0] - q.Right[0]), nil
}

// Everywhere is the worst of many runs.
type Everywhere struct {
	OneMinusCorr      []float64 // at the chosen steps
	GD                []float64 // the same of gradient descent
	LeastPhi          []float64 // at the end, a run each
	Growth, GrowthGD  []float64 // of the norm over the last factor of two
	Shortest, Longest float64   // of the steps
}

// FromEverywhere runs normalized descent and the clipped Polyak step from the four starts
// of every instance, with the longest step that (G) allows for, at most ‖W_mm‖/2, and
// gradient descent from zero with steps that are never longer.
func FromEverywhere(list []*Instance, rng *rand.Rand, at []int) (*Everywhere, error) {
	e := &Everywhere{OneMinusCorr: make([]float64, len(at)), GD: make([]float64, len(at)), Shortest: math.Inf(1)}
	last := len(at) - 1
	worst := func(into, x []float64) {
		for i, v := range x {
			into[i] = math.Max(into[i], v)
		}
	}
	for _, in := range list {
		l := math.Min(in.Step(), in.Omega/2)
		e.Shortest, e.Longest = math.Min(e.Shortest, l), math.Max(e.Longest, l)
		starts, err := in.Starts(rng)
		if err != nil {
			return nil, err
		}
		for _, r := range starts {
			r.Method, r.Eta = attention.NGD, l
			s := in.Follow(r, at...)
			worst(e.OneMinusCorr, s.OneMinusCorr)
			e.LeastPhi = append(e.LeastPhi, s.LeastPhi[last])
			e.Growth = append(e.Growth, s.Norm[last]/s.Norm[last-1])
			// the clipped step ends where the excess loss does: looked at before that
			r.Method, r.Eta, r.Longest = attention.Clipped, 0.5, l
			early := int(600 / math.Min(0.5, l/in.Omega))
			clipped := in.Follow(r, early/100, early/10, early/2, early)
			worst(e.OneMinusCorr, clipped.OneMinusCorr)
			e.LeastPhi = append(e.LeastPhi, floats.Min(clipped.LeastPhi[len(clipped.LeastPhi)-1:]))
		}
		s := in.Follow(attention.KernelRun{Method: attention.GD, Eta: l / in.PullBound()}, at...)
		worst(e.GD, s.OneMinusCorr)
		e.GrowthGD = append(e.GrowthGD, s.Norm[last]/s.Norm[last-1])
	}
	return e, nil
}
