// Package study holds what the cells of supcon-landscape call and do not show: instances,
// what is computed once for several cells, and the recipes of the figures.
package study

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// Instance is a problem and embeddings of its samples.
type Instance struct {
	P *contrastive.Problem
	H *mat.Dense
}

// Problem is the problem of the given sizes, or ends the cell.
func Problem(r float64, sizes ...int) *contrastive.Problem {
	return notebook.Must(contrastive.New(r, sizes...))
}

// Small draws a problem of two to four classes of two to five samples, r from e^-2 to e^2.
func Small(rng *rand.Rand) *contrastive.Problem {
	sizes := make([]int, 2+rng.IntN(3))
	for c := range sizes {
		sizes[c] = 2 + rng.IntN(4)
	}
	return Problem(math.Exp(4*rng.Float64()-2), sizes...)
}

// Instances draws problems with unit embeddings in one to five dimensions.
func Instances(n int, rng *rand.Rand) (all []Instance) {
	for range n {
		p := Small(rng)
		all = append(all, Instance{p, contrastive.RandomSphere(1+rng.IntN(5), p.N(), rng)})
	}
	return all
}

// Near draws embeddings around the solution: its columns with noise of the given size, at
// length one.
func Near(p *contrastive.Problem, best *contrastive.Reduced, noise float64, rng *rand.Rand) *mat.Dense {
	H := p.Spread(best.U)
	d, n := H.Dims()
	return Unit(matrix.Add(H, noise, matrix.Gaussian(d, n, rng)))
}

// Unit returns H with columns of length one, or ends the cell.
func Unit(H *mat.Dense) *mat.Dense { return notebook.Must(contrastive.Normalized(H)) }

// Best solves the reduced program, or ends the cell.
func Best(p *contrastive.Problem, rng *rand.Rand) *contrastive.Reduced {
	return notebook.Must(p.Reduced(context.Background(), rng))
}

// Sphere minimizes over the sphere from a random start in R^d, or ends the cell.
func Sphere(p *contrastive.Problem, d int, rng *rand.Rand) *mat.Dense {
	return SphereFrom(p, contrastive.RandomSphere(d, p.N(), rng))
}

// SphereFrom minimizes over the sphere from H, or ends the cell.
func SphereFrom(p *contrastive.Problem, H *mat.Dense) *mat.Dense {
	return notebook.Must(contrastive.Settled(p.Sphere(context.Background(), H)))
}

// Least returns the best of several starts on the sphere of R^d.
func Least(p *contrastive.Problem, d, starts int, rng *rand.Rand) *mat.Dense {
	var best *mat.Dense
	for range starts {
		if H := Sphere(p, d, rng); best == nil || Excess(p, H) < Excess(p, best) {
			best = H
		}
	}
	return best
}

// Certified returns the certificate of embeddings, or ends the cell.
func Certified(p *contrastive.Problem, H *mat.Dense) *contrastive.Certificate {
	return notebook.Must(p.Certify(H))
}

// Excess returns the excess of embeddings.
func Excess(p *contrastive.Problem, H mat.Matrix) float64 { return p.Excess(contrastive.Gram(H)) }

// Loss returns the loss of embeddings.
func Loss(p *contrastive.Problem, H mat.Matrix) float64 { return p.Floor() + Excess(p, H) }

// Over returns by which share the excess of embeddings is above the solution's.
func Over(p *contrastive.Problem, H mat.Matrix, best *contrastive.Reduced) float64 {
	return Excess(p, H)/best.Excess - 1
}

// Columns returns the columns given as rows of numbers.
func Columns(rows ...[]float64) *mat.Dense {
	H := mat.NewDense(len(rows[0]), len(rows), nil)
	for i, h := range rows {
		H.SetCol(i, h)
	}
	return H
}

// Lonely is a class alone, k = 1, which problems do not allow, with an orthonormal frame: it
// has the least loss n log(n-1), and has not collapsed.
func Lonely(n int) (*contrastive.Problem, *mat.Dense) {
	H := mat.NewDense(n, n, nil)
	for i := range n {
		H.Set(i, i, 1)
	}
	return &contrastive.Problem{R: 1, Sizes: []int{n}, Label: make([]int, n)}, H
}

