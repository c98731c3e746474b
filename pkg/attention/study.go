package attention

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

// The studies of this file are functions of one plain configuration to plain numbers,
// so that their results can be kept between the cells of a notebook. They run on the
// backend of the environment. Each draws its data, and then its random starts, from
// random.Stream(Seed, Stream): studies of one seed and stream have the same data.

// Start says where a run begins.
type Start struct {
	// Kind is "zero"; "random", a Gaussian matrix of norm Size; "against", -Size W_mm;
	// or "rival", Size times the max-margin solution that selects the rival tokens.
	Kind string
	Size float64
}

// Entry is one run of a Race.
type Entry struct {
	Method    Method
	Eta       float64
	Start     Start
	Steps     int
	PerDecade int
}

// RaceConfig is a data set drawn from a stream and the runs on it.
type RaceConfig struct {
	Data    Config
	Seed    uint64
	Stream  string
	Entries []Entry
}

// Race is what came out, a trace an entry.
type Race struct {
	Norm            float64 // ‖W_mm‖
	Active, Rows    int     // constraints of the program for W_mm
	Method          string  // that solved it
	Residual        float64 // of its certificate
	Diameter        float64 // B_x
	Assumptions     Assumptions
	Traces          []Trace
	Rival, RivalPhi [][]float64 // beside each trace: distance from the rival direction, least φ of the rival tokens
}

// setting is a drawn problem with its max-margin solutions.
type setting struct {
	sample     *Sample
	problem    *Problem
	svm, rival *SVM // rival is nil without rival tokens
	rng        *rand.Rand
}

// draw makes the setting of a stream.
func draw(ctx context.Context, c Config, seed uint64, stream string) (*setting, error) {
	s := &setting{rng: random.Stream(seed, stream)}
	var err error
	if s.sample, err = Generate(c, s.rng); err != nil {
		return nil, err
	}
	if s.problem, err = s.sample.Problem(); err != nil {
		return nil, err
	}
	if s.svm, err = s.problem.SVM(ctx); err != nil {
		return nil, err
	}
	if s.sample.Rival != nil {
		s.rival, err = s.sample.Select(ctx, s.sample.Rival)
	}
	return s, err
}

// start returns W_0.
func (s *setting) start(begin Start) (*mat.Dense, error) {
	d := s.problem.D
	W := mat.NewDense(d, d, nil)
	switch {
	case begin.Kind == "zero":
	case begin.Kind == "random":
		W = mat.NewDense(d, d, gaussian(d*d, 1, s.rng))
		W.Scale(begin.Size/mat.Norm(W, 2), W)
	case begin.Kind == "against":
		W.Scale(-begin.Size, s.svm.W)
	case begin.Kind == "rival" && s.rival != nil:
		W.Scale(begin.Size, s.rival.W)
	case begin.Kind == "rival":
		return nil, fmt.Errorf("%w: a rival start on data without rival tokens", ErrRun)
	default:
		return nil, fmt.Errorf("%w: unknown start %q: want zero, random, against or rival", ErrRun, begin.Kind)
	}
	return W, nil
}

// RunRace draws the data and makes the runs.
func RunRace(c RaceConfig) (*Race, error) {
	races, err := RunRaces([]RaceConfig{c})
	if err != nil {
		return nil, err
	}
	return races[0], nil
}

// RunRaces makes the runs of several races side by side, and returns a race a
// configuration.
func RunRaces(configs []RaceConfig) ([]*Race, error) {
	ctx := context.Background()
	var runs []Run
	var of []int // the race of a run
	settings, races := make([]*setting, len(configs)), make([]*Race, len(configs))
	for i, c := range configs {
		s, err := draw(ctx, c.Data, c.Seed, c.Stream)
		if err != nil {
			return nil, fmt.Errorf("race %d: %w", i, err)
		}
		settings[i] = s
		n := len(c.Entries)
		races[i] = &Race{
			Norm: s.svm.Norm, Active: s.svm.Active, Rows: s.svm.Rows, Method: s.svm.Method, Residual: s.svm.Residual,
			Diameter: s.problem.Diameter(), Assumptions: s.problem.Assumptions(),
			Traces: make([]Trace, n), Rival: make([][]float64, n), RivalPhi: make([][]float64, n),
		}
		for _, e := range c.Entries {
			W, err := s.start(e.Start)
			if err != nil {
				return nil, fmt.Errorf("race %d: %w", i, err)
			}
			runs = append(runs, Run{Problem: s.problem, Method: e.Method, Eta: e.Eta, Start: W, Steps: xla.LogSteps(e.Steps, e.PerDecade)[1:]})
			of = append(of, i)
		}
	}
	entry := func(run int) int { return run - index(of, of[run]) }
	stopped, err := Observe(ctx, "", runs, func(run, k int, W *mat.Dense) {
		race, s, e := races[of[run]], settings[of[run]], entry(run)
		pt := s.problem.At(W)
		race.Traces[e].add(k, pt, s.svm)
		if s.rival != nil {
			race.Rival[e] = append(race.Rival[e], Dist(W, s.rival.W))
			race.RivalPhi[e] = append(race.RivalPhi[e], pt.least(s.sample.Rival))
		}
	})
	for run, stop := range stopped {
		races[of[run]].Traces[entry(run)].Stopped = stop
	}
	return races, err
}

