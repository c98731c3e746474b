package study

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/imbalance"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

var small = TailConfig{Classes: 12, Dims: 8, Largest: 40, Imbalance: 20, Norm: 3, Low: 0.6, High: 1.4, Test: 20, Lambda: 1e-2, Train: 40, Fit: 30, Draws: 2, Seed: 1}

// The half-moment of a normal at 0 is 1/2, and at large c the whole second moment c² + 1.
func TestHalfMoment(t *testing.T) {
	testkit.Near(t, "at 0", HalfMoment(0), 0.5, 1e-6)
	testkit.Near(t, "at 6", HalfMoment(6), 37, 1e-4)
}

// A fit on more features leaves less over, R² of the plane of two features is that of their definition.
func TestFits(t *testing.T) {
	g := testkit.Must(NewGrid([]float64{0.2, 0.35, 0.5}, []float64{0.75, 1, 1.33}, 2, 1.5))(t)
	fits := g.Fits()
	for i, f := range fits {
		var rest, total float64
		mean := floats.Sum(f.Seen) / float64(len(f.Seen))
		for k, y := range f.Seen {
			rest += (y - f.Fitted[k]) * (y - f.Fitted[k])
			total += (y - mean) * (y - mean)
		}
		testkit.Near(t, f.Name, f.R2, 1-rest/total, 1e-12)
		if f.Max < f.Mean || f.Mean < -1e-12 {
			t.Errorf("%s: excess %g on the mean and %g at most", f.Name, f.Mean, f.Max)
		}
		if i > 0 && len(f.Coefficients) > 0 {
			if residual := rest; residual > total+1e-12 {
				t.Errorf("%s leaves %g of %g", f.Name, residual, total)
			}
		}
	}
	if fits[4].R2 < fits[3].R2 || fits[3].R2 < 0.98 || len(g.Deltas()) != 9 {
		t.Errorf("R² %g and %g", fits[3].R2, fits[4].R2)
	}
}

// On a sample that the loss separates the directions approach the SVM with δ = Δ_−/Δ_+, the secant more closely.
func TestBias(t *testing.T) {
	b := testkit.Must(Bias(context.Background(), random.Stream(1, "bias"), imbalance.Mixture{Pi: 0.3, Plus: 1, Minus: 1, S: 2}, 12, 20, Adjusted{0.25, 1, 1, 1, 0, 0}, []float64{1e-2, 1e-4, 1e-6, 1e-8, 1e-10}, 2))(t)
	last := b.Path[len(b.Path)-1]
	if !(b.Secant < last/2) || !(last < 0.02) || !(b.Inverted > 0.05) || !(b.SecantInverted > 0.05) {
		t.Errorf("1 − cos: %g at the end, %g of the secant, %g and %g to the inverse δ", last, b.Secant, b.Inverted, b.SecantInverted)
	}
	testkit.Near(t, "1 − cos", apart([]float64{1, 0}, []float64{1, 1}), 1-math.Sqrt(0.5), 1e-12)
}

// A small tail: as many outcomes as methods, errors between 0 and 1, and validation losses that free numbers make least.
func TestTails(t *testing.T) {
	d := testkit.Must(Tails(context.Background(), small))(t)
	for i := range d.All {
		for name, o := range d.All[i] {
			if floats.Min(o.Errors) < 0 || floats.Max(o.Errors) > 1 || len(o.Errors) != 12 {
				t.Errorf("%s: %v", name, o.Errors)
			}
		}
		plain, cap := d.All[i].At("Plain l, Δ", "balanced"), d.All[i].At("CAP frequency", "balanced")
		if plain.Held > cap.Held+0.02 { // both are stopped after 30 iterations
			t.Errorf("validation loss %g of free numbers, %g of the map", plain.Held, cap.Held)
		}
		if plain.Test < plain.Held {
			t.Errorf("free numbers have the loss %g on test and %g on validation examples, which they were fitted to", plain.Test, plain.Held)
		}
	}
	if head, rows := TailTable(d); len(rows) != len(tailRows) || len(rows[0]) != len(head) {
		t.Errorf("a table of %d rows", len(rows))
	}
	if g := d.Gaps(); g[0] == g[1] {
		t.Errorf("both draws have the gap %g: the second is the first again", g[0])
	}
	again := testkit.Must(Tails(context.Background(), small))(t)
	for i, x := range d.Gaps() {
		testkit.Near(t, "the same seed", again.Gaps()[i], x, 0)
	}
	noise := small
	noise.Flipped = []float64{0, 0.5}
	if d := testkit.Must(Noisy(context.Background(), noise))(t); len(d.All[0]) != 7 {
		t.Errorf("%d methods with noise", len(d.All[0]))
	}
}

