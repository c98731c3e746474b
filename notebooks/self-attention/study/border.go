package study

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/attention"
)

// ExactBorder is -K_12/min(K_11, K_22), above 1 beyond the border, and LaxBorder a wrong
// one, with the maximum.
func ExactBorder(in *Instance) float64 {
	K := in.Kernel.K
	return -K.At(0, 1) / math.Min(K.At(0, 0), K.At(1, 1))
}

// LaxBorder is -K_12/max(K_11, K_22).
func LaxBorder(in *Instance) float64 {
	K := in.Kernel.K
	return -K.At(0, 1) / math.Max(K.At(0, 0), K.At(1, 1))
}

// Disagreements counts the pairs of sequences on which runs contradict a border: some run
// from zero, from 200 W_{1}, from 200 W_{2} or from a random start ends with a sequence on
// the wrong token although the number is below 1, or none does although it is above.
// Pairs within a twentieth of the border are left out. beyond counts those above it.
func Disagreements(pairs []*Instance, rng *rand.Rand, border func(*Instance) float64) (wrong, beyond int, err error) {
	for _, in := range pairs {
		number := border(in)
		starts := []attention.KernelRun{{}, in.FromW(RandomW(rng, in.Problem.D, 10*in.Omega))}
		for i := range 2 {
			one, err := in.Kernel.Subset(context.Background(), []int{i})
			if err != nil {
				return 0, 0, err
			}
			starts = append(starts, From(200, one))
		}
		if number > 1 {
			beyond++
		}
		if math.Abs(number-1) < 0.05 {
			continue
		}
		stuck := false
		for _, r := range starts {
			r.Method, r.Eta = attention.NGD, 0.1*in.Omega
			s := in.Follow(r, in.patience(r, number))
			stuck = stuck || floats.Min(in.Kernel.At(s.A).S) < 0
		}
		if stuck != (number > 1) {
			wrong++
		}
	}
	return wrong, beyond, nil
}

// patience is how many steps of a run on a pair are waited for: four times as far as it
// starts from zero; longer near the border, where it turns late; and until the shorter V
// has carried its margin as far as the other one lies below zero.
func (in *Instance) patience(r attention.KernelRun, border float64) int {
	far, K := 0.0, in.Kernel.K
	for _, a := range r.Start {
		far = math.Max(far, -a)
	}
	shortest := math.Sqrt(math.Min(K.At(0, 0), K.At(1, 1)))
	return int(1000 + 300/math.Abs(border-1) + (4*r.Norm+2*far/shortest)/r.Eta)
}

// Excluded counts the stuck runs that a condition excludes: any where (G) holds with its
// constants weakened by a factor, and from zero where (G0) does.
func Excluded(b *attention.Border, weaker float64) (count int) {
	for _, p := range b.Points {
		if p.Row < 0.5*weaker || p.Q < 1 {
			for _, o := range append(p.Random[:len(p.Random):len(p.Random)], p.Zero) {
				if o.End == attention.Stuck {
					count++
				}
			}
		}
		if p.Q0 < weaker && p.Zero.End == attention.Stuck {
			count++
		}
	}
	return count
}

// Undecided counts the runs that neither converged nor got stuck.
func Undecided(b *attention.Border) (count int) {
	for _, p := range b.Points {
		for _, o := range append(p.Random[:len(p.Random):len(p.Random)], p.Zero) {
			if o.End == attention.Undecided || o.End == attention.Broken {
				count++
			}
		}
	}
	return count
}
