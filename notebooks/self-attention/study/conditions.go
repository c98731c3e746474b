package study

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Definition evaluates q_0 and q by their definitions, from K alone: maxima and minima of
// γ on a grid, ν in closed form. It knows sequences of two and of three tokens.
type Definition struct {
	// What is made wrong, for the controls.
	StartPull  bool // γ_j(-f) for the greatest γ_j from -f on
	StartLeast bool // γ_i(-f) for the least γ_i on [-f, -f + δ_i]
	Half       bool // half of the terms in l
	Transposed bool // κ'_ji for κ'_ij
}

// pull is γ_i(s) = Γ_i e_i σ(s) σ(-s).
func (in *Instance) pull(i int, s float64) float64 {
	k := in.Kernel
	z := k.Best[i] - k.Gap[i]*sigmoid(-s)
	return k.Gap[i] * sigmoid(-z) * sigmoid(s) * sigmoid(-s)
}

// onGrid are the least and the greatest γ_i on an interval.
func (in *Instance) onGrid(i int, from, to float64) (least, most float64) {
	const points = 4000
	least = math.Inf(1)
	for p := range points + 1 {
		v := in.pull(i, from+(to-from)*float64(p)/points)
		least, most = math.Min(least, v), math.Max(most, v)
	}
	return least, most
}

// own are ν_i, the least of πᵀK_ii π, and k_i, the least entry of K_ii.
func (in *Instance) own(i int) (nu, k float64) {
	K, m := in.Kernel.K, in.Kernel.T-1
	a := K.At(i*m, i*m)
	if m == 1 {
		return a, a
	}
	b, c := K.At(i*m+1, i*m+1), K.At(i*m, i*m+1)
	p := math.Max(0, math.Min(1, (b-c)/(a+b-2*c)))
	return p*p*a + (1-p)*(1-p)*b + 2*p*(1-p)*c, math.Min(a, math.Min(b, c))
}

// row is ν'_i and κ'_{(i,t),j} for steps of length l, of the form with ν_i or with k_i.
func (d Definition) row(in *Instance, i int, l float64, least bool) (own float64, cross [][]float64) {
	K, n, m := in.Kernel.K, in.Kernel.N, in.Kernel.T-1
	cross = make([][]float64, m)
	spread := 0.0
	for t := range m {
		for u := range m {
			a, b := i*m+t, i*m+u
			spread = math.Max(spread, math.Sqrt(math.Max(0, K.At(a, a)+K.At(b, b)-2*K.At(a, b))))
		}
	}
	own, k := in.own(i)
	if least {
		own, l = k, 0
	}
	if d.Half {
		l /= 2
	}
	for j := range n {
		wide := 0.0
		for u := range m {
			low, high := math.Inf(1), math.Inf(-1)
			for t := range m {
				low, high = math.Min(low, K.At(i*m+t, j*m+u)), math.Max(high, K.At(i*m+t, j*m+u))
			}
			wide = math.Max(wide, high-low)
		}
		for t := range m {
			worst := 0.0
			for u := range m {
				worst = math.Max(worst, -K.At(i*m+t, j*m+u))
			}
			if cross[t] = append(cross[t], worst+l*spread*wide/8); j == i {
				cross[t][j] = 0
			}
		}
		if j == i {
			own -= l * spread * wide / 8
		}
	}
	return own, cross
}

// Zero is q_0 for steps no longer than l.
func (d Definition) Zero(in *Instance, l float64) float64 {
	n, f := in.Kernel.N, math.Log(float64(in.Kernel.T-1))
	peak := make([]float64, n)
	for j := range peak {
		if _, peak[j] = in.onGrid(j, -f, 1); d.StartPull {
			peak[j] = in.pull(j, -f)
		}
	}
	worst := 0.0
	for i := range n {
		best := math.Inf(1)
		for _, form := range []bool{false, true} {
			own, cross := d.row(in, i, l, form)
			right, most := 0.0, 0.0
			for _, row := range cross {
				sum := 0.0
				for j, v := range row {
					sum, most = sum+v*peak[j], math.Max(most, v)
				}
				right = math.Max(right, sum)
			}
			left, _ := in.onGrid(i, -f, -f+l*in.Omega*most)
			if d.StartLeast {
				left = in.pull(i, -f)
			}
			if own > 0 {
				best = math.Min(best, right/(own*left))
			}
		}
		worst = math.Max(worst, best)
	}
	return worst
}

// Anywhere is q for steps no longer than l, +Inf where w is not positive.
func (d Definition) Anywhere(in *Instance, l float64) float64 {
	n, least := in.Kernel.N, math.Inf(1)
	for _, form := range []bool{false, true} {
		kappa, A := mat.NewDense(n, n, nil), mat.NewDense(n, n, nil)
		ones := mat.NewVecDense(n, nil)
		for i := range n {
			own, cross := d.row(in, i, l, form)
			for j := range n {
				for _, row := range cross {
					kappa.Set(i, j, math.Max(kappa.At(i, j), row[j]))
				}
			}
			A.Set(i, i, own)
			ones.SetVec(i, 1)
		}
		if d.Transposed {
			kappa.CloneFrom(kappa.T())
		}
		A.Sub(A, kappa)
		var w, kw mat.VecDense
		if err := w.SolveVec(A, ones); err != nil || mat.Min(&w) <= 0 {
			continue
		}
		kw.MulVec(kappa, &w)
		least = math.Min(least, mat.Max(&kw))
	}
	return least
}

// Agreement is how far q_0 and q are from their definitions, as differences of 1/(1+q),
// which is 0 where q is infinite: at steps of 0, 0.2, and 1 times ‖W_mm‖.
func (d Definition) Agreement(list []*Instance) (zero, anywhere []float64) {
	apart := func(x, y float64) float64 { return 1/(1+x) - 1/(1+y) }
	for _, in := range list {
		for _, l := range []float64{0, 0.2 * in.Omega, in.Omega} {
			zero = append(zero, apart(in.Coupling.FromZero(l, in.Omega, 0), d.Zero(in, l)))
			anywhere = append(anywhere, apart(in.Coupling.FromAnywhere(l, in.Omega).Q, d.Anywhere(in, l)))
		}
	}
	return zero, anywhere
}

// Agreements are what Agreement gives for the definitions, and for those that are wrong.
type Agreements struct {
	Zero, Anywhere              []float64
	StartPull, StartLeast, Half []float64 // of q_0
	Transposed                  []float64 // of q
}

// Defined compares q_0 and q with their definitions.
func Defined(list []*Instance) (a Agreements) {
	a.Zero, a.Anywhere = Definition{}.Agreement(list)
	a.StartPull, _ = Definition{StartPull: true}.Agreement(list)
	a.StartLeast, _ = Definition{StartLeast: true}.Agreement(list)
	a.Half, _ = Definition{Half: true}.Agreement(list)
	_, a.Transposed = Definition{Transposed: true}.Agreement(list)
	return a
}

// FewTokens draws Gaussian data sets of two and of three tokens, half of each.
func FewTokens(rng *rand.Rand, count int) (list []*Instance, err error) {
	for i := range count {
		one, err := Gaussian(rng, 3+i%3, 2+i%2, 12, 1)
		if err != nil {
			return nil, err
		}
		list = append(list, one[0])
	}
	return list, nil
}
