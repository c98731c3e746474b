package contrastive

import (
	"fmt"
	"math"
	"slices"
)

// Problem is a set of labels and an inverse temperature.
type Problem struct {
	R     float64 // r = 1/τ
	Sizes []int   // n_c
	Label []int   // y_i, 0 to k-1
}

// largestR bounds r: two embeddings of the sphere differ in r h·h' by at most 2r, and beyond it
// e^{-2r} is no longer a float64 with all its digits.
const largestR = 350

// New returns the problem of classes of the given sizes, their samples in the order of the
// classes, at the inverse temperature r. It is an error when r is not in (0, 350],
// when there are fewer than two classes, and when a class has fewer than two samples: a
// sample without another of its class has nothing to be near to.
func New(r float64, sizes ...int) (*Problem, error) {
	if !(r > 0 && r <= largestR) {
		return nil, fmt.Errorf("contrastive: inverse temperature r = %v: a positive number up to %v is expected, r = 1/τ; beyond it what tells embeddings apart is below the least float64", r, largestR)
	}
	if len(sizes) < 2 {
		return nil, fmt.Errorf("contrastive: %d classes: at least two are expected, one alone has nothing to be told from", len(sizes))
	}
	p := &Problem{R: r, Sizes: slices.Clone(sizes)}
	for c, n := range sizes {
		if n < 2 {
			return nil, fmt.Errorf("contrastive: class %d has %d samples: at least two are expected, as each needs another of its class; merge or leave out the class", c, n)
		}
		for range n {
			p.Label = append(p.Label, c)
		}
	}
	return p, nil
}

// FromLabels returns the problem of labelled samples. Labels are 0 to k-1 with none left out.
func FromLabels(r float64, labels []int) (*Problem, error) {
	if len(labels) == 0 {
		return nil, fmt.Errorf("contrastive: no samples: a batch of two classes or more with two samples or more of each is expected")
	}
	sizes := make([]int, slices.Max(labels)+1)
	for i, y := range labels {
		if y < 0 {
			return nil, fmt.Errorf("contrastive: sample %d has the label %d: labels 0 to k-1 are expected", i, y)
		}
		sizes[y]++
	}
	for c, n := range sizes {
		if n == 0 {
			return nil, fmt.Errorf("contrastive: no sample has the label %d, though one has %d: labels 0 to k-1 without gaps are expected; number them anew", c, len(sizes)-1)
		}
	}
	p, err := New(r, sizes...)
	if err != nil {
		return nil, err
	}
	p.Label = slices.Clone(labels)
	return p, nil
}

// StepSizes returns the sizes of k1 majority classes of ratio·least samples followed by k2
// minority classes of least samples.
func StepSizes(ratio, k1, k2, least int) []int {
	return append(slices.Repeat([]int{ratio * least}, k1), slices.Repeat([]int{least}, k2)...)
}

// N returns the number of samples.
func (p *Problem) N() int { return len(p.Label) }

// K returns the number of classes.
func (p *Problem) K() int { return len(p.Sizes) }

// At returns the problem at another inverse temperature.
func (p *Problem) At(r float64) *Problem {
	return &Problem{R: r, Sizes: p.Sizes, Label: p.Label}
}

// Floor returns Σ_c n_c log(n_c - 1), below every value of the loss.
func (p *Problem) Floor() float64 {
	sum := 0.0
	for _, n := range p.Sizes {
		sum += float64(n) * math.Log(float64(n-1))
	}
	return sum
}

// Members returns the samples of each class.
func (p *Problem) Members() [][]int {
	all := make([][]int, p.K())
	for i, y := range p.Label {
		all[y] = append(all[y], i)
	}
	return all
}
