package study

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/ntp"
)

// Settings are the instances and step numbers of the runs.
type Settings struct {
	Paper, Wide ntp.Config
	Steps       int // of gradient descent
	Short       int // of the other optimizers, where the paper stops
}

// Default is what the page runs: the paper's experiment a hundred times longer, and wide.
var Default = Settings{
	Paper: ntp.Config{V: 10, M: 50, D: 60, S: 6, N: 5000},                  // Appendix A.2
	Wide:  ntp.Config{V: 6, M: 4, D: 160, Sizes: []int{4, 3, 3, 4}, N: 40}, // d ≫ m: limits set in soon; counted π_j, to be unequal (ours)
	Steps: 1_000_000,                                                       // of gradient descent; the paper: 10⁴
	Short: 10_000,                                                          // of NGD and Adam; the paper's
}

// What the claims of the page allow for.
const (
	RoundOff  = 1e-12 // float64 sums of up to 10⁴ terms of order one
	SolverTol = 1e-9  // ten times the residual that the solvers of pkg/convex promise
	AlignTol  = 0.02  // 1 − cosine of an increment at k = 10⁶, where nearly active margins still relax
	NearTol   = 0.05  // relative error of what still relaxes at k = 10⁶
	LimitTol  = 0.005 // the same on wide, where it relaxes soon; at least, in D3 and D4, which say what else
)

// Named is a run with its name.
type Named struct {
	Name string
	ntp.Experiment
}

// HalfPlane puts the three embeddings of the toy on one side of a line: not separable.
var HalfPlane = [3]float64{10, 60, 110}

// PaperData is the paper's experiment under a seed.
func PaperData(c ntp.Config, seed uint64) ntp.Data {
	return ntp.Data{Kind: "gaussian", Config: c, Seed: seed, Stream: "paper"}
}

// WideData is an instance with many more dimensions than contexts, whose probabilities are
// mixed half and half with the uniform distribution on their support.
func WideData(c ntp.Config, seed uint64) ntp.Data {
	return ntp.Data{Kind: "gaussian", Config: c, Temper: 0.5, Seed: seed, Stream: "wide"}
}

// ToyData places the contexts A, B, C at these angles, in degrees, and radii. Probabilities are
// mixed half and half with the uniform distribution: a rare word would need long runs.
func ToyData(angles, radii [3]float64, seed uint64) ntp.Data {
	return ntp.Data{Kind: "toy", Angles: angles, Radii: radii, Temper: 0.5, Seed: seed, Stream: "toy"}
}

// Experiments lists the runs that the cells refer to.
func Experiments(s Settings, seed uint64) ([]Named, error) {
	for name, steps := range map[string][2]int{"Steps": {s.Steps, 1_000_000}, "Short": {s.Short, 10_000}} {
		e := math.Round(math.Log10(float64(steps[0])))
		if steps[0] < steps[1] || int(math.Pow10(int(e))) != steps[0] { // cells read the decades up to there
			return nil, fmt.Errorf("study: %s is %d, want a power of ten of at least %d", name, steps[0], steps[1])
		}
	}
	theory := func(d ntp.Data) (float64, error) { // 1/(2L)
		in, err := d.Instance()
		if err != nil {
			return 0, err
		}
		return 1 / (2 * in.Smoothness()), nil
	}
	paper, wide := PaperData(s.Paper, seed), WideData(s.Wide, seed)
	slow, err := theory(paper)
	if err != nil {
		return nil, err
	}
	steady, err := theory(wide)
	if err != nil {
		return nil, err
	}
	open := s.Paper
	open.S = open.V // every word can follow every context
	var list []Named
	add := func(name string, data ntp.Data, start, optimizer string, rate float64, steps int) {
		list = append(list, Named{name, ntp.Experiment{Data: data, Start: start,
			Training: ntp.Training{Optimizer: optimizer, Rate: rate, Steps: steps, PerDecade: 8}}})
	}
	add("gd", paper, "lecun", "gd", 0.5, s.Steps)                                                                  // Fig. 4, longer
	add("theory", paper, "lecun", "gd", slow, s.Steps)                                                             // η = 1/(2L), proof of Theorem 2
	add("wide", wide, "zero", "gd", steady, s.Steps)                                                               // D1 to D4, D8
	add("corner", ntp.Data{Kind: "corner"}, "zero", "gd", 0.5, s.Steps)                                            // their control
	add("toy", ToyData(ntp.ToyAngles, ntp.ToyRadii, seed), "zero", "gd", 0.5, s.Steps/10)                          // Fig. 1
	add("stuck", ToyData(HalfPlane, ntp.ToyRadii, seed), "zero", "gd", 0.2, s.Steps)                               // control of C6
	add("full", ntp.Data{Kind: "gaussian", Config: open, Seed: seed, Stream: "full"}, "lecun", "gd", 0.5, s.Steps) // control of C6
	add("wild", paper, "lecun", "gd", 40*slow, 100)                                                                // η = 20/L, control of C6
	add("ngd", paper, "lecun", "ngd", 0.01, s.Short)                                                               // Fig. 5
	add("adam", paper, "lecun", "adam", 0.01, s.Short)                                                             // Fig. 5
	add("ngd-slow", paper, "lecun", "ngd", 1e-4, s.Short)                                                          // control of C12
	return list, nil
}

