package study

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/geometry"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// Excess is how far the proxy of one pattern is above the optimum.
type Excess struct {
	Name      string
	V, M      int
	Proxy     float64 // ‖S̃‖_*
	Least     float64 // ‖Lmm‖_*
	Over      float64 // ‖S̃‖_*/‖Lmm‖_* - 1
	Uncentred float64 // the same for S
	Bound     float64 // the bound of D5, minus 1
	Distance  float64 // ‖S̃/‖S̃‖ - Lmm/‖Lmm‖‖
	RankProxy int
	RankLeast int
}

// ExcessOf measures one pattern.
func ExcessOf(name string, p *softlabel.Pattern) Excess {
	mm := notebook.Must(geometry.Lmm(p, nil))
	proxy := Of(p.Proxy())
	V, m := p.Dims()
	return Excess{
		Name: name, V: V, M: m, Proxy: proxy.Nuclear(), Least: mm.Primal, Over: proxy.Nuclear()/mm.Primal - 1,
		Uncentred: matrix.Nuclear(p.SupportMatrix())/mm.Primal - 1, Bound: geometry.ProxyBound(p) - 1,
		Distance:  matrix.Norm(matrix.Add(matrix.Unit(p.Proxy()), -1, matrix.Unit(mm.L))),
		RankProxy: proxy.Rank(), RankLeast: Of(mm.L).Rank(),
	}
}

// Kinds are the kinds of random patterns that Survey draws.
var Kinds = []string{"one size, uniform", "mixed sizes, uniform", "one size, Zipf", "mixed sizes, Zipf"}

// Survey measures n random patterns of each kind.
func Survey(n int, rng *rand.Rand) map[string][]Excess {
	all := map[string][]Excess{}
	for kind, name := range Kinds {
		for range n {
			all[name] = append(all[name], ExcessOf(name, Random(kind, rng)))
		}
	}
	return all
}

// Random draws a pattern of a kind, of 3 to 20 words and 2 to 41 contexts, with supports of
// one size or of sizes from one on, whose words are uniform or have the probabilities of
// Zipf, 1/rank.
func Random(kind int, rng *rand.Rand) *softlabel.Pattern {
	V, m := 3+rng.IntN(18), 2+rng.IntN(40)
	k := 1 + rng.IntN(V-1)
	var supports [][]int
	for range m {
		size := k
		if kind%2 == 1 {
			size = 1 + rng.IntN(k)
		}
		supports = append(supports, support(V, size, kind >= 2, rng))
	}
	return Pattern(V, supports...)
}

// Sides are the two inequalities of D5 for one pattern.
type Sides struct {
	Left  float64 // ‖S̃‖_*/‖Lmm‖_* - 1
	Right float64 // ‖S̃‖_*/‖Lmm‖_* over its bound
	Bound float64 // the bound, minus 1
	Rows  float64 // Left for S̃ with its rows centred too, which is not feasible
}

// SidesOf solves for L^mm from a random start, so that the proxy is no part of the answer.
func SidesOf(p *softlabel.Pattern, rng *rand.Rand) Sides {
	least, proxy := notebook.Must(geometry.Lmm(p, p.Feasible(rng))).Primal, p.Proxy()
	ratio, bound := matrix.Nuclear(proxy)/least, geometry.ProxyBound(p)
	rows := mat.DenseCopyOf(Centred(proxy.T()).T())
	return Sides{Left: ratio - 1, Right: ratio / bound, Bound: bound - 1, Rows: matrix.Nuclear(rows)/least - 1}
}

func support(V, size int, zipf bool, rng *rand.Rand) (s []int) {
	if !zipf {
		return rng.Perm(V)[:size]
	}
	weights := make([]float64, V)
	for i := range weights {
		weights[i] = 1 / float64(i+1)
	}
	words := softlabel.NewCategorical(weights)
	for len(s) < size {
		if z := words.Draw(rng); !slices.Contains(s, z) {
			s = append(s, z)
		}
	}
	return s
}

// Sized is the mean and the largest excess of patterns with as many contexts as words.
type Sized struct {
	V             int
	Mean, Largest float64
}

// Growing measures patterns of mixed sizes, Zipf's words, up to a fifth of all in a support,
// for every V with V contexts; more patterns of the small ones.
func Growing(sizes []int, rng *rand.Rand) (all []Sized) {
	most := slices.Max(sizes)
	for _, V := range sizes {
		n := max(1, most/V)
		s := Sized{V: V}
		for range n {
			var supports [][]int
			for range V {
				supports = append(supports, support(V, 1+rng.IntN(V/5), true, rng))
			}
			over := ExcessOf("", Pattern(V, supports...)).Over
			s.Mean += over / float64(n)
			s.Largest = math.Max(s.Largest, over)
		}
		all = append(all, s)
	}
	return all
}

