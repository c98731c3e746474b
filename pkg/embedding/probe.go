package embedding

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Ridge is a linear score w·x + b of the least Σ (w·x_i + b − y_i)² + n λ s ‖w‖², s being the
// mean variance of a coordinate, so that λ has no unit.
type Ridge struct {
	W []float64
	B float64
}

// penalty is λ of the probes.
const penalty = 1e-3

// NewRidge fits a score for each list of targets.
func NewRidge(x [][]float64, targets ...[]float64) ([]Ridge, error) {
	n := len(x)
	if n == 0 {
		return nil, fmt.Errorf("embedding: a ridge regression on no vectors")
	}
	d := len(x[0])
	mean, centred := make([]float64, d), mat.NewDense(n, d, nil)
	for _, v := range x {
		for j := range d {
			mean[j] += v[j] / float64(n)
		}
	}
	for i, v := range x {
		for j := range d {
			centred.Set(i, j, v[j]-mean[j])
		}
	}
	var gram mat.SymDense
	gram.SymOuterK(1, centred.T())
	shift := penalty * mat.Trace(&gram) / float64(d)
	for j := range d {
		gram.SetSym(j, j, gram.At(j, j)+shift)
	}
	var factor mat.Cholesky
	if !factor.Factorize(&gram) {
		return nil, fmt.Errorf("embedding: a ridge regression on vectors that are all equal, or not finite")
	}
	out := make([]Ridge, len(targets))
	for k, y := range targets {
		if len(y) != n {
			return nil, fmt.Errorf("embedding: %d targets of %d vectors", len(y), n)
		}
		level := 0.0
		for _, v := range y {
			level += v / float64(n)
		}
		var right, w mat.VecDense
		right.MulVec(centred.T(), mat.NewVecDense(n, y)) // centred has mean zero: y need not
		if err := factor.SolveVecTo(&w, &right); err != nil {
			return nil, fmt.Errorf("embedding: a ridge regression: %w", err)
		}
		out[k] = Ridge{W: w.RawVector().Data, B: level}
		for j := range d {
			out[k].B -= out[k].W[j] * mean[j]
		}
	}
	return out, nil
}

// Score is w·x + b.
func (r Ridge) Score(x []float64) float64 {
	s := r.B
	for j, v := range x {
		s += r.W[j] * v
	}
	return s
}

// Probe returns, for each test vector, whether a ridge regression of the classes on the
// training vectors gives its class the largest score.
func Probe(x [][]float64, classes []int, test [][]float64, truth []int, K int) ([]float64, error) {
	if len(x) != len(classes) || len(test) != len(truth) {
		return nil, fmt.Errorf("embedding: a probe of %d vectors with %d classes on %d with %d, want equally many", len(x), len(classes), len(test), len(truth))
	}
	targets := make([][]float64, K)
	for k := range targets {
		targets[k] = make([]float64, len(classes))
		for i, c := range classes {
			if c < 0 || c >= K {
				return nil, fmt.Errorf("embedding: vector %d is of class %d, want 0 to %d", i, c, K-1)
			}
			if c == k {
				targets[k][i] = 1
			}
		}
	}
	scores, err := NewRidge(x, targets...)
	if err != nil {
		return nil, err
	}
	right := make([]float64, len(test))
	for i, v := range test {
		best, most := 0, scores[0].Score(v)
		for k, r := range scores[1:] {
			if s := r.Score(v); s > most {
				best, most = k+1, s
			}
		}
		if best == truth[i] {
			right[i] = 1
		}
	}
	return right, nil
}

// AttributeProbe returns how often a probe tells the group of a text of documents that it has
// not seen, from f(x) or, if relative, from f(x) − f(x^n): over all of so many splits of the
// documents into halves. Equal distances do not bring it down.
func AttributeProbe(t Embedded, documents []string, relative bool, splits int, rng *rand.Rand) (float64, error) {
	if len(documents) != len(t.Neutral) {
		return 0, fmt.Errorf("embedding: %d documents of %d contents", len(documents), len(t.Neutral))
	}
	var names []string
	seen := map[string]bool{}
	for _, d := range documents {
		if !seen[d] {
			names = append(names, d)
		}
		seen[d] = true
	}
	if len(names) < 2 {
		return 0, fmt.Errorf("embedding: a probe of %d documents, want two or more, to split them", len(names))
	}
	told, asked := 0.0, 0
	for range splits {
		first := map[string]bool{}
		for i, k := range rng.Perm(len(names)) {
			first[names[k]] = i < len(names)/2
		}
		var x [2][][]float64
		var classes [2][]int
		for c := range t.Neutral {
			half := 0
			if first[documents[c]] {
				half = 1
			}
			for g := range t.Groups {
				v := t.Groups[g][c]
				if relative {
					v = minus(v, t.Neutral[c])
				}
				x[half], classes[half] = append(x[half], v), append(classes[half], g)
			}
		}
		right, err := Probe(x[1], classes[1], x[0], classes[0], len(t.Groups))
		if err != nil {
			return 0, err
		}
		for _, r := range right {
			told += r
		}
		asked += len(right)
	}
	return told / float64(asked), nil
}

func minus(x, y []float64) []float64 {
	d := make([]float64, len(x))
	for j := range d {
		d[j] = x[j] - y[j]
	}
	return d
}
