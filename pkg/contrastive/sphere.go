package contrastive

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Constants of the solvers.
const (
	// sphereTolerance is the norm of the gradient of log(excess) at which a solve on the
	// sphere stops. Embeddings are unit vectors and the logarithm has curvatures of order
	// r, so that what is left of the excess is of relative order 10⁻²⁰.
	sphereTolerance = 1e-10
	// downFirst is the number of steps down the gradient before the first L-BFGS, rounds how
	// often both are tried, with twice as many steps each time.
	downFirst, rounds = 30, 9
	// descentShare is the share of the first-order decrease that a step must bring.
	descentShare = 0.1
	// sphereLimit bounds the iterations of L-BFGS.
	sphereLimit = 20000
	// sphereMemory is its memory.
	sphereMemory = 20
)

// RandomSphere draws n unit columns in R^d.
func RandomSphere(d, n int, rng *rand.Rand) *mat.Dense {
	H := matrix.Gaussian(d, n, rng)
	if err := normalize(H); err != nil {
		panic(err) // a Gaussian column is not zero
	}
	return H
}

// Normalized returns H with its columns at length one; a column of length zero has no
// direction and is an error.
func Normalized(H *mat.Dense) (*mat.Dense, error) {
	U := mat.DenseCopyOf(H)
	return U, normalize(U)
}

func normalize(H *mat.Dense) error {
	d, n := H.Dims()
	for i := range n {
		length := column(H, i)
		if !(length > 0) || math.IsInf(length, 1) {
			return fmt.Errorf("contrastive: embedding %d has the length %v: a positive finite one is expected, as a point of the sphere is a direction", i, length)
		}
		for a := range d {
			H.Set(a, i, H.At(a, i)/length)
		}
	}
	return nil
}

// column returns ‖h_i‖.
func column(H *mat.Dense, i int) float64 {
	return blas64.Nrm2(blas64.Vector{N: H.RawMatrix().Rows, Inc: H.RawMatrix().Stride, Data: H.RawMatrix().Data[i:]})
}

// check refuses embeddings that are not of the problem.
func (p *Problem) check(H *mat.Dense) error {
	d, n := H.Dims()
	if n != p.N() || d < 1 {
		return fmt.Errorf("contrastive: embeddings are %d by %d: %d columns, one for each sample, are expected", d, n, p.N())
	}
	return nil
}

// Sphere minimizes the loss over unit columns by L-BFGS on log(excess), from H, which it does
// not change: with h_i = v_i/‖v_i‖ the variables are free. The logarithm has the same
// minimizers, and keeps the gradient of order one at large r, where the excess is tiny. The
// error wraps [convex.ErrInaccurate] where rounding stops it before; what was reached is
// returned with it.
func (p *Problem) Sphere(ctx context.Context, H *mat.Dense) (*mat.Dense, error) {
	if err := p.check(H); err != nil {
		return nil, err
	}
	start, err := Normalized(H)
	if err != nil {
		return nil, err
	}
	return descend(ctx, start, func(grad, h *mat.Dense) float64 {
		excess, A := p.excess(Gram(h))
		grad.Mul(h, A)
		grad.Scale(2/excess, grad)
		return math.Log(excess)
	})
}

// descend is [objective.descend] to the tolerance of solvers.
func descend(ctx context.Context, start *mat.Dense, f objective) (*mat.Dense, error) {
	return f.descend(ctx, start, sphereTolerance)
}

// objective is a function of unit columns with its gradient.
type objective func(grad, h *mat.Dense) float64

