package imbalance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

// Examples are rows of D features with a class each.
type Examples struct {
	X []float32 // n by D
	Y []int32
}

// Append returns the examples of both.
func (e Examples) Append(more Examples) Examples {
	return Examples{slices.Concat(e.X, more.X), slices.Concat(e.Y, more.Y)}
}

// Check returns an error unless every class has an example and every example D features.
func (e Examples) Check(d, classes int) error {
	if len(e.X) != len(e.Y)*d {
		return malformed("%d features for %d examples of %d", len(e.X), len(e.Y), d)
	}
	y := make([]int, len(e.Y))
	for i, c := range e.Y {
		y[i] = int(c)
	}
	return checkLabels(make([]float64, len(y)*classes), y, classes)
}

// Balance returns weights 1/(K n_y) of the examples, with which a sum of losses is the mean of the classes' means.
func (e Examples) Balance(classes int) []float32 {
	n := make([]float64, classes)
	for _, c := range e.Y {
		n[c]++
	}
	h := make([]float32, len(e.Y))
	for i, c := range e.Y {
		h[i] = float32(1 / (float64(classes) * n[c]))
	}
	return h
}

// Search is the bilevel optimization of a map's coefficients while a network trains (AutoBalance, Li et al. 2021, with a map
// in the place of free numbers). After every Inner steps of stochastic gradient descent on
//
//	mean CE(Δ ⊙ f_θ + l, y) + λ/2 ‖θ‖²,   l = F_l v_l,   Δ = σ(1 + F_Δ v_Δ)/σ(1)
//
// it makes a step of Adam on v, along −(∂_v ∂_θ L)ᵀ p_T, p_T being T + 1 terms of the Neumann series of H⁻¹ ∇_θ L_val on a
// batch of its own, and L_val the balanced cross-entropy of the validation examples. The step of the series is
// min(EtaMax, 1/|λ|), where |λ| follows the largest eigenvalue of H by one step of power iteration each time. T·EtaMax has
// to stay small all the same: for a negative eigenvalue of H the series diverges with every step.
type Search struct {
	Net        model.MLP
	Map        Map // F_Δ needs no constant column here: 1 is in the link
	Fit, Held  Examples
	Rounds     int // of Inner steps and one of Adam
	Inner      int
	Start      int // rounds before Adam begins
	Batch      int
	UpperBatch int
	Rate       float64 // of gradient descent, a tenth of it in the last fifth of the rounds
	Momentum   float64
	Decay      float64 // λ
	UpperRate  float64 // of Adam
	T          int
	EtaMax     float64
	Looks      int
	Seed       uint64
	Stream     string
}

// Searched is what a search found, and what was seen on the way.
type Searched struct {
	V          []float64
	L, Delta   []float64   // of the classes
	Round      []int       // of the looks
	Path       [][]float64 // v
	Top, Upper []float64   // estimate of |λ_max|, and the upper loss
}

func (s *Search) check() error {
	K := s.Map.classes()
	if s.Map.L == nil || s.Map.Delta == nil || len(s.Net.Widths) < 2 || s.Net.Widths[len(s.Net.Widths)-1] != K {
		return malformed("a search for %d classes by a network of widths %v: a map with l and Δ for as many classes as outputs is expected", K, s.Net.Widths)
	}
	if s.Rounds < 1 || s.Inner < 1 || s.Batch < 1 || s.UpperBatch < 1 || s.T < 0 || s.Looks < 1 || s.Looks > s.Rounds || !(s.Rate > 0) || !(s.UpperRate > 0) || !(s.EtaMax > 0) || s.Decay < 0 {
		return malformed("a search of %d rounds of %d steps with batches of %d and %d, T = %d, %d looks, rates %g and %g, η ≤ %g and decay %g: positive numbers, and no more looks than rounds, are expected",
			s.Rounds, s.Inner, s.Batch, s.UpperBatch, s.T, s.Looks, s.Rate, s.UpperRate, s.EtaMax, s.Decay)
	}
	if len(s.Fit.Y) < s.Batch {
		return malformed("batches of %d from %d examples: no more are expected", s.Batch, len(s.Fit.Y))
	}
	d := s.Net.Widths[0]
	if err := s.Fit.Check(d, K); err != nil {
		return err
	}
	if err := s.Held.Check(d, K); err != nil {
		return fmt.Errorf("validation: %w", err)
	}
	return nil
}

// graph returns the graph side.
func (s *Search) graph() *searchGraph {
	return &searchGraph{net: s.Net, inner: s.Inner, T: s.T, batch: s.Batch, momentum: s.Momentum, decay: s.Decay,
		upperRate: s.UpperRate, etaMax: s.EtaMax, feat: s.width()}
}

// width is the number of features of l, and of Δ, on the device: columns of zeros are added, so that all maps of as many
// classes share a program.
func (s *Search) width() int { return max(cols(s.Map.L), cols(s.Map.Delta), s.Map.classes()) }

// Program names what is compiled: searches of equal names differ in data and seeds alone.
func (s *Search) Program() string {
	return fmt.Sprintf("search %v %+v", s.Net, *s.graph())
}

