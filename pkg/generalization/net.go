package generalization

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Net is the network of the package comment. It holds no weights.
type Net struct {
	D, M, L int // inputs, width of every hidden layer, hidden layers
	Sigma   Activation
	Signs   []float64 // a: the first ⌈m/2⌉ are +1, the others -1
}

// NewNet returns the network with d inputs and l hidden layers of width m.
func NewNet(d, m, l int, activationName string) (*Net, error) {
	if d < 1 || m < 1 || l < 1 {
		return nil, malformed("a network with %d inputs, width %d and %d hidden layers: want at least one of each", d, m, l)
	}
	sigma, err := activation(activationName)
	if err != nil {
		return nil, err
	}
	net := &Net{D: d, M: m, L: l, Sigma: sigma, Signs: make([]float64, m)}
	for j := range net.Signs {
		net.Signs[j] = 1
		if 2*j >= m {
			net.Signs[j] = -1
		}
	}
	return net, nil
}

// Size returns the number p = m d + (L - 1) m² of weights.
func (n *Net) Size() int { return n.M*n.D + (n.L-1)*n.M*n.M }

// Layer returns W_l of w, l from 1 to L, without a copy.
func (n *Net) Layer(w []float64, l int) blas64.General {
	if len(w) != n.Size() || l < 1 || l > n.L {
		panic(mat.ErrShape)
	}
	if l == 1 {
		return blas64.General{Rows: n.M, Cols: n.D, Stride: n.D, Data: w[:n.M*n.D]}
	}
	from := n.M*n.D + (l-2)*n.M*n.M
	return blas64.General{Rows: n.M, Cols: n.M, Stride: n.M, Data: w[from : from+n.M*n.M]}
}

// Start draws all weights from N(0, 1).
func (n *Net) Start(rng *rand.Rand) []float64 {
	w := make([]float64, n.Size())
	for i := range w {
		w[i] = rng.NormFloat64()
	}
	return w
}

// SymmetricStart draws weights as Start does and makes the second half of the rows of W_L a copy of the first, whose
// signs are opposite: Φ(w, x) = 0 for every x. The width must be even.
func (n *Net) SymmetricStart(rng *rand.Rand) ([]float64, error) {
	if n.M%2 != 0 {
		return nil, malformed("a symmetric start of width %d: half of the neurons are copies of the others, so that an even width is expected", n.M)
	}
	w := n.Start(rng)
	last := n.Layer(w, n.L).Data
	copy(last[len(last)/2:], last[:len(last)/2])
	return w, nil
}

// GradientBound returns G = l R, the largest ‖∇_w Φ(w, x)‖ for ‖x‖ ≤ R and all w, of a network with one
// hidden layer: ‖∇Φ‖² = ‖x‖²/m Σ_j σ'(w_j·x)². It is +Inf for more layers, where no bound holds for all w.
func (n *Net) GradientBound(r float64) float64 {
	if n.L > 1 {
		return math.Inf(1)
	}
	return n.Sigma.Slope * r
}

// CurvatureBound returns κ = s R²/√m, the largest ‖∇²_w Φ(w, x)‖ for ‖x‖ ≤ R and all w, of a network with one
// hidden layer, whose Hessian has the blocks a_j σ”(w_j·x) x xᵀ/√m. It is +Inf for more layers.
func (n *Net) CurvatureBound(r float64) float64 {
	if n.L > 1 {
		return math.Inf(1)
	}
	return n.Sigma.Curve * r * r / math.Sqrt(float64(n.M))
}

// pass is what a forward pass leaves behind.
type pass struct {
	h             [][]float64 // inputs of the layers: x, σ(z_1), ..., σ(z_L)
	first, second [][]float64 // σ'(z_l), σ''(z_l)
	phi           float64
}

func (n *Net) forward(w, x []float64) *pass {
	if len(x) != n.D {
		panic(mat.ErrShape)
	}
	p := &pass{h: [][]float64{x}}
	root := 1 / math.Sqrt(float64(n.M))
	for l := 1; l <= n.L; l++ {
		z := make([]float64, n.M)
		gemv(blas.NoTrans, n.scale(l), n.Layer(w, l), p.h[l-1], 0, z)
		first, second := make([]float64, n.M), make([]float64, n.M)
		for j, v := range z {
			z[j], first[j], second[j] = n.Sigma.At(v)
		}
		p.h, p.first, p.second = append(p.h, z), append(p.first, first), append(p.second, second)
	}
	p.phi = root * floats.Dot(n.Signs, p.h[n.L])
	return p
}

// scale is the factor in front of W_l.
func (n *Net) scale(l int) float64 {
	if l == 1 {
		return 1
	}
	return 1 / math.Sqrt(float64(n.M))
}

// Output returns Φ(w, x).
func (n *Net) Output(w, x []float64) float64 { return n.forward(w, x).phi }

