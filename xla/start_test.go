package xla

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

// A run that is stopped after any step and goes on from its state, in the same
// loop or in another, has the bits of one that was not stopped; one that goes on
// from a wrong step has not.
func TestStartAt(t *testing.T) {
	const n = 23
	for _, spec := range []string{"", "go"} {
		b := openSpec(t, spec)
		l, other := newLoop(t, b, regression, norms), newLoop(t, b, regression, norms)
		state, args := random()
		start(t, l, state, args)
		run(t, l, n)
		want := vector(t, l)
		for k := range n + 1 {
			start(t, l, state, args)
			run(t, l, k)
			middle, err := l.State()
			if err != nil {
				t.Fatal(err)
			}
			for _, next := range []*Loop{l, other} {
				if err := next.StartAt(k, middle, args); err != nil {
					t.Fatal(err)
				}
				if next.Steps() != k {
					t.Errorf("started at %d, stands at %d", k, next.Steps())
				}
				run(t, next, n-k)
				if got := vector(t, next); !slices.Equal(got, want) {
					t.Errorf("%s: resumed after step %d: %v, uninterrupted %v", b.Kind, k, got, want)
				}
			}
			if err := l.StartAt(k+1, middle, args); err != nil {
				t.Fatal(err)
			}
			run(t, l, n-k)
			if got := vector(t, l); k < n && slices.Equal(got, want) {
				t.Errorf("%s: the step counter of %d does not matter", b.Kind, k)
			}
		}
	}
}

// Restart keeps the args, takes a new state, and begins at step 0.
func TestRestart(t *testing.T) {
	for _, spec := range []string{"", "go"} {
		l := newLoop(t, openSpec(t, spec), regression, norms)
		state, args := random()
		start(t, l, state, args)
		run(t, l, 9)
		want := vector(t, l)
		for _, a := range args { // those of the caller are no longer needed
			if err := a.FinalizeAll(); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := l.Restart(state); err != nil {
				t.Fatal(err)
			}
			if l.Steps() != 0 {
				t.Errorf("restarted at step %d", l.Steps())
			}
			run(t, l, 9)
			if got := vector(t, l); !slices.Equal(got, want) {
				t.Errorf("restarted: %v, started %v", got, want)
			}
		}
		if err := l.Restart([]*tensors.Tensor{nil}); err == nil {
			t.Error("restarted without a tensor")
		}
		if err := l.Restart(state); err == nil || !strings.Contains(err.Error(), "not started") {
			t.Errorf("restarted after an error ended the run: %v", err)
		}
	}
}

// An arg is exchanged on the way, for one of its shape.
func TestSetArg(t *testing.T) {
	l := newLoop(t, open(t), regression, norms)
	state, args := diagonal()
	start(t, l, state, args)
	run(t, l, 10)
	if err := l.SetArg(2, tensors.FromScalar(1.0)); err != nil { // η = 1 solves it in one step
		t.Fatal(err)
	}
	run(t, l, 1)
	if w := vector(t, l); w[0] != 0 || w[1] != 0 || w[2] != 55 {
		t.Errorf("state %v, want w = 0 and Σk = 55", w)
	}
	for i, x := range map[int]*tensors.Tensor{-1: args[0], 3: args[0], 0: args[1], 1: nil} {
		if err := l.SetArg(i, x); err == nil {
			t.Errorf("args[%d] was set to what does not fit", i)
		}
	}
	if err := newLoop(t, open(t), regression, nil).StartAt(-1, state, args); err == nil {
		t.Error("started before step 0")
	}
}
