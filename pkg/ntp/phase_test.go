package ntp

import (
	"reflect"
	"testing"
)

func TestPhase(t *testing.T) {
	c := PhaseConfig{V: 8, M: 20, S: []int{1, 4}, D: []int{2, 20}, Draws: 4, Seed: 1}
	p := must(Phase(c))(t)
	// s = 1 in d = 2 and s = 4 in d = 2 are far below their transitions (0.3 m and 0.75 m);
	// with d = m everything is separable and compatible; s = 1 has no log-odds equation.
	want := [][]float64{{0, 1}, {0, 1}}
	if !reflect.DeepEqual(p.Separable, want) || p.Undecided != 0 {
		t.Errorf("separable %v, want %v; %d undecided", p.Separable, want, p.Undecided)
	}
	if want := [][]float64{{1, 1}, {0, 1}}; !reflect.DeepEqual(p.Compatible, want) {
		t.Errorf("compatible %v, want %v", p.Compatible, want)
	}
	if again := must(Phase(c))(t); !reflect.DeepEqual(p, again) {
		t.Error("the same seed gave another diagram")
	}
	if _, err := Phase(PhaseConfig{V: 8, M: 20}); err == nil {
		t.Error("nothing to draw: no error")
	}
	c.S = []int{9}
	if _, err := Phase(c); err == nil {
		t.Error("support larger than the vocabulary: no error")
	}
}
