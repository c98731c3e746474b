package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/attention"
)

// Streams returns the random stream of a name, as cell.Stream does.
type Streams func(name string) *rand.Rand

// Instance is a problem under (A1) with what the conditions for convergence are made of.
type Instance struct {
	Problem *attention.Problem
	attention.Derived
	Omega float64 // ‖W_mm‖
}

// Derive computes what follows from a problem under (A1).
func Derive(p *attention.Problem, err error) (*Instance, error) {
	if err != nil {
		return nil, err
	}
	d, err := p.Derive(context.Background())
	if err != nil {
		return nil, err
	}
	return &Instance{Problem: p, Derived: *d, Omega: d.All.Norm}, nil
}

// Sample draws a data set of the page's model.
func Sample(draw Streams, c attention.Config, stream string) (*attention.Sample, *attention.Problem, error) {
	s, err := attention.Generate(c, draw(stream))
	if err != nil {
		return nil, nil, err
	}
	p, err := s.Problem()
	return s, p, err
}

// Draw derives data sets of the page's model, each drawn from a stream of its own.
func Draw(draw Streams, c attention.Config, name string, count int) ([]*Instance, error) {
	var all []*Instance
	for i := range count {
		_, p, err := Sample(draw, c, fmt.Sprintf("%s/%d", name, i))
		if err != nil {
			return nil, err
		}
		in, err := Derive(p, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, in)
	}
	return all, nil
}

// Gaussian derives data sets of Gaussian tokens; those that cannot be separated are
// drawn again.
func Gaussian(rng *rand.Rand, n, tokens, d, count int) ([]*Instance, error) {
	var all []*Instance
	for len(all) < count {
		in, err := Derive(attention.GaussianTokens(n, tokens, d, rng))
		if errors.Is(err, attention.ErrInfeasible) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, in)
	}
	return all, nil
}

// Q0 is the number of condition (G0) for gradient flow.
func (in *Instance) Q0() float64 { return in.Coupling.FromZero(0, in.Omega, 0) }

// Q is the number of condition (G) for gradient flow.
func (in *Instance) Q() float64 { return in.Coupling.FromAnywhere(0, in.Omega).Q }

// Row is the largest row sum Σ_j κ_ij/ν_j.
func (in *Instance) Row() float64 { return in.Coupling.FromAnywhere(0, in.Omega).Row }

// Step0 is the longest step, at most ‖W_mm‖, that (G0) allows for.
func (in *Instance) Step0() float64 { return in.Coupling.LongestFromZero(in.Omega, in.Omega) }

// Step is the longest step, at most ‖W_mm‖, that (G) allows for.
func (in *Instance) Step() float64 { return in.Coupling.LongestFromAnywhere(in.Omega, in.Omega) }

// LongestStep is η*, beyond which margins do not stay together.
func (in *Instance) LongestStep() (float64, error) {
	s, err := in.Kernel.Stability(in.All)
	return s.Longest, err
}

// PullBound is a bound on ‖∇L‖ at every W: the mean of B_j max γ_j.
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
func (in *Instance) Starts(rng *rand.Rand) ([]attention.KernelRun, error) {
	one, err := in.Kernel.Subset(context.Background(), []int{0})
	if err != nil {
		return nil, err
	}
	random := in.FromW(RandomW(rng, in.Problem.D, 10*in.Omega))
	return []attention.KernelRun{{}, random, From(-5, in.All), From(20, one)}, nil
}

// RandomW is a Gaussian matrix of the given norm.
func RandomW(rng *rand.Rand, d int, norm float64) *mat.Dense {
	W := mat.NewDense(d, d, nil)
	W.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, W)
	W.Scale(norm/mat.Norm(W, 2), W)
	return W
}

// Seen is what is followed of a run: at chosen steps, and over all.
type Seen struct {
	OneMinusCorr []float64 // with W_mm, at the chosen steps
	Norm         []float64 // ‖W‖ there
	LeastPhi     []float64 // min φ_opt there
	Floor        float64   // least min φ_opt over the steps from 1 on
	Ceiling      float64   // greatest min φ_opt over the steps from 1 on
	Lengths      []float64 // of the first steps
	Rise         float64   // mean rise of the mean s_i a step, over the second half
	Cosine       float64   // mean cosine between a step and W_mm, over the second half
	A            []float64 // margins at the end
	EndNorm      float64   // ‖W‖ at the end
	Stopped      *attention.Stopped
}

// mostLengths is how many lengths of steps are kept.
const mostLengths = 40

// Follow makes a run and looks at the chosen steps, the last of which is its last. It
// panics for a malformed run.
func (in *Instance) Follow(r attention.KernelRun, at ...int) Seen {
	s := Seen{Floor: 1}
	r.Steps = at[len(at)-1]
	middle := r.Steps / 2
	var before []float64
	var from float64
	stopped, err := in.Kernel.Run(r, func(st attention.KernelState) bool {
		least := sigmoid(floats.Min(st.S))
		mean := floats.Sum(st.S) / float64(len(st.S))
		if st.Step > 0 {
			s.Floor, s.Ceiling = math.Min(s.Floor, least), math.Max(s.Ceiling, least)
			if len(s.Lengths) < mostLengths {
				s.Lengths = append(s.Lengths, st.Length)
			}
		}
		if st.Step == middle {
			from = mean
		}
		if half := float64(r.Steps - middle); st.Step > middle {
			d := floats.SubTo(make([]float64, len(st.A)), st.A, before)
			s.Cosine += floats.Dot(in.All.Alpha, d) / (st.Length * in.Omega) / half
			s.Rise = (mean - from) / half
		}
		before = append(before[:0], st.A...)
		if n := len(s.Norm); st.Step == at[n] {
			s.OneMinusCorr = append(s.OneMinusCorr, 1-in.All.Corr(st.A, st.Norm))
			s.Norm, s.LeastPhi = append(s.Norm, st.Norm), append(s.LeastPhi, least)
		}
		s.EndNorm = st.Norm
		return true
	})
	if err != nil {
		panic(err)
	}
	s.A, s.Stopped = before, stopped
	return s
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
