package repro_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// A stream depends on the seed and its name alone: drawing more of one changes none of the
// others.
func ExampleSource() {
	first := rand.New(repro.Source(1, "weights"))
	other := rand.New(repro.Source(1, "data"))
	again := rand.New(repro.Source(1, "weights"))
	x := first.Uint64()
	other.Uint64()
	fmt.Println(x == again.Uint64(), first.Uint64() == other.Uint64())
	// Output: true false
}
