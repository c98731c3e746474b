package capacity

import (
	"math"
	"math/rand/v2"
)

// Language is a probabilistic language up to a depth, in one of two forms (Propositions 5
// and 6). Nodes are sequences, by length and by their number in base ζ.
//
//   - Conditionals: At[t][i·ζ+y] = p(y|x) for the i-th sequence x of length t, NaN where x
//     has probability zero, so that nothing is said about what follows.
//   - Sequences: At[t][i] = q(x) for the i-th x of length t.
type Language struct {
	Zeta, Depth int
	At          [][]float64
}

// RandomConditionals draws p(·|x) from the uniform distribution on the simplex with each
// token forbidden with probability zeros (but not all of them).
func RandomConditionals(zeta, depth int, zeros float64, rng *rand.Rand) *Language {
	p := &Language{Zeta: zeta, Depth: depth}
	positive := []bool{true}
	for range depth {
		level := make([]float64, len(positive)*zeta)
		below := make([]bool, len(level))
		for i, reached := range positive {
			row := level[i*zeta : (i+1)*zeta]
			if !reached {
				for y := range row {
					row[y] = math.NaN()
				}
				continue
			}
			sum, kept := 0.0, rng.IntN(zeta)
			for y := range row {
				if y == kept || rng.Float64() >= zeros {
					row[y] = rng.ExpFloat64()
				}
				sum += row[y]
			}
			for y := range row {
				row[y] /= sum
				below[i*zeta+y] = row[y] > 0
			}
		}
		p.At, positive = append(p.At, level), below
	}
	return p
}

// Sequences maps conditionals to q(x_1..x_t) = Π_s p(x_s|x_{<s}) (Φ12).
func (p *Language) Sequences() *Language {
	q := &Language{Zeta: p.Zeta, Depth: p.Depth, At: [][]float64{{1}}}
	for t := range p.Depth {
		level := make([]float64, len(p.At[t]))
		for i := range level {
			if above := q.At[t][i/p.Zeta]; above > 0 {
				level[i] = above * p.At[t][i]
			}
		}
		q.At = append(q.At, level)
	}
	return q
}

// Conditionals maps sequences to p(y|x) = q(x,y)/q(x) where q(x) ≠ 0 (Φ21).
func (q *Language) Conditionals() *Language {
	p := &Language{Zeta: q.Zeta, Depth: q.Depth}
	for t := range q.Depth {
		level := make([]float64, len(q.At[t+1]))
		for i := range level {
			if above := q.At[t][i/q.Zeta]; above > 0 {
				level[i] = q.At[t+1][i] / above
			} else {
				level[i] = math.NaN()
			}
		}
		p.At = append(p.At, level)
	}
	return p
}

// Deviation returns the largest difference of two languages, infinite where one says
// nothing and the other does.
func (p *Language) Deviation(r *Language) float64 {
	worst := 0.0
	for t := range p.At {
		for i, x := range p.At[t] {
			switch y := r.At[t][i]; {
			case math.IsNaN(x) != math.IsNaN(y):
				return math.Inf(1)
			case !math.IsNaN(x):
				worst = max(worst, math.Abs(x-y))
			}
		}
	}
	return worst
}

// Levels returns |Σ_{|x|=t} q(x) - 1| for each length t.
func (q *Language) Levels() []float64 {
	off := make([]float64, len(q.At))
	for t, level := range q.At {
		sum := -1.0
		for _, x := range level {
			sum += x
		}
		off[t] = math.Abs(sum)
	}
	return off
}

// Cylinders returns the largest |Σ_y q(x,y) - q(x)|: the measure of the cylinder of x, all
// infinite sequences that begin with it, is the sum over the cylinders inside.
func (q *Language) Cylinders() float64 {
	worst := 0.0
	for t := range q.Depth {
		for i, x := range q.At[t] {
			sum := -x
			for y := range q.Zeta {
				sum += q.At[t+1][i*q.Zeta+y]
			}
			worst = max(worst, math.Abs(sum))
		}
	}
	return worst
}
