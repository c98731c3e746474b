package contrastive

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Batches are sets of samples whose losses are added: a pair that shares no batch is not
// compared.
type Batches struct {
	Problem *Problem
	Of      [][]int
	parts   []*Problem // of the samples of a batch, their classes numbered anew
}

// NewBatches returns the batches of a problem. Each needs samples of two classes and two
// samples of each class that it has: with one class alone nothing is pushed apart, and a lone
// sample has no positive. No batch and an empty one are errors.
func NewBatches(p *Problem, of [][]int) (*Batches, error) {
	if len(of) == 0 {
		return nil, fmt.Errorf("contrastive: no batches: at least one is expected")
	}
	b := &Batches{Problem: p, Of: of}
	for t, batch := range of {
		number, seen := map[int]int{}, map[int]bool{}
		var labels []int
		for _, i := range batch {
			if i < 0 || i >= p.N() || seen[i] {
				return nil, fmt.Errorf("contrastive: batch %d has sample %d: samples 0 to %d, none twice, are expected", t, i, p.N()-1)
			}
			seen[i] = true
			c, ok := number[p.Label[i]]
			if !ok {
				c = len(number)
				number[p.Label[i]] = c
			}
			labels = append(labels, c)
		}
		part, err := FromLabels(p.R, labels)
		if err != nil {
			return nil, fmt.Errorf("contrastive: batch %d: %w", t, err)
		}
		b.parts = append(b.parts, part)
	}
	return b, nil
}

// Loss returns the sum of the losses of the batches.
func (b *Batches) Loss(H *mat.Dense) float64 {
	sum := 0.0
	for t, batch := range b.Of {
		sum += b.parts[t].Loss(Gram(picked(H, batch)))
	}
	return sum
}

// Nonnegative minimizes the sum over unit columns of R^d without negative entries, as
// [Problem.Nonnegative] does the loss.
func (b *Batches) Nonnegative(ctx context.Context, d int, rng *rand.Rand) (*mat.Dense, error) {
	return squares(ctx, RandomSphere(d, b.Problem.N(), rng), func(grad, h *mat.Dense) float64 {
		grad.Zero()
		sum := 0.0
		for t, batch := range b.Of {
			part := picked(h, batch)
			excess, A := b.parts[t].excess(Gram(part))
			sum += excess
			var g mat.Dense
			g.Mul(part, A)
			for j, i := range batch {
				for a := range d {
					grad.Set(a, i, grad.At(a, i)+2*g.At(a, j))
				}
			}
		}
		grad.Scale(1/sum, grad)
		return math.Log(sum)
	})
}

// FrameLoss returns what the sum cannot go below without negative entries: the least loss of
// each batch.
func (b *Batches) FrameLoss() float64 {
	sum := 0.0
	for _, part := range b.parts {
		sum += part.FrameLoss()
	}
	return sum
}

// Frame says whether the batches force one orthonormal frame on all samples in k+1 dimensions
// or more: samples of a class are joined by a chain of batches, and any two classes meet in a
// batch.
func (b *Batches) Frame() bool { return b.Joined() && b.Meets() }

// Joined says whether samples of one class are always joined by a chain of batches.
func (b *Batches) Joined() bool {
	group := b.groups()
	for i, y := range b.Problem.Label {
		for j, z := range b.Problem.Label[:i] {
			if y == z && group[i] != group[j] {
				return false
			}
		}
	}
	return true
}

// Meets says whether any two classes meet in a batch.
func (b *Batches) Meets() bool {
	for c := range b.Problem.K() {
		for e := range c {
			if !b.meet(c, e) {
				return false
			}
		}
	}
	return true
}

// groups numbers the samples so that two of one class have one number if and only if a chain
// of batches joins them within the class.
func (b *Batches) groups() []int {
	group := make([]int, b.Problem.N())
	for i := range group {
		group[i] = i
	}
	for range group { // as many sweeps as the longest chain
		for _, batch := range b.Of {
			for _, i := range batch {
				for _, j := range batch {
					if b.Problem.Label[i] == b.Problem.Label[j] && group[j] < group[i] {
						group[i] = group[j]
					}
				}
			}
		}
	}
	return group
}

// meet says whether classes c and e are in one batch.
func (b *Batches) meet(c, e int) bool {
	for _, batch := range b.Of {
		has := map[int]bool{}
		for _, i := range batch {
			has[b.Problem.Label[i]] = true
		}
		if has[c] && has[e] {
			return true
		}
	}
	return false
}

// Other returns, where Frame is false, embeddings in R^{k+1} that have the least loss of every
// batch and yet are no orthonormal frame of the classes: a group of a class that is cut off
// lies on the axis left over, or two classes that never meet share one.
func (b *Batches) Other() *mat.Dense {
	p := b.Problem
	k := p.K()
	axis := make([]int, p.N())
	copy(axis, p.Label)
	group := b.groups()
	for i := range p.Label {
		for j := range i {
			if p.Label[i] == p.Label[j] && group[i] != group[j] {
				for l := range axis {
					if group[l] == group[i] {
						axis[l] = k
					}
				}
				return onAxes(k+1, axis)
			}
		}
	}
	for c := range k {
		for e := range c {
			if !b.meet(c, e) {
				for l, y := range p.Label {
					if y == c {
						axis[l] = e
					}
				}
				return onAxes(k+1, axis)
			}
		}
	}
	return onAxes(k+1, axis)
}

func onAxes(d int, axis []int) *mat.Dense {
	H := mat.NewDense(d, len(axis), nil)
	for i, a := range axis {
		H.Set(a, i, 1)
	}
	return H
}

// picked returns the given columns.
func picked(H *mat.Dense, list []int) *mat.Dense {
	d, _ := H.Dims()
	B := mat.NewDense(d, len(list), nil)
	for j, i := range list {
		B.SetCol(j, mat.Col(nil, i, H))
	}
	return B
}

// FrameError returns the largest |h_iᵀh_j - 1[y_i = y_j]|.
func (p *Problem) FrameError(H *mat.Dense) float64 {
	G, worst := Gram(H), 0.0
	for i, y := range p.Label {
		for j, z := range p.Label {
			want := 0.0
			if y == z {
				want = 1
			}
			worst = max(worst, abs(G.At(i, j)-want))
		}
	}
	return worst
}

func abs(x float64) float64 { return max(x, -x) }
