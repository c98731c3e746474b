package study

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/generalization"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// Small is an instance small enough to be attacked: an objective with a few neurons and examples, and two points.
type Small struct {
	O        *generalization.Objective
	W, V     []float64
	G, Kappa float64 // l R and s R²/√m
	Beta     float64
}

// Form says which small instances are drawn: n examples in d dimensions, m neurons.
type Form struct {
	N, D, M int
	Sigma   string
}

// vector is an instance as numbers to climb on: X, then W, then V.
func (f Form) size() int { return f.N*f.D + 2*f.M*f.D }

// At makes the instance of a vector; labels alternate.
func (f Form) At(v []float64) *Small {
	x := mat.NewDense(f.N, f.D, v[:f.N*f.D])
	y := make([]float64, f.N)
	for i := range y {
		y[i] = float64(1 - 2*(i%2))
	}
	net, err := generalization.NewNet(f.D, f.M, 1, f.Sigma)
	if err != nil {
		panic(err)
	}
	o, err := generalization.NewObjective(net, &generalization.Sample{X: x, Y: y})
	if err != nil {
		panic(err)
	}
	r, p := o.Sample.Radius(), f.M*f.D
	s := &Small{O: o, W: v[f.N*f.D : f.N*f.D+p], V: v[f.N*f.D+p:], G: net.GradientBound(r), Kappa: net.CurvatureBound(r)}
	s.Beta = generalization.Smoothness(s.G, s.Kappa)
	return s
}

// Apart moves V to the distance D from W with κD² = k, along the direction it has.
func (s *Small) Apart(k float64) float64 {
	d := math.Sqrt(k / s.Kappa)
	s.V = towards(s.W, s.V, d)
	return d
}

func towards(w, v []float64, d float64) []float64 {
	to := append([]float64(nil), v...)
	floats.Sub(to, w)
	if n := floats.Norm(to, 2); n > 0 {
		floats.Scale(d/n, to)
	}
	floats.Add(to, w)
	return to
}

// Forms are those that attacks go through.
var Forms = []Form{{1, 1, 1, "softplus"}, {1, 2, 4, "softplus"}, {2, 2, 4, "softplus"}, {2, 2, 4, "tanh"}, {3, 2, 2, "gelu"}, {3, 3, 3, "softplus"}}

// Attack draws instances of each form, scaled by 10^-1 to 10^1.5, and climbs from the best of each; it returns the largest
// values that score found: a value for each form. Values that are not numbers are passed over.
func Attack(rng *rand.Rand, forms []Form, draws, climbs int, score func(s *Small) float64) []float64 {
	best := make([]float64, len(forms))
	streams := random.Split(rng, len(forms))
	parallel.Each(len(forms), func(i int) {
		best[i] = attack(streams[i], forms[i], draws, climbs, score)
	})
	return best
}

func attack(rng *rand.Rand, f Form, draws, climbs int, score func(s *Small) float64) float64 {
	eval := func(v []float64) float64 {
		s := f.At(v)
		if s.O.Value(s.W) < 1e-200 { // near where float64 ends a ratio of losses says nothing
			return math.Inf(-1)
		}
		if x := score(s); !math.IsNaN(x) && !math.IsInf(x, 0) {
			return x
		}
		return math.Inf(-1)
	}
	top, at := math.Inf(-1), make([]float64, f.size())
	for range draws {
		v := make([]float64, f.size())
		inputs, weights := math.Pow(10, 2*rng.Float64()-1), math.Pow(10, 2.5*rng.Float64()-1)
		for j := range v {
			v[j] = weights * rng.NormFloat64()
			if j < f.N*f.D {
				v[j] *= inputs / weights
			}
		}
		if x := eval(v); x > top {
			top, at = x, v
		}
	}
	step := 0.3
	for range climbs { // one coordinate or all, by a share of its size
		v := append([]float64(nil), at...)
		if one := rng.IntN(2) == 0; one {
			j := rng.IntN(len(v))
			v[j] += step * (1 + math.Abs(v[j])) * rng.NormFloat64()
		} else {
			for j := range v {
				v[j] += step * (0.1 + math.Abs(v[j])) * rng.NormFloat64()
			}
		}
		if x := eval(v); x > top {
			top, at, step = x, v, math.Min(1, step*1.5)
		} else {
			step = math.Max(1e-4, step*0.98)
		}
	}
	return top
}

