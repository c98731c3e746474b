package study

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/geometry"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/rate"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// Pair is what two contexts look like at some R, in the mean over the pairs looked at.
type Pair struct {
	R      float64
	Column float64 // ‖L_i‖
	Length float64 // ‖h_i‖
	Apart  float64 // ‖h_i - h_j‖
	Angle  float64 // 1 - cos(h_i, h_j)
	Share  float64 // the largest ‖h_i - h_j‖ √σ_r(L)/‖L_i - L_j‖
}

// LookAt measures pairs of contexts embedded by H with logits L. The cosine comes from the
// distance of unit vectors, so that 1 - cos keeps its digits when it is small.
func LookAt(pairs [][2]int, H, L, mm *mat.Dense) Pair {
	p := Pair{R: Growth(L, mm)}
	sigma := Of(L).Sigma
	for _, t := range pairs {
		a, b := mat.Col(nil, t[0], H), mat.Col(nil, t[1], H)
		logits := floats.Distance(mat.Col(nil, t[0], L), mat.Col(nil, t[1], L), 2)
		apart := floats.Distance(a, b, 2)
		p.Column += mat.Norm(L.ColView(t[0]), 2) / float64(len(pairs))
		p.Length += floats.Norm(a, 2) / float64(len(pairs))
		p.Apart += apart / float64(len(pairs))
		p.Share = math.Max(p.Share, apart*math.Sqrt(sigma[len(sigma)-1])/logits)
		floats.Scale(1/floats.Norm(a, 2), a)
		floats.Scale(1/floats.Norm(b, 2), b)
		p.Angle += math.Pow(floats.Distance(a, b, 2), 2) / 2 / float64(len(pairs))
	}
	return p
}

// Ray looks at pairs along Lin + R·Lmm, with balanced factors.
func Ray(s *softlabel.Labels, mm *mat.Dense, pairs [][2]int, R []float64) (all []Pair) {
	for _, r := range R {
		L := matrix.Add(s.Lin(), r, mm)
		all = append(all, LookAt(pairs, Of(L).H(), L, mm))
	}
	return all
}

// Along looks at pairs along points of a regularization path.
func Along(points []*geometry.Factors, mm *mat.Dense, pairs [][2]int) (all []Pair) {
	for _, f := range points {
		if matrix.Norm(f.W) > 0 {
			all = append(all, LookAt(pairs, f.H, f.L(), mm))
		}
	}
	return all
}

// PathOf follows the regularization path of labels down to λ = 10^-to.
func PathOf(ctx context.Context, s *softlabel.Labels, from, to float64, rng *rand.Rand) []*geometry.Factors {
	V, _ := s.Dims()
	return notebook.Must(geometry.RegularizationPath(ctx, s, V, Lambdas(from, to), rng))
}

// Dirichlet gives a pattern random probabilities and frequencies.
func Dirichlet(p *softlabel.Pattern, rng *rand.Rand) *softlabel.Labels {
	return notebook.Must(p.Relabel(func(n int) []float64 { return softlabel.Dirichlet(n, rng) }))
}

// Law is the slope of log f against log R.
func Law(all []Pair, f func(Pair) float64) float64 {
	return rate.LogLog(Values(all, func(p Pair) float64 { return p.R }), Values(all, f)).Slope
}

// Values returns f of each.
func Values[T, U any](all []T, f func(T) U) (x []U) {
	for _, v := range all {
		x = append(x, f(v))
	}
	return x
}

// Twins are labels of contexts with these supports, from the stream C8, and their path down
// to λ = 10⁻⁹.
func Twins(cell *notebook.Cell, supports [][]int) (*softlabel.Labels, []*geometry.Factors) {
	rng := cell.Stream("C8")
	s := Dirichlet(Pattern(Spread(supports), supports...), rng)
	return s, PathOf(cell.Context(), s, 2, 9, rng)
}

// What is measured of a pair.
var (
	Column = func(p Pair) float64 { return p.Column }
	Length = func(p Pair) float64 { return p.Length }
	Apart  = func(p Pair) float64 { return p.Apart }
	Angle  = func(p Pair) float64 { return p.Angle }
	Share  = func(p Pair) float64 { return p.Share }
)
