package study

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %v, want %v within %g", what, got, want, tol)
	}
}

// The identity of the exchange holds for samples of one class, and the direction of the mean is
// all exchanges at once.
func TestExchange(t *testing.T) {
	for _, x := range Instances(50, random.Stream(1, "exchange")) {
		G := contrastive.Gram(x.H)
		left, fixed, pull := Exchange(x.P, G, 0, 1)
		near(t, "exchange", left, fixed+pull, 1e-10)
		sum, spread := 0.0, 0.0
		members, mu := x.P.Members()[0], x.P.Means(x.H)
		for a, i := range members {
			for _, j := range members[:a] {
				l, _, _ := Exchange(x.P, G, i, j)
				sum += l / float64(len(members))
			}
			for r := range mu.RawMatrix().Rows {
				spread += math.Pow(x.H.At(r, i)-mu.At(r, 0), 2)
			}
		}
		if spread > 1e-9 {
			near(t, "towards the mean", TowardsMean(x.P, x.H, 0), sum/(x.P.R*spread), 1e-9*max(1, 1/spread))
		}
	}
}

// A point at which moving towards the mean goes up, by a difference.
func TestUnequalNorms(t *testing.T) {
	p, H := UnequalNorms()
	const h = 1e-6
	D, spread := mat.NewDense(1, 5, nil), 0.0
	for i := range 3 {
		D.Set(0, i, 4-H.At(0, i)) // the mean of 1, 1 and 10
		spread += D.At(0, i) * D.At(0, i)
	}
	rise := (Excess(p, matrix.Add(H, h, D)) - Excess(p, matrix.Add(H, -h, D))) / (2 * h)
	near(t, "slope", TowardsMean(p, H, 0), rise/spread, 1e-6)
	if rise <= 0 {
		t.Errorf("the slope is %v", rise)
	}
}

func TestExtremal(t *testing.T) {
	p := Problem(1, 3, 3, 3)
	near(t, "r_c", p.PairBound(), math.Log(7)/2, 1e-15)
	near(t, "pair at r_c", WorstPair(p.At(p.PairBound()), Extremal(p)), 1, 1e-12)
}

func TestBlocks(t *testing.T) {
	M := mat.NewDense(4, 4, []float64{1, .1, .2, .2, .1, 1, .2, .3, .2, .2, 1, .4, .2, .3, .4, 1})
	a, b, g, uneven := Blocks(M, 2)
	near(t, "a", a, .1, 1e-15)
	near(t, "b", b, .225, 1e-15)
	near(t, "g", g, .4, 1e-15)
	near(t, "uneven", uneven, .075, 1e-15)
}

// Means in space have the cosines of the solution.
func TestInSpace(t *testing.T) {
	for _, s := range Along(contrastive.Step{R: 1, K1: 2, K2: 2, Minor: 50}, []float64{1, 10, 200}) {
		G := contrastive.Gram(inSpace(s))
		near(t, "length", G.At(0, 0), 1, 1e-12)
		near(t, "α", G.At(0, 1), s.Alpha, 1e-12)
		near(t, "γ", G.At(2, 3), s.Gamma, 1e-12)
		near(t, "β", G.At(1, 2), s.Beta, 1e-9)
	}
}

func TestAligned(t *testing.T) {
	rng := random.Stream(1, "aligned")
	H := contrastive.RandomSphere(3, 6, rng)
	var far mat.Dense
	far.Mul(matrix.Orthonormal(5, 3, rng), H)
	near(t, "turned back", matrix.MaxAbs(matrix.Add(Aligned(&far, H), -1, H)), 0, 1e-12)
	near(t, "Procrustes", Procrustes(H, Aligned(&far, H)), 0, 1e-12)
}

func TestFlat(t *testing.T) {
	p := Problem(1, 2, 2)
	if got := Flat(p, contrastive.Gram(contrastive.RandomSphere(3, 4, random.Stream(1, "flat")))); got != 5 {
		t.Errorf("%d flat dimensions of four samples, want 5", got)
	}
}

// Batches that are forced and such that are not are both drawn, and the graph is right.
func TestRandomBatches(t *testing.T) {
	f := RandomBatches(20, random.Stream(1, "batches"))
	if f.Wrong != 0 || f.Frames == 0 || f.WithoutChains == 0 || f.WithoutMeeting == 0 {
		t.Errorf("%+v", f)
	}
}

func TestGridIsRepeatable(t *testing.T) {
	g := Grid{Sizes: [][]int{{3, 3, 2}}, R: []float64{1}, Starts: 2, Seed: 3}
	a, err := g.Run()
	if err != nil {
		t.Fatal(err)
	}
	b, err := g.Run()
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if a[i].Over != b[i].Over || a[i].D != b[i].D {
			t.Errorf("run %d: %+v and %+v", i, a[i], b[i])
		}
	}
	if _, err := (Grid{Sizes: [][]int{{1, 3}}, R: []float64{1}, Starts: 1}).Run(); err == nil {
		t.Error("a class of one sample is taken")
	}
}

// Figures can be drawn.
func TestFigures(t *testing.T) {
	rng := random.Stream(1, "figures")
	landed, err := Grid{Sizes: [][]int{{3, 3, 2}}, R: []float64{1}, Starts: 1, Seed: 1}.Run()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []figure.Figure{SpaceFigure(1, []float64{1, 10, 200}), TrapFigure(rng), LandscapeFigure(landed)} {
		if _, err := f.SVG(); err != nil {
			t.Errorf("%s: %v", f.ID, err)
		}
	}
	if H := after(Problem(1, 2, 2), contrastive.RandomSphere(2, 4, rng), 3, false); H == nil {
		t.Error(context.Canceled)
	}
}
