package repro

import (
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Source returns the source of the named stream under a seed of the caller's, as for
// many seeds in one run.
func Source(seed uint64, name string) rand.Source { return random.Source(seed, name) }
