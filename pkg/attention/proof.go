package attention

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// The quantities that the proofs bound, evaluated at a point.

// Drive returns log S(W), where
//
//	S(W) = 1/n Σ_i e_i φ_{i,opt} Σ_{t≠opt} φ_{i,t} Γ_{i,t},
//
// under (A1) 1/n Σ_i e_i Γ_i φ_{i,opt} (1 - φ_{i,opt}). It bounds ⟨-∇L(W), W_mm⟩ from
// below for every W (derived here).
func (pt *Point) Drive() float64 {
	logs := make([]float64, 0, pt.N*pt.T)
	for i := range pt.N {
		l := pt.LogPhi[i*pt.T : (i+1)*pt.T]
		for t := range pt.T {
			if t != pt.Opt[i] {
				logs = append(logs, math.Log(pt.Slope(i)/float64(pt.N)*pt.Gap(i, t))+l[pt.Opt[i]]+l[t])
			}
		}
	}
	return floats.LogSumExp(logs)
}

// Paired returns e^{-M} ⟨-∇L(W), V⟩ as the sum over pairs of tokens
//
//	1/n Σ_i e_i Σ_{t<s} φ_{i,t} φ_{i,s} (g_{i,t} - g_{i,s}) (h_{i,t}(V) - h_{i,s}(V)),
//
// and M, the common factor of [Point.Direction] (derived here). Under (A1) only pairs
// with the optimal token remain.
func (pt *Point) Paired(V *mat.Dense) (sum, M float64) {
	_, M = pt.pulls()
	h := pt.LogitsOf(V)
	for i := range pt.N {
		g, l := pt.scores(i), pt.LogPhi[i*pt.T:(i+1)*pt.T]
		for t := range pt.T {
			for s := range t {
				pair := math.Exp(l[t]+l[s]-M) * (g[t] - g[s]) * (h[i*pt.T+t] - h[i*pt.T+s])
				sum += pt.Slope(i) / float64(pt.N) * pair
			}
		}
	}
	return sum, M
}

// Inner returns e^{-M} ⟨-∇L(W), V⟩ from the gradient's matrix, and M.
func (pt *Point) Inner(V *mat.Dense) (sum, M float64) {
	c, M := pt.pulls()
	return InnerProduct(pt.outer(c), V), M
}

// Margins returns a_{i,t} = h_{i,opt} - h_{i,t} for t ≠ opt, N·(T-1) numbers.
func (pt *Point) Margins() []float64 {
	var a []float64
	for at, h := range pt.Logits {
		if i := at / pt.T; at%pt.T != pt.Opt[i] {
			a = append(a, pt.Logits[i*pt.T+pt.Opt[i]]-h)
		}
	}
	return a
}

// KeyLemma holds both sides of the entropy bound on the mean margin,
//
//	⟨-∇L(W), W⟩ = S(W) E_p[a],   E_p[a] ≤ min a + C0,   C0 = log(N max q/min q),
//
// with p_{i,t} ∝ q_i e^{-a_{i,t}}, q_i = e_i Γ_i φ_{i,opt}², N = n(T-1). The first
// identity needs (A1), the bound does not (derived here).
type KeyLemma struct {
	Mean  float64 // E_p[a]
	Least float64 // min a
	C0    float64
}

// KeyLemma evaluates the lemma.
func (pt *Point) KeyLemma() KeyLemma {
	logq := make([]float64, pt.N)
	for i := range pt.N {
		logq[i] = math.Log(pt.Slope(i)*pt.GapOf(i)) + 2*pt.LogPhi[i*pt.T+pt.Opt[i]]
	}
	a := pt.Margins()
	weight := make([]float64, len(a))
	for row := range a {
		weight[row] = logq[row/(pt.T-1)] - a[row]
	}
	total := floats.LogSumExp(weight)
	k := KeyLemma{Least: floats.Min(a), C0: math.Log(float64(len(a))) + floats.Max(logq) - floats.Min(logq)}
	for row := range a {
		k.Mean += math.Exp(weight[row]-total) * a[row]
	}
	return k
}

