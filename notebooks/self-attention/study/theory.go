package study

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// gaussian draws n numbers N(0, scale²).
func gaussian(rng *rand.Rand, n int, scale float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = scale * rng.NormFloat64()
	}
	return x
}

// FlowError is, at random margins, the largest error over the sequences of
// ds_i/dt = Σ_j c_j π_iᵀ K_ij π_j by a central difference, over the sum of the absolute
// values of the terms; and the same with uniform weights in place of π_i.
func (in *Instance) FlowError(rng *rand.Rand) (err, wrong float64) {
	k, m := in.Kernel, in.Kernel.T-1
	a := gaussian(rng, k.Rows(), 2)
	p := k.At(a)
	rates, sizes := make([]float64, len(a)), make([]float64, len(a)) // of the margins
	for r := range a {
		for s := range a {
			term := k.K.At(r, s) * math.Exp(p.LogC[s/m]) * p.Pi[s]
			rates[r] += term
			sizes[r] += math.Abs(term)
		}
	}
	moved := func(h float64) []float64 {
		return k.At(floats.AddScaledTo(make([]float64, len(a)), a, h, rates)).S
	}
	const h = 1e-4
	up, down := moved(h), moved(-h)
	for i := range k.N {
		own := rates[i*m : (i+1)*m]
		slope, size := (up[i]-down[i])/(2*h), floats.Dot(p.Pi[i*m:(i+1)*m], sizes[i*m:(i+1)*m])
		err = math.Max(err, math.Abs(slope-floats.Dot(p.Pi[i*m:(i+1)*m], own))/size)
		wrong = math.Max(wrong, math.Abs(slope-floats.Sum(own)/float64(m))/size)
	}
	return err, wrong
}

// Gains are left side minus right side of the step inequality, over the sum of their
// absolute values: of its two forms, and without the terms in the length.
type Gains struct{ Corrected, Least, Bare []float64 }

// StepGains is Gains at random margins and steps from a hundredth of ‖W_mm‖ to ten times.
func (in *Instance) StepGains(rng *rand.Rand, count int) (g Gains) {
	gain := func(left, right float64) float64 { return (left - right) / (math.Abs(left) + math.Abs(right)) }
	for range count {
		a := gaussian(rng, in.Kernel.Rows(), 3*rng.Float64())
		q, _ := in.Coupling.Step(a, in.Omega*math.Pow(10, -2+3*rng.Float64()))
		for i := range q.Left {
			g.Corrected = append(g.Corrected, gain(q.Left[i], q.Right[i]))
			g.Bare = append(g.Bare, gain(q.Left[i], q.Bare[i]))
			if in.Coupling.Least[i] > 0 {
				g.Least = append(g.Least, gain(q.Left[i], q.Least[i]))
			}
		}
	}
	return g
}

// HoeffdingShare is how much of the terms in the length a step of the given length needs,
//
//	(E_π[x] - (s_1⁺ - s_1))/(l D_1 Σ_j o_1j U_j/8),   x the increments of the margins,
//
// where it needs most: a sequence of three tokens whose other two share the attention
// equally and which hardly pulls, and another sequence that pulls along V_{1,1} - V_{1,2}.
func HoeffdingShare(length float64) (float64, error) {
	const query, own = 30, 0.02 // a long common coordinate, and the gap of the one that pulls
	data := &attention.Data{N: 2, T: 3, D: 3, Y: []float64{1, 1}, X: []float64{
		0, 1, query, 0.5, 0, query, -0.5, 0, query,
		0.5, own, query, -0.5, 0, query, -0.5, 0, query,
	}}
	in, err := Derive(attention.New(data, []float64{0, 1, 0}))
	if err != nil {
		return 0, err
	}
	a := []float64{-40, -40, 0, 0} // φ_{1,opt} = e^-40/2: no pull
	q, after := in.Coupling.Step(a, length)
	mean := (after[0] - a[0] + after[1] - a[1]) / 2
	return (mean - q.Left[0]) / (q.Bare[0] - q.Right[0]), nil
}

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

// FromSubsets starts normalized descent at c W_A for every subset of every instance and
// returns 1 - corr(W_t, W_A) when as much has been travelled as the start is long: of the
// traps whose value is below -1.1, and of the subsets of value between -0.9 and 0.
func FromSubsets(list []*Instance, c float64) (held, left []float64, err error) {
	for _, in := range list {
		all, err := in.subsets()
		if err != nil {
			return nil, nil, err
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
				held = append(held, off)
			} else {
				left = append(left, off)
			}
		}
	}
	return held, left, nil
}

