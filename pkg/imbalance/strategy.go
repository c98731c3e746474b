package imbalance

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// Strategy is what each class is trained with, in the parametric cross-entropy (vector-scaling loss; Kini et al. 2021,
// Li et al. 2021) of scores f and class y
//
//	w_y log(1 + Σ_{k≠y} exp(l_k − l_y + Δ_k f_k − Δ_y f_y)) = w_y CE(Δ ⊙ f + l, y)
//
// In training a frequent class gets the larger l; in post-hoc use, where Δ ⊙ f + l are the scores of the prediction, the
// rare one.
type Strategy struct {
	Weight []float64 // w > 0
	L      []float64 // additive adjustment l
	Delta  []float64 // multiplicative adjustment Δ
}

// Plain returns the cross-entropy of K classes: w = Δ = 1 and l = 0.
func Plain(classes int) Strategy {
	s := Strategy{make([]float64, classes), make([]float64, classes), make([]float64, classes)}
	floats.AddConst(1, s.Weight)
	floats.AddConst(1, s.Delta)
	return s
}

// Frequencies returns n_k/n. A class without examples is an error that wraps [ErrEmptyClass].
func Frequencies(counts []int) ([]float64, error) {
	pi, err := positive(counts)
	if err != nil {
		return nil, err
	}
	floats.Scale(1/floats.Sum(pi), pi)
	return pi, nil
}

func positive(counts []int) ([]float64, error) {
	if len(counts) < 2 {
		return nil, malformed("%d classes: at least two are expected", len(counts))
	}
	x := make([]float64, len(counts))
	for k, n := range counts {
		if n <= 0 {
			return nil, emptyClass(k, n)
		}
		x[k] = float64(n)
	}
	return x, nil
}

// Weighted returns the weighted cross-entropy, w_k = 1/π_k.
func Weighted(counts []int) (Strategy, error) {
	pi, err := Frequencies(counts)
	if err != nil {
		return Strategy{}, err
	}
	s := Plain(len(counts))
	for k, p := range pi {
		s.Weight[k] = 1 / p
	}
	return s, nil
}

// VS returns the vector-scaling strategy with powers of the class sizes,
//
//	Δ_k = (n_k/n_max)^γ,   l_k = τ log π_k
//
// which is CDT (Ye et al. 2020) for τ = 0 and the logit-adjusted loss LA (Menon et al. 2021) for γ = 0.
func VS(counts []int, gamma, tau float64) (Strategy, error) {
	pi, err := Frequencies(counts)
	if err != nil {
		return Strategy{}, err
	}
	s := Plain(len(counts))
	top := floats.Max(pi)
	for k, p := range pi {
		s.Delta[k] = math.Pow(p/top, gamma)
		s.L[k] = tau * math.Log(p)
	}
	return s, nil
}

// LA returns the logit-adjusted loss, l_k = τ log π_k.
func LA(counts []int, tau float64) (Strategy, error) { return VS(counts, 0, tau) }

// CDT returns class-dependent temperatures, Δ_k = (n_k/n_max)^γ.
func CDT(counts []int, gamma float64) (Strategy, error) { return VS(counts, gamma, 0) }

// PosthocLA returns the adjustment of scores that undoes the prior, l_k = −τ log π_k.
func PosthocLA(counts []int, tau float64) (Strategy, error) { return LA(counts, -tau) }

// LDAM returns the margins m_k = m n_k^(-1/4)/max_j n_j^(-1/4) of label-distribution-aware margins (Cao et al. 2019),
// which are taken off the score of an example's own class; see [LDAMScores].
func LDAM(counts []int, largest float64) ([]float64, error) {
	n, err := positive(counts)
	if err != nil {
		return nil, err
	}
	for k, v := range n {
		n[k] = math.Pow(v, -0.25)
	}
	floats.Scale(largest/floats.Max(n), n)
	return n, nil
}

// LDAMScores returns s (f − m_y e_y), whose cross-entropy is the LDAM loss with scale s. As a strategy of the class y it has
// Δ = s and l_y = −s m_y: the adjustment is that of the example's class alone, and no [Strategy].
func LDAMScores(f []float64, y int, margins []float64, scale float64) []float64 {
	z := append([]float64{}, f...)
	z[y] -= margins[y]
	floats.Scale(scale, z)
	return z
}

// Check returns an error unless the strategy has K finite entries of each kind, and positive weights.
func (s Strategy) Check(classes int) error {
	if len(s.Weight) != classes || len(s.L) != classes || len(s.Delta) != classes {
		return malformed("a strategy with %d weights, %d additive and %d multiplicative adjustments for %d classes", len(s.Weight), len(s.L), len(s.Delta), classes)
	}
	for k := range classes {
		if !(s.Weight[k] > 0) || math.IsInf(s.Weight[k], 1) || math.IsNaN(s.L[k]-s.L[k]) || math.IsNaN(s.Delta[k]-s.Delta[k]) {
			return malformed("class %d has the weight %g and the adjustments %g and %g: a positive weight and finite numbers are expected", k, s.Weight[k], s.L[k], s.Delta[k])
		}
	}
	return nil
}

// Scores stores Δ ⊙ f + l in dst and returns it.
func (s Strategy) Scores(dst, f []float64) []float64 {
	for k, v := range f {
		dst[k] = s.Delta[k]*v + s.L[k]
	}
	return dst
}

// Loss returns the loss of scores f for class y, in nats.
func (s Strategy) Loss(f []float64, y int) float64 {
	return s.Weight[y] * CrossEntropy(s.Scores(make([]float64, len(f)), f), y)
}

// CrossEntropy returns log(1 + Σ_{k≠y} exp(z_k − z_y)), in nats, with full relative accuracy where it is small.
func CrossEntropy(z []float64, y int) float64 {
	top := math.Inf(-1)
	for k, v := range z {
		if k != y {
			top = math.Max(top, v-z[y])
		}
	}
	var sum float64
	for k, v := range z {
		if k != y {
			sum += math.Exp(v - z[y] - top)
		}
	}
	odds := top + math.Log(sum)
	return math.Max(odds, 0) + math.Log1p(math.Exp(-math.Abs(odds)))
}

// softmax stores the softmax of z in dst, which may be z.
func softmax(dst, z []float64) {
	top := floats.Max(z)
	var sum float64
	for k, v := range z {
		dst[k] = math.Exp(v - top)
		sum += dst[k]
	}
	floats.Scale(1/sum, dst)
}

// residual turns scores z into softmax(z) − e_y and returns the cross-entropy, to the absolute accuracy of float64: one
// exponential an entry.
func residual(z []float64, y int) float64 {
	own := z[y] - floats.Max(z)
	top := z[y] - own
	var sum float64
	for k, v := range z {
		z[k] = math.Exp(v - top)
		sum += z[k]
	}
	floats.Scale(1/sum, z)
	z[y]--
	return math.Log(sum) - own
}

func sigmoid(u float64) float64 { return 1 / (1 + math.Exp(-u)) }
