//go:build !noxla

package xla

import (
	"testing"

	"github.com/gomlx/go-xla/pjrt"
)

// The garbage collector does not see the memory of the device: whatever a Loop
// makes there it has to free itself.
func TestNoLeaks(t *testing.T) {
	b := open(t)
	if b.Kind == KindGo {
		t.Skip("buffers of the pure-Go backend are ordinary memory")
	}
	buffers, programs := pjrt.BuffersAlive(), pjrt.LoadedExecutablesAlive()
	l := newLoop(t, b, regression, norms)
	state, args := random()
	for range 3 {
		start(t, l, state, args)
		for range 50 {
			run(t, l, 2)
			if _, err := l.Measure(); err != nil {
				t.Fatal(err)
			}
		}
		vector(t, l)
		// The counter, two tensors of state, three args.
		if n := pjrt.BuffersAlive() - buffers; n != 6 {
			t.Errorf("%d buffers on the device during a run, want 6", n)
		}
		if n := pjrt.LoadedExecutablesAlive() - programs; n != 2 {
			t.Errorf("%d programs, want the step and the measure", n)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if n := pjrt.BuffersAlive() - buffers; n != 0 {
		t.Errorf("%d buffers left after close", n)
	}
	if n := pjrt.LoadedExecutablesAlive() - programs; n != 0 {
		t.Errorf("%d programs left after close", n)
	}
}
