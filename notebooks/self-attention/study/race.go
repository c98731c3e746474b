package study

import (
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// The runs of the race: which is which.
const (
	NGDZero = iota
	NGDRandom
	NGDAgainst
	PolyakZero
	PolyakRandom
	PolyakAgainst
	GDZero
	GDRandom
	GDAgainst
	NaiveZero
	PolyakQuarter
	NGDHalf
	NGDQuarter
)

// Race runs all methods on the instance main: from zero, from a random matrix of norm 2,
// and from -3 W_mm.
func Race(cell *notebook.Cell, data attention.Config, eta float64) *attention.Race {
	zero, random := attention.Start{Kind: "zero"}, attention.Start{Kind: "random", Size: 2}
	against := attention.Start{Kind: "against", Size: 3}
	var entries []attention.Entry
	run := func(m attention.Method, eta float64, steps int, starts ...attention.Start) {
		for _, s := range starts {
			entries = append(entries, attention.Entry{Method: m, Eta: eta, Start: s, Steps: steps, PerDecade: 10})
		}
	}
	run(attention.NGD, eta, 1000, zero, random, against)
	run(attention.Polyak, 0.5, 2000, zero, random, against) // it stops before
	run(attention.GD, 1, 10000, zero, random, against)
	run(attention.Naive, eta, 1000, zero)
	run(attention.Polyak, 0.25, 1000, zero)
	run(attention.NGD, eta/2, 1000, zero)
	run(attention.NGD, eta/4, 1000, zero)
	c := attention.RaceConfig{Data: data, Seed: cell.Seed(), Stream: "main", Entries: entries}
	return notebook.Keep(cell, "race", c, attention.RunRace)
}

// Walk is one run on the instance walk, measured at every step.
func Walk(cell *notebook.Cell, data attention.Config, method attention.Method, eta float64, steps int) *attention.Walk {
	c := attention.WalkConfig{Data: data, Seed: cell.Seed(), Stream: "walk", Method: method, Eta: eta, Steps: steps}
	return notebook.Keep(cell, "walk", c, attention.RunWalk)
}

// Rivals are the sizes c of the starts c W_loc.
var Rivals = []float64{0, 1, 2, 4, 8}

// Locality runs normalized descent from c W_loc: without (A1), with it, and from the
// largest c with a rival that has the optimal token among its neighbours, there by
// gradient descent as well.
func Locality(cell *notebook.Cell, rival attention.Config) []*attention.Race {
	equal, beside := rival, rival
	equal.EqualScores = true
	beside.Against = 0
	from := func(m attention.Method, eta, c float64, perDecade int) attention.Entry {
		start := attention.Start{Kind: "rival", Size: c}
		return attention.Entry{Method: m, Eta: eta, Start: start, Steps: 1000, PerDecade: perDecade}
	}
	var entries []attention.Entry
	for _, c := range Rivals {
		entries = append(entries, from(attention.NGD, 0.1, c, 20))
	}
	far := []attention.Entry{from(attention.GD, 1, 8, 5), from(attention.NGD, 0.1, 8, 5)}
	return notebook.Keep(cell, "locality", []attention.RaceConfig{
		{Data: rival, Seed: cell.Seed(), Stream: "rival", Entries: entries},
		{Data: equal, Seed: cell.Seed(), Stream: "rival", Entries: entries},
		{Data: beside, Seed: cell.Seed(), Stream: "rival", Entries: far},
	}, attention.RunRaces)
}

// more is the number of data sets beside main.
const more = 16

// Borders are the longest steps η* of the instance main and of the sixteen others.
func Borders(draw Streams, data attention.Config) (longest []float64, err error) {
	others, err := Draw(draw, data, "main", more)
	if err != nil {
		return nil, err
	}
	_, p, err := Sample(draw, data, "main")
	main, err := Derive(p, err)
	if err != nil {
		return nil, err
	}
	for _, in := range append([]*Instance{main}, others...) {
		eta, err := in.LongestStep()
		if err != nil {
			return nil, err
		}
		longest = append(longest, eta)
	}
	return longest, nil
}

// Several are the log-odds slopes of many data sets over what they should be.
type Several struct{ NGD, Polyak []float64 }

// Seeds runs normalized descent and the Polyak step on sixteen data sets side by side.
func Seeds(cell *notebook.Cell, data attention.Config, eta float64) Several {
	zero := attention.Start{Kind: "zero"}
	var configs []attention.RaceConfig
	for i := range more {
		configs = append(configs, attention.RaceConfig{
			Data: data, Seed: cell.Seed(), Stream: fmt.Sprint("main/", i), Entries: []attention.Entry{
				{Method: attention.NGD, Eta: eta, Start: zero, Steps: 400, PerDecade: 10},
				{Method: attention.Polyak, Eta: 0.5, Start: zero, Steps: 400, PerDecade: 10},
			}})
	}
	var s Several
	for _, r := range notebook.Keep(cell, "seeds", configs, attention.RunRaces) {
		s.NGD = append(s.NGD, OddsSlope(r.Traces[0])/(-eta/r.Norm))
		s.Polyak = append(s.Polyak, OddsSlope(r.Traces[1])/-0.5)
	}
	return s
}

// Joint makes the joint runs: with steps η_W = η_u = 0.3, with η_W = 1, and with steps of
// u that fall like 1/t, on the first of eight data sets on which they end at the optimal
// tokens.
func Joint(cell *notebook.Cell, data attention.Config, steps int) *attention.JointStudy {
	return notebook.Keep(cell, "joint", attention.JointConfig{
		Data: data, Seed: cell.Seed(), Stream: "joint", Most: 8, Steps: steps, PerDecade: 10,
		Entries: []attention.JointEntry{
			{EtaW: 0.3, PowerW: 1, EtaU: 0.3, PowerU: 2. / 3},
			{EtaW: 1, PowerW: 1, EtaU: 0.3, PowerU: 2. / 3},
			{EtaW: 0.3, PowerW: 1, EtaU: 0.3, PowerU: 1},
		}}, attention.RunJoint)
}
