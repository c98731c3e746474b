package main

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
)

var small = size{v: 5, m: 6, d: 9, support: 2}

// solved returns an instance and our answer to it.
func solved(t *testing.T, s size) (instance, *maxmargin.NextTokenSolution) {
	t.Helper()
	in := newInstance(1, s)
	mm, _, err := solve(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return in, mm
}

const rounding = 1e-12

// How optimal ours is here is what its certificate says, with multipliers of its own.
func TestWorthOfOurs(t *testing.T) {
	for _, s := range []size{small, sizes["main"], {v: 5, m: 12, d: 20, support: 1}} {
		in, mm := solved(t, s)
		w, err := in.optimalityOf(mm.W.RawMatrix().Data)
		if err != nil {
			t.Fatal(err)
		}
		if !(w.violation <= rounding && w.residual <= rounding) || !(mm.Residual <= rounding) {
			t.Errorf("%+v: %+v, certificate %v", s, w, mm.Certificate)
		}
	}
}

// Answers that are wrong, each in its own way, are seen to be.
func TestWorthOfOthers(t *testing.T) {
	in, mm := solved(t, small)
	scaled := func(by float64) *mat.Dense {
		var w mat.Dense
		w.Scale(by, mm.W)
		return &w
	}
	tilted := mat.DenseCopyOf(mm.W) // feasible, by a vector that no context sees
	unseen := orthogonal(t, in.h)
	for k := range in.d {
		tilted.Set(0, k, tilted.At(0, k)+1e-3*unseen[k]) // the gap grows by 1e-6 only
	}
	// The optimum of the program without its first context.
	less := in
	less.h, less.supports, less.m = mat.DenseCopyOf(in.h.Slice(0, in.d, 1, in.m)), in.supports[1:], in.m-1
	other, _, err := solve(context.Background(), less)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		w                   *mat.Dense
		violation, residual float64 // at least
	}{
		"half":              {scaled(0.5), 0.5, 0.4},
		"twice":             {scaled(2), 0, 1 - rounding}, // the gap is the value
		"off the contexts":  {tilted, 0, 1e-4},
		"a constraint less": {other.W, 0.01, 0.01},
		"every margin one":  {interpolation(t, in), 0, 0.01}, // multipliers below zero, all else is right
	} {
		got, err := in.optimalityOf(mat.DenseCopyOf(c.w).RawMatrix().Data)
		if err != nil {
			t.Fatal(err)
		}
		if !(got.violation >= c.violation-rounding) || !(got.residual >= c.residual) || c.violation == 0 && got.violation > rounding {
			t.Errorf("%s: %+v, want a violation of %g and a residual of %g at least", name, got, c.violation, c.residual)
		}
	}
	w := mm.W.RawMatrix().Data
	if d := relativeDistance(scaled(0.5).RawMatrix().Data, w); math.Abs(d-0.5) > rounding {
		t.Errorf("relative distance %g, want 1/2", d)
	}
}

// interpolation returns the least W for which every margin is one.
func interpolation(t *testing.T, in instance) *mat.Dense {
	t.Helper()
	logits := mat.NewDense(in.m, in.v, nil)
	for j, s := range in.supports {
		for _, z := range s {
			logits.Set(j, z, 1)
		}
		for z := range in.v {
			logits.Set(j, z, logits.At(j, z)-float64(len(s))/float64(in.v)) // 1ᵀ U = 0
		}
	}
	var wt mat.Dense
	if err := wt.Solve(in.h.T(), logits); err != nil {
		t.Fatal(err)
	}
	return mat.DenseCopyOf(wt.T())
}

// orthogonal returns a unit vector that is orthogonal to the columns of h, which has more
// rows than columns.
func orthogonal(t *testing.T, h *mat.Dense) []float64 {
	t.Helper()
	var qr mat.QR
	qr.Factorize(h)
	var q mat.Dense
	qr.QTo(&q)
	d, _ := h.Dims()
	return mat.Col(nil, d-1, &q)
}

// The table names who solved, and LinearSVC only where supports are labels.
func TestSolvers(t *testing.T) {
	for name, s := range sizes {
		if got := slices.Contains(s.solvers(), "LINEARSVC"); got != (name == "labels") {
			t.Errorf("%s: solvers %v", name, s.solvers())
		}
	}
	if library("OSQP") != "cvxpy, OSQP" || library("LINEARSVC") != "scikit-learn, LinearSVC" {
		t.Errorf("%s; %s", library("OSQP"), library("LINEARSVC"))
	}
}

