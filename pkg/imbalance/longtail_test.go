package imbalance

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/random"
	. "github.com/marginalia-ml/marginalia/pkg/testkit"
)

func TestLongTail(t *testing.T) {
	n := Must(LongTail(20, 500, 100))(t)
	if n[0] != 500 || n[19] != 5 || !slices.IsSortedFunc(n, func(a, b int) int { return b - a }) {
		t.Errorf("%v", n)
	}
	if n := Must(LongTail(3, 400, 16))(t); !slices.Equal(n, []int{400, 100, 25}) { // exact powers, no unit above
		t.Errorf("%v", n)
	}
	fit, held := must2[[]int](t)(CIFARCounts(10))
	if fit[0] != 4000 || fit[9] != 40 || held[0] != 1000 || held[9] != 10 {
		t.Errorf("%v %v", fit, held)
	}
	fit, held = must2[[]int](t)(CIFARCounts(100))
	if fit[0] != 400 || held[0] != 100 || fit[99]+held[99] != 5 || held[99] != 1 {
		t.Errorf("%v %v", fit, held)
	}
	for _, f := range []func() error{
		func() error { _, err := LongTail(1, 5, 2); return err },
		func() error { _, err := LongTail(5, 0, 2); return err },
		func() error { _, err := LongTail(5, 5, 0.5); return err },
		func() error { _, _, err := CIFARCounts(20); return err },
	} {
		if err := f(); !errors.Is(err, ErrInput) {
			t.Error(err)
		}
	}
}

func TestHoldout(t *testing.T) {
	members := [][]int{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {10, 11, 12}, {13}}
	fit, held := must2[[][]int](t)(Holdout(members, 0.2))
	if len(fit[0]) != 8 || len(held[0]) != 2 || len(fit[1]) != 2 || len(held[1]) != 1 || len(fit[2]) != 1 || len(held[2]) != 1 {
		t.Errorf("%v %v", fit, held)
	}
	for k := range 2 {
		if all := slices.Concat(fit[k], held[k]); !slices.Equal(all, members[k]) {
			t.Errorf("class %d: %v", k, all)
		}
	}
	index, class := Flatten(held)
	if !slices.Equal(index, []int{8, 9, 12, 13}) || !slices.Equal(class, []int{0, 0, 1, 2}) {
		t.Errorf("%v %v", index, class)
	}
	if _, _, err := Holdout([][]int{{1}, {}}, 0.2); !errors.Is(err, ErrEmptyClass) {
		t.Error(err)
	}
	if _, _, err := Holdout(members, 1); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
	rng := random.Stream(1, "subset")
	sub := Must(Subset(members, []int{4, 3, 1}, rng))(t)
	for k, s := range sub {
		slices.Sort(s)
		if len(slices.Compact(s)) != []int{4, 3, 1}[k] || !slices.Contains(members[k], s[0]) {
			t.Errorf("%v", s)
		}
	}
	if _, err := Subset(members, []int{4, 4, 1}, rng); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
	if _, err := Subset(members, []int{4, 0, 1}, rng); !errors.Is(err, ErrEmptyClass) {
		t.Error(err)
	}
}

func TestFlip(t *testing.T) {
	y := make([]int, 30000)
	for i := range y {
		y[i] = i % 3
	}
	for _, bad := range [][]float64{{0.5}, nil, {0, 1.5, 0}, {0, math.NaN(), 0}, {0.5, 0.5}} {
		if _, err := Flip(y, bad, random.Stream(1, "flip")); !errors.Is(err, ErrInput) {
			t.Errorf("noise %v: %v", bad, err)
		}
	}
	out := Must(Flip(y, []float64{0, 0.25, 1}, random.Stream(1, "flip")))(t)
	var wrong, to [3]float64
	for i := range y {
		if out[i] != y[i] {
			wrong[y[i]] += 1e-4
			if y[i] == 2 {
				to[out[i]] += 1e-4
			}
		}
	}
	Near(t, "clean class", wrong[0], 0, 0)
	Near(t, "a quarter", wrong[1], 0.25, 4*0.0044) // four deviations of a share of 10,000
	Near(t, "all", wrong[2], 1, 1e-9)
	Near(t, "to which", to[0], 0.5, 4*0.005)
}

func must2[T any](t *testing.T) func(a, b T, err error) (T, T) {
	return func(a, b T, err error) (T, T) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a, b
	}
}
