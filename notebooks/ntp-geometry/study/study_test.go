package study

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// A direction that is not level has the nuclear norm of Lmm, whose certificate is the
// proxy's, and a larger least margin.
func TestNotLevel(t *testing.T) {
	p, D := NotLevel()
	if worst := Certificate(p).Worst; worst >= 0 {
		t.Fatalf("the proxy is not certified: an entry off the supports is %v", worst)
	}
	if got, want := matrix.Nuclear(D), matrix.Nuclear(p.Proxy()); math.Abs(got/want-1) > 1e-12 {
		t.Errorf("the nuclear norm is %v, want %v", got, want)
	}
	least, spread := p.Margins(D)
	if least <= 1 || spread == 0 {
		t.Errorf("least margin %v, want above 1; spread on supports %v, want above 0", least, spread)
	}
}

// Directions that are turned keep the nuclear norm, and stay constant on supports.
func TestTurned(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := Dirichlet(softlabel.Recorded(), rng)
	mm := Lmm(s.Pattern)
	D := Turned(s, mm, matrix.Gaussian(31, 16, rng), 0.3)
	if got, want := matrix.Nuclear(D), matrix.Nuclear(mm); math.Abs(got/want-1) > 1e-12 {
		t.Errorf("the nuclear norm is %v, want %v", got, want)
	}
	if _, spread := s.Margins(D); spread > 1e-12 {
		t.Errorf("the entries of a support differ by %v", spread)
	}
}

// The inequality of D6 on random logits: balanced factors of any matrix, any two columns.
func TestShareOfDifference(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		V, m := 2+rng.IntN(6), 2+rng.IntN(6)
		L := matrix.Gaussian(V, m, rng)
		if rng.IntN(2) == 0 { // of rank one, with equal columns now and then
			L = Product(matrix.Gaussian(V, 1, rng), matrix.Gaussian(1, m, rng))
		}
		p := LookAt([][2]int{{0, m - 1}}, Of(L).H(), L, L)
		if !(p.Share <= 1+1e-9) {
			t.Fatalf("‖h_i − h_j‖√σ_r/‖L_i − L_j‖ is %v for\n%v", p.Share, mat.Formatted(L))
		}
	}
}

// Patterns with known answers: a pencil has every two words together once, and no simplex;
// the other control is a change of one word in every support.
func TestPatterns(t *testing.T) {
	S := Pencil().SupportMatrix()
	together := Product(S, S.T())
	for i := range 4 {
		for j := range i {
			if together.At(i, j) != 1 {
				t.Errorf("words %d and %d share %v supports, want 1", i, j, together.At(i, j))
			}
		}
	}
	p := softlabel.Recorded()
	q := Another(p)
	for j := range p.S {
		same := 0
		for _, z := range p.S[j] {
			if q.Follows(z, j) {
				same++
			}
		}
		if same != len(p.S[j])-1 || len(q.S[j]) != len(p.S[j]) {
			t.Errorf("support %d is %v and was %v: want one word exchanged", j, q.S[j], p.S[j])
		}
	}
	if Binomial(5, 2) != 10 || Binomial(7, 0) != 1 || Spread([][]int{{0, 4}, {2}}) != 5 {
		t.Error("binomial coefficients or the number of words are wrong")
	}
}

// The minimum on a ray is where the derivative changes its sign.
func TestRayMinimum(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	s := Dirichlet(Pattern(4, []int{0, 1}, []int{1, 2}, []int{3}), rng)
	mm, lin, lambda := Lmm(s.Pattern), s.Lin(), 1e-4
	R := RayMinimum(s, lin, mm, lambda)
	f := func(r float64) float64 {
		L := matrix.Add(lin, r, mm)
		return s.Excess(L)/lambda + matrix.Nuclear(L)
	}
	if !(f(R) < f(R-0.01) && f(R) < f(R+0.01)) {
		t.Errorf("f(%v) = %v is no minimum: %v, %v", R, f(R), f(R-0.01), f(R+0.01))
	}
}
