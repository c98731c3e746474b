package contrastive

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Polytope returns the 2d points ±e_1 .. ±e_d as columns, the two of a pair next to each
// other, and their problem: classes take whole pairs, in order, so that sizes are even and add
// up to 2d. The points of a pair are as far apart as can be though they have one label. All
// inner products are 0 or -1, so that the gradient on the sphere vanishes at every r.
func Polytope(r float64, sizes ...int) (*Problem, *mat.Dense, error) {
	p, err := New(r, sizes...)
	if err != nil {
		return nil, nil, err
	}
	for c, n := range sizes {
		if n%2 != 0 {
			return nil, nil, fmt.Errorf("contrastive: class %d of the polytope has %d points: an even number is expected, since classes take whole pairs", c, n)
		}
	}
	d := p.N() / 2
	H := mat.NewDense(d, p.N(), nil)
	for a := range d {
		H.Set(a, 2*a, 1)
		H.Set(a, 2*a+1, -1)
	}
	return p, H, nil
}

// RigidFrom returns the r at which the polytope's Hessian, up to rotations, becomes positive
// definite, by bisection between low, where it is not, and high, where it is.
func RigidFrom(low, high float64, sizes ...int) (float64, error) {
	least := func(r float64) (float64, error) {
		p, H, err := Polytope(r, sizes...)
		if err != nil {
			return 0, err
		}
		values, err := p.HessianValues(H)
		if err != nil {
			return 0, err
		}
		return values[0], nil
	}
	for _, end := range []struct {
		r        float64
		positive bool
	}{{low, false}, {high, true}} {
		v, err := least(end.r)
		if err != nil {
			return 0, err
		}
		if v > 0 != end.positive {
			return 0, fmt.Errorf("contrastive: the least eigenvalue at r = %v is %v: a change of sign between %v and %v is expected; widen the interval", end.r, v, low, high)
		}
	}
	for range 50 { // 10⁻¹⁵ of the interval
		mid := (low + high) / 2
		v, err := least(mid)
		if err != nil {
			return 0, err
		}
		if v > 0 {
			high = mid
		} else {
			low = mid
		}
	}
	return (low + high) / 2, nil
}
