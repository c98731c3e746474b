package testkit

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// What is asked for holds, and what is next to it does not.
func TestNear(t *testing.T) {
	for _, c := range []struct {
		got, want, tol float64
		good           bool
	}{
		{1, 1, 0, true}, {1.5, 1, 0.5, true}, {0.5, 1, 0.5, true},
		{1.5000001, 1, 0.5, false}, {0.4999999, 1, 0.5, false}, {-1, 1, 0.5, false},
		{math.NaN(), 1, 0.5, false}, {1, math.NaN(), 0.5, false}, {1, 1, math.NaN(), false}, {math.Inf(1), 1, 0.5, false},
	} {
		said := Failures(t, func(tb testing.TB) { Near(tb, "norm", c.got, c.want, c.tol) })
		if (len(said) == 0) != c.good || (!c.good && !strings.HasPrefix(said[0], "norm: got ")) {
			t.Errorf("%v: %q", c, said)
		}
	}
}

func TestFarthest(t *testing.T) {
	for _, c := range []struct {
		x, y []float64
		want float64
	}{
		{nil, nil, 0}, {[]float64{1, 2}, []float64{1, 2}, 0}, {[]float64{1, 2, 3}, []float64{1.5, 0, 3}, 2},
		{[]float64{1}, nil, math.Inf(1)}, {[]float64{math.NaN(), 1}, []float64{0, 1}, math.Inf(1)}, {[]float64{1, 0}, []float64{0, math.NaN()}, math.Inf(1)},
		{[]float64{0}, []float64{math.Inf(-1)}, math.Inf(1)},
	} {
		if a, z := Farthest(c.x, c.y), Farthest(c.y, c.x); a != c.want || z != c.want {
			t.Errorf("%v and %v are %g and %g apart, want %g", c.x, c.y, a, z, c.want)
		}
	}
}

// One entry that is off, or is no number, is enough.
func TestNearMatrix(t *testing.T) {
	A := mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})
	if said := Failures(t, func(tb testing.TB) { NearMatrix(tb, "A", A, mat.DenseCopyOf(A), 0) }); said != nil {
		t.Errorf("A and A: %q", said)
	}
	for _, entry := range []float64{6.1, 5.9, math.NaN(), math.Inf(-1)} {
		B := mat.DenseCopyOf(A)
		B.Set(1, 2, entry)
		for _, pair := range [][2]*mat.Dense{{A, B}, {B, A}} {
			if said := Failures(t, func(tb testing.TB) { NearMatrix(tb, "A", pair[0], pair[1], 0.05) }); len(said) != 1 {
				t.Errorf("an entry of %g: %q", entry, said)
			}
		}
	}
}

func TestMust(t *testing.T) {
	if got := Must(3, nil)(t); got != 3 {
		t.Errorf("Must(3) is %d", got)
	}
	said := Failures(t, func(tb testing.TB) {
		Must(3, errors.New("no more"))(tb)
		tb.Error("the test goes on")
	})
	if !slices.Equal(said, []string{"no more"}) {
		t.Errorf("an error: %q", said)
	}
}

// Streams are repeated, and no two are the same.
func TestRand(t *testing.T) {
	seen := map[uint64]uint64{}
	for stream := range uint64(100) {
		x := Rand(stream).Uint64()
		if x != Rand(stream).Uint64() {
			t.Errorf("stream %d is not repeated", stream)
		}
		if other, twice := seen[x]; twice {
			t.Errorf("streams %d and %d begin alike", stream, other)
		}
		seen[x] = stream
	}
}

// A token is followed by one of the two after it, on a circle of six, and each pair comes.
func TestChain(t *testing.T) {
	text, pairs := Chain(600), map[[2]int]bool{}
	if len(text) != 600 || !slices.Equal(text, Chain(600)) {
		t.Fatal("another text")
	}
	for i := range text[1:] {
		a, b := text[i], text[i+1]
		if d := (b - a + 6) % 6; d != 1 && d != 2 {
			t.Fatalf("%d follows %d", b, a)
		}
		pairs[[2]int{a, b}] = true
	}
	if len(pairs) != 12 {
		t.Errorf("%d pairs of 12", len(pairs))
	}
}

func TestFailures(t *testing.T) {
	said := Failures(t, func(tb testing.TB) {
		tb.Errorf("%d", 1)
		tb.Error("two")
		if !tb.Failed() {
			tb.Error("it does not know")
		}
		tb.Fatalf("%s", "three")
		tb.Error("four")
	})
	if !slices.Equal(said, []string{"1", "two", "three"}) {
		t.Errorf("%q", said)
	}
}