// descend minimizes f over unit columns, from the directions of start: steps down the gradient,
// then L-BFGS, and both again, with more of the first, where L-BFGS did not end at a minimum
// below. It searches lines by slopes, which are exact where values have drowned in rounding;
// far from a minimum, where f is not convex along lines, slopes lead astray. It ends at a
// gradient of norm tolerance.
func (f objective) descend(ctx context.Context, start *mat.Dense, tolerance float64) (*mat.Dense, error) {
	h := mat.DenseCopyOf(start)
	if err := normalize(h); err != nil {
		return nil, err
	}
	var err error
	steps, eta := downFirst, 1.0
	for range rounds {
		value := 0.0
		if value, eta, err = f.down(ctx, h, steps, eta); err != nil {
			return nil, err
		}
		var end *mat.Dense
		if end, err = f.polish(ctx, h, tolerance); end == nil {
			return nil, err
		}
		if reached := f.at(end); reached <= value+math.Abs(value)*1e-12 {
			h = end
			if err == nil {
				return h, nil
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		steps *= 2
	}
	if err == nil {
		err = convex.ErrInaccurate
	}
	return h, fmt.Errorf("contrastive: gradient of norm %.2g: %w", f.slope(h), err)
}

func (f objective) at(h *mat.Dense) float64 {
	d, n := h.Dims()
	return f(mat.NewDense(d, n, nil), h)
}

// slope returns the norm of the gradient on the spheres.
func (f objective) slope(h *mat.Dense) float64 {
	d, n := h.Dims()
	g := mat.NewDense(d, n, nil)
	f(g, h)
	tangential(g, h)
	return matrix.Norm(g)
}

// tangential takes the radial part out of each column of g.
func tangential(g, h *mat.Dense) {
	d, n := h.Dims()
	for i := range n {
		radial := 0.0
		for a := range d {
			radial += g.At(a, i) * h.At(a, i)
		}
		for a := range d {
			g.Set(a, i, g.At(a, i)-radial*h.At(a, i))
		}
	}
}

// down moves h by so many steps h ← (h - η g)/‖h - η g‖, each of which lowers f; η grows after
// a step and shrinks where one would not go down. It returns f and the last η.
func (f objective) down(ctx context.Context, h *mat.Dense, steps int, eta float64) (float64, float64, error) {
	d, n := h.Dims()
	g, next, nextG := mat.NewDense(d, n, nil), mat.NewDense(d, n, nil), mat.NewDense(d, n, nil)
	value := f(g, h)
	tangential(g, h)
	for range steps {
		if err := ctx.Err(); err != nil {
			return value, eta, err
		}
		square := matrix.Inner(g, g)
		for ; eta > leastStep; eta *= shrink {
			next.Scale(-eta, g)
			next.Add(next, h)
			if err := normalize(next); err != nil {
				return value, eta, err
			}
			if v := f(nextG, next); v <= value-descentShare*eta*square {
				value = v
				break
			}
		}
		if eta <= leastStep {
			return value, 1, nil // rounding has ended it
		}
		h.Copy(next)
		g.Copy(nextG)
		tangential(g, h)
		eta *= growth
	}
	return value, eta, nil
}

// polish runs L-BFGS on h_i = v_i/‖v_i‖ from h. The lengths of v do not matter to f, but a
// gradient by v_i is that by h_i over ‖v_i‖, so that they precondition: v_i begins at the root of
// ‖∂f/∂h_i‖, over its mean, since classes of more samples are more curved. Where lengths have
// grown so that small gradients say nothing, the error is [convex.ErrInaccurate].
func (f objective) polish(ctx context.Context, start *mat.Dense, tolerance float64) (*mat.Dense, error) {
	d, n := start.Dims()
	h, lengths := mat.NewDense(d, n, nil), make([]float64, n)
	first, x0, mean := mat.NewDense(d, n, nil), mat.DenseCopyOf(start), 0.0
	f(first, start)
	for i := range n {
		lengths[i] = column(first, i)
		mean += lengths[i] / float64(n)
	}
	for i := range n {
		scale := 1.0
		if lengths[i] > 0 {
			scale = math.Sqrt(lengths[i] / mean)
		}
		for a := range d {
			x0.Set(a, i, scale*x0.At(a, i))
		}
	}
	m := convex.LBFGS{Memory: sphereMemory, F: func(grad, x []float64) float64 {
		v, g := mat.NewDense(d, n, x), mat.NewDense(d, n, grad)
		for i := range n {
			lengths[i] = column(v, i)
			for a := range d {
				h.Set(a, i, v.At(a, i)/lengths[i])
			}
		}
		value := f(g, h)
		tangential(g, h)
		for i := range n {
			for a := range d {
				g.Set(a, i, g.At(a, i)/lengths[i])
			}
		}
		return value
	}, Done: func(grad, _ float64) bool { return grad <= tolerance }}
	end, err := m.Minimize(ctx, &convex.Options{Iterations: sphereLimit}, x0.RawMatrix().Data)
	if end == nil {
		return nil, err
	}
	H := mat.NewDense(d, n, end.X)
	if err := normalize(H); err != nil {
		return nil, err
	}
	if err == nil && f.slope(H) > 100*tolerance {
		err = convex.ErrInaccurate
	}
	return H, err
}

// Settled passes what a solver reached although rounding kept it from its tolerance: whoever
// uses it looks at the certificate.
func Settled(H *mat.Dense, err error) (*mat.Dense, error) {
	if H != nil && errors.Is(err, convex.ErrInaccurate) {
		return H, nil
	}
	return H, err
}
