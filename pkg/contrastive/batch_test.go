package contrastive

import (
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

func batches(t *testing.T, p *Problem, of ...[]int) *Batches {
	t.Helper()
	b, err := NewBatches(p, of)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// One batch of everything is the loss.
func TestOneBatch(t *testing.T) {
	p := problem(t, 1.5, 3, 2, 2)
	b := batches(t, p, []int{4, 0, 6, 2, 1, 5, 3})
	H := RandomSphere(3, 7, rng(t))
	near(t, "loss", b.Loss(H), p.Loss(Gram(H)), 1e-12)
	near(t, "frame", b.FrameLoss(), p.FrameLoss(), 1e-12)
	if !b.Frame() {
		t.Error("one batch does not force a frame")
	}
}

// Where the graph does not force a frame there are other embeddings with the least loss of
// every batch, and where it does descent finds a frame.
func TestFramesOfBatches(t *testing.T) {
	p := problem(t, 1, 4, 4)
	for _, c := range []struct {
		name  string
		frame bool
		of    [][]int
	}{
		{"two halves", false, [][]int{{0, 1, 4, 5}, {2, 3, 6, 7}}},
		{"halves and a bridge", true, [][]int{{0, 1, 4, 5}, {2, 3, 6, 7}, {1, 2, 5, 6}}},
		{"a bridge of one class", false, [][]int{{0, 1, 4, 5}, {2, 3, 6, 7}, {1, 2, 4, 5}}},
	} {
		b := batches(t, p, c.of...)
		if b.Frame() != c.frame {
			t.Errorf("%s: %t, want %t", c.name, b.Frame(), c.frame)
		}
		if !c.frame {
			H := b.Other()
			near(t, c.name+": loss of other embeddings", b.Loss(H), b.FrameLoss(), 1e-12)
			near(t, c.name+": they are no frame", p.FrameError(H), 1, 0)
			continue
		}
		best, g := 1e9, rng(t)
		for range 6 {
			H, err := b.Nonnegative(ctx, 4, g)
			if err != nil {
				t.Fatal(err)
			}
			if l := b.Loss(H); l < best-1e-9 {
				best = l
				near(t, c.name+": loss", l, b.FrameLoss(), 1)
			}
			if b.Loss(H) < b.FrameLoss()+1e-9 {
				near(t, c.name+": frame", p.FrameError(H), 0, 1e-3)
			}
		}
		near(t, c.name+": least loss", best, b.FrameLoss(), 1e-7)
	}
	// Three classes of which two never meet.
	q := problem(t, 1, 2, 2, 2)
	b := batches(t, q, []int{0, 1, 2, 3}, []int{2, 3, 4, 5})
	if b.Frame() {
		t.Error("classes 0 and 2 never meet, and yet a frame")
	}
	near(t, "loss", b.Loss(b.Other()), b.FrameLoss(), 1e-12)
	near(t, "other", q.FrameError(b.Other()), 1, 0)
}

// A part of the samples alone is not moved by the batches of others.
func TestBatchesAreLocal(t *testing.T) {
	p := problem(t, 1, 4, 4)
	b := batches(t, p, []int{0, 1, 4, 5})
	H := RandomSphere(3, 8, rng(t))
	K := matrix.Add(H, 0, H)
	for i := range 3 {
		K.Set(i, 7, float64(i))
	}
	near(t, "loss", b.Loss(K), b.Loss(H), 0)
}