// index returns the first place of v in list.
func index(list []int, v int) int {
	for i, x := range list {
		if x == v {
			return i
		}
	}
	return -1
}

// least returns the smallest attention on the chosen tokens.
func (pt *Point) least(chosen []int) float64 {
	phi := math.Inf(1)
	for i, t := range chosen {
		phi = math.Min(phi, math.Exp(pt.LogPhi[i*pt.T+t]))
	}
	return phi
}

// WalkConfig is one run that is measured at every step.
type WalkConfig struct {
	Data   Config
	Seed   uint64
	Stream string
	Method Method
	Eta    float64
	Steps  int
}

// Walk holds what the proofs bound at every step 0, 1, ..., from W_0 = 0.
type Walk struct {
	Norm, Diameter float64 // ‖W_mm‖, B_x
	First          int     // t_0, the first step with all φ_opt > 1/2
	K, Size        []float64
	Angle          []float64 // cos(-∇L, W_mm) B_x ‖W_mm‖, at least 1
	OneMinusCorr   []float64
	Bound          []float64 // of 1 - corr, NaN before t_0
	Key            []KeyLemma
	KeyError       []float64 // relative error of ⟨-∇L, W⟩ = S E_p[a]
	Empirical      []float64 // (cos(-∇L, W)/cos(-∇L, W_mm) - 1) ‖W‖/‖W_mm‖, at most C0
	StepError      []float64 // relative error of the step identity, of the step that led here
	StepSlack      []float64 // left minus right side of its inequality
	Length         []float64 // (L - L*)/(2‖∇L‖)
	Low, High      []float64 // its band
	Sparse         []float64 // log of the largest 1 - φ_opt over its bound, at most 0
}

// RunWalk makes the run.
func RunWalk(c WalkConfig) (*Walk, error) {
	ctx := context.Background()
	s, err := draw(ctx, c.Data, c.Seed, c.Stream)
	if err != nil {
		return nil, err
	}
	w := &Walk{Norm: s.svm.Norm, Diameter: s.problem.Diameter(), First: -1}
	bound, steps := NewBound(s.svm), make([]int, c.Steps+1)
	for k := range steps {
		steps[k] = k
	}
	var before *mat.Dense
	_, err = Observe(ctx, "", []Run{{Problem: s.problem, Method: c.Method, Eta: c.Eta, Steps: steps}}, func(_, k int, W *mat.Dense) {
		pt := s.problem.At(W)
		limit := bound.Next(pt)
		if !math.IsNaN(limit) && w.First < 0 {
			w.First = k
		}
		w.Bound = append(w.Bound, limit)
		w.add(k, pt, s.svm)
		w.step(before, W)
		before = W
	})
	return w, err
}

// add measures a point.
func (w *Walk) add(k int, pt *Point, svm *SVM) {
	dir, logNorm := pt.Direction()
	size, dist := mat.Norm(pt.W, 2), Dist(pt.W, svm.W)
	toSVM := InnerProduct(dir, svm.W) / svm.Norm
	along := InnerProduct(dir, pt.W)
	key := pt.KeyLemma()
	low, high := pt.PolyakBand(svm.Norm)
	w.K = append(w.K, float64(k))
	w.Size = append(w.Size, size)
	w.Angle = append(w.Angle, toSVM*w.Diameter*w.Norm)
	w.OneMinusCorr = append(w.OneMinusCorr, dist*dist/2)
	w.Key = append(w.Key, key)
	w.KeyError = append(w.KeyError, along*math.Exp(logNorm-pt.Drive())/key.Mean-1)
	w.Empirical = append(w.Empirical, (along/size/toSVM-1)*size/svm.Norm)
	w.Length = append(w.Length, math.Exp(pt.LogExcess()-logNorm)/2)
	w.Low, w.High = append(w.Low, low), append(w.High, high)
	most := floats.Max(pt.LogOdds)
	w.Sparse = append(w.Sparse, most-softplus(most)-math.Log(float64(pt.T-1))+size*(1/svm.Norm-w.Diameter*dist))
}

