// Package random has the project's one rule for randomness: a seed and the name of a
// stream give a generator, the same on every machine. Streams of different names are
// independent for all that a test could see, so that drawing more of one thing never
// changes another:
//
//	data := random.Stream(seed, "data")
//	start := random.Stream(seed, "weights")
//
// The generator is PCG (M. O'Neill, PCG: A Family of Simple Fast Space-Efficient
// Statistically Good Algorithms, 2014) of math/rand/v2 with the seed and the 64-bit
// FNV-1a hash of the name as its two words.
package random

import (
	"hash/fnv"
	"math/rand/v2"
)

// Stream returns the stream of a name under a seed, at its beginning.
func Stream(seed uint64, name string) *rand.Rand { return rand.New(Source(seed, name)) }

// Source returns the source that [Stream] draws from.
func Source(seed uint64, name string) rand.Source {
	h := fnv.New64a()
	h.Write([]byte(name)) // a hash's Write never fails
	return rand.NewPCG(seed, h.Sum64())
}

// Split returns n generators whose seeds are drawn from rng, one after the other, for jobs
// that run side by side: what they draw does not depend on which is done first.
func Split(rng *rand.Rand, n int) []*rand.Rand {
	split := make([]*rand.Rand, n)
	for i := range split {
		split[i] = rand.New(rand.NewPCG(rng.Uint64(), 0))
	}
	return split
}
