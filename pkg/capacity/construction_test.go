package capacity

import (
	"math"
	"testing"
)

func TestInterpolateExact(t *testing.T) {
	const n = 10
	for _, psi := range []Activation{GELU, Tanh} {
		for _, average := range []bool{false, true} {
			rng := generator()
			s, _ := NewScalar(4, 4, n+2, psi, 0.3, rng)
			s.Average = average
			task, err := NewTask(4, 4, n, rng)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Scale(task.Contexts, 1.4); err != nil {
				t.Fatal(err)
			}
			e, err := s.InterpolateExact(200, task)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Error(task); !(got < 1e-30) || got == 0 {
				t.Errorf("%s: max |h - y| = %g with |V| up to %.1g, want tiny and, with rounded θ, not zero", psi, got, e.Largest())
			}
			e.V[0][0], e.V[1][0] = e.V[1][0], e.V[0][0]
			if got := e.Error(task); got < 1e-6 {
				t.Errorf("%s: with two entries of V exchanged max |h - y| = %g", psi, got)
			}
		}
	}
}

func TestRandomFeatures(t *testing.T) {
	rng := generator()
	c := Config{Zeta: 5, T: 4, D: 8, M: 24, D1: 4, D0: 4, Heads: 2}
	task, _ := NewTask(5, 4, 24, rng)
	p, _ := Random(c, GELU, rng)
	if err := p.BestV(task); err != nil {
		t.Fatal(err)
	}
	if got := task.Error(p.Logits); !(got < 1e-9) {
		t.Errorf("n = m = 24: max |h - y| = %g", got)
	}
	c.M = 23
	short, _ := Random(c, GELU, rng)
	if err := short.BestV(task); err != nil {
		t.Fatal(err)
	}
	if got := task.Error(short.Logits); !(got > 1e-6) {
		t.Errorf("m = n - 1: max |h - y| = %g, want a miss", got)
	}
}

func TestGapsOfInjectivity(t *testing.T) {
	s, _ := NewScalar(3, 4, 1, GELU, 0, generator())
	g := MeasureGaps(s.Features(bits, Sequences(3, 4)))
	if !(g.Between > 1e-30 && g.Zero > 1e-30 && g.Opposed > 1e-30) {
		t.Errorf("gaps %+v, want all positive", g)
	}
	s.U = make([]float64, 4) // without positions (0,1,2) and (1,0,2) agree
	if g := MeasureGaps(s.Features(bits, Sequences(3, 4))); !(g.Between < 1e-55) {
		t.Errorf("without positions the gap is %g", g.Between)
	}
	// float64 features agree with exact ones.
	s, _ = NewScalar(3, 4, 1, GELU, 0, generator())
	for _, c := range Sequences(3, 3) {
		if d := math.Abs(s.Feature(c) - value(s.BigFeature(bits, c))); !(d <= 10*float64Tol) {
			t.Errorf("feature of %v is off by %g", c, d)
		}
	}
}

func TestCoefficients(t *testing.T) {
	all := Sequences(2, 3)
	for _, a := range all {
		for _, b := range all {
			if got := LengthCoefficient(a, b); got != len(a)-len(b) {
				t.Fatalf("%v, %v: length coefficient %d", a, b, got)
			}
			if len(a) != len(b) {
				continue
			}
			for s := range a {
				if got := TokenCoefficient(a, b, 2, s); got != a[s]-b[s] {
					t.Fatalf("%v, %v, position %d: coefficient %d", a, b, s, got)
				}
			}
		}
	}
}

