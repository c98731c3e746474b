package contrastive

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// rankShare is the share of the largest eigenvalue below which those of M count as zero.
const rankShare = 1e-6

const (
	// sameMean is 1 minus the cosine below which columns on the way to the solution are taken for
	// one mean, to be tried: 8 degrees.
	sameMean = 1e-2
	// sharpGap is the gap of the certificate over the excess below which an answer of Newton's
	// method is taken.
	sharpGap = 1e-10
)

// Reduced is a solution of the reduced program with what proves it.
type Reduced struct {
	U            *mat.Dense // k+1 by k, unit columns: class means up to a rotation
	M            *mat.Dense // UᵀU
	Loss, Excess float64
	W            *mat.Dense // ∂L/∂M_cc' (symmetric), zero diagonal
	Lambda       []float64  // λ_c = -(WM)_cc
	S            *mat.Dense // W + diag(λ)
	LeastEigen   float64    // λ_min(S)
	Residual     float64    // ‖S M‖ / ‖W‖
	Lower        float64    // L - k max(0, -λ_min(S)), below every value of the program
}

// Rank returns the rank of M.
func (s *Reduced) Rank() int {
	rank := 0
	values := eigenvalues(s.M)
	for _, v := range values {
		if v > rankShare*values[len(values)-1] {
			rank++
		}
	}
	return rank
}

func (s *Reduced) String() string {
	return fmt.Sprintf("L = %.9g, at least %.9g, λ_min = %.2g", s.Loss, s.Lower, s.LeastEigen)
}

// eigenvalues returns those of a symmetric matrix, in increasing order.
func eigenvalues(A *mat.Dense) []float64 {
	values, _ := eigen(A)
	return values
}

// eigen returns the eigenvalues of a symmetric matrix, in increasing order, and its
// eigenvectors; NaN where they were not found. The matrix is brought to entries of order one
// first: gonum's Dsterf panics where all of them are below 10⁻¹⁴⁶.
func eigen(A *mat.Dense) (values []float64, vectors *mat.Dense) {
	n, _ := A.Dims()
	scale := matrix.MaxAbs(A)
	if scale == 0 || math.IsNaN(scale) || math.IsInf(scale, 1) {
		scale = 1
	}
	var scaled mat.Dense
	scaled.Scale(1/scale, A)
	var e mat.EigenSym
	values, vectors = make([]float64, n), mat.NewDense(n, n, nil)
	if !e.Factorize(symmetric(&scaled), true) {
		for i := range values {
			values[i] = math.NaN()
		}
		return values, vectors
	}
	e.Values(values)
	for i := range values {
		values[i] *= scale
	}
	e.VectorsTo(vectors)
	return values, vectors
}

// ReducedExcess returns Σ_c n_c log1p(Σ_{c'≠c} n_c' exp(r(M_cc'-1)) / (n_c-1)), which with the
// floor is the loss of embeddings that have collapsed to class means with Gram matrix M of
// unit diagonal, and its symmetric gradient W.
func (p *Problem) ReducedExcess(M mat.Matrix) (float64, *mat.Dense) {
	k, sum := p.K(), 0.0
	W := mat.NewDense(k, k, nil)
	for c := range k {
		others := 0.0
		row := W.RawRowView(c)
		for e := range k {
			if e != c {
				row[e] = float64(p.Sizes[e]) * math.Exp(p.R*(M.At(c, e)-1))
				others += row[e]
			}
		}
		n := float64(p.Sizes[c])
		sum += n * math.Log1p(others/(n-1))
		for e := range k {
			row[e] *= p.R * n / (n - 1 + others)
		}
	}
	for c := range k {
		for e := range c {
			w := (W.At(c, e) + W.At(e, c)) / 2
			W.Set(c, e, w)
			W.Set(e, c, w)
		}
	}
	return sum, W
}

// Reduced solves the reduced program and brings its certificate. Burer and Monteiro's factors, k
// unit columns of R^{k+1}, whose rank is always deficient, so that no second-order point is other
// than a solution, are moved by L-BFGS on log(excess) from a random start. Where that is slow,
// at small r, it need not arrive: from nearby Newton's method on the conditions of optimality,
// with 2k unknowns, does in a few steps. What it finds is taken where its certificate holds.
func (p *Problem) Reduced(ctx context.Context, rng *rand.Rand) (*Reduced, error) {
	k := p.K()
	f := objective(func(grad, u *mat.Dense) float64 {
		excess, W := p.ReducedExcess(Gram(u))
		grad.Mul(u, W)
		grad.Scale(2/excess, grad)
		return math.Log(excess)
	})
	U := RandomSphere(k+1, k, rng)
	for i, tolerance := range roughly {
		move := f.polish
		if i == 0 {
			move = f.descend
		}
		near, err := Settled(move(ctx, U, tolerance*math.Max(1, p.R)))
		if err != nil {
			return nil, err
		}
		if s := p.sharpened(near); s != nil {
			return s, nil
		}
		U = near
	}
	U, err := Settled(f.descend(ctx, U, sphereTolerance))
	if err != nil {
		return nil, err
	}
	return p.ReducedAt(U), nil
}