// Runs are the traces of the experiments with what they converge to.
type Runs struct {
	List  []Named
	Trace []*ntp.Trace
}

// Train trains the experiments side by side, once, and keeps them for later cells.
func Train(cell *notebook.Cell, s Settings) *Runs {
	list := notebook.Must(Experiments(s, cell.Seed()))
	var experiments []ntp.Experiment
	for _, e := range list {
		experiments = append(experiments, e.Experiment)
	}
	return &Runs{list, notebook.Keep(cell, "runs", experiments, ntp.TrainMany)}
}

// Of returns the run of the name; it panics for an unknown one.
func (r *Runs) Of(name string) (Named, *ntp.Trace) {
	i := slices.IndexFunc(r.List, func(e Named) bool { return e.Name == name })
	if i < 0 {
		panic(fmt.Sprintf("study: no run is called %q", name))
	}
	return r.List[i], r.Trace[i]
}

// At returns the trace of the name.
func (r *Runs) At(name string) *ntp.Trace {
	_, t := r.Of(name)
	return t
}

// Rows are the lines of the table of the runs.
func (r *Runs) Rows() ([][]string, error) {
	var rows [][]string
	for i, e := range r.List {
		in, err := e.Data.Instance()
		if err != nil {
			return nil, err
		}
		t := e.Training
		rows = append(rows, []string{e.Name, t.Optimizer, fmt.Sprintf("%.3g", t.Rate),
			fmt.Sprint(t.Steps), fmt.Sprintf("%.2e", in.Excess(r.Trace[i].Last()))})
	}
	return rows, nil
}

// Decades returns the decoders after 10^lo, …, 10^hi steps.
func Decades(t *ntp.Trace, lo, hi int) (k []float64, W []*mat.Dense) {
	for e := lo; e <= hi; e++ {
		k = append(k, math.Pow10(e))
		W = append(W, t.At(int(math.Pow10(e))))
	}
	return k, W
}

// Along evaluates f at the powers of ten from 10^lo to 10^hi.
func Along(t *ntp.Trace, lo, hi int, f func(k float64, W mat.Matrix) float64) []float64 {
	var y []float64
	k, W := Decades(t, lo, hi)
	for i := range k {
		y = append(y, f(k[i], W[i]))
	}
	return y
}

// Decades is the excess of a run at k = 10, 100, ... up to the largest power of ten of its steps.
func (r *Runs) Decades(name string, steps int) ([]float64, error) {
	named, run := r.Of(name)
	in, err := named.Data.Instance()
	if err != nil {
		return nil, err
	}
	e := int(math.Floor(math.Log10(float64(steps)) + 1e-9))
	return Along(run, 1, e, func(_ float64, W mat.Matrix) float64 { return in.Excess(W) }), nil
}

// Cot is the cotangent of the angle between W and W^mm.
func Cot(b *ntp.Bias, W mat.Matrix) float64 {
	c := b.Corr(W)
	return c / math.Sqrt((1-c)*(1+c))
}

