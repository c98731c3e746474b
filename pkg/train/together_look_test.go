package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"
)

// Runs that stand at one step, one before the look there and one after it, go on from there on an
// axis as they would alone.
func TestTogetherGoesOnBesideALook(t *testing.T) {
	for _, after := range []int{0, 1} { // which of them has looked
		var c calls
		folder := t.TempDir()
		jobs := func(keep bool) (all []Job) {
			for i := range 2 {
				j := joint(i, &c)
				if keep {
					j.Checkpoint = Checkpoint{Path: filepath.Join(folder, fmt.Sprint(i)), Every: 4}
				}
				all = append(all, j)
			}
			return all
		}
		one := pool(t, "go")
		for i, j := range jobs(true) {
			stop := errors.New("stop")
			ctx, cancel := context.WithCancelCause(t.Context())
			writing(t, func(path string, write func(io.Writer) error) error {
				cancel(stop)
				if err := atomically(path, write); err != nil || i == after {
					return err
				}
				return errors.New("killed")
			})
			if _, err := FitPool(ctx, one, []Job{j}); err == nil {
				t.Fatal("no error")
			}
			cancel(nil)
		}
		writeFile = atomically
		p := axisPool(t, "go")
		runs, err := FitPool(t.Context(), p, jobs(true))
		if err != nil {
			t.Fatal(err)
		}
		said()
		for i, j := range jobs(false) {
			alone := fit(t, one, j)
			if d := apart(runs[i], alone); !(d <= jointTol) {
				t.Errorf("run %d, of which %d had looked, is off by %.2g: steps %v, want %v; seen %d losses", i, after, d, runs[i].Steps, alone.Steps, len(runs[i].Seen["loss"]))
			}
		}
	}
}
