package theory

import (
	"fmt"
	"math"
)

// Class is a finite class H of hypotheses on a domain of n labelled examples: Class[h][z] is
// the loss of hypothesis h at example z, in [0, 1]; 0 or 1 for the 0-1 loss.
type Class [][]float64

// Risks returns ε(h) = Σ_z D(z) ℓ_h(z) for every hypothesis, under a distribution or an
// empirical measure D on the n examples.
func (H Class) Risks(D []float64) []float64 {
	risks := make([]float64, len(H))
	for h, loss := range H {
		for z, p := range D {
			risks[h] += p * loss[z]
		}
	}
	return risks
}

// Least returns the hypothesis of least risk, the first of several.
func Least(risks []float64) int {
	best := 0
	for h, r := range risks {
		if r < risks[best] {
			best = h
		}
	}
	return best
}

// Sup returns sup_h |a(h) − b(h)|: the discrepancy of two distributions, or what a sample's
// risks are off, given the risks of all hypotheses under both.
func Sup(a, b []float64) float64 {
	most := 0.0
	for h := range a {
		most = max(most, math.Abs(a[h]-b[h]))
	}
	return most
}

// Client is one client's distribution on the examples and its sample, counted.
type Client struct {
	Dist   []float64
	Counts []int
}

// Empirical returns the sample as a distribution.
func (c Client) Empirical() []float64 {
	N := 0
	for _, k := range c.Counts {
		N += k
	}
	D := make([]float64, len(c.Counts))
	for z, k := range c.Counts {
		D[z] = float64(k) / float64(N)
	}
	return D
}

// Gap compares the global model with the local one of client i.
type Gap struct {
	Gap    float64 // |ε_D(ĥ) − ε_i(ĥ_i)|
	Disc   float64 // disc_i = sup_h |ε_D(h) − ε_i(h)|
	Global float64 // Δ_D = sup_h |ε_D(h) − ε̂_D(h)|
	Local  float64 // Δ_i = sup_h |ε_i(h) − ε̂_i(h)|
}

// Bound returns disc·disc_i + factor·max(Δ_D, Δ_i). With disc = 1 and factor = 2 no gap
// exceeds it:
//
//	ε_D(ĥ) ≤ ε̂_D(ĥ) + Δ_D ≤ ε̂_D(ĥ_i) + Δ_D ≤ ε_D(ĥ_i) + 2Δ_D ≤ ε_i(ĥ_i) + disc_i + 2Δ_D
//
// and the same with D and i in each other's place.
func (g Gap) Bound(disc, factor float64) float64 {
	return disc*g.Disc + factor*max(g.Global, g.Local)
}

// Mix returns Σ_i a_i D_i.
func Mix(a []float64, D [][]float64) []float64 {
	sum := make([]float64, len(D[0]))
	for i, w := range a {
		for z, p := range D[i] {
			sum[z] += w * p
		}
	}
	return sum
}

// Gaps returns the gap of every client, for D = Σ a_i D_i and ĥ the minimiser of
// Σ a_i ε̂_i over the class. The weights a_i are any that are not negative and add up to 1;
// N_i/N makes the second sum the pooled sample's. Every client needs a sample.
func (H Class) Gaps(clients []Client, a []float64) ([]Gap, error) {
	if len(H) == 0 || len(clients) == 0 || len(a) != len(clients) {
		return nil, fmt.Errorf("theory: %d hypotheses, %d clients and %d weights: want at least one of each and a weight for each client", len(H), len(clients), len(a))
	}
	sum, dists, samples := 0.0, make([][]float64, len(clients)), make([][]float64, len(clients))
	for i, c := range clients {
		if len(c.Dist) != len(H[0]) || len(c.Counts) != len(H[0]) {
			return nil, fmt.Errorf("theory: client %d has %d probabilities and %d counts, want one for each of the %d examples", i, len(c.Dist), len(c.Counts), len(H[0]))
		}
		n := 0
		for _, k := range c.Counts {
			n += k
		}
		if n <= 0 {
			return nil, fmt.Errorf("theory: client %d has no sample: it has no empirical minimiser; leave it out", i)
		}
		if !(a[i] >= 0) {
			return nil, fmt.Errorf("theory: client %d has weight %v, want one that is not negative", i, a[i])
		}
		sum, dists[i], samples[i] = sum+a[i], c.Dist, c.Empirical()
	}
	if math.Abs(sum-1) > 1e-9 {
		return nil, fmt.Errorf("theory: the weights add up to %v, want 1", sum)
	}
	risks, estimates := H.Risks(Mix(a, dists)), H.Risks(Mix(a, samples))
	global := risks[Least(estimates)]
	gaps := make([]Gap, len(clients))
	for i := range clients {
		mine, seen := H.Risks(dists[i]), H.Risks(samples[i])
		gaps[i] = Gap{math.Abs(global - mine[Least(seen)]), Sup(risks, mine), Sup(risks, estimates), Sup(mine, seen)}
	}
	return gaps, nil
}

