package study

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Net is a trained network beside its prediction.
type Net struct {
	Config             contrastive.Network
	Problem            *contrastive.Problem
	H                  *mat.Dense
	Step               contrastive.StepSolution // of mixtures
	Predicted, Learned *mat.Dense               // cosines of class means
	Loss, Best         float64
	First              float64 // the loss at the start
	Far, FarFirst      float64 // from α, β, γ
	Distance           float64 // of Gram matrices, from the prediction
	DistanceFirst      float64
	FromSimplex        float64 // the distance of the learned one from the simplex
	FromFrame          float64 // and from the identity
	Collapse           float64
	CollapseFirst      float64
	Alpha, Beta, Gamma float64
	Ratio              int
}

// train trains networks one after the other.
func train(ctx context.Context, list []contrastive.Network) (all []*contrastive.Trained, err error) {
	for _, c := range list {
		t, err := c.Train(ctx, "")
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// Train trains the networks of a list, in order.
func Train(ctx context.Context, list []contrastive.Network) ([]*contrastive.Trained, error) {
	return train(ctx, list)
}

// Nets are the networks on mixtures.
type Nets struct {
	Warm []Net // r = 1, imbalance 1, 3, 10
	Cold []Net // r = 10
	Relu []Net // r = 1 and non-negative

	StartOver []float64 // L/L* - 1 at the start
}

// mixture is the network of E4.
func mixture(seed uint64, r float64, ratio, steps int) contrastive.Network {
	return contrastive.Network{Data: "mixture", Inputs: 20, Sizes: contrastive.StepSizes(ratio, 2, 2, 5), R: r, Hidden: []int{128, 128}, D: 8,
		Rate: 2e-3, Steps: steps, Looks: 4, Seed: seed, Stream: fmt.Sprint("mixture/", ratio)}
}

// Mixtures trains the networks on mixtures once in a run of the notebook.
func Mixtures(cell *notebook.Cell, steps int) (n Nets) {
	seed := cell.Seed()
	list := []contrastive.Network{mixture(seed, 1, 1, steps), mixture(seed, 1, 3, steps), mixture(seed, 1, 10, steps), mixture(seed, 10, 10, steps)}
	for _, ratio := range []int{1, 10} {
		c := mixture(seed, 1, ratio, steps)
		c.Nonnegative, c.D, c.Rate = true, 128, 1e-3
		list = append(list, c)
	}
	bound := list[len(list)-1]
	bound.Batch, bound.Bind = bound.Sizes[0]/2, true
	list = append(list, bound)
	for i, t := range notebook.KeepContext(cell, "mixtures", list, Train) {
		x := compare(list[i], t)
		switch {
		case list[i].Nonnegative:
			n.Relu = append(n.Relu, x)
		case list[i].R > 1:
			n.Cold = append(n.Cold, x)
		default:
			n.Warm = append(n.Warm, x)
			n.StartOver = append(n.StartOver, x.First/x.Best-1)
		}
	}
	return n
}

// LongTail is the network of E5.
func LongTail(seed uint64, steps int) contrastive.Network {
	c := contrastive.Network{Data: "mnist", R: 1, Hidden: []int{256, 128}, D: 16, Rate: 1e-3, Steps: steps, Looks: 4, Seed: seed, Stream: "digits"}
	for _, n := range Geometric(100, 10, 10) {
		c.Sizes = append(c.Sizes, int(math.Round(n)))
	}
	return c
}

// Digits trains the network on digits once in a run of the notebook.
func Digits(cell *notebook.Cell, steps int) Net {
	c := LongTail(cell.Seed(), steps)
	return compare(c, notebook.KeepContext(cell, "digits", []contrastive.Network{c}, Train)[0])
}

// compare puts a run beside the prediction.
func compare(c contrastive.Network, t *contrastive.Trained) Net {
	p := t.Problem
	best := Best(p, random.Stream(c.Seed, "prediction"))
	last := len(t.Loss) - 1
	x := Net{Config: c, Problem: p, H: t.H, Predicted: best.M, Learned: cosines(t.Last()), Loss: t.Loss[last], Best: best.Loss, First: t.Loss[0],
		Distance: contrastive.Distance(t.Last(), best.M), DistanceFirst: contrastive.Distance(t.Means[0], best.M),
		Collapse: t.Collapse[last], CollapseFirst: t.Collapse[0]}
	k := p.K()
	simplex := Axes(k)
	simplex.Apply(func(i, j int, v float64) float64 { return v - 1/float64(k) }, simplex)
	x.FromSimplex, x.FromFrame = contrastive.Distance(t.Last(), simplex), contrastive.Distance(t.Last(), Axes(k))
	if c.Data == "mixture" {
		x.Ratio = c.Sizes[0] / c.Sizes[k-1]
		x.Step = notebook.Must(contrastive.Step{R: c.R, K1: 2, K2: 2, Major: float64(c.Sizes[0]), Minor: float64(c.Sizes[k-1])}.Solve())
		x.Alpha, x.Beta, x.Gamma, _ = Blocks(x.Learned, 2)
		x.Far, x.FarFirst = far(x.Learned, x.Step), far(cosines(t.Means[0]), x.Step)
	}
	return x
}

// cosines scales a Gram matrix to a diagonal of ones.
func cosines(M *mat.Dense) *mat.Dense {
	var C mat.Dense
	C.Apply(func(i, j int, v float64) float64 { return v / math.Sqrt(M.At(i, i)*M.At(j, j)) }, M)
	return &C
}

// far returns the largest difference of a cosine of M from those of s.
func far(M *mat.Dense, s contrastive.StepSolution) float64 {
	a, b, g, uneven := Blocks(M, 2)
	return uneven + max(math.Abs(a-s.Alpha), math.Abs(b-s.Beta), math.Abs(g-s.Gamma))
}

// FarFromStep returns the largest difference of a learned cosine from those of s.
func FarFromStep(n Net, s contrastive.StepSolution) float64 { return far(n.Learned, s) }

// NetHead are the columns of the tables of networks.
var NetHead = []string{"network", "R", "r", "L/L* − 1", "NC1", "α", "β", "γ", "predicted", "distance"}

// Table has a row for each network without a ReLU at its end.
func (n Nets) Table() (rows [][]string) {
	for _, x := range append(append([]Net{}, n.Warm...), n.Cold...) {
		rows = append(rows, x.row("free sign", x.Loss/x.Best-1, x.Distance,
			fmt.Sprintf("%s, %s, %s", claim.Plain(x.Step.Alpha, 3), claim.Plain(x.Step.Beta, 3), claim.Plain(x.Step.Gamma, 3))))
	}
	return rows
}

// ReluTable has a row for each network with one.
func (n Nets) ReluTable() (rows [][]string) {
	for _, x := range n.Relu {
		name := "ReLU"
		if x.Config.Bind {
			name = "ReLU, bound batches"
		}
		rows = append(rows, x.row(name, x.Loss/x.Problem.FrameLoss()-1, x.FromFrame, "0, 0, 0"))
	}
	return rows
}

func (n Net) row(name string, over, distance float64, predicted string) []string {
	return []string{name, fmt.Sprint(n.Ratio), claim.Plain(n.Config.R, 3), claim.Plain(over, 2), claim.Plain(n.Collapse, 2),
		claim.Plain(n.Alpha, 3), claim.Plain(n.Beta, 3), claim.Plain(n.Gamma, 3), predicted, claim.Plain(distance, 2)}
}

// Note says what came out.
func (n Net) Note() string {
	return fmt.Sprintf("sizes %s; L/L* − 1 = %s; distance from the simplex of equal classes %s, from an orthonormal frame %s",
		Sized(n.Problem.Sizes), claim.Plain(n.Loss/n.Best-1, 2), claim.Plain(n.FromSimplex, 2), claim.Plain(n.FromFrame, 2))
}
