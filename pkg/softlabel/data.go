package softlabel

import (
	"fmt"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// Data says which random soft labels are meant: two Data that are equal give the
// same ones, bit for bit. All its fields encode as JSON.
type Data struct {
	Kind   string // recorded, shared or random
	Shared Shared // sizes of shared
	V      int    // sizes of random: tokens,
	M      int    // contexts,
	K      int    // and tokens of a support
	Counts int    // each count is drawn from 1..Counts; or
	Skewed bool   // p_j and π are Dirichlet instead
	Seed   uint64
	Stream string // name of the stream of random numbers of this seed
}

// Pattern draws the supports. It does not depend on Counts and Skewed.
func (d Data) Pattern() (*Pattern, error) {
	switch d.Kind {
	case "recorded":
		return Recorded(), nil
	case "shared":
		return d.Shared.Pattern(d.Rand("supports"))
	case "random":
		return RandomPattern(d.V, d.M, d.K, d.Rand("supports"))
	}
	return nil, fmt.Errorf("softlabel: unknown kind of soft labels %q: known are recorded, shared and random", d.Kind)
}

// Labels draws the data set. The recorded one has the words of Sentences, the shared one
// contexts of invented words.
func (d Data) Labels() (*Labels, error) {
	p, err := d.Pattern()
	if err != nil {
		return nil, err
	}
	rng := d.Rand("labels")
	var s *Labels
	if d.Skewed {
		s, err = p.Relabel(func(n int) []float64 { return Dirichlet(n, rng) })
	} else {
		s, err = p.Uniform(d.Counts, rng)
	}
	if err != nil {
		return nil, err
	}
	switch d.Kind {
	case "recorded":
		return Sentences(s), nil
	case "shared":
		s.Contexts = phrases(p, d.Rand("phrases"))
	}
	return s, nil
}

// Rand returns the stream of random numbers of this data set that is meant for a purpose:
// what is drawn for one does not depend on how much was drawn for another.
func (d Data) Rand(purpose string) *rand.Rand {
	return rand.New(repro.Source(d.Seed, "ntp/"+d.Stream+"/"+purpose)) // ntp: the room that they come from
}
