package study

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// Pairs are the sizes of the polytopes that are looked at.
var Pairs = [][]int{{2, 2}, {2, 4}, {4, 4}, {2, 2, 2}, {2, 2, 4}, {4, 4, 2}}

// Steps are the STEP problems on which the two programs are compared.
var Steps = func() (all []contrastive.Step) {
	for _, x := range []struct {
		k1, k2   int
		r, ratio float64
	}{{2, 2, 1, 1}, {2, 2, 1, 10}, {2, 2, 1, 100}, {2, 2, 2, 10}, {2, 2, 10, 10}, {2, 2, 10, 100}, {5, 5, 1, 10}, {5, 5, 10, 10}, {5, 5, 10, 100}, {3, 2, 1, 10}} {
		all = append(all, contrastive.Step{R: x.r, K1: x.k1, K2: x.k2, Major: 5 * x.ratio, Minor: 5})
	}
	return all
}()

// Thresholds are the problems whose threshold is computed.
var Thresholds = func() (all []contrastive.Step) {
	for _, x := range []struct {
		k1, k2 int
		r      float64
	}{{2, 2, 0.5}, {2, 2, 1}, {2, 2, 2}, {2, 2, 4}, {2, 4, 1}, {1, 2, 1}, {1, 3, 1}, {3, 3, 6}} {
		all = append(all, contrastive.Step{R: x.r, K1: x.k1, K2: x.k2, Minor: 50})
	}
	return all
}()

// Geometric returns n numbers from low to high with equal ratios.
func Geometric(low, high float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = low * math.Pow(high/low, float64(i)/float64(n-1))
	}
	return x
}

// Along solves a STEP problem at every imbalance ratio.
func Along(x contrastive.Step, ratios []float64) (all []contrastive.StepSolution) {
	for _, R := range ratios {
		x.Major = R * x.Minor
		all = append(all, notebook.Must(x.Solve()))
	}
	return all
}

// Alphas, Betas and Gammas are the cosines of solutions.
func Alphas(all []contrastive.StepSolution) []float64 {
	return values(all, func(s contrastive.StepSolution) float64 { return s.Alpha })
}

// Betas returns the cosines between majority and minority.
func Betas(all []contrastive.StepSolution) []float64 {
	return values(all, func(s contrastive.StepSolution) float64 { return s.Beta })
}

// Gammas returns the cosines between minority classes.
func Gammas(all []contrastive.StepSolution) []float64 {
	return values(all, func(s contrastive.StepSolution) float64 { return s.Gamma })
}

func values[T any](all []T, f func(T) float64) (x []float64) {
	for _, s := range all {
		x = append(x, f(s))
	}
	return x
}

// Below returns limit - x, number by number.
func Below(limit float64, x []float64) []float64 {
	return values(x, func(v float64) float64 { return limit - v })
}

// Minus returns x - y, number by number.
func Minus(x []float64, y float64) []float64 {
	return values(x, func(v float64) float64 { return v - y })
}

// Whole is the problem of all samples of a STEP problem, or ends the cell.
func Whole(x contrastive.Step) *contrastive.Problem {
	return Problem(x.R, contrastive.StepSizes(int(math.Round(x.Major/x.Minor)), x.K1, x.K2, int(x.Minor))...)
}

// Blocks returns the means of the three blocks of M and the largest difference of an entry from
// its block's mean. A block without entries has the mean zero.
func Blocks(M mat.Matrix, k1 int) (a, b, g, uneven float64) {
	k, _ := M.Dims()
	var blocks [3][]float64
	for c := range k {
		for e := range c {
			which := 1
			if c < k1 {
				which = 0
			} else if e >= k1 {
				which = 2
			}
			blocks[which] = append(blocks[which], M.At(c, e))
		}
	}
	var means [3]float64
	for i, block := range blocks {
		for _, v := range block {
			means[i] += v / float64(len(block))
		}
		for _, v := range block {
			uneven = max(uneven, math.Abs(v-means[i]))
		}
	}
	return means[0], means[1], means[2], uneven
}

// StepRow is the row of a table.
func StepRow(x contrastive.Step, s contrastive.StepSolution) []string {
	return []string{fmt.Sprintf("%d, %d", x.K1, x.K2), claim.Plain(x.R, 3), claim.Plain(x.Major/x.Minor, 4), claim.Plain(s.Loss, 8),
		claim.Plain(s.Alpha, 4), claim.Plain(s.Beta, 4), claim.Plain(s.Gamma, 4)}
}

// Off returns the largest difference of the three cosines from b.
func Off(s contrastive.StepSolution, b float64) float64 {
	return max(math.Abs(s.Alpha-b), math.Abs(s.Beta-b), math.Abs(s.Gamma-b))
}

// Antipodes returns how far M is from all classes but the first being at its antipode.
func Antipodes(M *mat.Dense) float64 {
	worst := 0.0
	k, _ := M.Dims()
	for c := range k {
		for e := range c {
			want := 1.0
			if e == 0 {
				want = -1
			}
			worst = max(worst, math.Abs(M.At(c, e)-want))
		}
	}
	return worst
}

// Uneven says whether sizes differ.
func Uneven(sizes []int) bool { return slices.Max(sizes) != slices.Min(sizes) }

// Floats returns the numbers as float64.
func Floats(x []int) []float64 {
	return values(x, func(v int) float64 { return float64(v) })
}

// Centre returns ‖Σ w_c μ_c‖/‖w‖.
func Centre(s *contrastive.Reduced, w []float64) float64 {
	v := mat.NewVecDense(len(w), w)
	var mean mat.VecDense
	mean.MulVec(s.U, v)
	return mat.Norm(&mean, 2) / mat.Norm(v, 2)
}

// SecondSign returns the smallest over the largest entry of the eigenvector of S_red that
// belongs to its second eigenvalue, in the sign in which that is larger.
func SecondSign(s *contrastive.Reduced) float64 {
	k, _ := s.S.Dims()
	S := mat.NewSymDense(k, nil)
	for c := range k {
		for e := c; e < k; e++ {
			S.SetSym(c, e, s.S.At(c, e)/matrix.MaxAbs(s.S))
		}
	}
	var eigen mat.EigenSym
	eigen.Factorize(S, true)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	v := mat.Col(nil, k-2, &vectors)
	return max(slices.Min(v)/slices.Max(v), slices.Max(v)/slices.Min(v))
}

// Order returns (w_c - w_c')/w_c for all classes with n_c > n_c'.
func Order(sizes []int, w []float64) (x []float64) {
	for c := range sizes {
		for e := range sizes {
			if sizes[c] > sizes[e] {
				x = append(x, (w[c]-w[e])/w[c])
			}
		}
	}
	return x
}

// Row is the row of a polytope in a table.
func (x Spurious) Row() []string {
	d, _ := x.H.Dims()
	return []string{Sized(x.P.Sizes), fmt.Sprint(d), fmt.Sprint(x.P.K()), claim.Plain(x.Threshold, 4), claim.Plain(x.P.R, 4),
		claim.Plain(x.Cert.Loss, 5), claim.Plain(x.Best.Loss, 4), claim.Plain(x.Least, 3), claim.Plain(x.Cert.Lambda[0], 3)}
}
