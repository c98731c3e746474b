package study

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// Instance is a problem with what the conditions for convergence are made of.
type Instance struct {
	Problem  *attention.Problem
	Kernel   *attention.Kernel
	All      *attention.Subset // W_mm
	Coupling *attention.Coupling
	Omega    float64 // ‖W_mm‖
}

// Derive computes what follows from a problem under (A1).
func Derive(p *attention.Problem) *Instance {
	ctx := context.Background()
	k := notebook.Must(p.Kernel())
	all := notebook.Must(k.All(ctx))
	return &Instance{Problem: p, Kernel: k, All: all, Coupling: notebook.Must(k.Coupling(ctx)), Omega: all.Norm}
}

// Sample draws a data set of the page's model.
func Sample(cell *notebook.Cell, c attention.Config, stream string) (*attention.Sample, *attention.Problem) {
	s := notebook.Must(attention.Generate(c, cell.Stream(stream)))
	return s, notebook.Must(s.Problem())
}

// Draw derives data sets of the page's model, drawn from streams of their own.
func Draw(cell *notebook.Cell, c attention.Config, name string, count int) []*Instance {
	var all []*Instance
	for i := range count {
		_, p := Sample(cell, c, fmt.Sprintf("%s/%d", name, i))
		all = append(all, Derive(p))
	}
	return all
}

// Gaussian derives data sets of Gaussian tokens that can be separated.
func Gaussian(cell *notebook.Cell, n, tokens, d int, name string, count int) []*Instance {
	rng := cell.Stream(name)
	var all []*Instance
	for len(all) < count {
		p := notebook.Must(attention.GaussianTokens(n, tokens, d, rng))
		k := notebook.Must(p.Kernel())
		if w, err := k.All(cell.Context()); err == nil {
			all = append(all, &Instance{p, k, w, notebook.Must(k.Coupling(cell.Context())), w.Norm})
		}
	}
	return all
}

// Q0 and Q are the conditions of gradient flow, from zero and from everywhere.
func (in *Instance) Q0() float64 { return in.Coupling.FromZero(0, in.Omega, 0) }

// Q is the number of condition (G).
func (in *Instance) Q() float64 { return in.Coupling.FromAnywhere(0, in.Omega).Q }

// Row is the largest row sum Σ_j κ_ij/ν_j.
func (in *Instance) Row() float64 { return in.Coupling.FromAnywhere(0, in.Omega).Row }

// Step0 and Step are the longest steps, at most ‖W_mm‖, that (G0) and (G) allow for.
func (in *Instance) Step0() float64 { return in.Coupling.LongestFromZero(in.Omega, in.Omega) }

// Step is the longest step that (G) allows for.
func (in *Instance) Step() float64 { return in.Coupling.LongestFromAnywhere(in.Omega, in.Omega) }

// PullBound is a bound on ‖∇L‖ at every W.
func (in *Instance) PullBound() float64 {
	sum, m := 0.0, in.Kernel.T-1
	for j := range in.Kernel.N {
		most := 0.0
		for r := j * m; r < (j+1)*m; r++ {
			most = math.Max(most, math.Sqrt(in.Kernel.K.At(r, r)))
		}
		sum += most * math.Exp(in.Kernel.LogPeak(j, -50)) / float64(in.Kernel.N)
	}
	return sum
}

// From is a run from c W_A.
func From(c float64, A *attention.Subset) attention.KernelRun {
	a := make([]float64, len(A.A))
	floats.ScaleTo(a, c, A.A)
	return attention.KernelRun{Start: a, Norm: math.Abs(c) * A.Norm}
}

// FromW is a run from a matrix.
func (in *Instance) FromW(W *mat.Dense) attention.KernelRun {
	return attention.KernelRun{Start: in.Problem.At(W).Margins(), Norm: mat.Norm(W, 2)}
}

// Starts are W_0 = 0, a random matrix of norm 10‖W_mm‖, -5 W_mm, and 20 W_A for A the
// first sequence alone.
func (in *Instance) Starts(cell *notebook.Cell, stream string) []attention.KernelRun {
	one := notebook.Must(in.Kernel.Subset(cell.Context(), []int{0}))
	return []attention.KernelRun{
		{}, in.FromW(RandomW(cell, in.Problem.D, 10*in.Omega, stream)), From(-5, in.All), From(20, one),
	}
}

// RandomW is a Gaussian matrix of the given norm.
func RandomW(cell *notebook.Cell, d int, norm float64, stream string) *mat.Dense {
	rng, W := cell.Stream(stream), mat.NewDense(d, d, nil)
	W.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, W)
	W.Scale(norm/mat.Norm(W, 2), W)
	return W
}

// Seen is what is followed of a run: at chosen steps, and the extremes over all.
type Seen struct {
	OneMinusCorr []float64 // with W_mm, at the chosen steps
	Norm         []float64 // ‖W‖ there
	LeastPhi     []float64 // min φ_opt there
	Floor        float64   // least min φ_opt over the steps from 1 on
	Ceiling      float64   // greatest min φ_opt over the steps from 1 on
	Growth       float64   // largest ratio of a step to the one before
	Rise         float64   // mean rise of the mean s_i a step, over the second half
	Cosine       float64   // mean cosine between a step and W_mm, over the second half
	End          attention.KernelState
	Stopped      *attention.Stopped
}

// Follow makes a run and looks at the chosen steps, the last of which is its last.
func (in *Instance) Follow(r attention.KernelRun, at ...int) Seen {
	s := Seen{Floor: 1, Growth: 0}
	r.Steps = at[len(at)-1]
	var before []float64
	var length, from float64
	next := 0
	stopped := notebook.Must(in.Kernel.Run(r, func(st attention.KernelState) bool {
		least := 1 / (1 + math.Exp(-floats.Min(st.S)))
		mean := floats.Sum(st.S) / float64(len(st.S))
		half := float64(r.Steps - r.Steps/2)
		if st.Step > 0 {
			s.Floor, s.Ceiling = math.Min(s.Floor, least), math.Max(s.Ceiling, least)
			if length > 0 {
				s.Growth = math.Max(s.Growth, st.Length/length)
			}
			length = st.Length
		}
		if st.Step == r.Steps/2 {
			from = mean
		}
		if st.Step > r.Steps/2 {
			d := floats.SubTo(make([]float64, len(st.A)), st.A, before)
			s.Cosine += floats.Dot(in.All.Alpha, d) / (st.Length * in.Omega) / half
			s.Rise = (mean - from) / half
		}
		before = append(before[:0], st.A...)
		if next < len(at) && st.Step == at[next] {
			next++
			s.OneMinusCorr = append(s.OneMinusCorr, 1-in.All.Corr(st.A, st.Norm))
			s.Norm, s.LeastPhi = append(s.Norm, st.Norm), append(s.LeastPhi, least)
		}
		s.End = st
		s.End.A = append([]float64(nil), st.A...)
		return true
	}))
	s.Stopped = stopped
	return s
}
