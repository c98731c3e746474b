package ntp

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// newton minimizes CE(W) - Hent + λ/2 ‖W‖² by Newton's method with backtracking. The
// minimizer is a combination of embeddings, W = A Qᵀ with orthonormal Q spanning them, so
// that A has V·min(d, m) numbers. The Hessian is
//
//	Σ_j π_j (diag(q_j) - q_j q_jᵀ) ⊗ g_j g_jᵀ + λ I,    q_j = σ(W h_j),  g_j = Qᵀ h_j.
//
// Its condition number is of order 1/λ, which costs a gradient method 1/√λ iterations and
// this one nothing.
type newton struct {
	in    *Instance
	frame *mat.Dense // Q, d×r; nil for I
	G     *mat.Dense // QᵀH, r×m
}

const (
	// newtonSize bounds the numbers of A: a step factorizes a matrix of that order.
	newtonSize = 1500
	// newtonSteps bounds the steps of a point; warm starts need about ten.
	newtonSteps = 100
	// ridgeTol is the relative distance to the minimizer at which a point counts as found.
	ridgeTol = 1e-8
	// armijo is the fraction of the predicted decrease that a step must reach.
	armijo = 1e-4
	// valueRounding is the relative error of the objective, a sum of nonnegative terms.
	valueRounding = 1e-12
	// halvings bounds the backtracking of a step.
	halvings = 40
)

func newNewton(in *Instance) *newton {
	_, d, m := in.Dims()
	n := &newton{in: in, G: in.H}
	if d > m {
		n.frame = frameOf(in.H)
		n.G = mat.NewDense(m, m, nil)
		n.G.Mul(n.frame.T(), in.H)
	}
	return n
}

// ridgeState is a point A with its objective and gradient.
type ridgeState struct {
	A, grad *mat.Dense
	Q       *mat.Dense // σ, V×m
	value   float64
}

func (n *newton) at(A *mat.Dense, lambda float64) ridgeState {
	V, r := A.Dims()
	_, m := n.G.Dims()
	L := mat.NewDense(V, m, nil)
	L.Mul(A, n.G)
	inside, outside := n.in.split(L)
	R := n.in.labels.Residual(L)
	s := ridgeState{A: A, grad: mat.NewDense(V, r, nil), Q: matrix.Add(n.in.P, -1, R)}
	s.value = inside + outside + lambda/2*matrix.Inner(A, A)
	R.Apply(func(_, j int, x float64) float64 { return -n.in.Pi[j] * x }, R)
	s.grad.Mul(R, n.G.T())
	s.grad.Add(s.grad, matrix.Add(A, lambda-1, A))
	return s
}

// step returns the Newton direction at s.
func (n *newton) step(s ridgeState, lambda float64) (*mat.Dense, error) {
	V, r := s.A.Dims()
	hessian := mat.NewSymDense(V*r, nil)
	_, m := n.G.Dims()
	weighted, block := mat.NewDense(r, m, nil), mat.NewDense(r, r, nil)
	for z := range V {
		for y := z; y < V; y++ {
			weighted.Apply(func(_, j int, g float64) float64 {
				c := -s.Q.At(y, j)
				if y == z {
					c++
				}
				return n.in.Pi[j] * s.Q.At(z, j) * c * g
			}, n.G)
			block.Mul(weighted, n.G.T())
			for i := range r {
				for k := range r {
					if z != y || i <= k {
						hessian.SetSym(z*r+i, y*r+k, block.At(i, k))
					}
				}
			}
		}
	}
	for i := range V * r {
		hessian.SetSym(i, i, hessian.At(i, i)+lambda)
	}
	var chol mat.Cholesky
	if !chol.Factorize(hessian) {
		return nil, fmt.Errorf("ntp: Hessian at λ = %g is not positive definite to rounding", lambda)
	}
	x := mat.NewVecDense(V*r, nil)
	_ = chol.SolveVecTo(x, mat.NewVecDense(V*r, s.grad.RawMatrix().Data)) // ill-conditioned as λ is small
	D := mat.NewDense(V, r, x.RawVector().Data)
	D.Scale(-1, D)
	return D, nil
}

// minimize goes from A to the minimizer, or to where rounding stops it.
func (n *newton) minimize(ctx context.Context, lambda float64, A *mat.Dense) (ridgeState, int, error) {
	s := n.at(A, lambda)
	for steps := range newtonSteps {
		if n.distance(s, lambda) <= ridgeTol/100 {
			return s, steps, nil
		}
		if err := ctx.Err(); err != nil {
			return s, steps, err
		}
		D, err := n.step(s, lambda)
		if err != nil {
			return s, steps, err
		}
		next, better := n.search(s, D, lambda)
		if !better {
			return s, steps, nil
		}
		s = next
	}
	return s, newtonSteps, nil
}

// search halves the step until the objective falls enough. Where that fall would be lost
// in rounding the whole step is taken if it halves the gradient.
func (n *newton) search(s ridgeState, D *mat.Dense, lambda float64) (next ridgeState, better bool) {
	slope := matrix.Inner(s.grad, D)
	if -slope <= valueRounding*s.value {
		next = n.at(matrix.Add(s.A, 1, D), lambda)
		return next, matrix.Norm(next.grad) <= matrix.Norm(s.grad)/2
	}
	for t, i := 1.0, 0; i < halvings; t, i = t/2, i+1 {
		next = n.at(matrix.Add(s.A, t, D), lambda)
		if next.value <= s.value+armijo*t*slope {
			return next, true
		}
	}
	return s, false
}

// distance bounds the distance to the minimizer relative to ‖A‖, as the objective is
// λ-strongly convex.
func (n *newton) distance(s ridgeState, lambda float64) float64 {
	g := matrix.Norm(s.grad)
	if g == 0 {
		return 0
	}
	return g / (lambda * matrix.Norm(s.A))
}

// path follows the minimizers along λ. Each point starts on the line through the two before,
// as functions of log λ: far along the path they move by log(1/λ) W^mm.
func (n *newton) path(ctx context.Context, lambdas []float64) ([]RidgePoint, error) {
	V, _, _ := n.in.Dims()
	r, _ := n.G.Dims()
	var points []RidgePoint
	var before, last *mat.Dense
	start := mat.NewDense(V, r, nil)
	for i, lambda := range lambdas {
		if before != nil {
			ratio := math.Log(lambda/lambdas[i-1]) / math.Log(lambdas[i-1]/lambdas[i-2])
			start = matrix.Add(last, ratio, matrix.Add(last, -1, before))
		} else if last != nil {
			start = last
		}
		s, steps, err := n.minimize(ctx, lambda, start)
		if err != nil {
			return points, fmt.Errorf("ntp: ridge path at λ = %g: %w", lambda, err)
		}
		distance := n.distance(s, lambda)
		points = append(points, RidgePoint{
			Lambda: lambda, W: n.lift(s.A), Norm: matrix.Norm(s.A), Excess: n.excess(s.A),
			Error: distance, Converged: distance <= ridgeTol, Iterations: steps,
		})
		before, last = last, s.A
	}
	return points, nil
}

func (n *newton) excess(A *mat.Dense) float64 {
	var L mat.Dense
	L.Mul(A, n.G)
	inside, outside := n.in.split(&L)
	return inside + outside
}

// lift returns A Qᵀ.
func (n *newton) lift(A *mat.Dense) *mat.Dense {
	if n.frame == nil {
		return mat.DenseCopyOf(A)
	}
	V, d, _ := n.in.Dims()
	W := mat.NewDense(V, d, nil)
	W.Mul(A, n.frame.T())
	return W
}
