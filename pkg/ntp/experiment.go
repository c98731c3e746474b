package ntp

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// Data says which random instance is meant: two Data that are equal give the same one,
// bit for bit. All its fields encode as JSON.
type Data struct {
	Kind   string     // gaussian, orthonormal, toy or corner
	Config Config     // of the first two
	Angles [3]float64 // of the toy, degrees
	Radii  [3]float64 // of the toy
	// Temper mixes every p_j with the uniform distribution on its support, with this
	// weight: it bounds the probabilities, and the curvature of CE_F, away from zero.
	Temper float64
	Seed   uint64
	Stream string // name of the stream of random numbers of this seed
}

// Instance draws the instance.
func (d Data) Instance() (*Instance, error) {
	in, err := d.draw(d.stream("data"))
	if err != nil || d.Temper == 0 {
		return in, err
	}
	return in.Tempered(d.Temper)
}

func (d Data) draw(rng *rand.Rand) (*Instance, error) {
	switch d.Kind {
	case "gaussian":
		return Gaussian(d.Config, rng)
	case "orthonormal":
		return Orthonormal(d.Config, rng)
	case "toy":
		return Toy(d.Angles, d.Radii, rng)
	case "corner":
		return Corner()
	}
	return nil, fmt.Errorf("ntp: unknown kind of data %q: known are gaussian, orthonormal, toy and corner", d.Kind)
}

// Tempered returns the instance with every p_j replaced by (1-w) p_j + w uniform(S_j).
func (in *Instance) Tempered(w float64) (*Instance, error) {
	if !(w >= 0 && w <= 1) {
		return nil, fmt.Errorf("ntp: tempering weight %v: want it in [0, 1]", w)
	}
	P := mat.DenseCopyOf(in.P)
	for j, s := range in.S {
		for _, z := range s {
			P.Set(z, j, (1-w)*in.P.At(z, j)+w/float64(len(s)))
		}
	}
	tempered, err := New(in.H, P, in.Pi, in.S)
	if err == nil {
		tempered.Words, tempered.Contexts = in.Words, in.Contexts
	}
	return tempered, err
}

// Start draws the decoder that training starts from: "zero", or "lecun" for entries
// N(0, 1/d).
func (d Data) Start(in *Instance, kind string) (*mat.Dense, error) {
	switch kind {
	case "zero":
		return in.Zero(), nil
	case "lecun":
		return in.Start(d.stream("start")), nil
	}
	return nil, fmt.Errorf("ntp: unknown start %q: known are zero and lecun", kind)
}

// stream returns a stream of its own for each purpose, so that what is drawn for one does
// not depend on how much was drawn for another.
func (d Data) stream(purpose string) *rand.Rand {
	return rand.New(repro.Source(d.Seed, "ntp/"+d.Stream+"/"+purpose))
}

// Experiment is a training run as a configuration: the data, where training starts, and
// how it goes on. All its fields encode as JSON, so that a result can be kept under it.
type Experiment struct {
	Data     Data
	Start    string // zero or lecun
	Training Training
}
