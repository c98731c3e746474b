package geometry_test

import (
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/geometry"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// The lines of the Fano plane: the proxy is the max-margin solution, and any two contexts
// have the same angle.
func Example() {
	pattern := softlabel.Fano()
	certificate, err := geometry.ProxyCertificate(pattern)
	if err != nil {
		panic(err)
	}
	fmt.Println("the proxy is exact:", certificate.Worst < 0)

	mm, err := geometry.Lmm(pattern, nil)
	if err != nil {
		panic(err)
	}
	g, err := geometry.New(mm.L)
	if err != nil {
		panic(err)
	}
	cosines := geometry.Cosines(g.GramH())
	fmt.Printf("rank %d, ‖L‖_* = %.4f, cosines %.4f and %.4f\n", g.Rank(), g.Nuclear(), cosines.At(0, 1), cosines.At(2, 5))
	// Output:
	// the proxy is exact: true
	// rank 6, ‖L‖_* = 8.4853, cosines -0.1667 and -0.1667
}