// Blind is the average of G over all permutations, which does not look at labels.
func Blind(G mat.Matrix) *mat.Dense {
	n, _ := G.Dims()
	own, cross := 0.0, 0.0
	for i := range n {
		for j := range n {
			if i == j {
				own += G.At(i, j) / float64(n)
			} else {
				cross += G.At(i, j) / float64(n*(n-1))
			}
		}
	}
	out := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			out.Set(i, j, cross)
		}
		out.Set(i, i, own)
	}
	return out
}

// Symmetric draws a symmetric direction.
func Symmetric(n int, rng *rand.Rand) *mat.Dense {
	X := matrix.Gaussian(n, n, rng)
	return matrix.Add(X, 1, mat.DenseCopyOf(X.T()))
}

// Slope returns the derivative of the loss along a symmetric direction by a central difference.
func Slope(p *contrastive.Problem, G, D *mat.Dense) float64 {
	const h = 1e-5
	return (p.Excess(matrix.Add(G, h, D)) - p.Excess(matrix.Add(G, -h, D))) / (2 * h)
}

// Flat counts the dimensions of symmetric matrices on which the second derivative at G
// vanishes, to 10⁻¹⁰ of its largest eigenvalue.
func Flat(p *contrastive.Problem, G *mat.Dense) int {
	n := p.N()
	var basis []*mat.Dense
	for i := range n {
		for j := i; j < n; j++ {
			D := mat.NewDense(n, n, nil)
			D.Set(i, j, 1)
			D.Set(j, i, 1)
			basis = append(basis, D)
		}
	}
	Q := mat.NewSymDense(len(basis), nil)
	for a := range basis {
		for b := a; b < len(basis); b++ {
			plus, minus := matrix.Add(basis[a], 1, basis[b]), matrix.Add(basis[a], -1, basis[b])
			Q.SetSym(a, b, (p.Curvature(G, plus)-p.Curvature(G, minus))/4)
		}
	}
	var eigen mat.EigenSym
	eigen.Factorize(Q, false)
	values, flat := eigen.Values(nil), 0
	for _, v := range values {
		if v < 1e-10*values[len(values)-1] {
			flat++
		}
	}
	return flat
}

// Procrustes returns ‖H' - UH‖/‖H‖ for the best orthogonal U.
func Procrustes(H, other *mat.Dense) float64 {
	var cross mat.Dense
	cross.Mul(other, H.T())
	U, _, V, err := matrix.SVD(&cross)
	notebook.Check(err)
	var turn, turned mat.Dense
	turn.Mul(U, V.T())
	turned.Mul(&turn, H)
	return matrix.Norm(matrix.Add(other, -1, &turned)) / matrix.Norm(H)
}

// Extremal is the configuration at which the pair bound is met: two samples of the largest class
// at u, all others at -u.
func Extremal(p *contrastive.Problem) *mat.Dense {
	largest := slices.Index(p.Sizes, slices.Max(p.Sizes))
	pair := p.Members()[largest][:2]
	H := mat.NewDense(1, p.N(), nil)
	for i := range p.N() {
		H.Set(0, i, -1)
	}
	H.Set(0, pair[0], 1)
	H.Set(0, pair[1], 1)
	return H
}

// WorstPair returns the largest (P_ij + P_ji)(n_c-1)/2 over pairs of a class.
func WorstPair(p *contrastive.Problem, H mat.Matrix) float64 {
	P, worst := p.Softmax(contrastive.Gram(H)), 0.0
	for i, y := range p.Label {
		for j := range i {
			if p.Label[j] == y {
				worst = max(worst, (P.At(i, j)+P.At(j, i))*float64(p.Sizes[y]-1)/2)
			}
		}
	}
	return worst
}

