package main

import (
	"context"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
)

// The drawn supports are as many as asked, use every token, and repeat so many different ones.
func TestStories(t *testing.T) {
	s := size{tokens: 20, contexts: 60, distinct: 7}
	supports := newSupports(1, s)
	given, counts := distinct(supports)
	if len(supports) != s.contexts || len(given) != s.distinct || s.count(supports) != s.distinct {
		t.Fatalf("%d supports, %d different", len(supports), len(given))
	}
	total, used := 0, map[int]bool{}
	for _, n := range counts {
		total += n
	}
	for _, support := range given {
		for _, v := range support {
			used[v] = true
		}
	}
	if total != s.contexts || len(used) != s.tokens {
		t.Errorf("the counts sum to %d, %d tokens are used", total, len(used))
	}
}

// Ours holds the constraints and its dual bound is tight; a smaller matrix does neither.
func TestQuality(t *testing.T) {
	supports := newSupports(1, sizes["lessons"])
	sol, _, err := solve(context.Background(), sizes["lessons"].tokens, supports)
	if err != nil {
		t.Fatal(err)
	}
	p, err := maxmargin.NewNuclear(sizes["lessons"].tokens, supports)
	if err != nil {
		t.Fatal(err)
	}
	const tolerance = 1e-7 // of the gap that the solver ends at
	if v, e := quality(p, sol.Dual, sol.L); !(v <= tolerance) || !(e <= tolerance) {
		t.Errorf("ours violates by %g and is %g above the bound", v, e)
	}
	var half mat.Dense
	half.Scale(0.5, sol.L)
	if v, _ := quality(p, sol.Dual, &half); !(v > 0.4) {
		t.Errorf("half of ours violates by %g, want 1/2", v)
	}
}

// Columns of different supports become those of all contexts.
func TestSpread(t *testing.T) {
	supports := [][]int{{0}, {1}, {0}}
	given, _ := distinct(supports)
	l := spread(mat.NewDense(2, 2, []float64{1, 2, 3, 4}), given, supports)
	if want := mat.NewDense(2, 3, []float64{1, 2, 1, 3, 4, 3}); !mat.Equal(l, want) {
		t.Errorf("spread to %v", mat.Formatted(l))
	}
}

func TestOperations(t *testing.T) {
	if got := operations(3, 2); got != 4*3*4+11*8 {
		t.Errorf("%g operations", got)
	}
	if got := bytes(3, 2); got != 8*(4*3*2+5*4) {
		t.Errorf("%g bytes", got)
	}
}