// roughly are the gradients of log(excess), over r where it is above one, at which Newton's method
// is tried.
var roughly = []float64{1e-1, 1e-3, 1e-4, 1e-5, 1e-6}

// sharpened returns the solution that Newton's method finds from unit columns nearby, or nil: first
// with all classes apart, then with those joined that are close.
func (p *Problem) sharpened(U *mat.Dense) *Reduced {
	if s := p.joined(U, 0); s != nil {
		return s
	}
	return p.joined(U, sameMean)
}

// joined is sharpened with classes joined that have a cosine above 1 - near. Classes that share a
// mean are to the others one class of their total size, and the program of these sizes has a
// solution of the rank that the method wants. It is that of all classes where the certificate says so.
func (p *Problem) joined(U *mat.Dense, near float64) *Reduced {
	group, sizes, mean := grouped(p.Sizes, U, near)
	if near > 0 && len(sizes) == p.K() {
		return nil // none is close
	}
	M := mat.NewDense(1, 1, []float64{1})
	if len(sizes) > 1 {
		if M = newRankOne(&Problem{R: p.R, Sizes: sizes}, Gram(mean)).solve(); M == nil {
			return nil
		}
	}
	V := factor(M)
	if V == nil {
		return nil
	}
	out := mat.NewDense(p.K()+1, p.K(), nil)
	for c, g := range group {
		for i, x := range mat.Col(nil, g, V) {
			out.Set(i, c, x)
		}
	}
	s := p.ReducedAt(out)
	if float64(p.K())*math.Max(0, -s.LeastEigen) > sharpGap*s.Excess {
		return nil
	}
	return s
}

// grouped joins classes whose unit columns have a cosine above 1 - near: the group of each class,
// the sizes of groups and a column of each.
func grouped(sizes []int, U *mat.Dense, near float64) (group, total []int, mean *mat.Dense) {
	M := Gram(U)
	group = make([]int, len(sizes))
	var first []int
	for c, n := range sizes {
		g := len(first)
		if near > 0 {
			for i, e := range first {
				if M.At(c, e) > 1-near {
					g = i
					break
				}
			}
		}
		if g == len(first) {
			first, total = append(first, c), append(total, 0)
		}
		group[c] = g
		total[g] += n
	}
	d, _ := U.Dims()
	mean = mat.NewDense(d, len(first), nil)
	for g, c := range first {
		mean.SetCol(g, mat.Col(nil, c, U))
	}
	return group, total, mean
}

// ReducedAt returns what the reduced program says of unit columns.
func (p *Problem) ReducedAt(U *mat.Dense) *Reduced {
	s := &Reduced{U: U, M: Gram(U)}
	s.Excess, s.W = p.ReducedExcess(s.M)
	s.Loss = p.Floor() + s.Excess
	s.S, s.Lambda = multipliers(s.W, U)
	s.LeastEigen = eigenvalues(s.S)[0]
	s.Lower = s.Loss - float64(p.K())*math.Max(0, -s.LeastEigen)
	var SM mat.Dense
	SM.Mul(s.S, s.M)
	s.Residual = matrix.Norm(&SM) / matrix.Norm(s.W)
	return s
}

// Spread returns the embeddings of all samples at their class's column of U.
func (p *Problem) Spread(U *mat.Dense) *mat.Dense {
	d, _ := U.Dims()
	H := mat.NewDense(d, p.N(), nil)
	for i, y := range p.Label {
		H.SetCol(i, mat.Col(nil, y, U))
	}
	return H
}

// BalancedLoss returns the least loss of k classes of m samples each, that of a simplex,
//
//	n log( m - 1 + (k-1) m exp(-r k/(k-1)) ),  n = k m
func BalancedLoss(r float64, k, m int) float64 {
	n := float64(k * m)
	return n * math.Log(float64(m-1)+float64((k-1)*m)*math.Exp(-r*float64(k)/float64(k-1)))
}

// FrameLoss returns the least loss over embeddings without negative entries, that of an
// orthonormal frame of class means (Kini et al. 2024, Theorem 1),
//
//	Σ_c n_c log( n_c - 1 + (n - n_c) e^{-r} )
func (p *Problem) FrameLoss() float64 {
	sum := 0.0
	for _, n := range p.Sizes {
		sum += float64(n) * math.Log(float64(n-1)+float64(p.N()-n)*math.Exp(-p.R))
	}
	return sum
}

// Weights returns the w with S = w wᵀ where M has rank k-1, positive, and the second largest
// eigenvalue of S, which is zero then. Means are centred by these weights, Σ_c w_c μ_c = 0.
func (s *Reduced) Weights() (w []float64, second float64) {
	values, vectors := eigen(s.S)
	k := len(values)
	w = mat.Col(nil, k-1, vectors)
	scale := math.Sqrt(values[k-1])
	if mat.Sum(vectors.ColView(k-1)) < 0 {
		scale = -scale
	}
	for c := range w {
		w[c] *= scale
	}
	return w, values[k-2]
}