// TowardsMean returns the derivative of the loss along h_i ↦ μ_c - h_i, i in class c, over
// r times the class's spread Σ ‖h_i - μ_c‖².
func TowardsMean(p *contrastive.Problem, H *mat.Dense, c int) float64 {
	d, n := H.Dims()
	mu, spread := p.Means(H), 0.0
	D := mat.NewDense(d, n, nil)
	for i, y := range p.Label {
		if y == c {
			for a := range d {
				D.Set(a, i, mu.At(a, c)-H.At(a, i))
				spread += D.At(a, i) * D.At(a, i)
			}
		}
	}
	var HA mat.Dense
	HA.Mul(H, p.Gradient(contrastive.Gram(H)))
	return 2 * matrix.Inner(&HA, D) / (p.R * spread)
}

// Lengthened gives each column the length that is asked for.
func Lengthened(H *mat.Dense, length func(i int) float64) *mat.Dense {
	out := mat.DenseCopyOf(H)
	d, n := out.Dims()
	for i := range n {
		s := length(i)
		for a := range d {
			out.Set(a, i, s*out.At(a, i))
		}
	}
	return out
}

// Sized writes sizes as a reader does: 9, 9, 3, 3.
func Sized(sizes []int) string {
	s := fmt.Sprint(sizes)
	out := ""
	for _, c := range s[1 : len(s)-1] {
		if c == ' ' {
			out += ","
		}
		out += string(c)
	}
	return out
}

// OneMore adds a sample to each class.
func OneMore(sizes []int) []int {
	out := slices.Clone(sizes)
	for c := range out {
		out[c]++
	}
	return out
}

// Apart returns ‖h_i - h_j‖².
func Apart(G *mat.Dense, i, j int) float64 { return G.At(i, i) + G.At(j, j) - 2*G.At(i, j) }

// Exchange returns the three terms of the exchange of two samples: ⟨A, ΠG + GΠ - 2G⟩,
// ⟨A, ΠGΠ - G⟩ and r ‖h_i - h_j‖² (P_ij + P_ji - 2/(n_c-1)).
func Exchange(p *contrastive.Problem, G *mat.Dense, i, j int) (left, fixed, pull float64) {
	n := p.N()
	A, P := p.Gradient(G), p.Softmax(G)
	both := contrastive.Swapped(G, i, j)
	rows := mat.NewDense(n, n, nil) // ΠG
	for a := range n {
		from := a
		switch a {
		case i:
			from = j
		case j:
			from = i
		}
		rows.SetRow(a, mat.Row(nil, from, G))
	}
	D := matrix.Add(matrix.Add(rows, 1, mat.DenseCopyOf(rows.T())), -2, G)
	return matrix.Inner(A, D), matrix.Inner(A, matrix.Add(both, -1, G)),
		p.R * Apart(G, i, j) * (P.At(i, j) + P.At(j, i) - 2/float64(p.Sizes[p.Label[i]]-1))
}

// Ones is k columns at one point of the line.
func Ones(k int) *mat.Dense {
	U := mat.NewDense(1, k, nil)
	for c := range k {
		U.Set(0, c, 1)
	}
	return U
}

// Form returns zᵀAz.
func Form(p *contrastive.Problem, H *mat.Dense, z []float64) float64 {
	v := mat.NewVecDense(len(z), z)
	return mat.Inner(v, p.Gradient(contrastive.Gram(H)), v)
}

// FarFrom returns the largest |M_cc' - b| off the diagonal.
func FarFrom(M *mat.Dense, b float64) float64 {
	worst := 0.0
	k, _ := M.Dims()
	for c := range k {
		for e := range c {
			worst = max(worst, math.Abs(M.At(c, e)-b))
		}
	}
	return worst
}

// UnequalNorms is a point of the line at which moving towards the class mean raises the loss, since the
// embeddings of the class have very different lengths.
func UnequalNorms() (*contrastive.Problem, *mat.Dense) {
	return Problem(1, 3, 2), Columns([]float64{1}, []float64{1}, []float64{10}, []float64{-10}, []float64{0})
}
