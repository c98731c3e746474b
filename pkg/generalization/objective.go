package generalization

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
)

// Objective is a weighted training loss, F̂(w) = Σ_i c_i f(y_i Φ(w, x_i)).
type Objective struct {
	Net    *Net
	Sample *Sample
	Weight []float64 // c_i ≥ 0
}

// NewObjective returns the training loss of a sample, c_i = 1/n.
func NewObjective(net *Net, s *Sample) (*Objective, error) {
	if s.D() != net.D || s.N() == 0 {
		return nil, malformed("%d examples with %d features for a network with %d inputs: want at least one, and equal numbers", s.N(), s.D(), net.D)
	}
	o := &Objective{Net: net, Sample: s, Weight: make([]float64, s.N())}
	floats.AddConst(1/float64(s.N()), o.Weight)
	return o, nil
}

// Without returns the leave-one-out loss F̂^{-i} = 1/n Σ_{j≠i} f_j, still divided by n.
func (o *Objective) Without(i int) (*Objective, error) {
	if o.Sample.N() < 2 || i < 0 || i >= o.Sample.N() {
		return nil, malformed("leaving out example %d of %d: want one of at least two", i, o.Sample.N())
	}
	weight := append([]float64(nil), o.Weight...)
	weight[i] = 0
	return &Objective{o.Net, o.Sample, weight}, nil
}

// Losses returns the f_i(w).
func (o *Objective) Losses(w []float64) []float64 {
	f := make([]float64, o.Sample.N())
	loss := func(i int) { f[i] = Loss(o.Sample.Y[i] * o.Net.Output(w, o.Sample.X.RawRowView(i))) }
	if len(f)*len(w) > 1<<16 { // else the goroutines cost more
		parallel.Each(len(f), loss)
		return f
	}
	for i := range f {
		loss(i)
	}
	return f
}

// Value returns F̂(w).
func (o *Objective) Value(w []float64) float64 { return floats.Dot(o.Weight, o.Losses(w)) }

// Gradient stores ∇F̂(w) in dst and returns F̂(w).
func (o *Objective) Gradient(dst, w []float64) float64 {
	g, value := make([]float64, len(w)), 0.0
	clear(dst)
	for i, y := range o.Sample.Y {
		u := y * o.Net.Gradient(g, w, o.Sample.X.RawRowView(i))
		value += o.Weight[i] * Loss(u)
		floats.AddScaled(dst, o.Weight[i]*Slope(u)*y, g)
	}
	return value
}

// Hessian returns ∇²F̂(w) = Σ_i c_i [ f_i” ∇Φ_i ∇Φ_iᵀ + f_i' y_i ∇²Φ_i ].
func (o *Objective) Hessian(w []float64) *mat.SymDense {
	h, g := mat.NewSymDense(len(w), nil), make([]float64, len(w))
	for i, y := range o.Sample.Y {
		x := o.Sample.X.RawRowView(i)
		u := y * o.Net.Gradient(g, w, x)
		h.SymRankOne(h, o.Weight[i]*Curvature(u), mat.NewVecDense(len(g), g))
		var curve mat.SymDense
		curve.ScaleSym(o.Weight[i]*Slope(u)*y, o.Net.Hessian(w, x))
		h.AddSym(h, &curve)
	}
	return h
}

// Spectrum returns the least and the largest eigenvalue of a symmetric matrix, NaN where it has an entry that is not
// finite. Entries below 10⁻³⁰ of the largest count as zero.
func Spectrum(h *mat.SymDense) (least, largest float64) {
	size := matrix.MaxAbs(h)
	if size == 0 {
		return 0, 0
	}
	n := h.SymmetricDim()
	unit := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			// gonum's routine scales blocks whose entries are below 10^-146, and gets them wrong.
			if v := h.At(i, j) / size; math.Abs(v) > 1e-30 {
				unit.SetSym(i, j, v)
			}
		}
	}
	var e mat.EigenSym
	if math.IsNaN(size) || math.IsInf(size, 0) || !e.Factorize(unit, false) {
		return math.NaN(), math.NaN()
	}
	values := e.Values(nil)
	return size * values[0], size * values[n-1]
}

// Gradients returns the rows ∇Φ(w, x_i), n by p.
func (o *Objective) Gradients(w []float64) *mat.Dense {
	rows := mat.NewDense(o.Sample.N(), len(w), nil)
	parallel.Each(o.Sample.N(), func(i int) { o.Net.Gradient(rows.RawRowView(i), w, o.Sample.X.RawRowView(i)) })
	return rows
}

// LargestGradient returns max_i ‖∇Φ(w, x_i)‖: the L_Φ of the paper's figures at w = w_0.
func (o *Objective) LargestGradient(w []float64) float64 {
	largest, rows := 0.0, o.Gradients(w)
	for i := range o.Sample.N() {
		largest = math.Max(largest, floats.Norm(rows.RawRowView(i), 2))
	}
	return largest
}

// Along returns F̂ at k + 1 equidistant points of the segment from w to v, both included.
func (o *Objective) Along(w, v []float64, k int) []float64 {
	values, at := make([]float64, k+1), make([]float64, len(w))
	for i := range values {
		t := float64(i) / float64(k)
		for j := range at {
			at[j] = (1-t)*w[j] + t*v[j]
		}
		values[i] = o.Value(at)
	}
	return values
}
