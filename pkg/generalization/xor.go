package generalization

import (
	"math"
	"math/bits"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Quadratic is the network Φ(W, x) = 1/m Σ_j a_j (w_j·x)² for XOR, x ∈ {-1, +1}^d and y = x_1 x_2. Half of the signs a_j are
// +1, the others -1.
type Quadratic struct {
	W *mat.Dense // m by d
	A []float64
}

// NewQuadratic draws W from N(0, 1). d must be 2 or more, m even.
func NewQuadratic(d, m int, rng *rand.Rand) (*Quadratic, error) {
	if d < 2 {
		return nil, malformed("XOR in %d dimension: want two or more, as the label is x_1 x_2", d)
	}
	if m < 2 || m%2 != 0 {
		return nil, malformed("a quadratic network of width %d: want an even number, as half of the signs are +1", m)
	}
	q := &Quadratic{W: mat.NewDense(m, d, nil), A: make([]float64, m)}
	for j := range m {
		row := q.W.RawRowView(j)
		for k := range row {
			row[k] = rng.NormFloat64()
		}
		q.A[j] = 1
		if 2*j >= m {
			q.A[j] = -1
		}
	}
	return q, nil
}

// Dims returns the number of inputs and the width.
func (q *Quadratic) Dims() (d, m int) { m, d = q.W.Dims(); return d, m }

// XOR draws n uniform points of {-1, +1}^d with y = x_1 x_2. d must be 2 or more.
func XOR(n, d int, rng *rand.Rand) (*Sample, error) {
	if n < 1 || d < 2 {
		return nil, malformed("%d points of XOR in %d dimensions: want at least one, in two or more, as the label is x_1 x_2", n, d)
	}
	x, y := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range y {
		row := x.RawRowView(i)
		var word uint64
		for k := range row {
			if k%64 == 0 {
				word = rng.Uint64()
			}
			row[k] = float64(word&1)*2 - 1
			word >>= 1
		}
		y[i] = row[0] * row[1]
	}
	return &Sample{X: x, Y: y}, nil
}

// Cube returns all 2^d points, d ≤ 20.
func Cube(d int) (*Sample, error) {
	if d < 2 || d > 20 {
		return nil, malformed("all points of {-1, +1}^%d: want d from 2 to 20", d)
	}
	x, y := mat.NewDense(1<<d, d, nil), make([]float64, 1<<d)
	for i := range y {
		row := x.RawRowView(i)
		for k := range row {
			row[k] = float64(i>>k&1)*2 - 1
		}
		y[i] = 1 - 2*float64(bits.OnesCount(uint(i&3))&1)
	}
	return &Sample{X: x, Y: y}, nil
}

// Outputs returns Φ(W, x) for every row of x.
func (q *Quadratic) Outputs(x *mat.Dense) []float64 {
	phi, _ := q.forward(x)
	return phi
}

func (q *Quadratic) forward(x *mat.Dense) (phi []float64, z *mat.Dense) {
	n, _ := x.Dims()
	m := len(q.A)
	z = mat.NewDense(n, m, nil)
	z.Mul(x, q.W.T())
	phi = make([]float64, n)
	for i := range phi {
		for j, v := range z.RawRowView(i) {
			phi[i] += q.A[j] * v * v
		}
		phi[i] /= float64(m)
	}
	return phi, z
}

// ErrorOn returns the share of a sample with y Φ ≤ 0.
func (q *Quadratic) ErrorOn(s *Sample) float64 {
	wrong := 0
	for i, phi := range q.Outputs(s.X) {
		if s.Y[i]*phi <= 0 {
			wrong++
		}
	}
	return float64(wrong) / float64(s.N())
}

// Moment returns H = mean of f'(y Φ(x)) y x xᵀ over the sample, d by d.
func (q *Quadratic) Moment(s *Sample) *mat.Dense {
	n, d := s.X.Dims()
	weighted := mat.NewDense(n, d, nil)
	for i, phi := range q.Outputs(s.X) {
		c := Slope(s.Y[i]*phi) * s.Y[i] / float64(n)
		for k, v := range s.X.RawRowView(i) {
			weighted.Set(i, k, c*v)
		}
	}
	h := mat.NewDense(d, d, nil)
	h.Mul(weighted.T(), s.X)
	return h
}

// Step moves W by one step of gradient descent of size η on a batch, in O(nmd):
//
//	w_j ← w_j - (2η a_j/m) 1/n Σ_i f'(y_i Φ_i) y_i (w_j·x_i) x_i
func (q *Quadratic) Step(s *Sample, eta float64) {
	phi, z := q.forward(s.X)
	n, m := s.N(), len(q.A)
	for i := range phi {
		c := Slope(s.Y[i]*phi[i]) * s.Y[i] * 2 * eta / float64(m) / float64(n)
		for j := range q.A {
			z.Set(i, j, z.At(i, j)*c*q.A[j])
		}
	}
	var change mat.Dense
	change.Mul(z.T(), s.X)
	q.W.Sub(q.W, &change)
}

// StepBy moves each neuron by I - (2η a_j/m) H, which is what a step is.
func (q *Quadratic) StepBy(h *mat.Dense, eta float64) {
	var hw mat.Dense
	hw.Mul(q.W, h) // h is symmetric
	m := len(q.A)
	for j, a := range q.A {
		row := q.W.RawRowView(j)
		for k := range row {
			row[k] -= 2 * eta * a / float64(m) * hw.At(j, k)
		}
	}
}

// Signals returns the root mean squares, over the neurons of sign a, of ⟨w_j, u_+⟩, ⟨w_j, u_-⟩ and the norm of the rest of w_j,
// u_± = (e_1 ± e_2)/√2.
func (q *Quadratic) Signals(a float64) (plus, minus, rest float64) {
	count := 0.0
	for j, sign := range q.A {
		if sign != a {
			continue
		}
		count++
		row := q.W.RawRowView(j)
		plus += math.Pow(row[0]+row[1], 2) / 2
		minus += math.Pow(row[0]-row[1], 2) / 2
		for _, v := range row[2:] {
			rest += v * v
		}
	}
	return math.Sqrt(plus / count), math.Sqrt(minus / count), math.Sqrt(rest / count)
}

// XORConfig is stochastic gradient descent on the quadratic network.
type XORConfig struct {
	D, M, N int     // inputs, width, examples of a batch
	Eta     float64 // of a step, in units of m
	Steps   int
	Reuse   bool // one batch for all steps, instead of fresh ones
	Test    int  // fresh points of the test; 0 for all 2^d
	// Scale multiplies the output, Φ = Scale/m Σ_j a_j (w_j·x)²; 0 for 1. Inputs divided by √d are Scale = 1/d.
	Scale float64
}

// Errors returns the test error after 0, 1, ..., Steps steps.
func (c XORConfig) Errors(rng *rand.Rand) ([]float64, error) {
	if c.N < 1 || !(c.Eta > 0) || math.IsInf(c.Eta, 1) || c.Steps < 0 || c.Test < 0 || !(c.Scale >= 0) || math.IsInf(c.Scale, 1) {
		return nil, malformed("XOR with batches of %d, η = %g m, %d steps, %d test points, the output times %g: want a batch, a positive η, no negative number", c.N, c.Eta, c.Steps, c.Test, c.Scale)
	}
	q, err := NewQuadratic(c.D, c.M, rng)
	if err != nil {
		return nil, err
	}
	eta := c.Eta
	if c.Scale > 0 { // the network of √s W with steps sη: its outputs and, times √s, its weights are the same
		q.W.Scale(math.Sqrt(c.Scale), q.W)
		eta *= c.Scale
	}
	var test *Sample
	if c.Test > 0 {
		test, err = XOR(c.Test, c.D, rng)
	} else {
		test, err = Cube(c.D)
	}
	if err != nil {
		return nil, err
	}
	errs := []float64{q.ErrorOn(test)}
	var batch *Sample
	for range c.Steps {
		if batch == nil || !c.Reuse {
			if batch, err = XOR(c.N, c.D, rng); err != nil {
				return nil, err
			}
		}
		q.Step(batch, eta*float64(c.M))
		errs = append(errs, q.ErrorOn(test))
	}
	return errs, nil
}