// Ends are where runs from random starts went.
type Ends struct {
	Value       []float64 // of the sets A that stuck runs attend to
	Off         []float64 // 1 - corr(W_t, W_A)
	FromAll     []float64 // 1 - corr(W_t, W_mm) of the same
	Left        []float64 // value of subsets that runs from 20 W_A have left
	Runs        int
	WithoutTrap int // stuck runs on instances without a trap
	Undecided   int
}

// StuckEnds runs normalized descent from three random starts of norm 10‖W_mm‖ on every
// instance. A run counts as stuck if at its end some sequence has log-odds below -20, and
// as converged if all have them above 20: nothing about traps goes into that.
func StuckEnds(list []*Instance, rng *rand.Rand) (*Ends, error) {
	e := &Ends{}
	for _, in := range list {
		traps, err := in.Kernel.Traps(context.Background())
		if err != nil {
			return nil, err
		}
		for range 3 {
			r := in.FromW(RandomW(rng, in.Problem.D, 10*in.Omega))
			r.Method, r.Eta = attention.NGD, 0.1*in.Omega
			s := in.Follow(r, 20000)
			e.Runs++
			var A []int
			sure := true
			for i, v := range in.Kernel.At(s.A).S {
				if v > 0 {
					A = append(A, i)
				}
				sure = sure && math.Abs(v) > 20
			}
			if len(A) == in.Kernel.N {
				continue
			}
			sub, err := in.Kernel.Subset(context.Background(), A)
			if err != nil {
				return nil, err
			}
			off := 1 - sub.Corr(s.A, s.EndNorm)
			if !sure || off > 0.01 && sub.Value > -1.02 { // still on its way along a border
				e.Undecided++
				continue
			}
			e.Value, e.Off, e.FromAll = append(e.Value, sub.Value), append(e.Off, off), append(e.FromAll, 1-in.All.Corr(s.A, s.EndNorm))
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
			if s := in.Follow(r, 20000); 1-A.Corr(s.A, s.EndNorm) > 0.01 {
				e.Left = append(e.Left, A.Value)
			}
		}
	}
	return e, nil
}

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

// Everywhere is the worst of many runs.
type Everywhere struct {
	OneMinusCorr      []float64 // at the chosen steps
	GD                []float64 // the same of gradient descent
	LeastPhi          []float64 // at the end, a run each
	Growth, GrowthGD  []float64 // of the norm over the last factor of two
	Shortest, Longest float64   // of the steps
}

// FromEverywhere runs normalized descent and the clipped Polyak step from the four starts
// of every instance, with the longest step that (G) allows for, at most ‖W_mm‖/2, and
// gradient descent from zero with steps that are never longer.
func FromEverywhere(list []*Instance, rng *rand.Rand, at []int) (*Everywhere, error) {
	e := &Everywhere{OneMinusCorr: make([]float64, len(at)), GD: make([]float64, len(at)), Shortest: math.Inf(1)}
	last := len(at) - 1
	worst := func(into, x []float64) {
		for i, v := range x {
			into[i] = math.Max(into[i], v)
		}
	}
	for _, in := range list {
		l := math.Min(in.Step(), in.Omega/2)
		e.Shortest, e.Longest = math.Min(e.Shortest, l), math.Max(e.Longest, l)
		starts, err := in.Starts(rng)
		if err != nil {
			return nil, err
		}
		for _, r := range starts {
			r.Method, r.Eta = attention.NGD, l
			s := in.Follow(r, at...)
			worst(e.OneMinusCorr, s.OneMinusCorr)
			e.LeastPhi = append(e.LeastPhi, s.LeastPhi[last])
			e.Growth = append(e.Growth, s.Norm[last]/s.Norm[last-1])
			// the clipped step ends where the excess loss does: looked at before that
			r.Method, r.Eta, r.Longest = attention.Clipped, 0.5, l
			early := int(600 / math.Min(0.5, l/in.Omega))
			clipped := in.Follow(r, early/100, early/10, early/2, early)
			worst(e.OneMinusCorr, clipped.OneMinusCorr)
			e.LeastPhi = append(e.LeastPhi, floats.Min(clipped.LeastPhi[len(clipped.LeastPhi)-1:]))
		}
		s := in.Follow(attention.KernelRun{Method: attention.GD, Eta: l / in.PullBound()}, at...)
		worst(e.GD, s.OneMinusCorr)
		e.GrowthGD = append(e.GrowthGD, s.Norm[last]/s.Norm[last-1])
	}
	return e, nil
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
