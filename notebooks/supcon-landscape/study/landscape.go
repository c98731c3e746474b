package study

import (
	"context"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Group are the sizes of the authors' group's experiments on free embeddings: k = 10, R = 10 and
// five samples in the smaller classes.
var Group = [][]int{contrastive.StepSizes(10, 5, 5, 5)}

// Grid is a set of runs from random starts, all of it JSON.
type Grid struct {
	Sizes  [][]int
	R      []float64
	Starts int
	Seed   uint64
}

// Landed is where one run ended.
type Landed struct {
	Sizes     []int
	R         float64
	D, Offset int // the dimension, and it less k
	Ball      bool
	Over      float64 // loss over the solution's, minus one, of the excess
	Collapse  float64 // NC1
	Least     float64 // λ_min(S)/r
	Gap       float64 // of the certificate, over the loss
	Shortest  float64 // the shortest embedding
}

// steps bounds the projected gradients of a run.
const steps = 20000

// Run makes the runs of the grid: on the sphere by L-BFGS with d from k-2 to k+1, in the ball, from
// short embeddings, with d from k-1.
func (g Grid) Run() (all []Landed, err error) {
	type job struct {
		p      *contrastive.Problem
		best   *contrastive.Reduced
		offset int
		ball   bool
		start  int
	}
	var jobs []job
	for _, sizes := range g.Sizes {
		for _, r := range g.R {
			p, err := contrastive.New(r, sizes...)
			if err != nil {
				return nil, err
			}
			best, err := p.Reduced(context.Background(), random.Stream(g.Seed, "grid/best"))
			if err != nil {
				return nil, err
			}
			for offset := -2; offset <= 1; offset++ {
				for start := range g.Starts {
					if p.K()+offset >= 1 {
						jobs = append(jobs, job{p, best, offset, false, start})
					}
					if offset >= -1 {
						jobs = append(jobs, job{p, best, offset, true, start})
					}
				}
			}
		}
	}
	all = make([]Landed, len(jobs))
	err = parallel.Try(len(jobs), func(i int) error {
		j := jobs[i]
		name := fmt.Sprint("grid/", j.p.Sizes, j.p.R, j.offset, j.ball, j.start)
		d := j.p.K() + j.offset
		H, err := land(j.p, d, j.ball, random.Stream(g.Seed, name))
		if err != nil {
			return err
		}
		c, err := j.p.Certify(H)
		if err != nil {
			return err
		}
		all[i] = Landed{Sizes: j.p.Sizes, R: j.p.R, D: d, Offset: j.offset, Ball: j.ball, Over: c.Excess/j.best.Excess - 1,
			Collapse: j.p.Collapse(H), Least: c.LeastEigen / j.p.R, Gap: c.Gap() / c.Loss, Shortest: Shortest(H)}
		return nil
	})
	return all, err
}

func land(p *contrastive.Problem, d int, ball bool, rng *rand.Rand) (*mat.Dense, error) {
	if !ball {
		return contrastive.Settled(p.Sphere(context.Background(), contrastive.RandomSphere(d, p.N(), rng)))
	}
	start := contrastive.RandomSphere(d, p.N(), rng)
	start.Scale(0.05+0.9*rng.Float64(), start)
	return contrastive.Settled(p.Inside(context.Background(), start))
}

// Shortest returns the least length of a column.
func Shortest(H *mat.Dense) float64 {
	_, n := H.Dims()
	least := mat.Norm(H.ColView(0), 2)
	for i := range n {
		least = min(least, mat.Norm(H.ColView(i), 2))
	}
	return least
}

// Landings makes the grid once in a run of the notebook.
func Landings(cell *notebook.Cell, g Grid) []Landed {
	g.Seed = cell.Seed()
	return notebook.Keep(cell, "landings", g, Grid.Run)
}

// Overs returns by how much runs that are kept end above the solution.
func Overs(all []Landed, keep func(Landed) bool) (x []float64) {
	for _, l := range all {
		if keep(l) {
			x = append(x, l.Over)
		}
	}
	return x
}

// Gaps returns the certificates' gaps, over the loss, of runs that are kept.
func Gaps(all []Landed, keep func(Landed) bool) (x []float64) {
	for _, l := range all {
		if keep(l) {
			x = append(x, l.Gap)
		}
	}
	return x
}

// InBall minimizes over the ball from H inside it, or ends the cell.
func InBall(p *contrastive.Problem, H *mat.Dense) *mat.Dense {
	return notebook.Must(contrastive.Settled(p.Inside(context.Background(), H)))
}

// OnSphere descends on the sphere from H with steps that go down, or ends the cell.
func OnSphere(p *contrastive.Problem, H *mat.Dense) *mat.Dense {
	return notebook.Must(p.SphereDescent(context.Background(), H, 1e-10, steps)).H
}

// Spurious is the polytope of the given sizes at r, with the noise that descents start from.
type Spurious struct {
	Instance
	Best      *contrastive.Reduced
	Cert      *contrastive.Certificate
	Threshold float64
	Least     float64 // eigenvalue of the Hessian, rotations left out
}

// Polytope looks at the polytope of the given sizes.
func Polytope(r float64, rng *rand.Rand, sizes ...int) Spurious {
	p, H := notebook.Must2(contrastive.Polytope(r, sizes...))
	return Spurious{Instance{p, H}, Best(p, rng), Certified(p, H),
		notebook.Must(contrastive.RigidFrom(1, 20, sizes...)), notebook.Must(p.HessianValues(H))[0]}
}

// Rigid returns the thresholds of polytopes over the numbers stated.
func Rigid(stated []float64, sizes ...[]int) (x []float64) {
	for i, s := range sizes {
		x = append(x, notebook.Must(contrastive.RigidFrom(1, 20, s...))/stated[i])
	}
	return x
}

// Shaken moves embeddings by noise, back onto the sphere.
func Shaken(H *mat.Dense, noise float64, rng *rand.Rand) *mat.Dense {
	d, n := H.Dims()
	return Unit(matrix.Add(H, noise, matrix.Gaussian(d, n, rng)))
}

// Lifted appends coordinates of zero.
func Lifted(H *mat.Dense, d int) *mat.Dense {
	rows, n := H.Dims()
	up := mat.NewDense(d, n, nil)
	up.Slice(0, rows, 0, n).(*mat.Dense).Copy(H)
	return up
}

// descended returns where so many steps of a descent lead.
func descended(descent func(context.Context, *mat.Dense, float64, int) (*contrastive.Descent, error), start *mat.Dense, n int) *mat.Dense {
	return notebook.Must(descent(context.Background(), start, 0, n)).H
}