// Overs are the excesses of a list, in increasing order.
func Overs(list []Excess) (x []float64) {
	for _, e := range list {
		x = append(x, e.Over)
	}
	slices.Sort(x)
	return x
}

// Closed are patterns whose proxy is exact, by step 14, for a design of all supports of k
// of V words among them.
func Closed(V, k int) []*softlabel.Pattern {
	fano := softlabel.Fano()
	two := slices.Clone(fano.S) // the lines of the plane, and what they leave out
	for _, line := range fano.S {
		var rest []int
		for z := range 7 {
			if !slices.Contains(line, z) {
				rest = append(rest, z)
			}
		}
		two = append(two, rest)
	}
	return []*softlabel.Pattern{
		notebook.Must(softlabel.OneHot(3, 3, 3, 3, 3)), notebook.Must(softlabel.OneHot(10, 10, 1, 1)),
		notebook.Must(softlabel.OneHot(100, 1, 1, 1, 1)), notebook.Must(softlabel.OneHot(5, 4, 3, 2, 1)),
		notebook.Must(softlabel.AllSubsets(6, 2)), notebook.Must(softlabel.AllSubsets(V, k)), fano, Pattern(7, two...),
		notebook.Must(softlabel.Blocks([]int{1, 2, 4}, []int{3, 1, 2})), notebook.Must(softlabel.Nested(4)),
		notebook.Must(softlabel.Nested(9)), Pattern(5, []int{0}, []int{0}, []int{0, 1, 2}, []int{0, 1, 2, 3}),
	}
}

// Ring is the pattern of n words in a circle whose supports are the k in a row from each
// of them on, beside words that no context allows.
func Ring(n, k, unused int) *softlabel.Pattern {
	var supports [][]int
	for i := range n {
		var s []int
		for j := range k {
			s = append(s, (i+j)%n)
		}
		supports = append(supports, s)
	}
	return Pattern(n+unused, supports...)
}

// Quantile is the value that a share q of x does not exceed.
func Quantile(x []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// Pencil is a point with three lines through it and a fourth line: every two words share
// exactly one of the supports, but words do not have equally many.
func Pencil() *softlabel.Pattern {
	return Pattern(4, []int{0, 1}, []int{0, 2}, []int{0, 3}, []int{1, 2, 3})
}

// Binomial is n over k.
func Binomial(n, k int) float64 {
	b := 1.0
	for i := range k {
		b *= float64(n-i) / float64(i+1)
	}
	return math.Round(b)
}

// SimplexError is ‖W Wᵀ - √α(I - 11ᵀ/V)‖ for the words of the proxy, and ‖H - α^{-1/2}WᵀS‖.
func SimplexError(p *softlabel.Pattern, alpha float64) (words, contexts float64) {
	g, simplex := Of(p.Proxy()), mat.NewDense(p.V, p.V, nil)
	simplex.Apply(func(i, j int, _ float64) float64 {
		same := 0.0
		if i == j {
			same = 1
		}
		return math.Sqrt(alpha) * (same - 1/float64(p.V))
	}, simplex)
	words = matrix.Norm(matrix.Add(g.GramW(), -1, simplex))
	sums := Product(g.W().T(), p.SupportMatrix()) // Σ_{z ∈ S_j} w_z
	return words, matrix.Norm(matrix.Add(g.H(), -1/math.Sqrt(alpha), sums))
}

// SubsetCosines are the cosines (12) of contexts with supports of k words.
func SubsetCosines(p *softlabel.Pattern, k int) *mat.Dense {
	C := Overlap(p, k)
	share := float64(k) / float64(p.V)
	C.Apply(func(_, _ int, x float64) float64 { return (x - share) / (1 - share) }, C)
	return C
}

// Overlap is |S_i ∩ S_j|/k.
func Overlap(p *softlabel.Pattern, k int) *mat.Dense {
	return Scaled(Product(p.SupportMatrix().T(), p.SupportMatrix()), 1/float64(k))
}

// ExcessTable is the table of patterns and their excess.
func ExcessTable(list []Excess) (head []string, rows [][]string) {
	for _, e := range list {
		rows = append(rows, []string{e.Name, fmt.Sprintf("%d, %d", e.V, e.M), fmt.Sprintf("%.3f", e.Proxy), fmt.Sprintf("%.3f", e.Least),
			fmt.Sprintf("%.2f %%", 100*e.Over), fmt.Sprintf("%.0f %%", 100*e.Bound), fmt.Sprintf("%.3f", e.Distance),
			fmt.Sprint(e.RankProxy), fmt.Sprint(e.RankLeast)})
	}
	return []string{"pattern", "V, m", "‖S̃‖_*", "‖Lmm‖_*", "excess", "bound of D5", "distance of unit matrices", "rank S̃", "rank Lmm"}, rows
}
