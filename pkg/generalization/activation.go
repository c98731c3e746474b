package generalization

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// Activation is a function σ of a neuron with its first two derivatives.
type Activation struct {
	Name string
	// Slope and Curve bound |σ'| and |σ''|: l and s. Curve is +Inf where σ' jumps.
	Slope, Curve float64
	// At returns σ(z), σ'(z) and σ''(z).
	At func(z float64) (value, first, second float64)

	onDevice func(z *graph.Node) (value, first *graph.Node)
}

// Activations are the known ones: softplus, the same minus log 2, tanh, the exact GELU, and relu, which
// is not smooth and serves as a control.
var Activations = []Activation{
	{"softplus", 1, 0.25, softplusAt(0), softplusGraph(0)},
	{"softplus0", 1, 0.25, softplusAt(math.Ln2), softplusGraph(math.Ln2)},
	{"tanh", 1, 4 / (3 * math.Sqrt(3)), tanhAt, tanhGraph},
	{"gelu", normalCDF(math.Sqrt2) + math.Sqrt2*normalPDF(math.Sqrt2), 2 * normalPDF(0), geluAt, geluGraph},
	{"relu", 1, math.Inf(1), reluAt, reluGraph},
}

func activation(name string) (Activation, error) {
	at := slices.IndexFunc(Activations, func(a Activation) bool { return a.Name == name })
	if at < 0 {
		var known []string
		for _, a := range Activations {
			known = append(known, a.Name)
		}
		return Activation{}, malformed("activation %q: want one of %v", name, known)
	}
	return Activations[at], nil
}

func softplusAt(shift float64) func(float64) (value, first, second float64) {
	return func(z float64) (value, first, second float64) {
		e := math.Exp(-math.Abs(z))
		s := 1 / (1 + e)
		first = s
		if z < 0 {
			first = e * s
		}
		return math.Max(z, 0) + math.Log1p(e) - shift, first, e * s * s
	}
}

func tanhAt(z float64) (value, first, second float64) {
	t := math.Tanh(z)
	return t, 1 - t*t, -2 * t * (1 - t*t)
}

func normalPDF(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }
func normalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

func geluAt(z float64) (value, first, second float64) {
	return z * normalCDF(z), normalCDF(z) + z*normalPDF(z), normalPDF(z) * (2 - z*z)
}

func reluAt(z float64) (value, first, second float64) {
	if z > 0 {
		return z, 1, 0
	}
	return 0, 0, 0
}

func malformed(format string, values ...any) error {
	return fmt.Errorf("generalization: "+format, values...)
}
