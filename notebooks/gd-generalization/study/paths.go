package study

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/generalization"
)

// Caps is the instance on which the theorem's conditions hold: two opposite caps, a wide network, a symmetric start.
type Caps struct {
	O      *generalization.Objective
	Start  []float64
	Margin *generalization.Margin
	Kappa  float64
	G0     float64 // max_i ‖∇Φ(w_0, x_i)‖

	tried []float64 // F̂(w_0 + ρv) at radii, once Best has asked
}

// radii are the ρ that Best tries: 0.5 to 14.4.
var radii = Over(numbers(40), func(k float64) float64 { return 0.5 * math.Pow(1.09, k) })

// NewCaps draws n examples and a softplus network of width m with one hidden layer.
func NewCaps(rng *rand.Rand, n, m int) (*Caps, error) {
	s, err := generalization.Caps(n, rng)
	if err != nil {
		return nil, err
	}
	return on(rng, s, m)
}

// on makes the instance of a sample.
func on(rng *rand.Rand, s *generalization.Sample, m int) (*Caps, error) {
	net, err := generalization.NewNet(s.D(), m, 1, "softplus")
	if err != nil {
		return nil, err
	}
	c := &Caps{Kappa: net.CurvatureBound(s.Radius())}
	if c.Start, err = net.SymmetricStart(rng); err != nil {
		return nil, err
	}
	if c.O, err = generalization.NewObjective(net, s); err != nil {
		return nil, err
	}
	c.G0 = c.O.LargestGradient(c.Start)
	c.Margin, err = generalization.TangentMargin(context.Background(), c.O, c.Start)
	return c, err
}

// NewQuadrants is NewCaps on data whose margin is small.
func NewQuadrants(rng *rand.Rand, n, d, m int) (*Caps, error) {
	s, err := generalization.Quadrants(n, d, rng)
	if err != nil {
		return nil, err
	}
	return on(rng, s, m)
}

// Best returns the comparator w_0 + ρv with the least ρ*, for T steps of size eta, and its path.
func (c *Caps) Best(eta float64, t int) (w []float64, best generalization.Path) {
	if c.tried == nil {
		c.tried = Over(radii, func(rho float64) float64 { return c.O.Value(c.Margin.Toward(c.Start, rho)) })
	}
	first := c.O.Value(c.Start)
	for k, rho := range radii {
		p := generalization.Path{Eta: eta, T: t, Distance: rho, Star: c.tried[k], First: first, Gradient0: c.G0, Kappa: c.Kappa}
		if k == 0 || p.RhoStar() < best.RhoStar() {
			best = p
		}
	}
	return c.Margin.Toward(c.Start, best.Distance), best
}

// Walked is gradient descent towards a comparator, seen at every step.
type Walked struct {
	Path     generalization.Path
	Loss     []float64 // F̂(w_t)
	Slope    []float64 // ‖∇F̂(w_t)‖
	Distance []float64 // ‖w_t - w*‖
	Moved    []float64
	Mean     float64 // of F̂(w_1), ..., F̂(w_T)
}

// Walk follows gradient descent for each number of steps, towards the best comparator of each; with turned, on labels turned
// round, towards the comparator of the labels as they are.
func (c *Caps) Walk(ctx context.Context, eta float64, steps []int, turned bool) ([]Walked, error) {
	var runs []*generalization.Runs
	var all []Walked
	sample := c.O.Sample
	if turned {
		y := append([]float64(nil), sample.Y...)
		floats.Scale(-1, y)
		sample = &generalization.Sample{X: sample.X, Y: y}
	}
	for _, t := range steps {
		w, p := c.Best(eta, t)
		all = append(all, Walked{Path: p})
		runs = append(runs, &generalization.Runs{Net: c.O.Net, Starts: [][]float64{c.Start}, Samples: []*generalization.Sample{sample},
			Eta: eta, At: Every(t), Anchors: [][]float64{w}})
	}
	traces, err := generalization.RunAll(ctx, "", runs)
	if err != nil {
		return nil, err
	}
	for i, t := range traces {
		w := &all[i]
		w.Loss, w.Slope, w.Distance, w.Moved = Column(t.Train, 0), Column(t.Slope, 0), Column(t.Anchor, 0), Column(t.Moved, 0)
		w.Mean = floats.Sum(w.Loss[1:]) / float64(len(w.Loss)-1)
	}
	return all, nil
}

// Ratios are what runs have over what bounds it, a number a run.
type Ratios struct {
	Condition []float64 // κρ*² over 2/17
	Step      []float64 // ηβ
	Mean      []float64 // mean loss over (2/3 ‖w_0 - w*‖²/(ηT) + 5/3 F̂(w*) + F̂(w_0)/(3T))
	Last      []float64 // F̂(w_T) over 4ρ*²/(ηT)
	Far       []float64 // largest ‖w_t - w*‖ over 2ρ*
}

