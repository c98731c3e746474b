package geometry

import (
	"fmt"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/repro"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// ExactConfig asks how often the proxy of random patterns is certified to be L^mm, all of
// it JSON.
type ExactConfig struct {
	V     int   // tokens
	K     []int // tokens of a support
	M     []int // contexts
	Draws int   // patterns for each pair of K and M
	Seed  uint64
}

// ExactPhase returns the fractions of the draws, a row for each K and a column for each
// M. A draw depends on Seed, its k, m and number alone.
func ExactPhase(c ExactConfig) ([][]float64, error) {
	if c.Draws < 1 || len(c.K) == 0 || len(c.M) == 0 {
		return nil, fmt.Errorf("geometry: diagram of %d sizes of supports, %d numbers of contexts and %d draws: want at least one of each", len(c.K), len(c.M), c.Draws)
	}
	exact := make([]bool, len(c.K)*len(c.M)*c.Draws)
	err := parallel.Try(len(exact), func(i int) (err error) {
		cell := i / c.Draws
		exact[i], err = c.decide(c.K[cell/len(c.M)], c.M[cell%len(c.M)], i%c.Draws)
		return err
	})
	if err != nil {
		return nil, err
	}
	fractions := make([][]float64, len(c.K))
	for row := range fractions {
		fractions[row] = make([]float64, len(c.M))
		for col := range c.M {
			first := (row*len(c.M) + col) * c.Draws
			for _, yes := range exact[first : first+c.Draws] {
				if yes {
					fractions[row][col]++
				}
			}
			fractions[row][col] *= 1 / float64(c.Draws)
		}
	}
	return fractions, nil
}

// certTol is what rounding leaves of an entry of the certificate that is zero, as it is
// for disjoint supports.
const certTol = 1e-12

func (c ExactConfig) decide(k, m, draw int) (bool, error) {
	rng := rand.New(repro.Source(c.Seed, fmt.Sprintf("ntp/exact/%d/%d/%d", k, m, draw)))
	p, err := softlabel.RandomPattern(c.V, m, k, rng)
	if err != nil {
		return false, err
	}
	cert, err := ProxyCertificate(p)
	if err != nil {
		return false, err
	}
	return cert.Worst <= certTol, nil
}