// step measures the step from before to W: ⟨W - before, before/‖before‖⟩ against
// (‖W‖² - ‖before‖² - η²)/(2‖before‖), η the length of the step, and against
// ‖W‖ - ‖before‖ - η²/(2‖before‖).
func (w *Walk) step(before, W *mat.Dense) {
	if before == nil || mat.Norm(before, 2) == 0 {
		w.StepError, w.StepSlack = append(w.StepError, math.NaN()), append(w.StepSlack, math.NaN())
		return
	}
	var step mat.Dense
	step.Sub(W, before)
	eta, a, b := mat.Norm(&step, 2), mat.Norm(before, 2), mat.Norm(W, 2)
	inner := InnerProduct(&step, before) / a
	w.StepError = append(w.StepError, (inner-(b*b-a*a-eta*eta)/(2*a))/eta)
	w.StepSlack = append(w.StepSlack, (inner-(b-a-eta*eta/(2*a)))/eta)
}

// JointConfig is a data set and joint runs on it. The theorem is about runs that end at
// the optimal tokens, which not every data set's do: up to Most data sets are drawn, from
// Stream, Stream/2, ..., until all runs on one do.
type JointConfig struct {
	Data      Config
	Seed      uint64
	Stream    string
	Most      int // 0 takes the first, wherever its runs end
	Entries   []JointEntry
	Steps     int
	PerDecade int
}

// JointEntry holds the constants of one run: see [Joint].
type JointEntry struct{ EtaW, PowerW, EtaU, PowerU float64 }

// JointStudy is what came out.
type JointStudy struct {
	NormW, NormU float64 // ‖W_mm‖, ‖u_mm‖
	Decoder      float64 // ‖u_mm - (μ_+ - μ_-)/U²‖, from the quadratic program
	Residual     float64 // of its certificate
	Draws        int     // data sets that were drawn, the last is the study's
	Runs         []JointTrace
}

// JointTrace is one run, a number a step count.
type JointTrace struct {
	K               []float64
	NormW, DistW    []float64 // ‖W‖, ‖W̄ - W̄_mm‖
	NormU, DistU    []float64
	LogLoss, LogOff []float64 // log L, log of the mean 1 - φ_opt
}

// RunJoint makes the runs, where Most is given on the first data set on which all of them
// end with more than half the attention of every sequence on its optimal token. It is an
// error (ErrRun) if there is none among as many as may be drawn.
func RunJoint(c JointConfig) (*JointStudy, error) {
	for draws := 1; draws <= max(1, c.Most); draws++ {
		stream := c.Stream
		if draws > 1 {
			stream = fmt.Sprintf("%s/%d", c.Stream, draws)
		}
		study, ends, err := c.run(stream)
		if err != nil {
			return nil, err
		}
		if study.Draws = draws; ends || c.Most == 0 {
			return study, nil
		}
	}
	return nil, fmt.Errorf("%w: on none of %d data sets do all joint runs end at the optimal tokens: draw more, or give the tokens a longer signal than %g",
		ErrRun, c.Most, c.Data.Signal)
}

// run makes the runs on one data set, and says whether all end at the optimal tokens.
func (c JointConfig) run(stream string) (study *JointStudy, ends bool, err error) {
	ctx := context.Background()
	s, err := draw(ctx, c.Data, c.Seed, stream)
	if err != nil {
		return nil, false, err
	}
	u, certificate, err := s.sample.DecoderSVM(ctx, s.problem.Opt)
	if err != nil {
		return nil, false, err
	}
	study = &JointStudy{
		NormW: s.svm.Norm, NormU: floats.Norm(u, 2),
		Decoder: floats.Distance(u, s.sample.Decoder, 2), Residual: certificate.Residual,
	}
	var runs []Joint
	for _, e := range c.Entries {
		runs = append(runs, Joint{
			Data: &s.sample.Data, Opt: s.problem.Opt, EtaW: e.EtaW, PowerW: e.PowerW, EtaU: e.EtaU, PowerU: e.PowerU,
			Steps: xla.LogSteps(c.Steps, c.PerDecade)[2:], // at step 1 W is still zero
		})
	}
	seen, err := TrainJointly(ctx, "", runs)
	if err != nil {
		return nil, false, err
	}
	ends = true
	for _, points := range seen {
		last := points[len(points)-1]
		ends = ends && last.MostOff < 0.5
		var tr JointTrace
		for _, p := range points {
			tr.K = append(tr.K, float64(p.K))
			tr.NormW, tr.DistW = append(tr.NormW, mat.Norm(p.W, 2)), append(tr.DistW, Dist(p.W, s.svm.W))
			tr.NormU = append(tr.NormU, floats.Norm(p.U, 2))
			tr.DistU = append(tr.DistU, Dist(mat.NewDense(1, len(u), p.U), mat.NewDense(1, len(u), u)))
			tr.LogLoss, tr.LogOff = append(tr.LogLoss, p.LogLoss), append(tr.LogOff, p.LogOff)
		}
		study.Runs = append(study.Runs, tr)
	}
	return study, ends, nil
}
