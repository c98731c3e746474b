package study

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/federated/theory"
)

// Mixtures draws federations with 1 to 6 groups, 1 to 6 clients of unequal weight and 1 to 5
// coordinates.
func Mixtures(rng *rand.Rand, count int) (all []theory.Mixture) {
	for range count {
		G, M, d := 1+rng.IntN(6), 1+rng.IntN(6), 1+rng.IntN(5)
		all = append(all, theory.Mixture{W: theory.Gaussian(rng, G, d, 1), Alpha: theory.Dirichlet(rng, M, G, 0.5),
			P: theory.Dirichlet(rng, 1, M, 1)[0], Noise: rng.Float64()})
	}
	return all
}

// LeastRisk returns min_w risk_i(w) without the formula for where it is: a parabola whose second
// derivatives are two is known from its values at 0 and at the unit vectors ±e_j,
//
//	risk(0) − Σ_j ((risk(e_j) − risk(−e_j))/4)²
func LeastRisk(x theory.Mixture, i int) float64 {
	w := make([]float64, len(x.W[0]))
	least := x.Risk(i, w)
	for j := range w {
		w[j] = 1
		up := x.Risk(i, w)
		w[j] = -1
		slope := (up - x.Risk(i, w)) / 4
		w[j] = 0
		least -= slope * slope
	}
	return least
}

// Radius returns max_g ‖w_g − mean‖.
func Radius(x theory.Mixture) float64 {
	mean, most := x.At(theory.Uniform(len(x.W))), 0.0
	for _, w := range x.W {
		far := 0.0
		for j, v := range w {
			far += (v - mean[j]) * (v - mean[j])
		}
		most = max(most, far)
	}
	return math.Sqrt(most)
}

// Whole is the federation as one client.
func Whole(x theory.Mixture) theory.Mixture {
	return theory.Mixture{W: x.W, Alpha: [][]float64{x.Mean()}, P: []float64{1}, Noise: x.Noise}
}

// OverBounds is what client i has lost over the bound (TV · largest distance)², and over the same with
// the largest distance from the mean; NaN where the bound is nearly zero.
func OverBounds(x theory.Mixture, i int, lost float64) (over, short float64) {
	bound, tv, r := x.RegretBound(i), theory.TV(x.Mean(), x.Alpha[i]), Radius(x)
	if bound <= 1e-6 {
		return math.NaN(), math.NaN()
	}
	return lost / bound, lost / (tv * tv * r * r)
}

// LawRatios returns, for each concentration, the mean over draws of the clients' mean regret
// divided by its law, with as many groups as the mixture and the given number of clients.
func LawRatios(rng *rand.Rand, G, M, d, draws int, concentrations []float64) (ratios []float64) {
	for _, c := range concentrations {
		x, sum := theory.Mixture{W: theory.Gaussian(rng, G, d, 1), P: theory.Uniform(M)}, 0.0
		for range draws {
			x.Alpha = theory.Dirichlet(rng, M, G, c)
			sum += x.MeanRegret() / float64(draws)
		}
		ratios = append(ratios, sum/x.DirichletRegret(c))
	}
	return ratios
}

// Seen are measured risks of models that a selector chooses, in excess of σ².
type Seen struct {
	Perfect, Same     []float64 // with disjoint inputs and a selector that sees the group; with the same inputs in all groups
	Formula           []float64 // measured less the formula, with a selector that is deceived by a sign
	Dependent         []float64 // the same, with one that is deceived by a large coordinate
	Floor, Below      []float64 // two groups with the same inputs: excess of a model for each input over ¼‖w_1 − w_2‖²; the same with disjoint inputs
	Single, LocalBest []float64 // regret of groups' models against the best single one of a client; less its formula
}

