package xla

// Float32s returns numbers of the host, which are float64, rounded to what devices compute
// with.
func Float32s(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}
