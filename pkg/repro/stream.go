package repro

import (
	"hash/fnv"
	"math/rand/v2"
)

// Source returns the source of the named stream under a seed of the caller's, as for
// many seeds in one run.
func Source(seed uint64, name string) rand.Source {
	h := fnv.New64a()
	h.Write([]byte(name)) // a hash's Write never fails
	return rand.NewPCG(seed, h.Sum64())
}
