package study

import "fmt"

// Load is training on a device as a cell asks for it: K networks side by side on the leading axis, T steps and so many looks, each
// of which costs as much as a step; all of it Times times, one after the other.
type Load struct {
	Name                  string
	K, N, D, M, L         int
	T, Looks, Times, Test int // Test: examples of the test at each look, over all networks that are tested
	Single                bool
}

// Device is what a load runs on: sustained operations a second in float32 and float64, bytes a second, seconds of a device call.
type Device struct{ Single, Double, Bytes, Call float64 }

// Modest is a GPU of the data centre, at a third of what its makers say: 20 TFLOPS of float32 and 10 of float64 would be reached by
// few, 2 TB a second by more; a look is two calls.
var Modest = Device{Single: 7e12, Double: 3e12, Bytes: 0.7e12, Call: 2e-4}

const (
	elementary = 40 // operations for exp, log1p and what surrounds them, a neuron and example
	passes     = 10 // times that an array of all preactivations is read or written in a step
	arrays     = 8  // such arrays that live at once
)

func (l Load) size() float64 {
	if l.Single {
		return 4
	}
	return 8
}

// neurons are the preactivations of so many examples.
func (l Load) neurons(examples int) float64 { return float64(examples) * float64(l.M) * float64(l.L) }

// Operations of one step: two products with the inputs, three with each inner layer, and the activations.
func (l Load) Operations() float64 {
	k, n, d, m := float64(l.K), float64(l.N), float64(l.D), float64(l.M)
	return k*n*(4*m*d+6*m*m*float64(l.L-1)) + elementary*l.neurons(l.K*l.N)
}

// Memory is what a training holds at its largest, in bytes.
func (l Load) Memory() float64 {
	weights := float64(l.K) * float64(l.M) * (float64(l.D) + float64(l.M)*float64(l.L-1))
	return l.size() * (arrays*l.neurons(max(l.K*l.N, l.Test)) + 4*weights + 2*float64(l.K*l.N*l.D))
}

// Seconds on a device.
func (l Load) Seconds(d Device) float64 {
	rate := d.Double
	if l.Single {
		rate = d.Single
	}
	step := l.Operations()/rate + passes*l.size()*l.neurons(l.K*l.N)/d.Bytes
	look := step + l.Operations()*float64(l.Test)/float64(l.K*l.N)/rate + 2*d.Call
	return float64(l.Times) * (float64(l.T)*step + float64(l.Looks)*look)
}

// String is a line of the plan.
func (l Load) String() string {
	return fmt.Sprintf("%-24s %2d × %6d steps of %4d networks, n = %5d, m = %7d, L = %d: %5.1f s, %5.2f GB", l.Name, l.Times, l.T, l.K, l.N, l.M, l.L, l.Seconds(Modest), l.Memory()/1e9)
}
