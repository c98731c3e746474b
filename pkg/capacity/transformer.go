package capacity

import (
	"math"
	"math/rand/v2"
)

// Config sizes the transformer of equation (4).
type Config struct {
	Zeta  int // vocabulary
	T     int // longest context
	D     int // embedding
	M     int // hidden neurons
	D1    int // queries and keys
	D0    int // values
	Heads int // m0
}

func (c Config) check() error {
	if c.Zeta < 2 || min(c.T, c.D, c.M, c.D1, c.D0, c.Heads) < 1 {
		return bad("transformer of sizes %+v: want ζ ≥ 2 and all others at least 1", c)
	}
	return nil
}

// Params returns k = ζ m + m(d+1) + 2 m0 (d0+d1) d + (ζ+T) d.
func (c Config) Params() int {
	return c.Zeta*c.M + c.M*(c.D+1) + 2*c.Heads*(c.D0+c.D1)*c.D + (c.Zeta+c.T)*c.D
}

// Params are the parameters θ of equation (4), matrices by rows.
type Params struct {
	Config
	Psi Activation
	Z   [][]float64 // d×ζ by tokens: Z[a] is the embedding of token a
	U   [][]float64 // d×T by positions
	W1  [][]float64 // heads × (d×d1)
	W2  [][]float64 // heads × (d×d1)
	W3  [][]float64 // heads × (d×d0)
	W0  []float64   // m0 d0 × d
	W   []float64   // d×m
	B   []float64   // m
	V   []float64   // m×ζ
}

// newParams returns zero parameters.
func newParams(c Config, psi Activation) *Params {
	rows := func(n, width int) [][]float64 {
		r := make([][]float64, n)
		for i := range r {
			r[i] = make([]float64, width)
		}
		return r
	}
	return &Params{
		Config: c, Psi: psi, Z: rows(c.Zeta, c.D), U: rows(c.T, c.D),
		W1: rows(c.Heads, c.D*c.D1), W2: rows(c.Heads, c.D*c.D1), W3: rows(c.Heads, c.D*c.D0),
		W0: make([]float64, c.Heads*c.D0*c.D), W: make([]float64, c.D*c.M),
		B: make([]float64, c.M), V: make([]float64, c.M*c.Zeta),
	}
}

// Random draws parameters of equation (4) with Z, U, b ~ N(0, 1), W1 ~ N(0, 1/(4d)),
// W2, W3, W0 ~ N(0, 1/d) and W ~ N(0, 4/d), V ~ N(0, 1/m).
func Random(c Config, psi Activation, rng *rand.Rand) (*Params, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := newParams(c, psi)
	s := 1 / math.Sqrt(float64(c.D))
	fill := func(scale float64, blocks ...[]float64) {
		for _, block := range blocks {
			for i := range block {
				block[i] = scale * rng.NormFloat64()
			}
		}
	}
	fill(1, p.Z...)
	fill(1, p.U...)
	fill(s/2, p.W1...)
	fill(s, p.W2...)
	fill(s, p.W3...)
	fill(s, p.W0)
	fill(2*s, p.W)
	fill(1, p.B)
	fill(1/math.Sqrt(float64(c.M)), p.V)
	return p, nil
}

// blocks returns all parameters in one order: Z, U, W1, W2, W3, W0, W, b, V.
func (p *Params) blocks() [][]float64 {
	var all [][]float64
	for _, group := range [][][]float64{p.Z, p.U, p.W1, p.W2, p.W3} {
		all = append(all, group...)
	}
	return append(all, p.W0, p.W, p.B, p.V)
}

// Flat returns θ as a vector of k numbers.
func (p *Params) Flat() []float64 {
	theta := make([]float64, 0, p.Params())
	for _, b := range p.blocks() {
		theta = append(theta, b...)
	}
	return theta
}

// With returns the parameters with θ in place of their own.
func (p *Params) With(theta []float64) *Params {
	q := newParams(p.Config, p.Psi)
	for _, b := range q.blocks() {
		theta = theta[copy(b, theta):]
	}
	return q
}

// Map returns the parameters with f applied to every number.
func (p *Params) Map(f func(float64) float64) *Params {
	theta := p.Flat()
	for i, x := range theta {
		theta[i] = f(x)
	}
	return p.With(theta)
}

// embed returns the columns of X = Z[:,α] + U[:,1:t].
func (p *Params) embed(context []int) [][]float64 {
	X := make([][]float64, len(context))
	for s, a := range context {
		X[s] = make([]float64, p.D)
		for i := range X[s] {
			X[s][i] = p.Z[a][i] + p.U[s][i]
		}
	}
	return X
}

// transposed returns Aᵀ x for a matrix of len(x) rows.
func transposed(A, x []float64) []float64 {
	width := len(A) / len(x)
	y := make([]float64, width)
	for i, xi := range x {
		for j, a := range A[i*width : (i+1)*width] {
			y[j] += a * xi
		}
	}
	return y
}

// times returns A y for a matrix of len(y) columns.
func times(A, y []float64) []float64 {
	x := make([]float64, len(A)/len(y))
	for i := range x {
		x[i] = dot(A[i*len(y):(i+1)*len(y)], y)
	}
	return x
}

func dot(a, b []float64) (s float64) {
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// attention is what a head computes.
type attention struct {
	query, key []float64 // W1ᵀ..., see head
	weights    []float64 // softmax over positions
	mean       []float64 // X weights, d
	value      []float64 // W3ᵀ X weights, d0
}

// head evaluates head r with X given by columns.
func (p *Params) head(r int, X [][]float64) attention {
	a := attention{query: transposed(p.W2[r], X[len(X)-1])} // W2ᵀ x_t, d1
	a.key = times(p.W1[r], a.query)                         // W1 W2ᵀ x_t, d
	scores := make([]float64, len(X))
	for s := range X {
		scores[s] = dot(X[s], a.key)
	}
	a.weights = Softmax(scores)
	a.mean = make([]float64, p.D)
	for s, w := range a.weights {
		for i := range a.mean {
			a.mean[i] += w * X[s][i]
		}
	}
	a.value = transposed(p.W3[r], a.mean)
	return a
}

// Attention returns x, the output of the attention layer at the last position.
func (p *Params) Attention(context []int) []float64 {
	X := p.embed(context)
	var heads []float64
	for r := range p.Heads {
		heads = append(heads, p.head(r, X).value...)
	}
	return transposed(p.W0, heads)
}

// Hidden returns ψ(Wᵀ x + b), m numbers.
func (p *Params) Hidden(context []int) []float64 {
	h := transposed(p.W, p.Attention(context))
	for j := range h {
		h[j] = p.Psi.At(h[j] + p.B[j])
	}
	return h
}

// Logits returns Vᵀ ψ(Wᵀ x + b), ζ numbers.
func (p *Params) Logits(context []int) []float64 { return transposed(p.V, p.Hidden(context)) }
