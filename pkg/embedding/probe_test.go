package embedding

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// A ridge regression is where the gradient of its objective is zero.
func TestRidge(t *testing.T) {
	rng := testkit.Rand(60)
	const n, d = 30, 4
	x := vectors(rng, n, d)
	y := make([]float64, n)
	for i := range y {
		y[i] = 3 + x[i][0] - 2*x[i][2] + rng.NormFloat64()
	}
	r := testkit.Must(NewRidge(x, y))(t)[0]
	mean := make([]float64, d)
	for _, v := range x {
		for j := range d {
			mean[j] += v[j] / n
		}
	}
	variance := 0.0
	for _, v := range x {
		for j := range d {
			variance += (v[j] - mean[j]) * (v[j] - mean[j]) / n / d
		}
	}
	intercept, slope := 0.0, make([]float64, d)
	for i, v := range x {
		residual := r.Score(v) - y[i]
		intercept += residual
		for j := range d {
			slope[j] += residual * v[j]
		}
	}
	testkit.Near(t, "slope in b", intercept, 0, 1e-12)
	for j := range d {
		testkit.Near(t, "slope in w", slope[j]+n*penalty*variance*r.W[j], 0, 1e-12)
	}
	// Without unit: vectors in other units have the same scores.
	scaled := make([][]float64, n)
	for i, v := range x {
		for _, c := range v {
			scaled[i] = append(scaled[i], 1000*c)
		}
	}
	other := testkit.Must(NewRidge(scaled, y))(t)[0]
	testkit.Near(t, "score", other.Score(scaled[3]), r.Score(x[3]), 1e-10)
	_, err := NewRidge(nil)
	fails(t, err, "no vectors")
	_, err = NewRidge(x, y[:3])
	fails(t, err, "3 targets of 30")
	_, err = NewRidge([][]float64{{1, 1}, {1, 1}}, []float64{0, 1})
	fails(t, err, "all equal")
}

// Equal distances hide nothing: where texts differ by a common vector a probe tells their group
// from f(x) − f(x^n), always; with a sign of its own for each content it cannot, though the
// distances are the same.
func TestAttributeProbe(t *testing.T) {
	rng := testkit.Rand(61)
	const n, d = 400, 16
	v := units(vectors(rng, 1, d))[0] // ±1 beside N(0, 1): f(x) is told in Φ(1) = 0.84 of the texts
	common, signed := Embedded{Neutral: vectors(rng, n, d), Groups: make([][][]float64, 2)}, Embedded{Groups: make([][][]float64, 2)}
	signed.Neutral = common.Neutral
	var documents []string
	for c, x := range common.Neutral {
		documents = append(documents, fmt.Sprint(c/2))
		sign := float64(1 - 2*rng.IntN(2))
		for g, s := range []float64{1, -1} {
			one, other := make([]float64, d), make([]float64, d)
			for j := range d {
				one[j], other[j] = x[j]+s*v[j], x[j]+s*sign*v[j]
			}
			common.Groups[g], signed.Groups[g] = append(common.Groups[g], one), append(signed.Groups[g], other)
		}
	}
	if got := testkit.Must(AttributeProbe(common, documents, true, 3, rng))(t); got != 1 {
		t.Errorf("a common vector is told in %g of the texts", got)
	}
	// Given its sign a text is told right or wrong with both of its groups: 200 test contents a
	// split are right with probability one half, of which 3 splits are not independent.
	if got := testkit.Must(AttributeProbe(signed, documents, true, 3, rng))(t); !(got > 0.35 && got < 0.65) {
		t.Errorf("a vector of random sign is told in %g of the texts", got)
	}
	if got := testkit.Must(AttributeProbe(common, documents, false, 3, rng))(t); !(got > 0.74 && got < 0.94) {
		t.Errorf("from f(x) a common vector is told in %g of the texts", got)
	}
	_, err := AttributeProbe(common, documents[:1], true, 1, rng)
	fails(t, err, "1 documents of 400")
	_, err = AttributeProbe(Embedded{Neutral: common.Neutral[:1], Groups: common.Groups}, []string{"a"}, true, 1, rng)
	fails(t, err, "1 documents", "split")
}

// A probe is told by the test's classes, not those that it was fitted on.
func TestProbe(t *testing.T) {
	x := [][]float64{{0, 0}, {0, 1}, {4, 0}, {4, 1}, {0, 8}, {1, 8}}
	got := testkit.Must(Probe(x, []int{0, 0, 1, 1, 2, 2}, [][]float64{{0.2, 0.2}, {5, 0}, {0, 9}, {5, 0}}, []int{0, 1, 2, 0}, 3))(t)
	for i, want := range []float64{1, 1, 1, 0} {
		if got[i] != want {
			t.Errorf("text %d: %g, want %g", i, got[i], want)
		}
	}
	_, err := Probe(x, []int{0}, nil, nil, 2)
	fails(t, err, "6 vectors with 1 classes")
	_, err = Probe(x, []int{0, 0, 1, 1, 2, 2}, nil, nil, 2)
	fails(t, err, "vector 4", "class 2")
}

// The direction is the one that was planted, and nothing is left along it.
func TestDirection(t *testing.T) {
	rng := testkit.Rand(62)
	x := embedded(rng, 50, 6, 3)
	planted := units(vectors(rng, 1, 6))[0]
	for g, s := range []float64{20, -20, 0} {
		for c := range x.Neutral {
			for j := range planted {
				x.Groups[g][c][j] += s * planted[j]
			}
		}
	}
	u, share, err := Direction(x)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Near(t, "‖u‖", norm(u), 1, 1e-14)
	if c := dot(u, planted); !(c*c > 0.99) || !(share > 0.9 && share < 1) {
		t.Errorf("⟨u, planted⟩ = %g, a share of %g", c, share)
	}
	// It is the one of the most squares: no other unit vector has more.
	var rows []float64
	for _, pair := range [][2]int{{1, 0}, {2, 0}, {2, 1}} {
		for c := range x.Neutral {
			rows = append(rows, minus(x.Groups[pair[0]][c], x.Groups[pair[1]][c])...)
		}
	}
	var svd mat.SVD
	svd.Factorize(mat.NewDense(150, 6, rows), mat.SVDThin)
	s := svd.Values(nil)
	total := 0.0
	for _, v := range s {
		total += v * v
	}
	testkit.Near(t, "share", share, s[0]*s[0]/total, 1e-12)
	without := x.Remove(u)
	for g := range without.Groups {
		for c := range without.Neutral {
			testkit.Near(t, "along u", dot(without.Groups[g][c], u), 0, 1e-13)
			kept := minus(x.Groups[g][c], without.Groups[g][c])
			testkit.Near(t, "orthogonal", dot(kept, without.Groups[g][c]), 0, 1e-11)
		}
	}
	testkit.Near(t, "neutral along u", dot(without.Neutral[0], u), 0, 1e-13)
	if norm(x.Neutral[0]) == norm(without.Neutral[0]) {
		t.Error("nothing was removed")
	}
	_, _, err = Direction(Embedded{})
	fails(t, err, "0 contents")
	same := vectors(rng, 3, 2)
	_, _, err = Direction(Embedded{Neutral: same, Groups: [][][]float64{same, same}})
	fails(t, err, "equal vectors")
}