// OverBounds returns the ratios of the theorem on training for runs towards their comparators.
func OverBounds(runs []Walked) (r Ratios) {
	for _, w := range runs {
		p := w.Path
		r.Condition = append(r.Condition, p.Kappa*p.RhoStar()*p.RhoStar()/generalization.Threshold)
		r.Step = append(r.Step, p.Eta*generalization.Smoothness(p.Gradient(), p.Kappa))
		r.Mean = append(r.Mean, w.Mean/p.MeanBound())
		r.Last = append(r.Last, w.Loss[p.T]/p.LastBound())
		r.Far = append(r.Far, floats.Max(w.Distance)/(2*p.RhoStar()))
	}
	return r
}

// StepSlack returns, for each step, how much room the one-step inequality leaves, in units of F̂(w_t).
func (w Walked) StepSlack() []float64 {
	var out []float64
	star := w.Path.Star
	for t := 0; t+1 < len(w.Loss); t++ {
		q := generalization.Q(w.Path.Kappa, w.Distance[t])
		d, next := w.Distance[t], w.Distance[t+1]
		out = append(out, ((1+q)*star-w.Loss[t+1]+q*w.Loss[t]-(next*next-d*d)/(2*w.Path.Eta))/w.Loss[t])
	}
	return out
}

// Edge returns the gain of a step of size 1/β where the descent lemma is nearly attained: one example at Φ = 0, where f”
// is largest, on the straight part of every neuron.
func Edge(m int) (float64, error) {
	net, err := generalization.NewNet(1, m, 1, "softplus")
	if err != nil {
		return 0, err
	}
	w := make([]float64, m)
	floats.AddConst(30, w)
	o, err := generalization.NewObjective(net, &generalization.Sample{X: mat.NewDense(1, 1, []float64{1}), Y: []float64{1}})
	if err != nil {
		return 0, err
	}
	return gain(o, w, 1/generalization.Smoothness(net.GradientBound(1), net.CurvatureBound(1))), nil
}

// Overstep returns the gains of single steps of size over/λ_max on samples of which every example stands twice, with both
// labels, a row for each sample. A symmetric start has Φ = 0 there, where F̂ has its least value log 2 and the curvature
// λ_max = λ_max(∇²F̂); the step begins beside it, at the distance apart along the eigenvector of λ_max, where F̂ is
// log 2 + λ_max apart²/2 up to apart³. A step of size η gains 2 - ηλ_max = 2 - over, whatever the sample.
func Overstep(rng *rand.Rand, draws, n, m int, apart float64, over ...float64) ([][]float64, error) {
	net, err := generalization.NewNet(3, m, 1, "softplus")
	if err != nil {
		return nil, err
	}
	gains := make([][]float64, draws)
	for i := range gains {
		s, err := generalization.Quadrants(n, 3, rng)
		if err != nil {
			return nil, err
		}
		o, err := generalization.NewObjective(net, s.Contradicted())
		if err != nil {
			return nil, err
		}
		w, err := net.SymmetricStart(rng)
		if err != nil {
			return nil, err
		}
		var e mat.EigenSym
		if !e.Factorize(o.Hessian(w), true) {
			return nil, fmt.Errorf("sample %d: the Hessian at the start has no eigenvalues; another seed draws other samples", i)
		}
		var vectors mat.Dense
		e.VectorsTo(&vectors)
		floats.AddScaled(w, apart, mat.Col(nil, len(w)-1, &vectors))
		top := e.Values(nil)[len(w)-1]
		for _, c := range over {
			gains[i] = append(gains[i], gain(o, w, c/top))
		}
	}
	return gains, nil
}

// gain returns (F̂(w) - F̂(w - ηg))/(η/2 ‖g‖²) for g = ∇F̂(w).
func gain(o *generalization.Objective, w []float64, eta float64) float64 {
	g, to := make([]float64, len(w)), make([]float64, len(w))
	f := o.Gradient(g, w)
	floats.AddScaledTo(to, w, -eta, g)
	return (f - o.Value(to)) / (eta / 2 * floats.Dot(g, g))
}

// Every returns 0, 1, ..., n.
func Every(n int) []int {
	at := make([]int, n+1)
	for i := range at {
		at[i] = i
	}
	return at
}

// Column returns entry j of every row.
func Column(rows [][]float64, j int) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = r[j]
	}
	return out
}

// Over maps a list.
func Over[T any](all []T, f func(T) float64) []float64 {
	out := make([]float64, len(all))
	for i, v := range all {
		out[i] = f(v)
	}
	return out
}

