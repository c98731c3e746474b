package study

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/generalization"
)

// Stairs is how long XOR takes: a number, or a curve, for each dimension d.
type Stairs struct {
	At          []float64   // mean error after ⌈log2 d⌉ steps
	First       []float64   // mean over draws of the first step with an error of at most the level; one more than were run where there is none
	Late        []float64   // First - ⌈log2 d⌉
	Least, Most []float64   // of the draws' first steps
	Curves      [][]float64 // mean error after every step
}

// RunStairs trains on XOR in each dimension for ⌈log2 d⌉ + 1 steps, on batches of perD·d examples. Where one batch serves all steps there are
// four times as many draws: single ones scatter, and the mean must not depend on five.
func RunStairs(seed uint64, draws int, c generalization.XORConfig, perD int, level float64, ds ...int) (*Stairs, error) {
	s := XORStudy{Seed: seed, Draws: draws}
	if c.Reuse {
		s.Draws *= 4
	}
	for _, d := range ds {
		c.D, c.N, c.Steps = d, perD*d, LogSteps(d)+1
		s.Runs = append(s.Runs, c)
	}
	runs, err := RunXOR(s)
	if err != nil {
		return nil, err
	}
	out := &Stairs{}
	for i, d := range ds {
		first := Hits(runs[i], level)
		mean, _ := Mean(first)
		out.At = append(out.At, After(runs[i], LogSteps(d)))
		out.First, out.Late = append(out.First, mean), append(out.Late, mean-float64(LogSteps(d)))
		out.Least, out.Most = append(out.Least, floats.Min(first)), append(out.Most, floats.Max(first))
		out.Curves = append(out.Curves, Curve(runs[i]))
	}
	return out, nil
}

// KernelCurve is the kernel's error on XOR in d dimensions against the number of examples, and that of networks.
type KernelCurve struct {
	Shares, N, Errors []float64 // n over the number of features, n, mean error of the interpolant
	Rank              int       // of the features at the largest share, the least of the draws
	NetN, NetErrors   []float64 // examples in all, mean error
}

// KernelAgainst measures them on test fresh points. A claim is made of the mean at one half of the features: ten draws there, three elsewhere.
func KernelAgainst(stream func(name string) *rand.Rand, seed uint64, d, test int) (*KernelCurve, error) {
	k := &KernelCurve{Shares: []float64{0.25, 0.5, 0.75, 0.9, 1, 1.25, 2}}
	for _, share := range k.Shares {
		n, draws := int(share*float64(generalization.PairFeatures(d))), 3
		if share == 0.5 {
			draws = 10
		}
		errs, rank, err := KernelErrors(stream(fmt.Sprint("C12 ", d, share)), d, n, draws, test)
		if err != nil {
			return nil, err
		}
		mean, _ := Mean(errs)
		k.N, k.Errors, k.Rank = append(k.N, float64(n)), append(k.Errors, mean), rank
	}
	var err error
	k.NetN, k.NetErrors, err = NetworkErrors(seed, d)
	return k, err
}

// At returns the mean error at a share of the features; it panics if none was measured there.
func (k *KernelCurve) At(share float64) float64 { return k.Errors[Index(k.Shares, share)] }
