package contrastive

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestBadInput(t *testing.T) {
	p := problem(t, 1, 2, 2)
	for _, c := range []struct {
		name string
		err  func() error
		says string
	}{
		{"one sample", func() error { _, err := New(1, 3, 1); return err }, "class 1 has 1 samples"},
		{"one class", func() error { _, err := New(1, 3); return err }, "1 classes"},
		{"r = 0", func() error { _, err := New(0, 3, 3); return err }, "r = 0"},
		{"r = NaN", func() error { _, err := New(math.NaN(), 3, 3); return err }, "NaN"},
		{"r = 400", func() error { _, err := New(400, 3, 3); return err }, "up to 350"},
		{"gap", func() error { _, err := FromLabels(1, []int{0, 0, 2, 2}); return err }, "label 1"},
		{"negative label", func() error { _, err := FromLabels(1, []int{0, -1}); return err }, "label -1"},
		{"empty", func() error { _, err := FromLabels(1, nil); return err }, "no samples"},
		{"zero embedding", func() error { _, err := p.Sphere(ctx, mat.NewDense(2, 4, nil)); return err }, "embedding 0 has the length 0"},
		{"columns", func() error { _, err := p.Sphere(ctx, mat.NewDense(2, 3, nil)); return err }, "4 columns"},
		{"columns of the ball", func() error { _, err := p.Ball(ctx, mat.NewDense(2, 3, nil), 1, 1); return err }, "4 columns"},
		{"columns of the certificate", func() error { _, err := p.Certify(mat.NewDense(2, 3, nil)); return err }, "4 columns"},
		{"no unit columns", func() error { _, err := p.HessianValues(mat.NewDense(2, 4, nil)); return err }, "length 0"},
		{"ridge", func() error { _, _, err := p.Ridge(ctx, mat.NewDense(2, 4, nil), 0); return err }, "λ = 0"},
		{"few dimensions", func() error { _, err := p.Nonnegative(ctx, 1, rng(t)); return err }, "2 classes in 1 dimensions"},
		{"no batch", func() error { _, err := NewBatches(p, nil); return err }, "no batches"},
		{"empty batch", func() error { _, err := NewBatches(p, [][]int{{}}); return err }, "batch 0: contrastive: no samples"},
		{"batch of one class", func() error { _, err := NewBatches(p, [][]int{{0, 1}}); return err }, "1 classes"},
		{"lone sample", func() error { _, err := NewBatches(p, [][]int{{0, 1, 2}}); return err }, "has 1 samples"},
		{"sample twice", func() error { _, err := NewBatches(p, [][]int{{0, 0, 1, 2}}); return err }, "none twice"},
		{"odd polytope", func() error { _, _, err := Polytope(1, 2, 3); return err }, "3 points"},
		{"no change of sign", func() error { _, err := RigidFrom(1, 2, 2, 2); return err }, "change of sign"},
		{"STEP", func() error { _, err := Step{R: 1, K1: 0, K2: 2, Major: 5, Minor: 5}.Solve(); return err }, "0 classes"},
		{"STEP size", func() error { _, err := Step{R: 1, K1: 2, K2: 2, Major: 5, Minor: 1}.Solve(); return err }, "1 samples"},
		{"one minority", func() error { _, err := Step{R: 1, K1: 2, K2: 1, Minor: 5}.Threshold(); return err }, "one minority class"},
		{"plateau", func() error { _, err := p.Plateau(0.5); return err }, "three or more are expected"},
		{"data of a network", func() error { _, err := Network{Data: "cifar", Sizes: []int{2, 2}, R: 1}.Train(ctx, ""); return err }, "unknown data"},
		{"outputs", func() error {
			_, err := Network{Data: "mixture", Inputs: 2, Sizes: []int{2, 2, 2, 2}, R: 1, D: 2, Steps: 5, Looks: 1}.Train(ctx, "")
			return err
		}, "2 outputs for 4 classes"},
	} {
		err := c.err()
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.says)
		} else if !strings.Contains(err.Error(), "expected") && !strings.Contains(err.Error(), "want") {
			t.Errorf("%s: %v: does not say what is expected", c.name, err)
		}
	}
}

// Labels in any order are the same problem as the sizes in theirs.
func TestFromLabels(t *testing.T) {
	labels := []int{1, 0, 1, 0, 1}
	q, err := FromLabels(2, labels)
	if err != nil {
		t.Fatal(err)
	}
	p := problem(t, 2, 2, 3)
	H := RandomSphere(3, 5, rng(t))
	near(t, "loss", q.Loss(Gram(H)), p.Loss(Gram(picked(H, []int{1, 3, 0, 2, 4}))), 1e-12)
	if got := q.Members(); got[0][0] != 1 || got[1][2] != 4 {
		t.Errorf("members are %v", got)
	}
	if n := StepSizes(10, 2, 1, 5); n[0] != 50 || n[1] != 50 || n[2] != 5 {
		t.Errorf("STEP sizes are %v", n)
	}
}