// PolyakBand returns bounds on the length (L - L*)/(2‖∇L‖) of the Polyak step with
// factor 1/2, where svm is the norm of W_mm:
//
//	1/(2 B_x ρ) ≤ length ≤ ‖W_mm‖/(2 min φ_{i,opt}),   ρ = max_i (1 + e^{g})/(1 + e^{g - Γ_i}),
//
// g = g_{i,opt}. Both follow from the convexity of ℓ and, with (A1), from the bounds
// ⟨-∇L, W_mm⟩ ≥ S and ‖∇L‖ ≤ B_x S (derived here).
func (pt *Point) PolyakBand(svm float64) (low, high float64) {
	ratio := 0.0
	for i := range pt.N {
		g := pt.scores(i)[pt.Opt[i]]
		ratio = math.Max(ratio, math.Exp(softplus(g)-softplus(g-pt.GapOf(i))))
	}
	return 1 / (2 * pt.Diameter() * ratio), svm / (2 * floats.Min(pt.OptPhi()))
}

// Bound accumulates the right-hand side of the directional bound
//
//	1 - ⟨W̄_t, W̄_mm⟩ ≤ ( A + Σ_{s=t_0}^{t-1} (η_s C0(s) ‖W_mm‖ + η_s²/2)/‖W_s‖ )/‖W_t‖,
//
// with A = ‖W_{t_0}‖ - ⟨W_{t_0}, W̄_mm⟩, η_s = ‖W_{s+1} - W_s‖ and t_0 the first step
// at which every φ_{i,opt} exceeds 1/2. It holds for all steps along -∇L, whatever
// their lengths, under (A1) (derived here; the shape log t / t for steps of constant
// length is the paper's theorem).
type Bound struct {
	Step    int // steps seen since t_0, -1 before
	Largest float64
	svm     *SVM
	sum     float64
	before  *mat.Dense
	term    func(eta float64) float64
}

// NewBound returns a bound for the run towards svm.
func NewBound(svm *SVM) *Bound { return &Bound{Step: -1, svm: svm} }

// Next takes the point of the next step, every step in turn, and returns the bound
// there: NaN before t_0. Largest is the largest C0 so far.
func (b *Bound) Next(pt *Point) float64 {
	norm := mat.Norm(pt.W, 2)
	switch {
	case b.Step >= 0:
		var step mat.Dense
		step.Sub(pt.W, b.before)
		b.sum += b.term(mat.Norm(&step, 2))
	case floats.Min(pt.OptPhi()) > 0.5:
		b.sum = norm - InnerProduct(pt.W, b.svm.W)/b.svm.Norm
	default:
		return math.NaN()
	}
	b.Step++
	b.before = mat.DenseCopyOf(pt.W)
	c0 := pt.KeyLemma().C0
	b.Largest = math.Max(b.Largest, c0)
	b.term = func(eta float64) float64 { return (eta*c0*b.svm.Norm + eta*eta/2) / norm }
	return b.sum / norm
}

// InnerProduct returns the Frobenius inner product of two matrices of one shape.
func InnerProduct(A, B *mat.Dense) float64 {
	r, _ := A.Dims()
	sum := 0.0
	for i := range r {
		sum += floats.Dot(A.RawRowView(i), B.RawRowView(i))
	}
	return sum
}

// Dist returns ‖A/‖A‖ - B/‖B‖‖ = √(2 - 2 cos(A, B)), without the cancellation of the
// right-hand side; 1 - cos is half its square. It is NaN if a norm is zero.
func Dist(A, B *mat.Dense) float64 {
	a, b := mat.Norm(A, 2), mat.Norm(B, 2)
	r, _ := A.Dims()
	sum := 0.0
	for i := range r {
		y := B.RawRowView(i)
		for j, x := range A.RawRowView(i) {
			d := x/a - y[j]/b
			sum += d * d
		}
	}
	return math.Sqrt(sum)
}
