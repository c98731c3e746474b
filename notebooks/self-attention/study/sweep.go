package study

import (
	"math"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// AllActive draws Gaussian data sets all of whose constraints are active.
func AllActive(rng *rand.Rand, n, tokens, d, count int) (list []*Instance, err error) {
	for len(list) < count {
		one, err := Gaussian(rng, n, tokens, d, 1)
		if err != nil {
			return nil, err
		}
		if one[0].All.Active() == one[0].Kernel.Rows() {
			list = append(list, one[0])
		}
	}
	return list, nil
}

// StepSweep is what steps of several lengths do, over η*.
type StepSweep struct {
	Factors               []float64
	Ratio, Cosine, Polyak [][]float64 // an instance, then a factor
	Sufficient            []float64   // of an instance: the bound without an eigenvalue, over η*
}

// StepsAt is a StepSweep at one factor, a number an instance.
type StepsAt struct{ Ratio, Cosine, Polyak []float64 }

// Sweep runs normalized descent with steps of the given factors of η*, and the Polyak
// step with these factors of η*/‖W_mm‖, from zero.
func Sweep(list []*Instance, factors []float64, steps int) (*StepSweep, error) {
	s := &StepSweep{Factors: factors}
	for _, in := range list {
		border, err := in.Kernel.Stability(in.All)
		if err != nil {
			return nil, err
		}
		s.Sufficient = append(s.Sufficient, border.Sufficient/border.Longest)
		var ratio, cosine, polyak []float64
		for _, f := range factors {
			eta := f * border.Longest
			seen := in.Follow(attention.KernelRun{Method: attention.NGD, Eta: eta}, steps)
			ratio, cosine = append(ratio, seen.Rise/(eta/in.Omega)), append(cosine, seen.Cosine)
			c := eta / in.Omega // log-odds fall by about c a step, and float64 ends at e^-708
			polyak = append(polyak, in.Follow(attention.KernelRun{Method: attention.Polyak, Eta: c}, int(500/c)).Rise/c)
		}
		s.Ratio, s.Cosine, s.Polyak = append(s.Ratio, ratio), append(s.Cosine, cosine), append(s.Polyak, polyak)
	}
	return s, nil
}

// At returns the numbers at one of the factors.
func (s *StepSweep) At(factor float64) (out StepsAt) {
	for i, f := range s.Factors {
		if f == factor {
			for j := range s.Ratio {
				out.Ratio, out.Cosine = append(out.Ratio, s.Ratio[j][i]), append(out.Cosine, s.Cosine[j][i])
				out.Polyak = append(out.Polyak, s.Polyak[j][i])
			}
		}
	}
	return out
}

// Scaled is the bound without an eigenvalue times a factor, over η*.
func (s *StepSweep) Scaled(by float64) []float64 {
	return Each(s.Sufficient, func(x float64) float64 { return by * x })
}

// Figure draws the slope of the log-odds, over -η/‖W_mm‖, against the step.
func (s *StepSweep) Figure() figure.Figure { return StepsFigure(s.Factors, s.Ratio, s.Cosine) }

// MostGrowth is the largest ratio of a step to the one before it.
func MostGrowth(lengths []float64) float64 {
	most := 0.0
	for i := 1; i < len(lengths); i++ {
		most = math.Max(most, lengths[i]/lengths[i-1])
	}
	return most
}

// Last is 1 - corr with W_mm where the run ended.
func (s Seen) Last(in *Instance) float64 { return 1 - in.All.Corr(s.A, s.EndNorm) }
