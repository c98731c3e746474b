package study

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/rate"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// RayMinimum minimises CE(Lin + R·D) + λ‖Lin + R·D‖_* over 0 ≤ R ≤ 60, a convex
// function, by golden section to 10⁻⁴.
func RayMinimum(s *softlabel.Labels, lin, D *mat.Dense, lambda float64) float64 {
	f := func(R float64) float64 {
		L := matrix.Add(lin, R, D)
		return s.Excess(L)/lambda + matrix.Nuclear(L)
	}
	lo, hi, golden := 0.0, 60.0, (math.Sqrt(5)-1)/2
	for hi-lo > 1e-4 {
		a, b := hi-golden*(hi-lo), lo+golden*(hi-lo)
		if f(a) < f(b) {
			hi = b
		} else {
			lo = a
		}
	}
	return (lo + hi) / 2
}

// GenieShares are the shares of the bound (8) that the excess along Lin + R·D uses.
func GenieShares(s *softlabel.Labels, D *mat.Dense, R []float64) (shares []float64) {
	lin, genie := s.Lin(), s.Genie()
	for _, r := range R {
		shares = append(shares, s.Excess(matrix.Add(lin, r, D))/genie*math.Exp(r))
	}
	return shares
}

// FarShare is the excess at Lin + R·Lmm over c′·e^{−R}, c′ the part of the constant of (8) that
// words of margin one have, and over c·e^{−R}.
func FarShare(s *softlabel.Labels, mm *mat.Dense, R float64) (near, all float64) {
	c, lin := 0.0, s.Lin()
	for j, support := range s.S {
		g := 0.0
		for _, z := range support {
			g += math.Log(s.P.At(z, j)) / float64(len(support))
		}
		for v := range s.V {
			if !s.Follows(v, j) && mm.At(support[0], j)-mm.At(v, j) < 1+1e-7 { // the solver's error is below
				c += s.Pi[j] * math.Exp(g)
			}
		}
	}
	excess := s.OffSupportExcess(matrix.Add(lin, R, mm)) * math.Exp(R)
	return excess / c, excess / s.Genie()
}

// Turned returns Lmm + t·X of the nuclear norm of Lmm, X the part of a random matrix that
// is constant on supports, of the norm of Lmm.
func Turned(s *softlabel.Labels, mm, random *mat.Dense, t float64) *mat.Dense {
	X := matrix.Unit(s.Complement(random))
	D := matrix.Add(mm, t*matrix.Norm(mm), X)
	return Scaled(D, matrix.Nuclear(mm)/matrix.Nuclear(D))
}

// Direction is a direction of the nuclear norm of Lmm.
type Direction struct {
	Margin float64 // its least margin 1 - δ
	Slope  float64 // of the logarithm of the excess along it, far out; NaN where not measured
}

// Directions turns Lmm n times towards random matrices, further each time, and measures the
// slope of every 50th whose margin is above 0.2.
func Directions(s *softlabel.Labels, mm *mat.Dense, n int, rng *rand.Rand) (all []Direction) {
	V, m := s.Dims()
	lin := s.Lin()
	for i := range n {
		D := Turned(s, mm, matrix.Gaussian(V, m, rng), 0.5*float64(i+1)/float64(n))
		d := Direction{Slope: math.NaN()}
		d.Margin, _ = s.Margins(D)
		if i%50 == 49 && d.Margin > 0.2 {
			R, excess := rate.Grid(200/d.Margin, 300/d.Margin, 9), []float64{}
			for _, r := range R {
				excess = append(excess, s.OffSupportExcess(matrix.Add(lin, r, D)))
			}
			d.Slope = rate.LogLinear(R, excess).Slope
		}
		all = append(all, d)
	}
	return all
}

// NotLevel is a direction that is not constant on its supports: Lmm of three contexts over
// four words with two entries of supports raised, scaled back to the nuclear norm of Lmm.
// Its least margin is above one.
func NotLevel() (p *softlabel.Pattern, D *mat.Dense) {
	p = Pattern(4, []int{1, 3}, []int{1, 2}, []int{0, 2, 3})
	mm, A := Lmm(p), Certificate(p).A
	D = mat.DenseCopyOf(mm)
	for j, support := range p.S {
		for _, z := range support {
			if A.At(z, j) < 0 {
				D.Set(z, j, D.At(z, j)+0.15)
			}
		}
	}
	return p, Scaled(D, matrix.Nuclear(mm)/matrix.Nuclear(D))
}
