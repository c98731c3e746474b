package ntp

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
)

// PhaseConfig asks how often random data are separable and compatible, all of it JSON.
type PhaseConfig struct {
	V, M  int
	S     []int // sizes of the supports
	D     []int // dimensions
	Draws int   // instances for each pair of S and D
	Seed  uint64
}

// PhaseDiagram holds fractions of the draws, a row for each S and a column for each D.
type PhaseDiagram struct {
	Separable  [][]float64
	Compatible [][]float64
	// Undecided counts the draws too close to the border of separability for a proof
	// either way; they count as not separable.
	Undecided int
}

// Phase draws Gaussian instances and decides of each whether it is separable and whether
// it is compatible, several at once. A draw depends on Seed, its s, d and number alone.
func Phase(c PhaseConfig) (*PhaseDiagram, error) {
	if c.Draws < 1 || len(c.S) == 0 || len(c.D) == 0 {
		return nil, fmt.Errorf("ntp: phase diagram of %d support sizes, %d dimensions and %d draws: want at least one of each", len(c.S), len(c.D), c.Draws)
	}
	type verdict struct{ separable, compatible, undecided bool }
	verdicts := make([]verdict, len(c.S)*len(c.D)*c.Draws)
	err := parallel.Try(len(verdicts), func(i int) (err error) {
		cell, v := i/c.Draws, &verdicts[i]
		v.separable, v.compatible, v.undecided, err = c.decide(c.S[cell/len(c.D)], c.D[cell%len(c.D)], i%c.Draws)
		return err
	})
	if err != nil {
		return nil, err
	}

	diagram := &PhaseDiagram{Separable: grid(len(c.S), len(c.D)), Compatible: grid(len(c.S), len(c.D))}
	for i, v := range verdicts {
		cell := i / c.Draws
		row, col := cell/len(c.D), cell%len(c.D)
		diagram.Separable[row][col] += count(v.separable)
		diagram.Compatible[row][col] += count(v.compatible)
		diagram.Undecided += int(count(v.undecided))
	}
	for row := range c.S {
		floats.Scale(1/float64(c.Draws), diagram.Separable[row])
		floats.Scale(1/float64(c.Draws), diagram.Compatible[row])
	}
	return diagram, nil
}

// decide draws one instance.
func (c PhaseConfig) decide(s, d, draw int) (separable, compatible, undecided bool, err error) {
	data := Data{
		Kind: "gaussian", Config: Config{V: c.V, M: c.M, D: d, S: s},
		Seed: c.Seed, Stream: fmt.Sprintf("phase/%d/%d/%d", s, d, draw),
	}
	in, err := data.Instance()
	if err != nil {
		return false, false, false, err
	}
	answer, err := in.Separable()
	switch {
	case errors.Is(err, convex.ErrInaccurate):
		undecided = true
	case err != nil:
		return false, false, false, fmt.Errorf("ntp: s = %d, d = %d, draw %d: %w", s, d, draw, err)
	default:
		separable = answer.Separable
	}
	_, err = in.Wstar()
	if err != nil && !errors.Is(err, ErrIncompatible) {
		return false, false, false, err
	}
	return separable, err == nil, undecided, nil
}

func grid(rows, cols int) [][]float64 {
	g := make([][]float64, rows)
	for i := range g {
		g[i] = make([]float64, cols)
	}
	return g
}

func count(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