// GradientRatio returns ‖∇F̂‖/(G F̂).
func GradientRatio(s *Small) float64 {
	g := make([]float64, len(s.W))
	f := s.O.Gradient(g, s.W)
	return floats.Norm(g, 2) / (s.G * f)
}

// TopRatio returns λ_max(∇²F̂)/((G² + κ)F̂), SmoothRatio λ_max(∇²F̂)/β and BottomRatio -λ_min(∇²F̂)/(κF̂).
func TopRatio(s *Small) float64 {
	_, top := generalization.Spectrum(s.O.Hessian(s.W))
	return top / ((s.G*s.G + s.Kappa) * s.O.Value(s.W))
}

// SmoothRatio: see TopRatio.
func SmoothRatio(s *Small) float64 {
	_, top := generalization.Spectrum(s.O.Hessian(s.W))
	return top / s.Beta
}

// BottomRatio: see TopRatio.
func BottomRatio(s *Small) float64 {
	bottom, _ := generalization.Spectrum(s.O.Hessian(s.W))
	return -bottom / (s.Kappa * s.O.Value(s.W))
}

// TaylorRatio returns [F̂(w) + ⟨∇F̂(w), v - w⟩ - F̂(v)] / (κ/2 max_seg F̂ ‖v - w‖²), for v near w.
func TaylorRatio(s *Small) float64 {
	s.Apart(0.01)
	g := make([]float64, len(s.W))
	f := s.O.Gradient(g, s.W)
	d := append([]float64(nil), s.V...)
	floats.Sub(d, s.W)
	dd := floats.Dot(d, d)
	below := f + floats.Dot(g, d) - s.O.Value(s.V)
	if !(math.Abs(below) > 1e-6*f) { // a difference of numbers near f: what is left must not be round-off
		return math.NaN()
	}
	return below / (s.Kappa / 2 * floats.Max(s.O.Along(s.W, s.V, 20)) * dd)
}

// RoughTaylor is TaylorRatio of a network that is not smooth, with the κ that it would have were |σ”| ≤ 1/4.
func RoughTaylor(s *Small) float64 {
	r := s.O.Sample.Radius()
	s.Kappa = r * r / 4 / math.Sqrt(float64(s.O.Net.M))
	return TaylorRatio(s)
}

// Hump returns the score max over the segment of F̂ / the larger of its ends, for ends with κD² = k.
func Hump(k float64) func(s *Small) float64 {
	return func(s *Small) float64 {
		s.Apart(k)
		values := s.O.Along(s.W, s.V, 20)
		return floats.Max(values) / math.Max(values[0], values[20])
	}
}

// StepExcess returns how much a step of size 1/β breaks
//
//	D_{t+1}² ≤ D_t² + 2η[(1+q)F̂(w*) - F̂(w_{t+1}) + q F̂(w_t)],   D = ‖w - w*‖,
//
// in units of 2ηF̂(w_t): W is w_t, V is w*, at κD² < 8. With quasi false q is 0, as for convex functions.
func StepExcess(quasi bool) func(s *Small) float64 {
	return func(s *Small) float64 {
		d := floats.Distance(s.W, s.V, 2)
		if s.Kappa*d*d >= 7.9 {
			d = s.Apart(7.9)
		}
		q := 0.0
		if quasi {
			q = generalization.Q(s.Kappa, d)
		}
		eta := 1 / s.Beta
		g, next, apart := make([]float64, len(s.W)), append([]float64(nil), s.W...), append([]float64(nil), s.W...)
		f := s.O.Gradient(g, s.W)
		floats.AddScaled(next, -eta, g)
		floats.Sub(apart, s.V)
		closer := eta/2*floats.Dot(g, g) - floats.Dot(g, apart) // (D_{t+1}² - D_t²)/(2η), without a difference of squares
		return (closer - (1+q)*s.O.Value(s.V) + s.O.Value(next) - q*f) / f
	}
}

