// Package study holds what the cells of ntp-capacity call and do not show: draws and
// constructions, the sizes that a rank is tried on, training runs and what they say, and the
// recipes of the figures.
package study

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
)

// Streams draws by name, as Cell.Stream does.
type Streams func(name string) *rand.Rand

// Numbers returns x as float64.
func Numbers[T int | float64](x []T) (y []float64) {
	for _, v := range x {
		y = append(y, float64(v))
	}
	return y
}

// Median returns the middle element of x, the upper one of two.
func Median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return s[len(s)/2]
}

// Count returns how many of x are true.
func Count(x ...bool) (n int) {
	for _, b := range x {
		if b {
			n++
		}
	}
	return n
}

// dimension is d of the random features.
const dimension = 16

// Single draws a random transformer with m neurons, d = 16 and one head, and solves for V.
func Single(task *capacity.Task, m int, psi capacity.Activation, rng *rand.Rand) (*capacity.Params, error) {
	c := capacity.Config{Zeta: task.Zeta, T: 6, D: dimension, M: m, D1: dimension, D0: dimension, Heads: 1}
	p, err := capacity.Random(c, psi, rng)
	if err != nil {
		return nil, err
	}
	return p, p.BestV(task)
}

// Features draws until the round-off of float64, known from the condition before any error
// is, is at most reach. At n = m = 128 and 1e-6 every other draw does: 64 in a row that do not
// have the probability 2^-64.
func Features(task *capacity.Task, m int, psi capacity.Activation, reach float64, rng *rand.Rand) (*capacity.Params, error) {
	for range 64 {
		p, err := Single(task, m, psi, rng)
		if err != nil {
			return nil, err
		}
		if p.RoundOff(task) <= reach {
			return p, nil
		}
	}
	return nil, fmt.Errorf("ntp-capacity: 64 draws in a row for %d contexts and %d neurons leave more than %g of round-off", len(task.Contexts), m, reach)
}

// Exact solves the scalar construction for n contexts over ten tokens with n neurons in the
// given number of bits. A draw that is too badly conditioned for them gives way to another.
func Exact(n int, average bool, bits uint, rng *rand.Rand) (*capacity.Exact, *capacity.Task, error) {
	task, err := capacity.NewTask(10, 6, n, rng)
	if err != nil {
		return nil, nil, err
	}
	for range 4 {
		s, err := capacity.NewScalar(10, 6, n, capacity.GELU, 0.3, rng)
		if err != nil {
			return nil, nil, err
		}
		s.Average = average
		if err := s.Scale(task.Contexts, 20); err != nil {
			return nil, nil, err
		}
		if e, err := s.InterpolateExact(bits, task); err == nil {
			return e, task, nil
		}
	}
	return nil, nil, fmt.Errorf("ntp-capacity: four draws in a row are too badly conditioned for %d bits", bits)
}

// Missing returns the error of an exact model that has one neuron fewer: it is given all of
// the task's contexts but the last one.
func Missing(e *capacity.Exact, task *capacity.Task, bits uint) (float64, error) {
	last := len(task.Contexts) - 1
	part := &capacity.Task{Zeta: task.Zeta, Contexts: task.Contexts[:last], Targets: task.Targets[:last]}
	fewer := *e.Scalar
	fewer.W = fewer.W[:last]
	m, err := fewer.InterpolateExact(bits, part)
	if err != nil {
		return 0, err
	}
	return m.Error(task), nil
}

// Lifted is how far the logits of a lifted model are from the scalar one's, relative to the
// largest term of the sums.
type Lifted struct {
	Off     float64
	Without float64 // with W0 that is not divided by the number of heads
}

// Lift compares the scalar model for six contexts with its lift to d = 5 and two heads.
func Lift(rng *rand.Rand) (l Lifted, err error) {
	task, err := capacity.NewTask(4, 5, 6, rng)
	if err != nil {
		return l, err
	}
	s, err := capacity.NewScalar(4, 5, 6, capacity.GELU, 0.3, rng)
	if err != nil {
		return l, err
	}
	if err := s.Interpolate(task); err != nil {
		return l, err
	}
	p, err := s.Lift(capacity.Config{Zeta: 4, T: 5, D: 5, M: 6, D1: 3, D0: 2, Heads: 2})
	if err != nil {
		return l, err
	}
	wrong := p.With(p.Flat())
	for i := range wrong.W0 {
		wrong.W0[i] *= float64(p.Heads)
	}
	l.Off, l.Without = apart(s, p, task), apart(s, wrong, task)
	return l, nil
}

func apart(s *capacity.Scalar, p *capacity.Params, task *capacity.Task) (off float64) {
	for _, context := range task.Contexts {
		size, f := 1.0, s.Feature(context)
		for j, row := range s.V {
			for _, v := range row {
				size = max(size, abs(v*s.Psi.At(s.W[j]*f+s.Eta)))
			}
		}
		lifted := p.Logits(context)
		for z, l := range s.Logits(context) {
			off = max(off, abs(l-lifted[z])/size)
		}
	}
	return off
}

func abs(x float64) float64 { return max(x, -x) }

// Arithmetic is the error of the scalar construction in two arithmetics, by contexts.
type Arithmetic struct {
	N           []int
	Float, Many []float64
}

// Arithmetics solves it for each number of contexts, in float64 and in the given number of bits.
// Errors below 10⁻¹⁷ are drawn there.
func Arithmetics(sizes []int, bits uint, stream func() *rand.Rand) (a Arithmetic, err error) {
	for _, n := range sizes {
		e, task, err := Exact(n, false, bits, stream())
		if err != nil {
			return a, err
		}
		s := *e.Scalar
		if err := s.Interpolate(task); err != nil {
			return a, err
		}
		a.N = append(a.N, n)
		a.Float, a.Many = append(a.Float, max(task.Error(s.Logits), 1e-17)), append(a.Many, e.Error(task))
	}
	return a, nil
}