// Gradient stores ∇_w Φ(w, x) in dst and returns Φ(w, x).
func (n *Net) Gradient(dst, w, x []float64) float64 {
	p := n.forward(w, x)
	delta := n.delta(p)
	for l := n.L; l >= 1; l-- {
		g := n.Layer(dst, l)
		clear(g.Data)
		outer(g, n.scale(l), delta, p.h[l-1])
		if l > 1 {
			delta = n.back(w, l, delta)
			floats.Mul(delta, p.first[l-2])
		}
	}
	return p.phi
}

// delta is the derivative of Φ by z_L.
func (n *Net) delta(p *pass) []float64 {
	delta := make([]float64, n.M)
	floats.MulTo(delta, n.Signs, p.first[n.L-1])
	floats.Scale(1/math.Sqrt(float64(n.M)), delta)
	return delta
}

// back returns W_lᵀ delta, scaled.
func (n *Net) back(w []float64, l int, delta []float64) []float64 {
	out := make([]float64, n.M)
	gemv(blas.Trans, n.scale(l), n.Layer(w, l), delta, 0, out)
	return out
}

// HessianVector stores ∇²_w Φ(w, x) v in dst: the derivative of the gradient along v (Pearlmutter, "Fast exact
// multiplication by the Hessian", 1994).
func (n *Net) HessianVector(dst, w, x, v []float64) {
	p := n.forward(w, x)
	var along [][]float64                           // derivatives of the z_l along v
	carried := [][]float64{make([]float64, len(x))} // and of the h_l
	for l := 1; l <= n.L; l++ {
		r := make([]float64, n.M)
		gemv(blas.NoTrans, n.scale(l), n.Layer(v, l), p.h[l-1], 0, r)
		gemv(blas.NoTrans, n.scale(l), n.Layer(w, l), carried[l-1], 1, r)
		h := make([]float64, n.M)
		floats.MulTo(h, p.first[l-1], r)
		along, carried = append(along, r), append(carried, h)
	}
	delta := n.delta(p)
	turn := make([]float64, n.M) // the derivative of delta along v
	for j, a := range n.Signs {
		turn[j] = a * p.second[n.L-1][j] * along[n.L-1][j] / math.Sqrt(float64(n.M))
	}
	for l := n.L; l >= 1; l-- {
		g := n.Layer(dst, l)
		clear(g.Data)
		outer(g, n.scale(l), turn, p.h[l-1])
		outer(g, n.scale(l), delta, carried[l-1])
		if l > 1 {
			below, changed := n.back(w, l, delta), n.back(w, l, turn)
			gemv(blas.Trans, n.scale(l), n.Layer(v, l), delta, 1, changed)
			turn = make([]float64, n.M)
			for j := range turn {
				turn[j] = changed[j]*p.first[l-2][j] + below[j]*p.second[l-2][j]*along[l-2][j]
			}
			delta = below
			floats.Mul(delta, p.first[l-2])
		}
	}
}

// Hessian returns ∇²_w Φ(w, x), p by p, column by column from HessianVector.
func (n *Net) Hessian(w, x []float64) *mat.SymDense {
	size := n.Size()
	h, unit, column := mat.NewSymDense(size, nil), make([]float64, size), make([]float64, size)
	for i := range size {
		unit[i] = 1
		n.HessianVector(column, w, x, unit)
		unit[i] = 0
		for j := i; j < size; j++ {
			h.SetSym(i, j, column[j])
		}
	}
	return h
}

// HessianNorm returns ‖∇²_w Φ(w, x)‖₂: for one hidden layer exactly, max_j |σ”(w_j·x)| ‖x‖²/√m, else by power iteration on
// HessianVector from a random vector, until the estimate changes by less than 10⁻⁶ of itself.
func (n *Net) HessianNorm(w, x []float64, rng *rand.Rand) float64 {
	if n.L == 1 {
		p := n.forward(w, x)
		return floats.Norm(p.second[0], math.Inf(1)) * floats.Dot(x, x) / math.Sqrt(float64(n.M))
	}
	v, hv, last := n.Start(rng), make([]float64, n.Size()), 0.0
	for range 1000 { // two eigenvalues of equal size and opposite sign: ‖H v‖ converges where v does not
		floats.Scale(1/floats.Norm(v, 2), v)
		n.HessianVector(hv, w, x, v)
		norm := floats.Norm(hv, 2)
		if norm == 0 || math.Abs(norm-last) < 1e-6*norm {
			return norm
		}
		last = norm
		v, hv = hv, v
	}
	return last
}

func gemv(trans blas.Transpose, alpha float64, a blas64.General, x []float64, beta float64, y []float64) {
	blas64.Gemv(trans, alpha, a, blas64.Vector{N: len(x), Inc: 1, Data: x}, beta, blas64.Vector{N: len(y), Inc: 1, Data: y})
}

func outer(a blas64.General, alpha float64, x, y []float64) {
	blas64.Ger(alpha, blas64.Vector{N: len(x), Inc: 1, Data: x}, blas64.Vector{N: len(y), Inc: 1, Data: y}, a)
}
