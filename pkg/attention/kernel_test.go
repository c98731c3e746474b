package attention

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// setup is a random instance with everything that is derived from it.
type setup struct {
	p        *Problem
	k        *Kernel
	all      *Subset
	coupling *Coupling
}

func gaussianSetup(t testing.TB, n, tokens, d int, seed uint64) *setup {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 77))
	for {
		p, err := GaussianTokens(n, tokens, d, rng)
		if err != nil {
			t.Fatal(err)
		}
		s, err := derive(p)
		if err == nil {
			return s
		}
		if !errors.Is(err, ErrInfeasible) {
			t.Fatal(err)
		}
	}
}

func derive(p *Problem) (*setup, error) {
	d, err := p.Derive(context.Background())
	if err != nil {
		return nil, err
	}
	return &setup{p, d.Kernel, d.All, d.Coupling}, nil
}

func mustDerive(t testing.TB) func(p *Problem, err error) *setup {
	return func(p *Problem, err error) *setup {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		s, err := derive(p)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// TestKernelMatchesPoint: what a kernel says of margins is what a point says of W.
func TestKernelMatchesPoint(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for seed := range uint64(20) {
		s := gaussianSetup(t, 4, 4, 9, seed)
		W := randomW(s.p.D, math.Pow(10, -2+3*rng.Float64()), rng)
		pt := s.p.At(W)
		pulls := s.k.At(pt.Margins())
		w, M := pulls.weights()
		var Kw mat.VecDense
		Kw.MulVec(s.k.K, mat.NewVecDense(len(w), w))
		_, logNorm := pt.Direction()
		near(t, "log ‖∇L‖", math.Log(floats.Dot(w, Kw.RawVector().Data))/2+M, logNorm, 1e-9)
		near(t, "log S", floats.LogSumExp(pulls.LogC), pt.Drive(), 1e-10)
		near(t, "log(L - L*)", s.k.LogExcess(pulls.S), pt.LogExcess(), 1e-10)
		for i, odds := range pt.LogOdds {
			near(t, "s", pulls.S[i], -odds, 1e-10)
		}
	}
}

// TestKernelRun: a run of margins is the run of matrices.
func TestKernelRun(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	s := gaussianSetup(t, 5, 4, 8, 3)
	W := randomW(s.p.D, 0.3, rng)
	steps := []int{0, 1, 2, 10, 60}
	var runs []Run
	for method, eta := range map[Method]float64{GD: 0.7, NGD: 0.11, Polyak: 0.4, Clipped: 0.4} {
		runs = append(runs, Run{Problem: s.p, Method: method, Eta: eta, Longest: 0.3 * s.all.Norm, Start: W, Steps: steps})
	}
	got := make([]map[int]*mat.Dense, len(runs))
	for i := range got {
		got[i] = map[int]*mat.Dense{}
	}
	if _, err := Observe(context.Background(), "", runs, func(i, k int, W *mat.Dense) { got[i][k] = W }); err != nil {
		t.Fatal(err)
	}
	for i, r := range runs {
		run := KernelRun{Method: r.Method, Eta: r.Eta, Longest: r.Longest, Start: s.p.At(W).Margins(), Norm: mat.Norm(W, 2), Steps: 60}
		if stopped, err := s.k.Run(run, func(st KernelState) bool {
			if W := got[i][st.Step]; W != nil {
				pt := s.p.At(W)
				near(t, string(r.Method)+": ‖W‖", st.Norm, mat.Norm(W, 2), 1e-9)
				if d := floats.Distance(st.A, pt.Margins(), 2); !(d <= 1e-9*floats.Norm(st.A, 2)) {
					t.Errorf("%s at step %d: margins differ by %g", r.Method, st.Step, d)
				}
				near(t, "corr", s.all.Corr(st.A, st.Norm), 1-math.Pow(Dist(W, s.full(t).W), 2)/2, 1e-9)
			}
			return true
		}); err != nil || stopped != nil {
			t.Fatal(stopped, err)
		}
	}
}

func (s *setup) full(t testing.TB) *SVM {
	t.Helper()
	svm, err := s.p.SVM(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return svm
}

// TestLogPeak: the maximum of the pull against a grid, for gaps that put it far to the
// left, and the derivative that finds it against differences.
func TestLogPeak(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		k := &Kernel{N: 1, T: 2, Best: []float64{4 * rng.NormFloat64()}, Gap: []float64{math.Exp(2 * rng.NormFloat64())}}
		from := 3 * rng.NormFloat64()
		best := math.Inf(-1)
		for s := from; s < from+30; s += 0.003 {
			best = math.Max(best, k.LogPull(0, s))
		}
		if got := k.LogPeak(0, from); !(got >= best-1e-12 && got <= best+1e-4) {
			t.Errorf("%+v: peak from %g is %g, on a grid %g", k, from, got, best)
		}
		const h = 1e-5
		slope := (k.LogPull(0, from+h) - k.LogPull(0, from-h)) / (2 * h)
		near(t, "slope", k.rise(0, from)*sigmoid(from)*sigmoid(-from), slope, 1e-6)
	}
}

// TestFlowIdentity: ds_i/dt = Σ_j c_j π_iᵀ K_ij π_j by differences along the gradient,
// and the bound from ν and κ below it.
func TestFlowIdentity(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	below := 0
	for seed := range uint64(100) {
		s := gaussianSetup(t, 4, 4, 7, seed)
		a := gaussian(s.k.Rows(), 2, rng)
		p := s.k.At(a)
		m := s.k.T - 1
		dir := make([]float64, len(a))
		for r := range dir {
			for q := range dir {
				dir[r] += s.k.K.At(r, q) * math.Exp(p.LogC[q/m]) * p.Pi[q]
			}
		}
		const h = 1e-5
		up, down := make([]float64, len(a)), make([]float64, len(a))
		floats.AddScaledTo(up, a, h, dir)
		floats.AddScaledTo(down, a, -h, dir)
		impulse := make([]float64, s.k.N)
		for j := range impulse {
			impulse[j] = math.Exp(p.LogC[j])
		}
		for i := range s.k.N {
			want := floats.Dot(p.Pi[i*m:(i+1)*m], dir[i*m:(i+1)*m])
			near(t, "ds/dt", (s.k.At(up).S[i]-s.k.At(down).S[i])/(2*h), want, 1e-6)
			bound := s.coupling.gain(i, 0, impulse)
			if !(want >= bound-1e-12) {
				t.Errorf("seed %d: ds_%d/dt = %g below its bound %g", seed, i, want, bound)
			}
			if want < bound+0.1*math.Abs(bound) {
				below++
			}
		}
	}
	if below == 0 {
		t.Error("the bound is never within a tenth: too slack to test anything")
	}
}

func TestKernelRefuses(t *testing.T) {
	c := small()
	c.EqualScores = false
	_, p := sample(t, c, 1)
	if _, err := p.Kernel(); !errors.Is(err, ErrScores) {
		t.Errorf("unequal scores gave %v, want ErrScores", err)
	}
	s := gaussianSetup(t, 2, 3, 6, 1)
	for name, r := range map[string]KernelRun{
		"naive":        {Method: Naive, Eta: 1},
		"eta":          {Method: GD, Eta: math.NaN()},
		"longest":      {Method: Clipped, Eta: 1},
		"start":        {Method: GD, Eta: 1, Start: []float64{1}},
		"start NaN":    {Method: GD, Eta: 1, Start: []float64{1, 2, 3, math.NaN()}},
		"norm":         {Method: GD, Eta: 1, Norm: 1},
		"negative":     {Method: GD, Eta: 1, Steps: -1},
		"infinite eta": {Method: GD, Eta: math.Inf(1)},
	} {
		if _, err := s.k.Run(r, func(KernelState) bool { return true }); !errors.Is(err, ErrRun) {
			t.Errorf("%s gave %v, want ErrRun", name, err)
		}
	}
	if _, err := GaussianTokens(2, 1, 3, rand.New(rand.NewPCG(1, 1))); !errors.Is(err, ErrData) {
		t.Errorf("one token gave %v", err)
	}
}

// TestClippedLength: the length of every clipped step is that of the plain one from there,
// c (L - L*)/‖∇L‖, or the longest where that is shorter; both occur.
func TestClippedLength(t *testing.T) {
	s := gaussianSetup(t, 4, 3, 24, 3)
	const c = 0.5
	longest := 0.6 * s.all.Norm
	plain, clipped := 0, 0
	var want float64
	if _, err := s.k.Run(KernelRun{Method: Clipped, Eta: c, Longest: longest, Steps: 200}, func(st KernelState) bool {
		if st.Step > 0 {
			near(t, "length", st.Length, want, 1e-9*want)
		}
		pt := Pulls{S: st.S, Pi: st.Pi, LogC: st.LogC}
		w, M := pt.weights()
		var Kw mat.VecDense
		Kw.MulVec(s.k.K, mat.NewVecDense(len(w), w))
		logNorm := math.Log(floats.Dot(w, Kw.RawVector().Data))/2 + M
		own := c * math.Exp(s.k.LogExcess(st.S)-logNorm)
		if want = math.Min(own, longest); own < longest {
			plain++
		} else {
			clipped++
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if plain < 10 || clipped < 1 {
		t.Errorf("%d steps of their own length and %d of the longest: want both", plain, clipped)
	}
}
