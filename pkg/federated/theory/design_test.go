package theory

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// design draws one of 1 to 5 groups with inputs enough for each.
func design(rng *rand.Rand) Design {
	d := 1 + rng.IntN(4)
	n := make([]int, 1+rng.IntN(5))
	for g := range n {
		n[g] = d + rng.IntN(4*d)
	}
	return NewDesign(rng, d, n...)
}

// All three are unbiased, and no unbiased predictor has a smaller error than the joint one.
func TestBestLinearUnbiased(t *testing.T) {
	rng := testkit.Rand(11)
	for range 60 {
		X, tau, sigma := design(rng), math.Exp(rng.NormFloat64()), math.Exp(rng.NormFloat64())
		G, n, d := X.size()
		joint := testkit.Must(X.Joint(sigma * sigma / (tau * tau)))(t)
		best := joint.MSE(X, tau, sigma)
		for name, a := range map[string]Predictor{"shared": testkit.Must(X.SharedOnly())(t), "group": testkit.Must(X.GroupOnly())(t), "joint": joint} {
			if b := mat.Norm(a.Bias(X), 2); b > 1e-9 {
				t.Fatalf("%s is off by %v on the average", name, b)
			}
			if m := a.MSE(X, tau, sigma); m < best*(1-1e-10) {
				t.Fatalf("%s has error %v, less than the best %v", name, m, best)
			}
		}
		// Any other is the best one plus a map that annihilates the stacked inputs; its error is
		// larger by that map's own, because the two are orthogonal.
		var off, hat, cross mat.Dense
		free := mat.NewDense(G*d, n, nil)
		for i := range G * d {
			for j := range n {
				free.Set(i, j, rng.NormFloat64())
			}
		}
		testkit.Must(0, hat.Solve(X.shared(), eye(n)))(t)
		cross.Mul(X.shared(), &hat)
		off.Mul(free, &cross)
		off.Sub(free, &off)
		var sum mat.Dense
		sum.Add(joint.Dense, &off)
		var own mat.Dense
		own.Mul(&off, X.own())
		v, e := mat.Norm(&own, 2), mat.Norm(&off, 2)
		more := (tau*tau*v*v + sigma*sigma*e*e) / float64(G)
		testkit.Near(t, "error of another over the sum of squares", Predictor{&sum}.MSE(X, tau, sigma)/(best+more), 1, 1e-9)
	}
}

// The conditional error is what draws of v and noise have.
func TestMSEIsThatOfDraws(t *testing.T) {
	rng := testkit.Rand(12)
	X := NewDesign(rng, 2, 5, 7, 4)
	const tau, sigma, draws = 0.7, 0.5, 20000
	for name, a := range map[string]Predictor{"shared": testkit.Must(X.SharedOnly())(t), "group": testkit.Must(X.GroupOnly())(t), "joint": testkit.Must(X.Joint(3))(t)} {
		u, sum := []float64{3, -1}, 0.0
		for range draws {
			w, y := [][]float64{}, []float64{}
			for _, x := range X {
				at := []float64{u[0] + tau*rng.NormFloat64(), u[1] + tau*rng.NormFloat64()}
				w = append(w, at)
				r, _ := x.Dims()
				for i := range r {
					y = append(y, x.At(i, 0)*at[0]+x.At(i, 1)*at[1]+sigma*rng.NormFloat64())
				}
			}
			var guess mat.VecDense
			guess.MulVec(a.Dense, mat.NewVecDense(len(y), y))
			for g := range w {
				for j := range 2 {
					off := guess.AtVec(2*g+j) - w[g][j]
					sum += off * off / (3 * draws)
				}
			}
		}
		testkit.Near(t, name+": draws over the formula", sum/a.MSE(X, tau, sigma), 1, 0.03) // four standard errors
	}
}

func TestDesignsRefuse(t *testing.T) {
	rng := testkit.Rand(13)
	few := NewDesign(rng, 3, 2, 5)
	if _, err := few.GroupOnly(); err == nil || !strings.Contains(err.Error(), "group 0 has 2 inputs of 3") {
		t.Errorf("two inputs of three coordinates: %v", err)
	}
	if _, err := few.Joint(0); err == nil || !strings.Contains(err.Error(), "positive") {
		t.Errorf("λ = 0: %v", err)
	}
	flat := Design{mat.NewDense(4, 2, []float64{1, 1, 2, 2, 3, 3, 4, 4})}
	if _, err := flat.SharedOnly(); err == nil || !strings.Contains(err.Error(), "full rank") {
		t.Errorf("inputs on a line: %v", err)
	}
	if _, err := flat.GroupOnly(); err == nil || !strings.Contains(err.Error(), "group 0") {
		t.Errorf("inputs of a group on a line: %v", err)
	}
	if _, err := NewAlternation(flat, [][]float64{{1, 2, 3, 4}}, 1); err == nil || !strings.Contains(err.Error(), "rank 2") {
		t.Errorf("alternation on a line: %v", err)
	}
	if _, err := NewAlternation(few, [][]float64{{1, 2}, {1}}, 1); err == nil || !strings.Contains(err.Error(), "1 outputs for 5") {
		t.Errorf("outputs missing: %v", err)
	}
}

