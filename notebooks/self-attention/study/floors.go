package study

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/attention"
)

// Floors is T times the least attention on an optimal token over the steps from 1 on: of
// normalized descent with steps of length l, the clipped Polyak step with that bound, and
// gradient descent whose steps are no longer.
func (in *Instance) Floors(l float64, steps int) (floor []float64) {
	for _, r := range []attention.KernelRun{
		{Method: attention.NGD, Eta: l},
		{Method: attention.Clipped, Eta: 0.5, Longest: l},
		{Method: attention.GD, Eta: l / in.PullBound()},
	} {
		floor = append(floor, float64(in.Kernel.T)*in.Follow(r, steps).Floor)
	}
	return floor
}

// NearZeroBorder draws Gaussian data sets whose q_0 lies between 0.8 and 1.
func NearZeroBorder(rng *rand.Rand, n, tokens, d, count int) (list []*Instance, err error) {
	for len(list) < count {
		one, err := Gaussian(rng, n, tokens, d, 1)
		if err != nil {
			return nil, err
		}
		if q := one[0].Q0(); q > 0.8 && q < 1 {
			list = append(list, one[0])
		}
	}
	return list, nil
}

// FloorsAt is Floors of several instances, with a multiple of the longest step that (G0)
// allows for.
func FloorsAt(list []*Instance, times float64, steps int) (floor []float64) {
	for _, in := range list {
		floor = append(floor, in.Floors(times*in.Step0(), steps)...)
	}
	return floor
}

// ConstantShare is C_0 of the key lemma at margins at which every φ_{i,opt} is at least
// 1/T, over its bound with constants: one sequence at 1/T, all others at 1 or the other
// way round.
func (in *Instance) ConstantShare() (share []float64) {
	k := in.Kernel
	bound := k.Finite(in.Problem.Diameter(), in.Omega, in.Omega).C0
	for one := range k.N {
		for _, alone := range []bool{true, false} {
			a := make([]float64, k.Rows())
			for r := range a {
				if (r/(k.T-1) == one) != alone {
					a[r] = 40
				}
			}
			logq := in.logFactors(k.At(a))
			share = append(share, (math.Log(float64(len(a)))+floats.Max(logq)-floats.Min(logq))/bound)
		}
	}
	return share
}

// logFactors are log q_i of the key lemma, q_i = Γ_i e_i φ_{i,opt}².
func (in *Instance) logFactors(p attention.Pulls) (logq []float64) {
	for i, s := range p.S {
		logq = append(logq, in.Kernel.LogPull(i, s)+s) // σ(-s) e^s = σ(s)
	}
	return logq
}

// DriveRatios are ⟨-∇L, W_mm⟩/S at random margins: 1 where all constraints are active,
// more where the gradient pulls at one that is not.
func (in *Instance) DriveRatios(rng *rand.Rand, count int) (ratio []float64) {
	m := in.Kernel.T - 1
	for trial := range count {
		p := in.Kernel.At(gaussian(rng, in.Kernel.Rows(), 0.1*math.Pow(10, 2.5*float64(trial)/float64(count))))
		drive, S := 0.0, 0.0
		for i, logC := range p.LogC {
			c := math.Exp(logC - floats.Max(p.LogC))
			S += c
			drive += c * floats.Dot(p.Pi[i*m:(i+1)*m], in.All.A[i*m:(i+1)*m])
		}
		ratio = append(ratio, drive/S)
	}
	return ratio
}

// OverFinite is 1 - corr of normalized descent from zero over its bound with constants.
func (in *Instance) OverFinite(eta float64, at []int) []float64 {
	f := in.Kernel.Finite(in.Problem.Diameter(), in.Omega, eta)
	s := in.Follow(attention.KernelRun{Method: attention.NGD, Eta: eta}, at...)
	for i := range s.OneMinusCorr {
		s.OneMinusCorr[i] /= f.Bound(float64(at[i]))
	}
	return s.OneMinusCorr
}
