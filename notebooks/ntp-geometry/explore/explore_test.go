package explore

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/explore/exploretest"
	"github.com/marginalia-ml/marginalia/pkg/geometry"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

func TestCornersAreDrawn(t *testing.T) { exploretest.Corners(t, Idea()) }

func TestBadPoolsAreErrors(t *testing.T) {
	for _, bad := range [][3]int{{0, 0, 1}, {0, 6, 1}, {0, 2, 0}} { // no word, every word, a word that never follows
		if _, err := Pool(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("a pool of %v is no error", bad)
		}
	}
}

// each calls f for every pool of the controls but for how often one word follows, of which some are taken.
func each(t *testing.T, f func(first, size, often int, s *softlabel.Labels)) {
	for first := range words {
		for size := 1; size <= 5; size++ {
			for _, often := range []int{1, 4, 20} {
				s, err := Pool(first, size, often)
				if err != nil {
					t.Fatal(err)
				}
				f(first, size, often, s)
			}
		}
	}
}

func view(t *testing.T, first, size, often int, R float64) explore.View {
	v, err := Idea().At(map[string]float64{"first": float64(first), "size": float64(size), "often": float64(often), "R": R})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What is shown is what the library says of the pool, in its order.
func TestFactsAreTheLibrarys(t *testing.T) {
	each(t, func(first, size, often int, s *softlabel.Labels) {
		const R = 2.5
		sparse, mm, both, err := Logits(s, R)
		if err != nil {
			t.Fatal(err)
		}
		low, err := geometry.New(mm.L)
		if err != nil {
			t.Fatal(err)
		}
		want := []float64{float64(low.Rank()), mm.Primal, matrix.Nuclear(s.Proxy()), matrix.Norm(sparse), s.Entropy(), s.Excess(both)}
		facts := view(t, first, size, often, R).Facts
		for i, w := range want {
			if facts[i].Value != fmt.Sprintf("%.4g", w) {
				t.Errorf("%v: %s, want %g", facts[i], facts[i].Value, w)
			}
		}
	})
}

// L^mm has the margins and the least nuclear norm, by its own dual; L^in has the log-odds; together their cross-entropy is
// below the bound of the derivation.
func TestPartsAreCertified(t *testing.T) {
	each(t, func(first, size, often int, s *softlabel.Labels) {
		for _, R := range []float64{0.5, 4, 12} {
			sparse, mm, both, err := Logits(s, R)
			if err != nil {
				t.Fatal(err)
			}
			if least, spread := s.Margins(mm.L); least < 1-1e-6 || spread > 1e-6 || mm.Gap > 1e-6 {
				t.Errorf("F: %d words from %s: margin %g, spread %g, gap %g of %g", size, words[first], least, spread, mm.Gap, mm.Primal)
			}
			if inside := s.InSupportExcess(both); inside > 1e-10 || s.FiniteError(sparse) > 1e-12 {
				t.Errorf("F: %d words from %s: excess %g inside the supports, L^in off by %g", size, words[first], inside, s.FiniteError(sparse))
			}
			if excess, bound := s.Excess(both), math.Exp(-R)*s.Genie(); excess > bound*(1+1e-6) {
				t.Errorf("F: %d words from %s, R = %g: excess %g above %g", size, words[first], R, excess, bound)
			}
		}
	})
}

// Counts move the sparse part alone, and twins come together as the other one grows.
func TestTwins(t *testing.T) {
	apart := func(often int, R float64) float64 {
		s, err := Pool(3, 2, often)
		if err != nil {
			t.Fatal(err)
		}
		_, mm, both, err := Logits(s, R)
		if err != nil {
			t.Fatal(err)
		}
		if d := column(mm.L, 0, 1); d > 1e-6 {
			t.Errorf("A and B differ by %g in L^mm", d)
		}
		g, err := geometry.New(both)
		if err != nil {
			t.Fatal(err)
		}
		return 1 - geometry.Cosines(g.GramH()).At(0, 1)
	}
	for _, often := range []int{2, 20} {
		if near, far := apart(often, 12), apart(often, 1); !(near < far/2) || !(far > 1e-3) {
			t.Errorf("one word %d times as often: 1 - cosine of A and B is %g at R = 12 and %g at R = 1", often, near, far)
		}
	}
	if d := apart(1, 3); math.Abs(d) > 1e-6 {
		t.Errorf("with equal counts 1 - cosine of A and B is %g", d)
	}
}

func column(A *mat.Dense, i, j int) float64 {
	a, b := A.ColView(i), A.ColView(j)
	var d mat.VecDense
	d.SubVec(a, b)
	return mat.Norm(&d, math.Inf(1))
}