// The closed form is a minimum of the objective and what the joint predictor says; every sweep
// multiplies the distance by at most the factor, and the slowest one by just that.
func TestAlternation(t *testing.T) {
	rng := testkit.Rand(14)
	for range 40 {
		X, lambda := design(rng), math.Exp(2*rng.NormFloat64())
		y := X.Outputs(rng, 1, 1)
		a := testkit.Must(NewAlternation(X, y, lambda))(t)
		to, rho := testkit.Must(a.Minimiser())(t), testkit.Must(a.Factor())(t)
		if !(rho > 0 && rho < 1) {
			t.Fatalf("factor %v is not between 0 and 1", rho)
		}
		a.From(Gaussian(rng, 1, len(to), 10)[0])
		far, objective := a.Distance(to), a.Objective()
		for k := range 200 {
			a.Sweep()
			next, value := a.Distance(to), a.Objective()
			if next > rho*far*(1+1e-9)+1e-12 || value > objective*(1+1e-12) {
				t.Fatalf("sweep %d: distance %v after %v with factor %v, objective %v after %v", k, next, far, rho, value, objective)
			}
			far, objective = next, value
		}
	}
	// One coordinate: every distance is in the slowest direction. S T⁻¹ by hand for one group
	// with S = 4, λ = 1: T = 16/5, ρ = 4/5.
	a := testkit.Must(NewAlternation(Design{mat.NewDense(1, 1, []float64{2})}, [][]float64{{3}}, 1))(t)
	testkit.Near(t, "factor", testkit.Must(a.Factor())(t), 0.8, 1e-15)
	testkit.Near(t, "minimiser", testkit.Must(a.Minimiser())(t)[0], 1.5, 1e-12)
	testkit.Near(t, "objective at 0", a.Objective(), 9, 1e-12)
	far := a.Distance([]float64{1.5})
	testkit.Near(t, "distance", far, 3, 1e-12) // 1.5 √4
	a.Sweep()
	testkit.Near(t, "first sweep", a.Distance([]float64{1.5}), 2.4, 1e-12) // v = 6/5, u = (6 − 4v)/4
}

// Stages never increase the objective; a shared step of more than twice the length does, by
// just what a parabola says: (1 − step)² times what was left.
func TestStages(t *testing.T) {
	rng := testkit.Rand(16)
	X := NewDesign(rng, 3, 6, 5, 9)
	y := X.Outputs(rng, 0.4, 0.5)
	at := func(step float64) float64 {
		a := testkit.Must(NewAlternation(X, y, 2))(t)
		a.Sweep()
		a.Own()
		a.Shared(step)
		return a.Objective()
	}
	from, least := at(0), at(1)
	if !(least < from) {
		t.Fatalf("the shared stage leaves the objective at %v after %v", least, from)
	}
	testkit.Near(t, "growth", (at(2.5)-least)/(from-least), 2.25, 1e-9)
}

// Without parts of their own and without noise all groups have the same w, which is not zero.
func TestOutputs(t *testing.T) {
	rng := testkit.Rand(17)
	X := NewDesign(rng, 2, 4, 3)
	var all []float64
	for _, y := range X.Outputs(rng, 0, 0) {
		all = append(all, y...)
	}
	var w mat.VecDense
	w.MulVec(testkit.Must(X.GroupOnly())(t).Dense, mat.NewVecDense(len(all), all))
	for j := range 2 {
		testkit.Near(t, "w of both groups", w.AtVec(j), w.AtVec(2+j), 1e-9)
	}
	if mat.Norm(&w, 2) < 0.1 {
		t.Errorf("the shared part is %v, want a draw of N(0, I)", mat.Formatted(&w))
	}
}

// Converged alternation is the joint predictor applied to the outputs.
func TestAlternationIsJoint(t *testing.T) {
	rng := testkit.Rand(15)
	X := NewDesign(rng, 3, 6, 5, 9)
	y := X.Outputs(rng, 1, 1)
	a := testkit.Must(NewAlternation(X, y, 2))(t)
	for range 400 {
		a.Sweep()
	}
	a.Own()
	var all []float64
	for _, v := range y {
		all = append(all, v...)
	}
	var w mat.VecDense
	w.MulVec(testkit.Must(X.Joint(2))(t).Dense, mat.NewVecDense(len(all), all))
	for g := range X {
		for j := range 3 {
			testkit.Near(t, "w", w.AtVec(3*g+j), a.u.AtVec(j)+a.v[g].AtVec(j), 1e-9)
		}
	}
	for j, v := range testkit.Must(a.Minimiser())(t) {
		testkit.Near(t, "u", a.U()[j], v, 1e-9)
	}
}
