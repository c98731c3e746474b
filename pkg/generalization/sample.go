package generalization

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Sample is n labelled examples.
type Sample struct {
	X *mat.Dense // n by d
	Y []float64  // -1 or +1
}

// NewSample checks and returns a sample: labels are -1 or +1, features finite.
func NewSample(x *mat.Dense, y []float64) (*Sample, error) {
	if n, _ := x.Dims(); n != len(y) {
		return nil, malformed("%d examples with %d labels: want one label each", n, len(y))
	}
	for i, v := range y {
		if v != 1 && v != -1 {
			return nil, malformed("label %d is %g: want -1 or +1", i, v)
		}
		for j, f := range x.RawRowView(i) {
			if math.IsNaN(f) || math.IsInf(f, 0) {
				return nil, malformed("feature %d of example %d is %g: want finite numbers", j, i, f)
			}
		}
	}
	return &Sample{X: x, Y: y}, nil
}

// N returns the number of examples.
func (s *Sample) N() int { return len(s.Y) }

// D returns the number of features.
func (s *Sample) D() int { return s.X.RawMatrix().Cols }

// Radius returns R = max_i ‖x_i‖.
func (s *Sample) Radius() float64 {
	r := 0.0
	for i := range s.Y {
		r = math.Max(r, floats.Norm(s.X.RawRowView(i), 2))
	}
	return r
}

// Flipped returns the sample with each label turned round with probability p.
func (s *Sample) Flipped(p float64, rng *rand.Rand) *Sample {
	y := append([]float64(nil), s.Y...)
	for i := range y {
		if rng.Float64() < p {
			y[i] = -y[i]
		}
	}
	return &Sample{X: s.X, Y: y}
}

// Contradicted returns the sample with every example once more, its label turned round: no function fits it.
func (s *Sample) Contradicted() *Sample {
	x := mat.NewDense(2*s.N(), s.D(), nil)
	y := make([]float64, 2*s.N())
	for i, label := range s.Y {
		x.SetRow(2*i, s.X.RawRowView(i))
		x.SetRow(2*i+1, s.X.RawRowView(i))
		y[2*i], y[2*i+1] = label, -label
	}
	return &Sample{X: x, Y: y}
}

// Quadrants draws n examples on the unit sphere of R^d with y = sign(x_1 x_2), those of |x_1 x_2| ≤ 0.1 left out: data that
// a linear function does not separate and a network does. d must be 2 or more.
func Quadrants(n, d int, rng *rand.Rand) (*Sample, error) {
	if n < 1 || d < 2 {
		return nil, malformed("%d examples of quadrants in R^%d: want at least one, in two dimensions or more", n, d)
	}
	x, y := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range y {
		row := x.RawRowView(i)
		for {
			for j := range row {
				row[j] = rng.NormFloat64()
			}
			floats.Scale(1/floats.Norm(row, 2), row)
			if p := row[0] * row[1]; math.Abs(p) > 0.1 {
				y[i] = math.Copysign(1, p)
				break
			}
		}
	}
	return NewSample(x, y)
}

// Caps draws n examples of two opposite caps of the unit sphere in R^3, x = (y e_1 + 0.2 z)/norm with a standard normal z and a
// fair y: data with a large margin.
func Caps(n int, rng *rand.Rand) (*Sample, error) {
	if n < 1 {
		return nil, malformed("%d examples of caps: want at least one", n)
	}
	const d = 3
	x, y := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range y {
		y[i] = float64(2*rng.IntN(2) - 1)
		row := x.RawRowView(i)
		for j := range row {
			row[j] = 0.2 * rng.NormFloat64()
		}
		row[0] += y[i]
		floats.Scale(1/floats.Norm(row, 2), row)
	}
	return NewSample(x, y)
}