// Perp is the norm of the part of W that is orthogonal to W^mm.
func Perp(b *ntp.Bias, W mat.Matrix) float64 {
	return matrix.Norm(matrix.Add(W, -matrix.Inner(W, b.Wmm)/matrix.Inner(b.Wmm, b.Wmm), b.Wmm))
}

// Relaxing is k^{-κ}, the size after k steps of what relaxes last on an instance, or least if
// that is larger: the tolerance of a limit of which nothing else is left.
func Relaxing(in *ntp.Instance, k, least float64) (float64, error) {
	mode, err := in.Relaxation()
	if err != nil {
		return 0, err
	}
	return math.Max(least, math.Pow(k, -mode.Kappa)), nil
}

// Masses is the largest difference of η k π_j σ_v and the multiplier μ_{j,v}, relative to the
// largest multiplier.
func Masses(in *ntp.Instance, W mat.Matrix, clock float64) (float64, error) {
	svm, err := in.Wmm()
	if err != nil {
		return 0, err
	}
	worst, largest := 0.0, 0.0
	mu := in.Multipliers(svm.Dual)
	for i, n := range in.ForbiddenMass(W) {
		worst, largest = max(worst, math.Abs(clock*n-mu[i])), max(largest, mu[i])
	}
	return worst / largest, nil
}

// Slowest is Σ weight (η k π_j σ_v − μ_{j,v}), the part of the deviations that decays slowest.
func Slowest(in *ntp.Instance, mode *ntp.Mode, W mat.Matrix, clock float64) (float64, error) {
	svm, err := in.Wmm()
	if err != nil {
		return 0, err
	}
	sum, mu := 0.0, in.Multipliers(svm.Dual)
	for i, n := range in.ForbiddenMass(W) {
		sum += mode.Weight[i] * (clock*n - mu[i])
	}
	return sum, nil
}

// RidgeLambdas are 10⁻¹, 10⁻¹·⁵, …, 10⁻⁸.
func RidgeLambdas() []float64 {
	var l []float64
	for i := 2; i <= 16; i++ {
		l = append(l, math.Pow(10, -float64(i)/2))
	}
	return l
}

// Ridge is the ridge path of the data, kept under the name.
func Ridge(cell *notebook.Cell, name string, d ntp.Data) []ntp.RidgePoint {
	return notebook.Keep(cell, name, ntp.Ridge{Data: d, Lambdas: RidgeLambdas()}, ntp.Path)
}

// Crossing is where the broken line (x, y) first reaches one half.
func Crossing(x, y []float64) float64 {
	for i := range y {
		if y[i] >= 0.5 {
			if i == 0 {
				return x[0]
			}
			return x[i-1] + (x[i]-x[i-1])*(0.5-y[i-1])/(y[i]-y[i-1])
		}
	}
	return math.Inf(1)
}

// NormSlope is what ‖W_k‖ gains between two recorded steps, over ‖W^mm‖ ∫ cos θ_k d log k.
func NormSlope(b *ntp.Bias, run *ntp.Trace, from, to int) float64 {
	gain, along, last, first := math.NaN(), 0.0, math.NaN(), 0.0
	for i, k := range run.K {
		if k < from || k > to {
			continue
		}
		cos := b.Corr(run.W[i])
		if k == from {
			first = matrix.Norm(run.W[i])
		} else {
			along += (cos + last) / 2 * math.Log(float64(k)/float64(run.K[i-1]))
		}
		gain, last = matrix.Norm(run.W[i])-first, cos
	}
	return gain / (along * matrix.Norm(b.Wmm))
}

// OnF is η k (P_F W − W*), whose limit is ntp.Instance.Correction.
func OnF(b *ntp.Bias, W mat.Matrix, clock float64) *mat.Dense {
	X := matrix.Add(b.F.Project(W), -1, b.Wstar)
	X.Scale(clock, X)
	return X
}

// Unweighted returns E, and as a wrong formula for it the one with 1/s_j in the place of
// p_{j,z}.
func Unweighted(b *ntp.Bias) (E, wrong *mat.Dense, err error) {
	E, err = b.In.Correction()
	if err != nil {
		return nil, nil, err
	}
	uniform, err := b.In.Tempered(1)
	if err != nil {
		return nil, nil, err
	}
	wrong, err = uniform.Correction()
	return E, wrong, err
}
