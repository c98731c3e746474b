package ntp

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// ErrIncompatible says that the log-odds equations have no solution.
var ErrIncompatible = errors.New("ntp: the data are not NTP-compatible")

// compatTol is the residual of the log-odds equations, relative to their largest right
// side (at least 1), beyond which the data count as incompatible. A solution leaves about
// 1e-13; a least-squares solution of inconsistent equations leaves order one.
const compatTol = 1e-9

// Compat is W*, the solution in F of the log-odds equations (Definition 1)
//
//	(e_z - e_z')ᵀ W h_j = log(p_{j,z}/p_{j,z'}),      z, z' ∈ S_j.
type Compat struct {
	W        *mat.Dense // W*, V×d
	Residual float64    // largest error of an equation
	Rank     int        // of the equations, dim F
}

// Wstar returns W*, computed on first use. If the data are not compatible the error wraps
// ErrIncompatible, and what is returned with it is the least-squares solution.
func (in *Instance) Wstar() (*Compat, error) { return in.compat() }

func newCompat(in *Instance) (*Compat, error) {
	F, err := in.Subspace()
	if err != nil {
		return nil, err
	}
	c := &Compat{Rank: F.Rank()}
	if c.W, err = F.solve(in.LogOdds()); err != nil {
		return nil, err
	}
	c.Residual = in.LogOddsError(c.W)
	if bound := compatTol * max(1, in.largestOdds()); !(c.Residual <= bound) {
		return c, fmt.Errorf("%w: the best decoder misses a log-odds by %.3g nats, want at most %.1g (%d equations of rank %d): take a larger d", ErrIncompatible, c.Residual, bound, in.Equalities(), c.Rank)
	}
	return c, nil
}

// LogOddsError returns the largest |(e_z - e_z')ᵀ W h_j - log(p_{j,z}/p_{j,z'})| over all
// pairs of all supports.
func (in *Instance) LogOddsError(W mat.Matrix) float64 {
	D := in.Logits(W)
	D.Apply(func(z, j int, l float64) float64 {
		if in.Follows(z, j) {
			return l - math.Log(in.P.At(z, j))
		}
		return l
	}, D)
	return in.largestSpread(D)
}

// InSupportError returns the largest |(e_z - e_z')ᵀ W h_j| over all pairs of all supports,
// zero for W in F⊥: the equalities (6a).
func (in *Instance) InSupportError(W mat.Matrix) float64 { return in.largestSpread(in.Logits(W)) }

func (in *Instance) largestOdds() float64 {
	D := mat.DenseCopyOf(in.P)
	D.Apply(func(_, _ int, p float64) float64 { return math.Log(p) }, D)
	return in.largestSpread(D)
}

// largestSpread returns the largest difference of two entries of D in one support.
func (in *Instance) largestSpread(D *mat.Dense) float64 {
	worst := 0.0
	for j, s := range in.S {
		l := matrix.Pick(D, j, s)
		lo, hi := l[0], l[0]
		for _, x := range l {
			lo, hi = math.Min(lo, x), math.Max(hi, x)
		}
		worst = math.Max(worst, hi-lo)
	}
	return worst
}
