// Package study holds what the cells of ntp-implicit-bias call and do not show: the
// instances and runs, what is measured on them, and the recipes of the figures.
package study

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/ntp"
	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// Streams draws by name, as Cell.Stream does.
type Streams func(name string) *rand.Rand

// Instance is a bias with its instance.
func Instance(d ntp.Data) (*ntp.Bias, error) {
	in, err := d.Instance()
	if err != nil {
		return nil, err
	}
	return in.Bias()
}

// Gaussian draws an instance with Gaussian embeddings from the named stream.
func Gaussian(c ntp.Config, rng *rand.Rand) (*ntp.Bias, error) {
	in, err := ntp.Gaussian(c, rng)
	if err != nil {
		return nil, err
	}
	return in.Bias()
}

// Scaled is the multiple of W of the given norm.
func Scaled(W *mat.Dense, norm float64) *mat.Dense {
	X := matrix.Unit(W)
	X.Scale(norm, X)
	return X
}

// Times is the product AB.
func Times(A, B mat.Matrix) *mat.Dense {
	var C mat.Dense
	C.Mul(A, B)
	return &C
}

// Relative is ‖A − B‖/‖B‖.
func Relative(A, B mat.Matrix) float64 { return matrix.Norm(matrix.Add(A, -1, B)) / matrix.Norm(B) }

// Logspace returns n numbers from lo to hi with equal ratios.
func Logspace(lo, hi float64, n int) []float64 {
	x := rate.Grid(math.Log(lo), math.Log(hi), n)
	for i := range x {
		x[i] = math.Exp(x[i])
	}
	return x
}

// Swap exchanges the largest and the smallest probability of each context.
func Swap(in *ntp.Instance) (*ntp.Instance, error) {
	P := mat.DenseCopyOf(in.P)
	for j, s := range in.S {
		by := func(a, b int) int { return cmp.Compare(P.At(a, j), P.At(b, j)) }
		hi, lo := slices.MaxFunc(s, by), slices.MinFunc(s, by)
		h, l := P.At(hi, j), P.At(lo, j)
		P.Set(hi, j, l)
		P.Set(lo, j, h)
	}
	return ntp.New(in.H, P, in.Pi, in.S)
}

// Twin gives the second context of an instance the embedding and the words of the first.
func Twin(in *ntp.Instance) (*ntp.Instance, error) {
	H, P := mat.DenseCopyOf(in.H), mat.DenseCopyOf(in.P)
	H.SetCol(1, mat.Col(nil, 0, H))
	P.SetCol(1, mat.Col(nil, 0, P))
	return ntp.New(H, P, in.Pi, nil)
}

// Zipf gives context j a support of most/(1 + j mod most) words, at least one.
func Zipf(c ntp.Config, most int) ntp.Config {
	c.Sizes = nil
	for j := range c.M {
		c.Sizes = append(c.Sizes, max(1, most/(1+j%most)))
	}
	return c
}

// Lemma is what Lemma 1 promises of an instance.
type Lemma struct {
	Residual   float64 // largest error of (4) for the best decoder
	Margin     float64 // least margin of S·H⁺ less 1, NaN where H⁺ does not invert
	Separable  bool
	Compatible bool
}

// Lemma1 draws ten instances for each dimension.
func Lemma1(draw Streams, c ntp.Config, dims ...int) ([]Lemma, error) {
	var all []Lemma
	for _, d := range dims {
		for i := range 10 {
			c.D = d
			in, err := ntp.Gaussian(c, draw(fmt.Sprint("C5/", d, "/", i)))
			if err != nil {
				return nil, err
			}
			star, err := in.Wstar()
			if err != nil && !errors.Is(err, ntp.ErrIncompatible) {
				return nil, err
			}
			l := Lemma{Residual: star.Residual, Margin: math.NaN(), Compatible: err == nil}
			if W, err := in.Decoder(in.SupportMatrix()); err == nil {
				l.Margin = in.MinMargin(W) - 1
			}
			answer, err := in.Separable()
			if err != nil {
				return nil, err
			}
			l.Separable = answer.Separable
			all = append(all, l)
		}
	}
	return all, nil
}

// Over returns one field of each.
func Over[T any](all []T, f func(T) float64) []float64 {
	var x []float64
	for _, v := range all {
		x = append(x, f(v))
	}
	return x
}

// Count returns how many of all have the property.
func Count[T any](all []T, has func(T) bool) float64 {
	n := 0.0
	for _, v := range all {
		if has(v) {
			n++
		}
	}
	return n
}

// Solvable is whether the equations (4) of one random instance have a solution.
type Solvable struct {
	V, D, M, S  int
	Ratio       float64 // equations over unknowns, Σ(s_j − 1)/((V − 1)d)
	Compatible  bool
	Independent bool // the equations' rows
}

// Sweep asks for instances with d < m: vocabulary, dimension and size of the supports, and
// how many contexts there are at most.
type Sweep struct{ V, D, S, M int }

// Solvables draws instances with d+1 to M contexts, several for each number.
func Solvables(draw Streams, c Sweep, draws int) ([]Solvable, error) {
	var all []Solvable
	for m := c.D + 1; m <= c.M; m++ {
		for i := range draws {
			name := fmt.Sprintf("S4/%d/%d/%d/%d/%d", c.V, c.D, c.S, m, i)
			in, err := ntp.Gaussian(ntp.Config{V: c.V, M: m, D: c.D, S: c.S}, draw(name))
			if err != nil {
				return nil, err
			}
			star, err := in.Wstar()
			if err != nil && !errors.Is(err, ntp.ErrIncompatible) {
				return nil, err
			}
			all = append(all, Solvable{V: c.V, D: c.D, M: m, S: c.S, Compatible: err == nil,
				Ratio:       float64(in.Equalities()) / float64((c.V-1)*c.D),
				Independent: star.Rank == in.Equalities()})
		}
	}
	return all, nil
}