// Chain returns the five terms of the chain of [Gap.Bound] for client i, none of which is below
// the one before:
//
//	ε_D(ĥ), ε̂_D(ĥ) + Δ_D, ε̂_D(ĥ_i) + Δ_D, ε_D(ĥ_i) + 2Δ_D, ε_i(ĥ_i) + disc_i + 2Δ_D
//
// The clients and weights are those of a federation that [Class.Gaps] has taken.
func (H Class) Chain(clients []Client, a []float64, i int) []float64 {
	dists, samples := make([][]float64, len(clients)), make([][]float64, len(clients))
	for j, c := range clients {
		dists[j], samples[j] = c.Dist, c.Empirical()
	}
	risks, estimates, mine := H.Risks(Mix(a, dists)), H.Risks(Mix(a, samples)), H.Risks(dists[i])
	global, local, off := Least(estimates), Least(H.Risks(samples[i])), Sup(risks, estimates)
	return []float64{risks[global], estimates[global] + off, estimates[local] + off, risks[local] + 2*off, mine[local] + Sup(risks, mine) + 2*off}
}

// Proxy returns Σ_i a_i²/N_i, the variance proxy (times 4) of a weighted sum of the means of
// N_i independent numbers in [0, 1]; it is 1/N for a_i = N_i/N.
func Proxy(a []float64, N []int) float64 {
	sum := 0.0
	for i, w := range a {
		sum += w * w / float64(N[i])
	}
	return sum
}

// Hoeffding returns √(proxy · ln(2 size/δ)/2), which sup_h |ε_D(h) − Σ a_i ε̂_i(h)| exceeds
// with probability at most δ, for a class of the given size and proxy = Σ a_i²/N_i (Hoeffding
// 1963, Theorem 2, and a union over the class).
func Hoeffding(size int, proxy, delta float64) float64 {
	return math.Sqrt(proxy * math.Log(2*float64(size)/delta) / 2)
}

// TV returns the total variation ½ Σ |a_g − b_g|.
func TV(a, b []float64) float64 {
	sum := 0.0
	for g := range a {
		sum += math.Abs(a[g] - b[g])
	}
	return sum / 2
}

// Range returns sup_h (max_g ε_g(h) − min_g ε_g(h)), given the risks of all hypotheses in
// each group. For mixtures of the groups disc_i ≤ TV(ᾱ, α_i) · Range, with equality for two
// groups.
func Range(groups [][]float64) float64 {
	most := 0.0
	for h := range groups[0] {
		low, high := groups[0][h], groups[0][h]
		for _, risks := range groups {
			low, high = min(low, risks[h]), max(high, risks[h])
		}
		most = max(most, high-low)
	}
	return most
}

// Tight returns an instance in which the gap of client 0 is its bound: two clients of equal
// weight with ten examples each and two hypotheses that tie on the pooled sample,
// disc = 0.2, Δ_D = 0.1, Δ_0 = 0, gap = 0.4. Of the four examples one is wrong by the first
// hypothesis, one by the second, one by both and one by neither.
func Tight() (Class, []Client) {
	return Class{{1, 0, 1, 0}, {0, 1, 1, 0}}, []Client{
		{[]float64{0.3, 0.1, 0.1, 0.5}, []int{3, 1, 1, 5}},
		{[]float64{0.3, 0.1, 0.5, 0.1}, []int{1, 3, 5, 1}},
	}
}