// Expansion returns ‖(w - η∇F̂(w)) - (v - η∇F̂(v))‖/‖w - v‖ for η = 2/β, divided by 1 + ηκτ max(F̂(w), F̂(v)) if bounded.
func Expansion(bounded bool) func(s *Small) float64 {
	return func(s *Small) float64 {
		d := floats.Distance(s.W, s.V, 2)
		if s.Kappa*d*d >= 4 {
			d = s.Apart(4)
		}
		if d < 1e-2*floats.Norm(s.W, 2) { // the difference of the two would lose more than two digits
			return math.NaN()
		}
		eta := 2 / s.Beta
		w, v, g := append([]float64(nil), s.W...), append([]float64(nil), s.V...), make([]float64, len(s.W))
		fw := s.O.Gradient(g, s.W)
		floats.AddScaled(w, -eta, g)
		fv := s.O.Gradient(g, s.V)
		floats.AddScaled(v, -eta, g)
		ratio := floats.Distance(w, v, 2) / d
		if bounded {
			ratio /= 1 + eta*s.Kappa*generalization.Tau(s.Kappa, d)*math.Max(fw, fv)
		}
		return ratio
	}
}

// Descent returns -(F̂(w) - F̂(w - η∇F̂(w)))/(η/2 ‖∇F̂(w)‖²) for η = eta/β: at most -1 where the descent lemma holds.
func Descent(eta float64) func(s *Small) float64 {
	return func(s *Small) float64 {
		g, next := make([]float64, len(s.W)), append([]float64(nil), s.W...)
		f := s.O.Gradient(g, s.W)
		floats.AddScaled(next, -eta/s.Beta, g)
		gain := f - s.O.Value(next)
		if !(math.Abs(gain) > 1e-9*f) {
			return math.NaN()
		}
		return -gain / (eta / s.Beta / 2 * floats.Dot(g, g))
	}
}

// Derivatives returns the largest errors of gradient and Hessian of F̂ against central differences, relative to the largest
// entry, and the Hessian's without its second term and the gradient's without labels.
func Derivatives(s *Small) (gradient, hessian, halved, unlabelled float64) {
	const h = 1e-5
	p := len(s.W)
	g, up, down, plain := make([]float64, p), make([]float64, p), make([]float64, p), make([]float64, p)
	s.O.Gradient(g, s.W)
	full := s.O.Hessian(s.W)
	gauss := mat.NewSymDense(p, nil)
	one := make([]float64, p)
	for i, y := range s.O.Sample.Y {
		u := y * s.O.Net.Gradient(one, s.W, s.O.Sample.X.RawRowView(i))
		gauss.SymRankOne(gauss, s.O.Weight[i]*generalization.Curvature(u), mat.NewVecDense(p, one))
		floats.AddScaled(plain, s.O.Weight[i]*generalization.Slope(u), one)
	}
	var norm float64
	for i := range p {
		w := append([]float64(nil), s.W...)
		w[i] += h
		fup := s.O.Gradient(up, w)
		w[i] -= 2 * h
		fdown := s.O.Gradient(down, w)
		slope := (fup - fdown) / (2 * h)
		gradient, unlabelled = math.Max(gradient, math.Abs(slope-g[i])), math.Max(unlabelled, math.Abs(slope-plain[i]))
		for j := range p {
			curve := (up[j] - down[j]) / (2 * h)
			norm = math.Max(norm, math.Abs(curve))
			hessian, halved = math.Max(hessian, math.Abs(curve-full.At(i, j))), math.Max(halved, math.Abs(curve-gauss.At(i, j)))
		}
	}
	size := floats.Norm(g, math.Inf(1))
	return gradient / size, hessian / norm, halved / norm, unlabelled / size
}

// Draw draws an instance of the form with entries from N(0, 1).
func (f Form) Draw(rng *rand.Rand) *Small {
	v := make([]float64, f.size())
	for j := range v {
		v[j] = rng.NormFloat64()
	}
	return f.At(v)
}

// LinearHump returns the largest hump of a neuron that is nearly linear, as Hump(4) measures it: inputs are scaled so that every
// preactivation is large and positive.
func LinearHump(rng *rand.Rand) float64 {
	form := Form{2, 2, 1, "softplus"}
	worst := 0.0
	for range 500 {
		v := make([]float64, form.size())
		for j := range v {
			v[j] = 1 + 0.1*rng.NormFloat64() // inputs and the first point
			if j >= form.N*form.D {
				v[j] = 40 + rng.NormFloat64()
			}
		}
		s := form.At(v)
		worst = math.Max(worst, Hump(4)(s))
	}
	return worst
}
