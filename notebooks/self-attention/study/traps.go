package study

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/attention"
)

// subsets are the proper non-empty subsets of the sequences.
func (in *Instance) subsets() (all []*attention.Subset, err error) {
	for bits := 1; bits < 1<<in.Kernel.N-1; bits++ {
		var A []int
		for i := range in.Kernel.N {
			if bits>>i&1 == 1 {
				A = append(A, i)
			}
		}
		s, err := in.Kernel.Subset(context.Background(), A)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Stays are runs from c W_A, of every subset A of value below 0, but for those of value
// between -1.1 and -0.9, which a run leaves slowly or comes back to.
type Stays struct {
	Traps, Others []float64 // 1 - corr(W_t, W_A) at the end: of values below -1.1, above -0.9
	Left          []float64 // values of all of them that are further off at the end than is allowed
}

// FromSubsets starts normalized descent at c W_A until as much has been travelled as the
// start is long.
func FromSubsets(list []*Instance, c, allowed float64) (*Stays, error) {
	s := &Stays{}
	for _, in := range list {
		all, err := in.subsets()
		if err != nil {
			return nil, err
		}
		for _, A := range all {
			if A.Value >= 0 || A.Value >= -1.1 && A.Value <= -0.9 {
				continue
			}
			r := From(c, A)
			r.Method, r.Eta = attention.NGD, 0.2*in.Omega
			off := 0.0
			in.each(r, int(r.Norm/r.Eta), func(st attention.KernelState) { off = 1 - A.Corr(st.A, st.Norm) })
			if A.Trap() {
				s.Traps = append(s.Traps, off)
			} else {
				s.Others = append(s.Others, off)
			}
			if off > allowed {
				s.Left = append(s.Left, A.Value)
			}
		}
	}
	return s, nil
}

// Ends are where runs from random starts went.
type Ends struct {
	Value       []float64 // of the sets A that stuck runs attend to
	Growth      []float64 // of their distance from W_A over its rate, see look.rate
	Others      []float64 // the same of runs from 20 W_A, A of value between -0.9 and 0
	Runs        int
	WithoutTrap int // stuck runs on instances without a trap
	Undecided   int
}

// look is a run at a step.
type look struct {
	a, s []float64
	norm float64
}

// rate is 1 - corr(W_t, W_A) over the rate of Theorem 5, (1 + log(‖W_t‖/‖W_0‖))/‖W_t‖.
func (l look) rate(A *attention.Subset, start float64) float64 {
	return (1 - A.Corr(l.a, l.norm)) * l.norm / (1 + math.Log(l.norm/start))
}

// attended are the sequences that attend to their optimal tokens, and the logarithm of the
// factor by which they pull harder than the rest: log-odds of s pull with about e^-|s|.
func (l look) attended() (A []int, factor float64) {
	least, rest := math.Inf(1), math.Inf(1)
	for i, s := range l.s {
		if s > 0 {
			A, least = append(A, i), math.Min(least, s)
		} else {
			rest = math.Min(rest, -s)
		}
	}
	return A, rest - least
}

// looks are a run after a tenth of its steps and at its end.
func (in *Instance) looks(r attention.KernelRun, steps int) (early, end look) {
	in.each(r, steps, func(st attention.KernelState) {
		if st.Step == steps/10 || st.Step == steps {
			early, end = end, look{append([]float64(nil), st.A...), append([]float64(nil), st.S...), st.Norm}
		}
	})
	return early, end
}

// StuckEnds runs normalized descent from three random starts of norm 10‖W_mm‖ on every
// instance, and from 20 W_A for sets A that are no traps. A run is stuck if at its end some
// sequence has log-odds below -20 and all others have them above 20. It is undecided, still
// on its way along a border, as long as neither those that attend to their optimal tokens
// nor the rest pull harder by e^20.
func StuckEnds(list []*Instance, rng *rand.Rand) (*Ends, error) {
	const steps = 20000
	e := &Ends{}
	for _, in := range list {
		traps, err := in.Kernel.Traps(context.Background())
		if err != nil {
			return nil, err
		}
		for range 3 {
			r := in.FromW(RandomW(rng, in.Problem.D, 10*in.Omega))
			r.Method, r.Eta = attention.NGD, 0.1*in.Omega
			early, end := in.looks(r, steps)
			e.Runs++
			A, factor := end.attended()
			if len(A) == in.Kernel.N {
				continue
			}
			_, before := early.attended()
			sub, err := in.Kernel.Subset(context.Background(), A)
			if err != nil {
				return nil, err
			}
			sure := !slices.ContainsFunc(end.s, func(s float64) bool { return math.Abs(s) <= 20 })
			if !sure || math.Min(math.Abs(factor), math.Abs(before)) < 20 {
				e.Undecided++
				continue
			}
			e.Value, e.Growth = append(e.Value, sub.Value), append(e.Growth, end.rate(sub, r.Norm)/early.rate(sub, r.Norm))
			if len(traps) == 0 {
				e.WithoutTrap++
			}
		}
		all, err := in.subsets()
		if err != nil {
			return nil, err
		}
		for _, A := range all {
			if A.Value < -0.9 || A.Value > 0 {
				continue
			}
			r := From(20, A)
			r.Method, r.Eta = attention.NGD, 0.1*in.Omega
			early, end := in.looks(r, steps)
			e.Others = append(e.Others, end.rate(A, r.Norm)/early.rate(A, r.Norm))
		}
	}
	return e, nil
}