// SeenBy enumerates all inputs of federations of two to four groups.
func SeenBy(rng *rand.Rand, count int) (s Seen) {
	for range count {
		G, M, d := 2+rng.IntN(3), 1+rng.IntN(3), 2+rng.IntN(2)
		taus, disjoint, same := make([]float64, G), make([]theory.Inputs, G), make([]theory.Inputs, G)
		for g := range taus {
			taus[g] = (float64(g) + 0.2 + 0.6*rng.Float64()) / float64(G)
			disjoint[g], same[g] = theory.Shell(d, taus[g]), theory.Shell(d, 0.5)
		}
		x := theory.Mixture{W: theory.Gaussian(rng, G, d, 1), Alpha: theory.Dirichlet(rng, M, G, 1), P: theory.Uniform(M), Noise: rng.Float64()}
		see := theory.ByShell(taus)
		other := func(x []float64) int { return (see(x) + 1) % G }
		if rng.IntN(2) == 0 {
			other = func([]float64) int { return 0 }
		}
		sign := func(x []float64) int {
			if x[1] > 0 {
				return see(x)
			}
			return other(x)
		}
		large := func(x []float64) int {
			if x[1]*x[1] < 1 {
				return see(x)
			}
			return (see(x) + 1) % G
		}
		for i := range x.Alpha {
			s.Perfect = append(s.Perfect, x.Measured(i, disjoint, see)-x.Noise)
			s.Same = append(s.Same, x.Measured(i, same, see)-x.Noise)
			s.Formula = append(s.Formula, x.Measured(i, disjoint, sign)-x.Selected(i, theory.Confused(disjoint, sign)))
			s.Dependent = append(s.Dependent, x.Measured(i, disjoint, large)-x.Selected(i, theory.Confused(disjoint, large)))
			single := LeastRisk(x, i)
			own, formula := x.At(x.Alpha[i]), 0.0
			for g, a := range x.Alpha[i] {
				for j, v := range own {
					formula += a * (v - x.W[g][j]) * (v - x.W[g][j])
				}
			}
			s.Single = append(s.Single, x.Selected(i, theory.Flat(G, 0))-single)
			s.LocalBest = append(s.LocalBest, x.Selected(i, theory.Flat(G, 0))-single+formula)
		}
	}
	return s
}

// Floors are excess risks over ¼‖w_1 − w_2‖² of models that are drawn for each input anew, in
// two groups of share one half: with the same inputs in both, and with inputs that show the
// group and each group's own model. The first of all is the one model of least risk.
func Floors(rng *rand.Rand, count int) (same, shown []float64) {
	for k := range count {
		d := 1 + rng.IntN(3)
		x := theory.Mixture{W: theory.Gaussian(rng, 2, d, 1), Alpha: [][]float64{{0.5, 0.5}}, P: []float64{1}, Noise: rng.Float64()}
		middle := x.At(x.Alpha[0])
		floor := 0.0
		for j := range middle {
			floor += (x.W[0][j] - x.W[1][j]) * (x.W[0][j] - x.W[1][j]) / 4
		}
		spread := []float64{0, 0.1, 1}[k%3]
		drawn := map[string][]float64{} // a function of the input has one value for it
		model := func(x []float64) []float64 {
			key := fmt.Sprint(x)
			if drawn[key] == nil {
				w := append([]float64{}, middle...)
				for j := range w {
					w[j] += spread * rng.NormFloat64()
				}
				drawn[key] = w
			}
			return drawn[key]
		}
		inputs := theory.Shell(d, 0.5)
		same = append(same, (x.MeasuredBy(0, []theory.Inputs{inputs, inputs}, model)-x.Noise)/floor)
		taus := []float64{0.3, 0.7}
		shown = append(shown, (x.Measured(0, []theory.Inputs{theory.Shell(d, 0.3), theory.Shell(d, 0.7)}, theory.ByShell(taus))-x.Noise)/floor)
	}
	return same, shown
}

// BLUP has the exact errors of three predictors on one design.
type BLUP struct {
	Shared, Group, Joint float64
	Bias                 float64 // the largest entry of the three biases
	Shrunk               float64 // that of the joint one's estimates, made a tenth smaller
}

// Over returns the joint error over the smaller of the others.
func (b BLUP) Over() float64 { return b.Joint / min(b.Shared, b.Group) }

// Predict compares the predictors with λ = times σ²/τ².
func Predict(X theory.Design, tau, sigma, times float64) (b BLUP, err error) {
	shared, err := X.SharedOnly()
	if err != nil {
		return b, err
	}
	group, err := X.GroupOnly()
	if err != nil {
		return b, err
	}
	joint, err := X.Joint(times * sigma * sigma / (tau * tau))
	if err != nil {
		return b, err
	}
	for _, a := range []theory.Predictor{shared, group, joint} {
		b.Bias = max(b.Bias, mat.Max(a.Bias(X)), -mat.Min(a.Bias(X)))
	}
	var less mat.Dense
	less.Scale(0.9, joint.Dense)
	b.Shrunk = mat.Norm(theory.Predictor{Dense: &less}.Bias(X), math.Inf(1))
	b.Shared, b.Group, b.Joint = shared.MSE(X, tau, sigma), group.MSE(X, tau, sigma), joint.MSE(X, tau, sigma)
	return b, nil
}

// Designs draws 1 to 5 groups of 1 to 5 coordinates with d to 5d inputs each and compares.
func Designs(rng *rand.Rand, count int) (all []BLUP, err error) {
	for range count {
		d := 1 + rng.IntN(5)
		n := make([]int, 1+rng.IntN(5))
		for g := range n {
			n[g] = d + rng.IntN(4*d+1)
		}
		b, err := Predict(theory.NewDesign(rng, d, n...), exp2(rng), exp2(rng), 1)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}