// Run makes the search on a worker of a pool.
func (s *Search) Run(ctx context.Context, w *xla.Worker) (*Searched, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	g := s.graph()
	loop, err := w.Loop(s.Program(), g.step, g.measure)
	if err != nil {
		return nil, err
	}
	state, args, err := s.Tensors()
	if err != nil {
		return nil, err
	}
	if err := loop.Start(state, args); err != nil {
		return nil, err
	}
	var at []int
	for i := 1; i <= s.Looks; i++ {
		at = append(at, i*s.Rounds/s.Looks)
	}
	points, err := loop.Trace(ctx, at)
	if err != nil {
		return nil, err
	}
	l, d := s.Map.Size()
	out := &Searched{}
	for _, p := range points {
		out.Round = append(out.Round, p.Step)
		out.Path = append(out.Path, slices.Concat(p.Values[:l], p.Values[g.feat:g.feat+d]))
		out.Top, out.Upper = append(out.Top, p.Values[2*g.feat]), append(out.Upper, p.Values[2*g.feat+1])
	}
	out.V = out.Path[len(out.Path)-1]
	for _, x := range out.V {
		if x != x {
			return nil, fmt.Errorf("imbalance: the search's coefficients are not finite: a smaller rate, or T·EtaMax, is expected")
		}
	}
	out.L, out.Delta = s.Adjustments(out.V)
	return out, nil
}

// Adjustments returns l and Δ of coefficients by the link of the search.
func (s *Search) Adjustments(v []float64) (l, delta []float64) {
	st := s.Map.Strategy(v) // its Δ is 1 + F_Δ v_Δ, which is the argument of the link
	for k := range st.Delta {
		st.Delta[k] = sigmoid(st.Delta[k]) / sigmoid(1)
	}
	return st.L, st.Delta
}

// order returns the examples of so many steps: whole batches of one permutation after the other.
func order32(rng *rand.Rand, n, batch, steps int) []int32 {
	var out []int32
	for len(out) < steps*batch {
		for i, j := range rng.Perm(n) {
			if i < n/batch*batch {
				out = append(out, int32(j))
			}
		}
	}
	return out[:steps*batch]
}

// Tensors returns what a search begins with, drawn from its seed, for a program that makes the same one: the state, of
// parameters, their velocities, the vector of the power iteration, v, the two moments of Adam and the estimate of |λ|; and
// the arguments, of x, y, hx, hy, weights of the validation examples, the examples of each round, those of its upper step,
// rates, counts of the active steps, F_l and F_Δ with columns of zeros.
func (s *Search) Tensors() (state, args []*tensors.Tensor, err error) {
	layout := s.Net.Params()
	start, err := model.Draw(layout, s.Seed, s.Stream+"/start").Tensors(dtypes.Float32)
	if err != nil {
		return nil, nil, err
	}
	rng := random.Stream(s.Seed, s.Stream+"/search")
	zeros := layout.Zeros()
	u := model.Draw(layout, s.Seed, s.Stream+"/power")
	power, err := u.Scale(1 / u.Norm()).Tensors(dtypes.Float32)
	if err != nil {
		return nil, nil, err
	}
	still, err := zeros.Tensors(dtypes.Float32)
	if err != nil {
		return nil, nil, err
	}
	size := s.width()
	none := func() *tensors.Tensor { return tensors.FromFlatDataAndDimensions(make([]float32, 2*size), 2*size) }
	state = slices.Concat(start, still, power, []*tensors.Tensor{none(), none(), none(), tensors.FromValue(float32(0))})
	rate, active := make([]float32, s.Rounds), make([]float32, s.Rounds)
	for k := range rate {
		rate[k] = float32(s.Rate)
		if 5*k >= 4*s.Rounds {
			rate[k] /= 10
		}
		active[k] = float32(max(0, k-s.Start+1))
	}
	n, d, held := len(s.Fit.Y), s.Net.Widths[0], len(s.Held.Y)
	upper := min(s.UpperBatch, n)
	matrix := func(F *mat.Dense) *tensors.Tensor {
		r, c := F.Dims()
		wide := mat.NewDense(r, size, nil)
		wide.Slice(0, r, 0, c).(*mat.Dense).Copy(F)
		return tensors.FromFlatDataAndDimensions(xla.Float32s(wide.RawMatrix().Data), r, size)
	}
	return state, []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(s.Fit.X, n, d), tensors.FromFlatDataAndDimensions(s.Fit.Y, n),
		tensors.FromFlatDataAndDimensions(s.Held.X, held, d), tensors.FromFlatDataAndDimensions(s.Held.Y, held),
		tensors.FromFlatDataAndDimensions(s.Held.Balance(s.Map.classes()), held),
		tensors.FromFlatDataAndDimensions(order32(rng, n, s.Batch, s.Rounds*s.Inner), s.Rounds, s.Inner*s.Batch),
		tensors.FromFlatDataAndDimensions(order32(rng, n, upper, s.Rounds), s.Rounds, upper),
		tensors.FromFlatDataAndDimensions(rate, s.Rounds), tensors.FromFlatDataAndDimensions(active, s.Rounds),
		matrix(s.Map.L), matrix(s.Map.Delta)}, nil
}
