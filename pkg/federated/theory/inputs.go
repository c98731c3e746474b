package theory

import "math"

// Inputs are the equally likely inputs of a group, [n, d].
type Inputs [][]float64

// Shell returns 4^d inputs with independent coordinates ±√(1−τ), ±√(1+τ), 0 < τ < 1, so
// that E[x xᵀ] = I. Shells of different τ have no input in common: the group is a function
// of x, though no group's first two moments tell it from another's.
func Shell(d int, tau float64) Inputs {
	values := []float64{math.Sqrt(1 - tau), math.Sqrt(1 + tau), -math.Sqrt(1 - tau), -math.Sqrt(1 + tau)}
	all := Inputs{nil}
	for range d {
		var longer Inputs
		for _, x := range all {
			for _, v := range values {
				longer = append(longer, append(append([]float64{}, x...), v))
			}
		}
		all = longer
	}
	return all
}

// Selector names the group whose model an input gets.
type Selector func(x []float64) int

// ByShell returns the selector that knows the τ of each group: it takes the one that is
// nearest to |x_1² − 1|, the first of several.
func ByShell(taus []float64) Selector {
	return func(x []float64) int {
		best, far := 0, math.Inf(1)
		for g, tau := range taus {
			if off := math.Abs(math.Abs(x[0]*x[0]-1) - tau); off < far-1e-9 {
				best, far = g, off
			}
		}
		return best
	}
}

// Confused returns how often a selector takes model h for the inputs of group g.
func Confused(inputs []Inputs, s Selector) Confusion {
	c := make(Confusion, len(inputs))
	for g, all := range inputs {
		c[g] = make([]float64, len(inputs))
		for _, x := range all {
			c[g][s(x)] += 1 / float64(len(all))
		}
	}
	return c
}

// Measured returns the risk of client i with one model for each group and a selector, as a
// sum over all inputs of all groups.
func (x Mixture) Measured(i int, inputs []Inputs, s Selector) float64 {
	return x.MeasuredBy(i, inputs, func(at []float64) []float64 { return x.W[s(at)] })
}

// MeasuredBy is [Mixture.Measured] where any model may be chosen for each input.
func (x Mixture) MeasuredBy(i int, inputs []Inputs, model func(x []float64) []float64) float64 {
	sum := x.Noise
	for g, all := range inputs {
		for _, at := range all {
			w, off := model(at), 0.0
			for j, v := range at {
				off += (w[j] - x.W[g][j]) * v
			}
			sum += x.Alpha[i][g] * off * off / float64(len(all))
		}
	}
	return sum
}