// Mean returns the mean of x and its standard error.
func Mean(x []float64) (mean, se float64) {
	n := float64(len(x))
	mean = floats.Sum(x) / n
	for _, v := range x {
		se += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(se / (n - 1) / n)
}

// Away returns the largest ‖w_t - w*‖ over 2ρ* of descent on the labels turned round, for four times T steps, w* and ρ* being those of
// the labels as they are and T.
func (c *Caps) Away(ctx context.Context, eta float64, t int) (float64, error) {
	w, p := c.Best(eta, t)
	y := append([]float64(nil), c.O.Sample.Y...)
	floats.Scale(-1, y)
	traces, err := generalization.RunAll(ctx, "", []*generalization.Runs{{Net: c.O.Net, Starts: [][]float64{c.Start},
		Samples: []*generalization.Sample{{X: c.O.Sample.X, Y: y}}, Eta: eta, At: []int{t, 4 * t}, Anchors: [][]float64{w}}})
	if err != nil {
		return 0, err
	}
	return floats.Max(Column(traces[0].Anchor, 0)) / (2 * p.RhoStar()), nil
}

// LargestOutput returns max_i |Φ(w_0, x_i)|.
func LargestOutput(c *Caps) float64 {
	largest := 0.0
	for i := range c.O.Sample.N() {
		largest = math.Max(largest, math.Abs(c.O.Net.Output(c.Start, c.O.Sample.X.RawRowView(i))))
	}
	return largest
}

// MeanDirection returns 1 - γ/upper bound for the direction of the mean of the rows y_i ∇Φ_i in the place of v.
func MeanDirection(c *Caps) float64 {
	rows := c.O.Gradients(c.Start)
	sum := make([]float64, c.O.Net.Size())
	for i, y := range c.O.Sample.Y {
		floats.AddScaled(sum, y, rows.RawRowView(i))
	}
	floats.Scale(1/floats.Norm(sum, 2), sum)
	least := math.Inf(1)
	for i, y := range c.O.Sample.Y {
		least = math.Min(least, y*floats.Dot(sum, rows.RawRowView(i)))
	}
	return 1 - least/c.Margin.Upper
}

// FlatRatios returns ‖∇²Φ‖ √m/(sR²) of networks with one hidden layer of each width, of several activations.
func FlatRatios(rng *rand.Rand, widths []int) ([]float64, error) {
	var out []float64
	for _, sigma := range []string{"softplus", "tanh", "gelu"} {
		for _, m := range widths {
			net, err := generalization.NewNet(5, m, 1, sigma)
			if err != nil {
				return nil, err
			}
			x := net.Start(rng)[:5]
			out = append(out, net.HessianNorm(net.Start(rng), x, rng)/net.CurvatureBound(floats.Norm(x, 2)))
		}
	}
	return out, nil
}

// DeepNorms returns the means over draws of ‖∇²Φ‖ and ‖∇Φ‖ at w_0, for l hidden layers of each width and unit inputs.
func DeepNorms(rng *rand.Rand, widths []float64, l, draws int) (hessian, gradient []float64, err error) {
	for _, m := range widths {
		net, err := generalization.NewNet(5, int(m), l, "softplus")
		if err != nil {
			return nil, nil, err
		}
		var h, g float64
		grad := make([]float64, net.Size())
		for range draws {
			w, x := net.Start(rng), net.Start(rng)[:5]
			floats.Scale(1/floats.Norm(x, 2), x)
			h += net.HessianNorm(w, x, rng) / float64(draws)
			net.Gradient(grad, w, x)
			g += floats.Norm(grad, 2) / float64(draws)
		}
		hessian, gradient = append(hessian, h), append(gradient, g)
	}
	return hessian, gradient, nil
}

// Nearly is an instance at which the inequalities of C2 and G4 are nearly attained: one example with a small loss, one neuron where σ” is
// largest, all others on their straight parts, and V where Φ is the same to first order. The width is 64.
func Nearly() *Small {
	const m = 64
	v := make([]float64, 1+2*m)
	v[0] = 1
	for j := range m {
		v[1+j], v[1+m+j] = 40, 40-0.5/float64(m-1)
		if 2*j >= m { // of sign -1
			v[1+j], v[1+m+j] = 34, 34+0.5/float64(m-1)
		}
	}
	v[1], v[1+m] = 0, 1
	return Form{N: 1, D: 1, M: m, Sigma: "softplus"}.At(v)
}

// EdgeCurvature returns λ_max(∇²F̂)/β at the same point, m neurons.
func EdgeCurvature(m int) float64 {
	v := make([]float64, 1+2*m)
	floats.AddConst(30, v)
	v[0] = 1
	return SmoothRatio(Form{N: 1, D: 1, M: m, Sigma: "softplus"}.At(v))
}
