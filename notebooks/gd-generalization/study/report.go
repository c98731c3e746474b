package study

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// Floats are whole numbers as numbers.
func Floats(x []int) []float64 { return Over(x, func(v int) float64 { return float64(v) }) }

// Index returns where v is in x; it panics if it is not.
func Index(x []float64, v float64) int {
	at := slices.Index(x, v)
	if at < 0 {
		panic(fmt.Sprintf("study: %g is not among %v", v, x))
	}
	return at
}

// Share returns the share of x that is at most level.
func Share(x []float64, level float64) float64 {
	n := 0.0
	for _, v := range x {
		if v <= level {
			n++
		}
	}
	return n / float64(len(x))
}

// GapRatios returns (mean gap + two standard errors)/(2G mean distance) for each reported step, and the same for the last one with the
// test labels turned round, without the errors.
func GapRatios(l *LOO) (ratios []float64, turned float64) {
	for k := range l.At[0] {
		gap, se := Mean(Over(l.At, func(s []generalization.Stability) float64 { return s[k].Gap }))
		distance, _ := Mean(Over(l.At, func(s []generalization.Stability) float64 { return s[k].Distance }))
		ratios = append(ratios, (gap+2*se)/(2*l.G*distance))
		if k == len(l.At[0])-1 {
			wrong, _ := Mean(Over(l.Turned, func(t []float64) float64 { return t[0] }))
			turned = wrong / (2 * l.G * distance)
		}
	}
	return ratios, turned
}

// Unrolled returns mean distance over C_s ηG/n ΣF̂ of each draw and reported step, C_s being that of the same draw and step of by.
func Unrolled(l, by *LOO, eta float64, n int) (out []float64) {
	for i, draw := range l.At {
		for k, s := range draw {
			out = append(out, s.Distance/(by.At[i][k].Constant*eta*l.G/float64(n)*s.Sum))
		}
	}
	return out
}

// LargestConstant returns the largest C_s of the runs, at the last reported step.
func LargestConstant(l *LOO) float64 {
	return claim.Largest(Over(l.At, func(s []generalization.Stability) float64 { return s[len(s)-1].Constant }))
}

// NarrowCondition returns κρ*² of quadrants with 64 neurons after 32 steps of size 2.
func NarrowCondition(rng *rand.Rand) float64 {
	c, err := NewQuadrants(rng, 24, 4, 64)
	if err != nil {
		return math.NaN()
	}
	_, p := c.Best(2, 32)
	return p.Kappa * p.RhoStar() * p.RhoStar()
}

// StabilityTable is the chain, means over draws.
func StabilityTable(l *LOO, eta float64, n int) (head []string, rows [][]string) {
	head = []string{"T", "gap", "mean distance", "η/n ΣF̂", "2G · distance", "2C_s G² η/n ΣF̂", "C_s"}
	for k := range l.At[0] {
		of := func(f func(s generalization.Stability) float64) float64 {
			m, _ := Mean(Over(l.At, func(s []generalization.Stability) float64 { return f(s[k]) }))
			return m
		}
		gap, se := Mean(Over(l.At, func(s []generalization.Stability) float64 { return s[k].Gap }))
		distance := of(func(s generalization.Stability) float64 { return s.Distance })
		sum := of(func(s generalization.Stability) float64 { return eta / float64(n) * s.Sum })
		whole := of(func(s generalization.Stability) float64 { return 2 * s.Constant * l.G * l.G * eta / float64(n) * s.Sum })
		constant := of(func(s generalization.Stability) float64 { return s.Constant })
		rows = append(rows, []string{fmt.Sprint(l.At[0][k].T), fmt.Sprintf("%.3f ± %.3f", gap, se), number(distance), number(sum), number(2 * l.G * distance), number(whole), number(constant)})
	}
	return head, rows
}

func number(x float64) string { return claim.Math(x, 3) }

// WidthTable is what the theorem asks for at margin γ and n examples, ηT = n, constants one: for one to four layers.
func WidthTable(gamma float64, n int) (head []string, rows [][]string) {
	rho := generalization.Radius(float64(n), 0, gamma)
	head = []string{"L", "ρ = (log n + 1)/γ", "m from ρ^{6L+4}", "m from the exact κ"}
	for l := 1; l <= 4; l++ {
		exponent, exact := generalization.Widths(rho, l, 0.25, 1)
		last := "no bound for all w"
		if l == 1 {
			last = number(exact)
		}
		rows = append(rows, []string{fmt.Sprint(l), number(rho), number(exponent), last})
	}
	return head, rows
}

// SightedSlope is the slope in d of the root mean square of H_12 + 1/2 where the weights of x_1 and x_2 grow like √d, so that the output
// sees them as much as all others together.
func SightedSlope(rng *rand.Rand, ds []int) float64 {
	off, err := rotations(rng, ds, 16, 150, func(d int) float64 { return math.Sqrt(float64(d) / 4) })
	if err != nil {
		return math.NaN()
	}
	return rate.LogLog(Floats(ds), off).Slope
}
