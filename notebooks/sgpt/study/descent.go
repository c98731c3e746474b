package study

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/federated/theory"
)

// exp2 draws a scale between about a tenth and ten.
func exp2(rng *rand.Rand) float64 { return math.Exp(rng.NormFloat64()) }

// Equal returns n inputs for each of G groups.
func Equal(G, n int) []int { return slices.Repeat([]int{n}, G) }

// Descent is one alternating minimisation.
type Descent struct {
	N         int
	Rho       float64   // the factor by its formula
	Seen      float64   // the factor of the last of four times as many sweeps as are needed
	Objective []float64 // after each stage, and at the start
	Distance  []float64 // ‖u_k − u*‖_S over that at the start, after each sweep
	Needed    int       // sweeps to 10⁻⁸, by the factor
	At100     float64   // the distance after 100 sweeps
	Off       float64   // ‖u − u*‖/‖u*‖ at the end
	Early     float64   // the same after 100 sweeps
	Double    float64   // the factor for 2λ
	Long      float64   // increase of the objective by a shared stage of 2.1 times the length, over what was left
}

// Descend alternates on a design with n inputs for each of G groups in d coordinates until the
// factor promises a distance of 10⁻⁸.
func Descend(rng *rand.Rand, G, n, d int, tau, sigma float64) (r Descent, err error) {
	X := theory.NewDesign(rng, d, Equal(G, n)...)
	y, lambda := X.Outputs(rng, tau, sigma), sigma*sigma/(tau*tau)
	a, err := theory.NewAlternation(X, y, lambda)
	if err != nil {
		return r, err
	}
	to, err := a.Minimiser()
	if err != nil {
		return r, err
	}
	if r.Rho, err = a.Factor(); err != nil {
		return r, err
	}
	double, err := theory.NewAlternation(X, y, 2*lambda)
	if err != nil {
		return r, err
	}
	if r.Double, err = double.Factor(); err != nil {
		return r, err
	}
	r.N, r.Needed = n, int(math.Ceil(math.Log(1e-8)/math.Log(r.Rho)))
	start := a.Distance(to)
	r.Distance = []float64{1}
	r.Objective = []float64{a.Objective()}
	for k := 1; k <= r.Needed; k++ {
		a.Own()
		r.Objective = append(r.Objective, a.Objective())
		a.Shared(1)
		r.Objective = append(r.Objective, a.Objective())
		next := a.Distance(to) / start
		r.Distance = append(r.Distance, next)
		if k == min(100, r.Needed) {
			r.At100, r.Early = next, relative(a.U(), to)
		}
	}
	r.Off = relative(a.U(), to)
	if r.Seen, err = slowest(rng, X, lambda, 4*r.Needed); err != nil {
		return r, err
	}
	long, err := theory.NewAlternation(X, y, lambda)
	if err != nil {
		return r, err
	}
	long.Sweep()
	long.Own()
	before := long.Objective()
	long.Shared(2.1)
	r.Long = long.Objective()/before - 1
	return r, nil
}

// slowest returns the factor of the last of some sweeps towards outputs of zero: no round-off
// of the minimiser hides how small the distance has become.
func slowest(rng *rand.Rand, X theory.Design, lambda float64, sweeps int) (float64, error) {
	y := make([][]float64, len(X))
	for g, x := range X {
		n, _ := x.Dims()
		y[g] = make([]float64, n)
	}
	a, err := theory.NewAlternation(X, y, lambda)
	if err != nil {
		return 0, err
	}
	_, d := X[0].Dims()
	zero, last := make([]float64, d), 0.0
	a.From(theory.Gaussian(rng, 1, d, 1)[0])
	for range sweeps {
		last = a.Distance(zero)
		a.Sweep()
	}
	return a.Distance(zero) / last, nil
}

// relative returns ‖u − to‖/‖to‖.
func relative(u, to []float64) float64 {
	off, size := 0.0, 0.0
	for j, v := range u {
		off, size = off+(v-to[j])*(v-to[j]), size+to[j]*to[j]
	}
	return math.Sqrt(off / size)
}

// Growth returns the largest relative increase of the objective from one stage to the next.
func (r Descent) Growth() float64 {
	most := math.Inf(-1)
	for k := 1; k < len(r.Objective); k++ {
		most = max(most, r.Objective[k]/r.Objective[k-1]-1)
	}
	return most
}
