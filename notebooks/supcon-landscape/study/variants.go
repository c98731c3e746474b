package study

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/contrastive"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// Ridge minimizes L + λ/2 ‖H‖² from a random start in R^d, or ends the cell.
func Ridge(p *contrastive.Problem, d int, lambda float64, rng *rand.Rand) *mat.Dense {
	H, _, err := p.Ridge(context.Background(), matrix.Gaussian(d, p.N(), rng), lambda)
	return notebook.Must(contrastive.Settled(H, err))
}

// RidgeLeast returns λ_min(A + λI/2).
func RidgeLeast(p *contrastive.Problem, H *mat.Dense, lambda float64) float64 {
	S := p.Gradient(contrastive.Gram(H))
	for i := range p.N() {
		S.Set(i, i, S.At(i, i)+lambda/2)
	}
	return contrastive.LeastEigen(S)
}

// Lengths returns the length of the last class mean over that of the first.
func Lengths(p *contrastive.Problem, H *mat.Dense) float64 {
	mu := p.Means(H)
	return mat.Norm(mu.ColView(p.K()-1), 2) / mat.Norm(mu.ColView(0), 2)
}

// HalfWay returns the NC1 of embeddings half way between a random start and a solution.
func HalfWay(p *contrastive.Problem, rng *rand.Rand) float64 {
	end := Sphere(p, p.K(), rng)
	return p.Collapse(matrix.Add(end, 1, contrastive.RandomSphere(p.K(), p.N(), rng)))
}

// Nonnegative minimizes over nonnegative unit columns from several starts, the best first, or
// ends the cell.
func Nonnegative(p *contrastive.Problem, d, starts int, rng *rand.Rand) (all []*mat.Dense) {
	for range starts {
		all = append(all, notebook.Must(p.Nonnegative(context.Background(), d, rng)))
	}
	slices.SortStableFunc(all, func(a, b *mat.Dense) int {
		switch x, y := Excess(p, a), Excess(p, b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return all
}

// Nudged adds the sizes of normal numbers to all entries.
func Nudged(H *mat.Dense, noise float64, rng *rand.Rand) *mat.Dense {
	out := mat.DenseCopyOf(H)
	out.Apply(func(_, _ int, v float64) float64 { return v + noise*math.Abs(rng.NormFloat64()) }, out)
	return Unit(out)
}

// Begun gives embeddings one more coordinate, in which the first class has begun to move.
func Begun(p *contrastive.Problem, H *mat.Dense, by float64) *mat.Dense {
	d, _ := H.Dims()
	up := Lifted(H, d+1)
	for _, i := range p.Members()[0] {
		up.Set(d, i, by)
	}
	return Unit(up)
}

// Positive descends over nonnegative unit columns from H, or ends the cell.
func Positive(p *contrastive.Problem, H *mat.Dense) *mat.Dense {
	return notebook.Must(p.NonnegativeDescent(context.Background(), H, 1e-10, steps)).H
}

// Axes is k columns on the axes.
func Axes(k int) *mat.Dense {
	U := mat.NewDense(k, k, nil)
	for c := range k {
		U.Set(c, c, 1)
	}
	return U
}

// Found is what random batches said.
type Found struct {
	Frames, Others                       int // instances on which the graph forces a frame, and not
	Wrong, WithoutChains, WithoutMeeting int // disagreements with it, and with half of the condition
	Other, Bound                         []float64
}

// attained is the share of the least excess within which a start has found it.
const attained = 1e-7

// RandomBatches draws instances of batches, after one without chains and one in which two
// classes never meet, and compares what the graph says with minimisers: a
// frame found by descent where it is forced, another minimiser where it is not.
func RandomBatches(n int, rng *rand.Rand) (f Found) {
	f.add(notebook.Must(contrastive.NewBatches(Problem(1, 4, 4), [][]int{{0, 1, 4, 5}, {2, 3, 6, 7}})), rng)    // no chain
	f.add(notebook.Must(contrastive.NewBatches(Problem(1, 2, 2, 2), [][]int{{0, 1, 2, 3}, {2, 3, 4, 5}})), rng) // no meeting
	for f.Frames+f.Others < n {
		sizes := make([]int, 2+rng.IntN(2))
		for c := range sizes {
			sizes[c] = 2 + rng.IntN(4)
		}
		if b := draw(Problem(1, sizes...), rng); b != nil {
			f.add(b, rng)
		}
	}
	return f
}

// add compares one instance.
func (f *Found) add(b *contrastive.Batches, rng *rand.Rand) {
	framed, least := b.Frame(), b.FrameLoss()
	if framed {
		f.Frames++
		if !descends(b, least, rng) {
			f.Wrong++
		}
	} else {
		f.Others++
		H := b.Other()
		loss := b.Loss(H)/least - 1
		f.Other = append(f.Other, loss)
		f.Bound = append(f.Bound, bound(b).Loss(H)/bound(b).FrameLoss()-1)
		if math.Abs(loss) > 1e-9 || b.Problem.FrameError(H) < 0.5 {
			f.Wrong++
		}
	}
	if b.Meets() != framed {
		f.WithoutChains++
	}
	if b.Joined() != framed {
		f.WithoutMeeting++
	}
}

// draw returns two to four batches with two classes or more and two samples or more of each,
// that hold all samples; nil where a draw does not.
func draw(p *contrastive.Problem, rng *rand.Rand) *contrastive.Batches {
	seen := make([]bool, p.N())
	var of [][]int
	for range 2 + rng.IntN(3) {
		var batch []int
		classes := rng.Perm(p.K())[:2+rng.IntN(p.K()-1)]
		for _, c := range classes {
			members := p.Members()[c]
			rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
			take := 2
			if rng.IntN(3) == 0 {
				take = len(members)
			}
			batch = append(batch, members[:take]...)
		}
		for _, i := range batch {
			seen[i] = true
		}
		of = append(of, batch)
	}
	if slices.Contains(seen, false) {
		return nil
	}
	return notebook.Must(contrastive.NewBatches(p, of))
}

// descends says whether the starts that reach the least loss all end on a frame, and one does.
func descends(b *contrastive.Batches, least float64, rng *rand.Rand) bool {
	one := false
	for range 20 {
		H := notebook.Must(b.Nonnegative(context.Background(), b.Problem.K()+2, rng))
		if b.Loss(H) <= least*(1+attained) {
			if b.Problem.FrameError(H) > 1e-2 { // the root of what the loss may be off by, with room
				return false
			}
			if one {
				return true
			}
			one = true
		}
	}
	return one
}

// bound appends the first two samples of each class to every batch.
func bound(b *contrastive.Batches) *contrastive.Batches {
	var of [][]int
	for _, batch := range b.Of {
		all := slices.Clone(batch)
		for _, members := range b.Problem.Members() {
			for _, i := range members[:2] {
				if !slices.Contains(all, i) {
					all = append(all, i)
				}
			}
		}
		of = append(of, all)
	}
	return notebook.Must(contrastive.NewBatches(b.Problem, of))
}
