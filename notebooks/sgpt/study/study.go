// Package study holds what the cells of sgpt call and do not show: what they measure,
// and the recipes of their figures.
package study

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/federated/theory"
)

// SmallGap is the gap of one client of a small federation.
type SmallGap struct {
	theory.Gap
	Chain []float64 // the terms of its bound
}

// SmallGaps draws federations of 1 to 4 clients with 1 to 5 examples each, on 1 to 4 points with
// 1 to 4 hypotheses, half of them with the weights N_i/N; the first of all is [theory.Tight]. A
// larger class leaves so much of the bound that a wrong constant passes.
func SmallGaps(rng *rand.Rand, count int) ([]SmallGap, error) {
	H, clients := theory.Tight()
	tight, err := H.Gaps(clients, theory.Uniform(2))
	if err != nil {
		return nil, err
	}
	all := []SmallGap{{tight[0], H.Chain(clients, theory.Uniform(2), 0)}}
	for k := range count {
		M, n := 1+rng.IntN(4), 1+rng.IntN(4)
		clients, a, N := make([]theory.Client, M), make([]float64, M), 0
		for i, D := range theory.Dirichlet(rng, M, n, 1) {
			size := 1 + rng.IntN(5)
			clients[i] = theory.Client{Dist: D, Counts: theory.Sample(rng, D, size)}
			a[i], N = float64(size), N+size
		}
		for i := range a {
			a[i] /= float64(N)
		}
		if k%2 == 1 {
			a = theory.Dirichlet(rng, 1, M, 1)[0]
		}
		H := theory.Losses(rng, 1+rng.IntN(4), n)
		gaps, err := H.Gaps(clients, a)
		if err != nil {
			return nil, err
		}
		for i, g := range gaps {
			all = append(all, SmallGap{g, H.Chain(clients, a, i)})
		}
	}
	return all, nil
}

// Falls returns by how much a term of each chain is below the one before it, at most, and the
// same where the third has Δ_i in the place of Δ_D.
func Falls(all []SmallGap) (falls, wrong []float64) {
	for _, g := range all {
		falls = append(falls, claim.LargestDecrease(g.Chain))
		other := slices.Clone(g.Chain)
		other[2] += g.Local - g.Global
		wrong = append(wrong, claim.LargestDecrease(other))
	}
	return falls, wrong
}

// ChainHead is the head of [ChainRows].
var ChainHead = []string{"instance", "ε_D(ĥ)", "ε̂_D(ĥ) + Δ_D", "ε̂_D(ĥ_i) + Δ_D", "ε_D(ĥ_i) + 2Δ_D", "ε_i(ĥ_i) + disc_i + 2Δ_D"}

// ChainRows are the terms of the instance with a tie and of the first drawn ones.
func ChainRows(all []SmallGap, count int) (rows [][]string) {
	for k, g := range all[:count] {
		row := []string{fmt.Sprintf("drawn, %d", k)}
		if k == 0 {
			row[0] = "with a tie"
		}
		for _, v := range g.Chain {
			row = append(row, claim.Plain(v, 3))
		}
		rows = append(rows, row)
	}
	return rows
}

// Ratios returns gap over bound where the bound is not zero, for the bound with these constants.
func Ratios(all []SmallGap, disc, factor float64) (ratios []float64) {
	for _, g := range all {
		if b := g.Bound(disc, factor); b > 1e-12 {
			ratios = append(ratios, g.Gap.Gap/b)
		}
	}
	return ratios
}

// Broken counts the gaps that exceed the bound with these constants.
func Broken(all []SmallGap, disc, factor float64) (n int) {
	for _, g := range all {
		if g.Gap.Gap > g.Bound(disc, factor)+1e-12 {
			n++
		}
	}
	return n
}

// Deviations draws federations of M clients with n examples each on 12 points and a class of
// the given size, and returns Δ_D of each over Hoeffding's value with the proxy Σ a_i²/N_i, and
// with 1/N in its place. The weights are the Dirichlet distribution's of concentration c, or
// equal for c = +∞.
func Deviations(rng *rand.Rand, runs, size, M, n int, c, delta float64) (right, pooled []float64) {
	const points = 12
	N := slices.Repeat([]int{n}, M)
	for range runs {
		H, a := theory.Losses(rng, size, points), theory.Uniform(M)
		if !math.IsInf(c, 1) {
			a = theory.Dirichlet(rng, 1, M, c)[0]
		}
		dists := theory.Dirichlet(rng, M, points, 1)
		samples := make([][]float64, M)
		for i, D := range dists {
			samples[i] = theory.Client{Counts: theory.Sample(rng, D, n)}.Empirical()
		}
		off := theory.Sup(H.Risks(theory.Mix(a, dists)), H.Risks(theory.Mix(a, samples)))
		right = append(right, off/theory.Hoeffding(size, theory.Proxy(a, N), delta))
		pooled = append(pooled, off/theory.Hoeffding(size, 1/float64(n*M), delta))
	}
	return right, pooled
}

// Proxies returns N Σ a_i²/N_i for random weights and samples of 1 to 20 examples; first of all
// for a_i = N_i/N.
func Proxies(rng *rand.Rand, count int) (all []float64) {
	for k := range count {
		M := 1 + rng.IntN(6)
		N, a, total := make([]int, M), theory.Dirichlet(rng, 1, M, 0.5)[0], 0
		for i := range N {
			N[i] = 1 + rng.IntN(20)
			total += N[i]
		}
		for i := range a {
			if k == 0 {
				a[i] = float64(N[i]) / float64(total)
			}
		}
		all = append(all, float64(total)*theory.Proxy(a, N))
	}
	return all
}

// Quantile returns the q-quantile of x, the smallest number that at least a share q is not above.
func Quantile(x []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return s[min(len(s)-1, max(0, int(math.Ceil(q*float64(len(s))))-1))]
}

// Above returns the share of x above a limit.
func Above(x []float64, limit float64) float64 {
	n := 0
	for _, v := range x {
		if v > limit {
			n++
		}
	}
	return float64(n) / float64(len(x))
}

// MixedDisc is a client of a federation of mixed groups: its discrepancy and the two factors of
// its bound.
type MixedDisc struct {
	Groups          int
	Disc, TV, Range float64
}

// MixedDiscs draws federations with 1 to 5 groups and clients, on 1 to 6 points.
func MixedDiscs(rng *rand.Rand, count int) (all []MixedDisc) {
	for range count {
		G, M, n := 1+rng.IntN(5), 1+rng.IntN(5), 1+rng.IntN(6)
		H, P := theory.Losses(rng, 1+rng.IntN(6), n), theory.Dirichlet(rng, G, n, 1)
		groups := make([][]float64, G)
		for g := range P {
			groups[g] = H.Risks(P[g])
		}
		alpha := theory.Dirichlet(rng, M, G, 0.5)
		mean := theory.Mix(theory.Dirichlet(rng, 1, M, 1)[0], alpha)
		for _, a := range alpha {
			all = append(all, MixedDisc{G, theory.Sup(H.Risks(theory.Mix(mean, P)), H.Risks(theory.Mix(a, P))), theory.TV(mean, a), theory.Range(groups)})
		}
	}
	return all
}