func TestTheorem13(t *testing.T) {
	for _, zeta := range []int{2, 3, 5, 10, 50} {
		for k := 1; k <= 2000; k++ {
			h, err := Theorem13(k, zeta)
			if err != nil {
				t.Fatal(err)
			}
			if h.Prefixes*(zeta-1) <= k || (h.Prefixes-1)*(zeta-1) > k {
				t.Fatalf("ζ = %d, k = %d: n' = %d", zeta, k, h.Prefixes)
			}
			if float64(h.Contexts) > UpperEmpirical(k, zeta)*(1+float64Tol) {
				t.Fatalf("ζ = %d, k = %d: %d contexts, above %g", zeta, k, h.Contexts, UpperEmpirical(k, zeta))
			}
		}
	}
	h, _ := Theorem13(7, 3) // n' = 4, T = 2
	counts := [][]int{{1, 2, 1}, {4, 0, 0}, {0, 1, 1}, {1, 1, 1}}
	c, err := h.Corpus(counts)
	if err != nil || len(c.Contexts) > h.Contexts {
		t.Fatalf("corpus %v, %v: at most %d contexts are expected", c, err, h.Contexts)
	}
	if got := EqualShares([]float64{0.5, 0.3, 0.2}, 7); got[0]+got[1]+got[2] != 7 || got[0] != 4 && got[0] != 3 {
		t.Errorf("shares %v of 7", got)
	}
}

func TestSearch(t *testing.T) {
	s := Search{
		Config: Config{Zeta: 3, T: 3, D: 2, D1: 2, D0: 2, Heads: 1}, Psi: GELU,
		N: 6, From: 1, To: 6, Restarts: 6, Steps: 200, Seed: 1, Stream: "test",
	}
	found, err := Searches([]Search{s, s})
	if err != nil {
		t.Fatal(err)
	}
	last := found[0][len(found[0])-1]
	if !last.Reached || !(last.Largest < 1e-7) || len(found[0]) < 2 || found[0][0].KL < 1e-3 {
		t.Errorf("found %+v, want the targets missed with one neuron and reached with six", found[0])
	}
	if found[1][0] != found[0][0] {
		t.Errorf("the same search found %+v and %+v", found[0][0], found[1][0])
	}
}

func TestLanguage(t *testing.T) {
	p := RandomConditionals(3, 5, 0.3, generator())
	q := p.Sequences()
	if d := p.Deviation(q.Conditionals()); !(d <= float64Tol) {
		t.Errorf("conditionals of sequences of p differ from p by %g", d)
	}
	if d := q.Deviation(q.Conditionals().Sequences()); !(d <= float64Tol) {
		t.Errorf("sequences of conditionals of q differ from q by %g", d)
	}
	if d := q.Cylinders(); !(d <= float64Tol) {
		t.Errorf("cylinders are off by %g", d)
	}
	if l := q.Levels(); !(l[5] <= float64Tol) {
		t.Errorf("levels are off by %v", l)
	}
	q.At[3][0] += 0.5
	if q.Cylinders() < 0.4 {
		t.Error("a wrong level is not seen")
	}
}

func TestRoundBits(t *testing.T) {
	if got := RoundBits(1+0x1p-20, 16); got != 1 {
		t.Errorf("1 + 2^-20 in 16 bits is %g", got)
	}
	if got := RoundBits(math.Pi, 53); got != math.Pi {
		t.Errorf("π in 53 bits is %g", got)
	}
	if got := RoundBits(math.Pi, 24); got != float64(float32(math.Pi)) {
		t.Errorf("π in 24 bits is %g, want that of float32", got)
	}
}

// A generic matrix has full rank; with b and -b columns of an odd ψ are opposite.
func TestOuterRanks(t *testing.T) {
	rng := generator()
	a := Distinct(6, 40, 8, true, rng.IntN)
	eta := Ints(0)[0]
	if got := Nonsingular(bits, BigOuter(bits, Tanh, a[:3], Ints(1, -2, 3), eta)); !(got < 1) {
		t.Errorf("tanh with distinct |b| has the bound %g, want below 1", got)
	}
	if got := Nonsingular(bits, BigOuter(bits, Tanh, a[:3], Ints(1, -1, 3), eta)); got < 1 {
		t.Errorf("tanh with b = (1, -1, 3) has the bound %g, want 1 or more", got)
	}
	p := Monomials(0, 1, 2, 3, 4, 5)
	if exact, float := p.Outer(a, Ints(1, 2, 3, 4, 5, 6)).Rank(), Rationals(Vandermonde(a, []int{0, 1})).FloatRank(); exact != 6 || float != 2 {
		t.Errorf("rank %d and float rank %d, want 6 and 2", exact, float)
	}
}