// Fractions returns the fraction of compatible instances against the ratio.
func Fractions(all []Solvable) (ratio, fraction []float64) {
	for i := 0; i < len(all); {
		n, yes := 0, 0
		for j := i; j < len(all) && all[j].M == all[i].M; j++ {
			n++
			if all[j].Compatible {
				yes++
			}
		}
		ratio, fraction = append(ratio, all[i].Ratio), append(fraction, float64(yes)/float64(n))
		i += n
	}
	return ratio, fraction
}

// Proxy compares the decoder S̃·H⁺ of one random instance with W^mm.
type Proxy struct {
	Ratio   float64 // ‖W^mm‖/‖S̃·H⁺‖
	Largest float64 // off-support entry of S̃(HᵀH)⁻¹, relative to its largest entry
	Wrong   float64 // the same of S̃·HᵀH
	// Diagonal is ‖W^mm‖/‖S̃·D⁻¹Hᵀ‖, D the diagonal of HᵀH: its margins are not one.
	Diagonal float64
}

// Proxies draws small instances of many shapes, with d ≥ m from barely to twenty times.
func Proxies(rng *rand.Rand, n int) ([]Proxy, error) {
	var all []Proxy
	for range n {
		V, m := 3+rng.IntN(4), 1+rng.IntN(4)
		c := ntp.Config{V: V, M: m, D: m + rng.IntN(20*m)}
		for range m {
			c.Sizes = append(c.Sizes, 1+rng.IntN(V-1))
		}
		b, err := Gaussian(c, rng)
		if err != nil {
			return nil, err
		}
		in := b.In
		W, err := in.Decoder(in.Centred())
		if err != nil {
			return nil, err
		}
		var gram, inverse mat.Dense
		gram.Mul(in.H.T(), in.H)
		if err := inverse.Inverse(&gram); err != nil {
			return nil, err
		}
		largest := func(U *mat.Dense) float64 {
			_, x := in.OffSupportDual(U)
			return x / matrix.MaxAbs(U)
		}
		H := mat.DenseCopyOf(in.H.T())
		H.Apply(func(j, _ int, x float64) float64 { return x / gram.At(j, j) }, H)
		all = append(all, Proxy{Ratio: matrix.Norm(b.Wmm) / matrix.Norm(W), Diagonal: matrix.Norm(b.Wmm) / matrix.Norm(Times(in.Centred(), H)),
			Largest: largest(Times(in.Centred(), &inverse)), Wrong: largest(Times(in.Centred(), &gram))})
	}
	return all, nil
}

// Feasible returns a random solution of (6) for each of n random small instances: the
// max-margin decoder with a part in F⊥ added, scaled to a least margin of one where that
// part left it positive, and the multiple 1 + |x| of it elsewhere.
func Feasible(rng *rand.Rand, n int) ([]*ntp.Bias, []*mat.Dense, error) {
	var biases []*ntp.Bias
	var decoders []*mat.Dense
	for range n {
		V, m := 2+rng.IntN(5), 1+rng.IntN(4)
		c := ntp.Config{V: V, M: m, D: m + rng.IntN(4)}
		for range m {
			c.Sizes = append(c.Sizes, 1+rng.IntN(V-1))
		}
		b, err := Gaussian(c, rng)
		if err != nil {
			return nil, nil, err
		}
		W := matrix.Add(b.Wmm, rng.Float64()*matrix.Norm(b.Wmm), matrix.Unit(b.F.Complement(b.In.Start(rng))))
		if margin := b.In.MinMargin(W); margin > 0.01 {
			W.Scale(1/margin, W)
		} else {
			W = mat.DenseCopyOf(b.Wmm)
			W.Scale(1+math.Abs(rng.NormFloat64()), W)
		}
		biases, decoders = append(biases, b), append(decoders, W)
	}
	return biases, decoders, nil
}

// Turned returns Wmm turned within F⊥, at its norm, to the least margin that is asked for, below
// that of Wmm, which is one.
func Turned(b *ntp.Bias, margin float64, rng *rand.Rand) (*mat.Dense, error) {
	side := Scaled(b.F.Complement(b.In.Start(rng)), matrix.Norm(b.Wmm))
	at := func(t float64) *mat.Dense { return Scaled(matrix.Add(b.Wmm, t, side), matrix.Norm(b.Wmm)) }
	lo, hi := 0.0, 10.0 // the least margin is above the one asked for at lo and below it at hi
	if least := b.In.MinMargin(at(hi)); !(margin > least && margin < 1) {
		return nil, fmt.Errorf("study: a least margin of %g is asked for, want it between %.3g and 1", margin, least)
	}
	for range 60 {
		if mid := (lo + hi) / 2; b.In.MinMargin(at(mid)) > margin {
			lo = mid
		} else {
			hi = mid
		}
	}
	return at(hi), nil
}

// ColumnSums returns the sums of the columns of U.
func ColumnSums(U *mat.Dense) []float64 {
	_, m := U.Dims()
	var sums []float64
	for j := range m {
		sums = append(sums, floats.Sum(mat.Col(nil, j, U)))
	}
	return sums
}
