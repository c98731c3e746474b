package ntp_test

import (
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/ntp"
)

// A random instance, its two limits, and how the loss falls along them: CE(W* + R W^mm)
// exceeds the entropy by about e^-R times a constant.
func Example() {
	in, err := ntp.Data{Kind: "gaussian", Config: ntp.Config{V: 6, M: 4, D: 8, S: 2}, Seed: 1, Stream: "example"}.Instance()
	if err != nil {
		panic(err)
	}
	limits, err := in.Bias()
	if err != nil {
		panic(err)
	}
	fmt.Printf("log-odds missed by at most 1e-9: %v\n", in.LogOddsError(limits.Wstar) <= 1e-9)
	fmt.Printf("least margin %.6f\n", in.MinMargin(limits.Wmm))
	excess := in.ExcessAlong(limits.Wstar, limits.Wmm, []float64{30, 31})
	fmt.Printf("one step further the excess is %.2f of what it was, e^-1 is 0.37\n", excess[1]/excess[0])
	// Output:
	// log-odds missed by at most 1e-9: true
	// least margin 1.000000
	// one step further the excess is 0.37 of what it was, e^-1 is 0.37
}
