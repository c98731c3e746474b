package study

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/rate"
	"github.com/marginalia-ml/marginalia/xla"
)

// HighConfig is a data set of many tokens in high dimension, with normalized descent of
// step Eta and the Polyak step of factor 1/2 on it, from zero.
type HighConfig struct {
	Data  attention.Config
	Seed  uint64
	Eta   float64
	Steps int
}

// highStream is the stream that draws the data.
const highStream = "high"

// methods are the runs.
func (c HighConfig) methods() []attention.KernelRun {
	return []attention.KernelRun{
		{Method: attention.NGD, Eta: c.Eta, Steps: c.Steps},
		{Method: attention.Polyak, Eta: 0.5, Steps: c.Steps},
	}
}

// looks are the steps that are looked at, ten a decade.
func (c HighConfig) looks() []int { return xla.LogSteps(c.Steps, 10)[1:] }

// High is what came out, a run each.
type High struct {
	Norm         float64 // ‖W_mm‖
	Rows, Active int     // constraints
	Coherence    float64 // of (A3)
	K            []float64
	LogOdds      [][]float64 // mean log((1 - φ_opt)/φ_opt), of the runs in margins
	Size         [][]float64 // ‖W‖ of these
	LogOddsW     [][]float64 // of the runs in matrices, where they were made
	SizeW        [][]float64
}

// Slope is the slope of a run's log-odds for t ≥ 100.
func (h *High) Slope(odds []float64) float64 {
	t, y := Tail(h.K, odds, 100)
	return rate.Linear(t, y).Slope
}

// HighMargins makes the runs in margins.
func HighMargins(c HighConfig) (*High, error) {
	s, err := attention.Generate(c.Data, random.Stream(c.Seed, highStream))
	if err != nil {
		return nil, err
	}
	in, err := Derive(s.Problem())
	if err != nil {
		return nil, err
	}
	h := &High{
		Norm: in.Omega, Rows: in.Kernel.Rows(), Active: in.All.Active(), Coherence: in.Problem.Assumptions().Coherence,
	}
	for _, k := range c.looks() {
		h.K = append(h.K, float64(k))
	}
	for _, r := range c.methods() {
		var odds, size []float64
		in.each(r, c.Steps, func(st attention.KernelState) {
			if at := len(odds); float64(st.Step) == h.K[min(at, len(h.K)-1)] {
				odds = append(odds, -floats.Sum(st.S)/float64(len(st.S)))
				size = append(size, st.Norm)
			}
		})
		h.LogOdds, h.Size = append(h.LogOdds, odds), append(h.Size, size)
	}
	return h, nil
}

// HighMatrices makes the runs in margins and again in matrices, on the device.
func HighMatrices(c HighConfig) (*High, error) {
	h, err := HighMargins(c)
	if err != nil {
		return nil, err
	}
	race := attention.RaceConfig{Data: c.Data, Seed: c.Seed, Stream: highStream}
	for _, r := range c.methods() {
		race.Entries = append(race.Entries, attention.Entry{
			Method: r.Method, Eta: r.Eta, Start: attention.Start{Kind: "zero"}, Steps: c.Steps, PerDecade: 10})
	}
	out, err := attention.RunRace(race)
	if err != nil {
		return nil, err
	}
	for _, tr := range out.Traces {
		h.LogOddsW, h.SizeW = append(h.LogOddsW, tr.LogOdds), append(h.SizeW, tr.Norm)
	}
	return h, nil
}

// Apart is the largest relative difference between the runs in matrices and those in
// margins, of log-odds and norms at the steps that are looked at; lag compares each step
// with one so many looks later.
func (h *High) Apart(lag int) float64 {
	most := 0.0
	for run := range h.LogOddsW {
		for k := range len(h.K) - lag {
			most = math.Max(most, math.Abs(h.LogOddsW[run][k+lag]/h.LogOdds[run][k]-1))
			most = math.Max(most, math.Abs(h.SizeW[run][k+lag]/h.Size[run][k]-1))
		}
	}
	return most
}