// Every token is the label of some context, as LinearSVC wants.
func TestLabels(t *testing.T) {
	in := newInstance(1, sizes["labels"])
	seen := map[int]bool{}
	for _, s := range in.supports {
		seen[s[0]] = true
	}
	if len(seen) != in.v {
		t.Errorf("%d of %d tokens are labels", len(seen), in.v)
	}
}

// What is handed over is the whole instance.
func TestHanded(t *testing.T) {
	in := newInstance(2, small)
	text, err := json.Marshal(in.handed())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		D, M, V  int
		H        []float64
		Supports [][]int
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.D != small.d || got.M != small.m || got.V != small.v || len(got.Supports) != small.m || len(got.H) != small.d*small.m {
		t.Fatalf("handed over %s", text)
	}
	for i := range small.d {
		for j := range small.m {
			if got.H[i*small.m+j] != in.h.At(i, j) {
				t.Fatalf("h[%d,%d] is %g there", i, j, got.H[i*small.m+j])
			}
		}
	}
}

// Each term of the counts is there: of the tokens' systems, from the multipliers that are
// not zero, and of what couples them.
func TestCounts(t *testing.T) {
	in, mm := solved(t, small)
	m, v := float64(small.m), float64(small.v)
	entries, squares, cubes := 0.0, 0.0, 0.0
	for i, n := range active(mm) {
		entries, squares, cubes = entries+n, squares+n*n, cubes+n*n*n
		for _, u := range mm.U.RawRowView(i) {
			if u != 0 {
				entries--
			}
		}
	}
	if entries != 0 || cubes == 0 {
		t.Errorf("active constraints %v", active(mm))
	}
	if got, want := operations(mm, in), m*m*m/3+4*v*m*m+cubes; got != want {
		t.Errorf("%g operations, want %g", got, want)
	}
	if got, want := bytes(mm, in), 8*(3*m*m+4*v*m+squares); got != want {
		t.Errorf("%g bytes, want %g", got, want)
	}
}

// What an answer exceeds the dual value by is seen, and so is one that misses margins.
func TestExcess(t *testing.T) {
	in, mm := solved(t, size{v: 3, m: 12, d: 20, support: 1})
	w := mm.W.RawMatrix().Data
	if o := in.excessOf(w, mm); !(o.violation <= rounding && math.Abs(o.residual) <= 1e-10) {
		t.Errorf("ours: %+v", o)
	}
	for _, by := range []float64{0.9, 1.1} {
		var other mat.Dense
		other.Scale(by, mm.W)
		o := in.excessOf(other.RawMatrix().Data, mm)
		if want := max(0, 1-by); !(math.Abs(o.violation-want) <= 1e-10) {
			t.Errorf("%v times ours: violation %v, want %v", by, o.violation, want)
		}
		want := max(1-by, 0)
		if by > 1 {
			want = by*by - 1
		}
		if !(math.Abs(o.residual-want) <= 1e-10) {
			t.Errorf("%v times ours: residual %v, want %v", by, o.residual, want)
		}
	}
}

// Contexts of two tokens between those of the other have no W, and multipliers off the proof are seen to prove less.
func TestWorthOfProofs(t *testing.T) {
	in := instance{size: size{v: 2, m: 3, d: 2, support: 1, without: true}, supports: [][]int{{0}, {1}, {0}},
		h: mat.NewDense(2, 3, []float64{1, 2, 3, 1, 1, 1})}
	mm, _, err := solve(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	y := in.proof(mm)
	if got := in.proves(y); !(got.residual <= rounding) {
		t.Errorf("our proof %v: %+v", y, got)
	}
	// Half of the sum of the outer ones is the one between them.
	if got := in.proves([]float64{1, 2, 1}); got != (optimality{}) {
		t.Errorf("the proof: %+v", got)
	}
	if got := in.proves([]float64{1, 1, 1}); !(math.Abs(got.residual-2./3) <= rounding) { // (1 - 2 + 3)/3
		t.Errorf("alike: %+v, want 2/3", got)
	}
	if got := in.proves([]float64{-1, 2, 1}); !(math.Abs(got.violation-0.5) <= rounding) {
		t.Errorf("one is negative: %+v, want 1/2", got)
	}
}
