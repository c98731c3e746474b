package study

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
)

// SeriesBits are the bits in which the certificates of MeasureSeries are computed.
const SeriesBits = 400

// SeriesRanks are the ranks of ψ(abᵀ) and certificates of its being nonsingular, an entry for each activation. A certificate is ‖I − XA‖ for a
// computed inverse X: below 1 it proves that A is nonsingular.
type SeriesRanks struct {
	Psi         []capacity.Activation
	Pairs       []string  // b with entries of opposite sign on which ψ fails at 0
	Off         []float64 // rank less 8, of the Taylor polynomial of degree 25 with distinct |b|, in rationals
	Same        []float64 // rank less the number of columns, of the same with Pairs
	Certificate []float64 // of ψ with distinct |b|
	Shifted     []float64 // of ψ(x + η) with Pairs
	Centred     []float64 // of ψ with Pairs
}

// MeasureSeries evaluates them for tanh, the logistic function and GELU, with η rounded to thousandths. GELU's Taylor polynomial has 2/5 for 1/√(2π).
func MeasureSeries(rng *rand.Rand, shift float64) (r SeriesRanks) {
	draw := func(n int) []*big.Rat { return capacity.Distinct(n, 1<<20, 1<<20, true, rng.IntN) }
	zero, moved := capacity.Ints(0)[0], big.NewRat(int64(math.Round(1000*shift)), 1000)
	proof := func(psi capacity.Activation, a, b []*big.Rat, at *big.Rat) float64 {
		return capacity.Nonsingular(SeriesBits, capacity.BigOuter(SeriesBits, psi, a, b, at))
	}
	odd, level := capacity.Ints(1, -1, 2), capacity.Ints(1, -1, 2, -2)
	for _, of := range []struct {
		psi   capacity.Activation
		pairs []*big.Rat
	}{{capacity.Tanh, odd}, {capacity.Logistic, level}, {capacity.GELU, level}} {
		series, a, b := capacity.Polynomial(of.psi.Taylor(25, big.NewRat(2, 5))), draw(8), draw(8)
		n := len(of.pairs)
		r.Psi, r.Pairs = append(r.Psi, of.psi), append(r.Pairs, text(of.pairs))
		r.Off = append(r.Off, float64(series.Outer(a, b).Rank()-8))
		r.Same = append(r.Same, float64(series.Outer(a[:n], of.pairs).Rank()-n))
		r.Certificate = append(r.Certificate, proof(of.psi, a, b, zero))
		r.Shifted = append(r.Shifted, proof(of.psi, a[:n], of.pairs, moved))
		r.Centred = append(r.Centred, proof(of.psi, a[:n], of.pairs, zero))
	}
	return r
}

// text writes whole numbers as (1, −1, 2).
func text(x []*big.Rat) string {
	var s []string
	for _, v := range x {
		s = append(s, strings.Replace(v.RatString(), "-", "−", 1))
	}
	return "(" + strings.Join(s, ", ") + ")"
}
