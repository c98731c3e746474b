package study

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/marginalia-ml/marginalia/pkg/embedding"
)

// Flow follows the negative gradient of |k_1 − k_2| by the two texts, not by the neutral one, until
// their distances meet, and returns the distances there. The path is run through at the speed at
// which |d_1 − d_2| falls by one per unit of time, in classical Runge-Kutta steps; the last
// 10⁻⁶ of it, where the gradient jumps, is left out.
func Flow(c Content, rho float64, steps int) []float64 {
	f := [][]float64{append([]float64(nil), c.F[0]...), append([]float64(nil), c.F[1]...)}
	velocity := func(f [][]float64) [][]float64 {
		df, _ := embedding.BiasGradient(f, c.N, rho)
		speed := floats.Norm(df[0], 2) + floats.Norm(df[1], 2)
		for _, g := range df {
			floats.Scale(-1/speed, g)
		}
		return df
	}
	plus := func(a [][]float64, s float64, b [][]float64) [][]float64 {
		return [][]float64{Moved(a[0], s, b[0]), Moved(a[1], s, b[1])}
	}
	d := c.D()
	h := math.Abs(d[0]-d[1]) * (1 - 1e-6) / float64(steps)
	for range steps {
		k1 := velocity(f)
		k2 := velocity(plus(f, h/2, k1))
		k3 := velocity(plus(f, h/2, k2))
		k4 := velocity(plus(f, h, k3))
		f = plus(plus(plus(plus(f, h/6, k1), h/3, k2), h/3, k3), h/6, k4)
	}
	return embedding.Distances(f, c.N)
}

// Losses are the two parts of the loss, means over contents.
type Losses struct{ Bias, Rep float64 }

// Total is L_bias + β L_rep.
func (l Losses) Total(beta float64) float64 { return l.Bias + beta*l.Rep }

// Free are embeddings that are parameters themselves: contents, and where their neutral texts were.
type Free struct {
	Contents []Content
	Start    [][]float64
}

// NewFree draws contents whose second text is the farther one.
func NewFree(rng *rand.Rand, count, m int) *Free {
	x := &Free{}
	for range count {
		c := Sphere(rng, 2, m, 1).Shifted(0.2 + 0.4*rng.Float64())
		x.Contents = append(x.Contents, c)
		x.Start = append(x.Start, append([]float64(nil), c.N...))
	}
	return x
}

// Losses returns the parts of the loss over all contents.
func (x *Free) Losses(rho float64) (l Losses) {
	count := float64(len(x.Contents))
	for i, c := range x.Contents {
		l.Bias += embedding.BiasLoss(c.D(), rho) / count
		l.Rep += math.Sqrt(embedding.SquaredDistance(c.N, x.Start[i])) / count
	}
	return l
}

// Step moves every embedding by rate times its negative gradient of L_bias + β L_rep of its own
// content, with √(‖·‖² + 10⁻¹²) for the norm.
func (x *Free) Step(rho, beta, rate float64) {
	for i, c := range x.Contents {
		df, dn := embedding.BiasGradient(c.F, c.N, rho)
		away := Less(c.N, x.Start[i])
		floats.AddScaled(dn, beta/math.Sqrt(floats.Dot(away, away)+1e-12), away)
		for g := range c.F {
			floats.AddScaled(c.F[g], -rate, df[g])
		}
		floats.AddScaled(c.N, -rate, dn)
	}
}

// Descend takes steps and returns the losses before each and at the end.
func (x *Free) Descend(rho, beta, rate float64, steps int) []Losses {
	all := []Losses{x.Losses(rho)}
	for range steps {
		x.Step(rho, beta, rate)
		all = append(all, x.Losses(rho))
	}
	return all
}

// Least is the element with the smallest total.
func Least(all []Losses, beta float64) Losses {
	best := all[0]
	for _, l := range all {
		if l.Total(beta) < best.Total(beta) {
			best = l
		}
	}
	return best
}

// Bisector moves the neutral text alone by a share of the shortest way to where both texts are
// equally far from it, and returns the losses there.
func (x *Free) Bisector(rho, share float64) Losses {
	moved := &Free{Start: x.Start}
	for _, c := range x.Contents {
		across := Less(c.F[0], c.F[1])
		middle := Moved(c.F[1], 0.5, across)
		by := floats.Dot(Less(middle, c.N), across) / floats.Dot(across, across)
		moved.Contents = append(moved.Contents, Content{c.F, Moved(c.N, share*by, across)})
	}
	return moved.Losses(rho)
}
