package main

import (
	"context"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/contrastive"
)

// Both programs have one minimum; a matrix that is not feasible is brought back, and is worse.
func TestOver(t *testing.T) {
	const tolerance = 1e-9 // of a loss: the square of the solver's error
	for _, reduced := range []bool{false, true} {
		s := size{sizes: []int{6, 5, 2, 2}, r: 1, reduced: reduced}
		best, err := solve(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		over, err := best.over(s, best.gram)
		if err != nil {
			t.Fatal(err)
		}
		if !(over >= -1e-12 && over <= tolerance) {
			t.Errorf("reduced %v: ours is %g above its own bound", reduced, over)
		}
		long := make([]float64, len(best.gram))
		for i, v := range best.gram {
			long[i] = 1.5 * v
		}
		if again, err := best.over(s, long); err != nil || !(again <= 1e-9) {
			t.Errorf("reduced %v: with longer embeddings %g (%v), want those of length one", reduced, again, err)
		}
		long[1]++ // no longer of the form HᵀH
		if again, err := best.over(s, long); err != nil || !(again > 1e-4) {
			t.Errorf("reduced %v: another matrix is %g above the bound (%v)", reduced, again, err)
		}
		if _, err := best.over(s, long[1:]); err == nil {
			t.Error("a matrix with an entry missing is no error")
		}
	}
}

// The nearest matrix that may be has no negative eigenvalue and no diagonal above one.
func TestFeasible(t *testing.T) {
	X := mat.NewDense(2, 2, []float64{0.25, 2, 2, 0.25})
	G, err := feasible(X, false)
	if err != nil {
		t.Fatal(err)
	}
	if least := contrastive.LeastEigen(G); least < -1e-12 || G.At(0, 0) > 1+1e-12 || G.At(1, 1) > 1+1e-12 {
		t.Errorf("least eigenvalue %g, diagonal %g and %g", least, G.At(0, 0), G.At(1, 1))
	}
	short := mat.NewDense(2, 2, []float64{0.25, 0, 0, 0.25})
	for _, ones := range []bool{false, true} {
		want := 0.25
		if ones {
			want = 1
		}
		if G, err := feasible(short, ones); err != nil || G.At(0, 0) != want {
			t.Errorf("ones %v: diagonal %g (%v), want %g", ones, G.At(0, 0), err, want)
		}
	}
}