// Pictures of 20 classes: those of one draw are disjoint between training, validation and test, and the head is the first class.
func TestPictures(t *testing.T) {
	source, err := Sources(context.Background())
	if err != nil {
		t.Skip(err)
	}
	c := PicturesConfig{Largest: 40, Imbalance: 10, Hidden: 8, Epochs: 2, Start: 1, Inner: 2, Batch: 32, UpperBatch: 32, T: 2, EtaMax: 0.05, UpperRate: 0.05, Test: 5, Draws: 1, Seed: 1}
	p := testkit.Must(newPictures(source, c, 0))(t)
	if p.counts[0] != 40 || p.counts[19] != 4 || len(p.test.Y) != 100 || len(p.fit.Y)+len(p.held.Y) != int(floats.Sum(counts(p.counts))) {
		t.Errorf("%s: %v, %d, %d and %d", source.Name, p.counts, len(p.fit.Y), len(p.held.Y), len(p.test.Y))
	}
	seen := map[string]bool{}
	for _, e := range []imbalance.Examples{p.fit, p.held} {
		for i := range e.Y {
			key := string(bytesOf(e.X[i*784 : (i+1)*784]))
			if seen[key] {
				t.Fatal("a picture is there twice")
			}
			seen[key] = true
		}
	}
	g := testkit.Must(Pictures(context.Background(), "go", c))(t)
	if len(g.Draws) != 1 || len(g.Draws[0]) != len(Methods) {
		t.Fatalf("%d methods", len(g.Draws[0]))
	}
	for _, m := range Methods {
		if e := g.Draws[0][m].Errors; len(e) != 20 || floats.Max(e) > 1 {
			t.Errorf("%s: %v", m, e)
		}
	}
	if s := g.Draws[0]["CAP frequency"].Search; s == nil || len(s.V) != 4 || floats.Norm(s.V, 1) == 0 {
		t.Errorf("the search found %+v", s)
	}
}

// A folder with CIFAR's binary files takes the place of the 20 classes: three pictures of each of ten classes, of which the
// long tail takes three of the first, one of the last and two for testing.
func TestPicturesOfCIFAR(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(data.EnvCIFAR, dir)
	write := func(name string, each int) {
		var content []byte
		for i := range 10 * each {
			content = append(append(content, byte(i%10)), bytes.Repeat([]byte{byte(25*(i%10) + i/10)}, 3072)...)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for k := range 5 {
		write(fmt.Sprintf("data_batch_%d.bin", k+1), map[bool]int{true: 3, false: 1}[k == 0])
	}
	write("test_batch.bin", 2)
	c := PicturesConfig{Largest: 40, Imbalance: 7, Hidden: 8, Epochs: 1, Start: 0, Inner: 1, Batch: 8, UpperBatch: 8, T: 1, EtaMax: 0.05, UpperRate: 0.05, Test: 5, Draws: 1, Seed: 1}
	p := testkit.Must(newPictures(testkit.Must(Sources(context.Background()))(t), c, 0))(t)
	if p.counts[0] != 7 || p.counts[9] != 1 || len(p.test.Y) != 20 || len(p.test.X) != 20*3072 {
		t.Errorf("counts %v, %d pictures for testing", p.counts, len(p.test.Y))
	}
	kind := map[int32]int{} // which class of CIFAR, by its grey
	for i, y := range p.test.Y {
		grey := int(math.Round(float64(p.test.X[i*3072])*math.MaxUint8)) / 25
		if before, ok := kind[y]; ok && before != grey {
			t.Errorf("class %d has pictures of %d and %d", y, before, grey)
		}
		kind[y] = grey
	}
	if g := testkit.Must(Pictures(context.Background(), "go", c))(t); g.Source != "CIFAR-10" || len(g.Draws[0]["CE"].Errors) != 10 {
		t.Errorf("%s: %d classes", g.Source, len(g.Draws[0]["CE"].Errors))
	}
}

func counts(n []int) []float64 {
	x := make([]float64, len(n))
	for i, v := range n {
		x[i] = float64(v)
	}
	return x
}

func bytesOf(x []float32) []byte {
	b := make([]byte, len(x))
	for i, v := range x {
		b[i] = byte(v * math.MaxUint8)
	}
	return b
}
