package softlabel_test

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// Three tokens, two contexts: the first was continued by token 0 three times and by token 1
// once, the second by token 2.
func Example() {
	pattern, err := softlabel.NewPattern(3, [][]int{{0, 1}, {2}})
	if err != nil {
		panic(err)
	}
	labels, err := pattern.Count([][]int{{3, 1}, {4}})
	if err != nil {
		panic(err)
	}
	fmt.Printf("entropy %.4f nats\n", labels.Entropy())

	// Along the proxy, whose margins are one, the part outside the supports goes to zero.
	for _, R := range []float64{10, 20} {
		L := mat.DenseCopyOf(labels.Proxy())
		L.Scale(R, L)
		L.Add(L, labels.Lin())
		fmt.Printf("R = %v: %.2g outside the supports\n", R, labels.OffSupportExcess(L))
	}
	// Output:
	// entropy 0.2812 nats
	// R = 10: 5.5e-05 outside the supports
	// R = 20: 2.5e-09 outside the supports
}
