package figure

import (
	"math"
	"strconv"
)

// rgb is a colour with parts from 0 to 1.
type rgb [3]float64

// parse reads #rrggbb, as the constants of this package are written.
func parse(colour string) (c rgb) {
	n, err := strconv.ParseUint(colour[1:], 16, 32)
	if err != nil {
		panic("figure: no colour: " + colour)
	}
	for i := range c {
		c[i] = float64(n>>(16-8*i)&0xff) / 255
	}
	return c
}

// mix returns the colour at the given part of a scale, between its stops linear as
// echarts is.
func mix(stops []string, at float64) rgb {
	x := min(max(at, 0), 1) * float64(len(stops)-1)
	i := min(int(x), len(stops)-2)
	a, b, w := parse(stops[i]), parse(stops[i+1]), x-float64(i)
	for k := range a {
		a[k] += w * (b[k] - a[k])
	}
	return a
}

// luminance is the relative luminance of WCAG 2.1. Two colours have the contrast
//
//	(L1 + 0.05) / (L2 + 0.05),  L1 ≥ L2
func luminance(c rgb) float64 {
	weights := rgb{0.2126, 0.7152, 0.0722}
	sum := 0.0
	for i, v := range c {
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weights[i] * v
	}
	return sum
}
