package attention

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
	"github.com/marginalia-ml/marginalia/xla"
)

const (
	// roundTol is what sums of a few thousand float64 products may lose.
	roundTol = 1e-12

	// loopTol is what a loop of some tens of steps on a device may differ from the
	// host: every step rounds once more.
	loopTol = 1e-10

	// slopeTol is that of the logarithmic slopes: the paper's limits are reached
	// exponentially fast under (A1).
	slopeTol = 1e-3
)

func small() Config {
	return Config{N: 6, T: 5, D: 40, Signal: 3, Noise: 0.3, Low: 0.5, High: 2, EqualScores: true}
}

func sample(t testing.TB, c Config, seed uint64) (*Sample, *Problem) {
	t.Helper()
	s, err := Generate(c, rand.New(rand.NewPCG(seed, 1)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Problem()
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

func randomW(d int, scale float64, rng *rand.Rand) *mat.Dense {
	return mat.NewDense(d, d, gaussian(d*d, scale, rng))
}

// near fails unless |got - want| ≤ tol·max(1, |want|); NaN fails.
func near(t *testing.T, name string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))) {
		t.Errorf("%s is %.15g, want %.15g within %g", name, got, want, tol)
	}
}

func difference(A, B *mat.Dense) float64 {
	var C mat.Dense
	C.Sub(A, B)
	return mat.Norm(&C, 2) / math.Max(mat.Norm(A, 2), mat.Norm(B, 2))
}

func open(t testing.TB) *xla.Backend {
	t.Helper()
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func TestGenerate(t *testing.T) {
	c := small()
	c.N = 40
	s, p := sample(t, c, 3)
	near(t, "⟨μ+, μ-⟩", floats.Dot(s.Plus, s.Minus), 0, roundTol)
	near(t, "‖μ-‖", floats.Norm(s.Minus, 2), c.Signal, roundTol)
	near(t, "‖u*‖", floats.Norm(s.Decoder, 2), math.Sqrt2/c.Signal, roundTol)
	for i := range c.N {
		if p.Opt[i] != s.Signal[i] {
			t.Errorf("optimal token of sequence %d is %d, the signal is at %d", i, p.Opt[i], s.Signal[i])
		}
		for u := range c.T {
			if u != p.Opt[i] {
				near(t, "gap", p.Gap(i, u), 1, roundTol)
			}
		}
	}
	if a := p.Assumptions(); a.Spread != 0 || !(a.Bound >= c.Signal) || !(a.Coherence > 0) {
		t.Errorf("assumptions %+v", a)
	}
	c.EqualScores, c.Rival = false, 0.8
	s, p = sample(t, c, 3)
	for i, r := range s.Rival {
		near(t, "rival's score", p.Score[i*c.T+r], 0.8, 0.75) // its noise is N(0, 2·(s·2/U)²) at most
	}
	if a := p.Assumptions(); !(a.Spread > 0) {
		t.Errorf("scores of a rival sample are equal: %+v", a)
	}
}

// TestGradients compares the stable gradient with the textbook's, automatic
// differentiation and central differences, where all of them are exact.
func TestGradients(t *testing.T) {
	b := open(t)
	rng := rand.New(rand.NewPCG(5, 5))
	for _, equal := range []bool{true, false} {
		c := small()
		c.EqualScores = equal
		_, p := sample(t, c, 11)
		for _, scale := range []float64{0, 0.01, 0.1} {
			W := randomW(c.D, scale, rng)
			pt := p.At(W)
			grad := pt.Gradient()
			if d := difference(grad, naiveGradient(pt)); !(d <= roundTol) {
				t.Errorf("scale %g: stable and naive gradients differ by %g", scale, d)
			}
			dir, logNorm := pt.Direction()
			var along mat.Dense
			along.Scale(-math.Exp(logNorm), dir)
			if d := difference(grad, &along); !(d <= roundTol) {
				t.Errorf("scale %g: direction and gradient differ by %g", scale, d)
			}
			if d := difference(grad, autodiff(t, b, p, W)); !(d <= loopTol) {
				t.Errorf("scale %g: autodiff and closed form differ by %g", scale, d)
			}
			V := randomW(c.D, 0.1, rng)
			const h = 1e-4 // error h² + 1e-16/h
			up, down := mat.DenseCopyOf(W), mat.DenseCopyOf(W)
			V.Scale(h, V)
			up.Add(W, V)
			down.Sub(W, V)
			slope := (p.At(up).Loss() - p.At(down).Loss()) / 2
			near(t, "slope by differences", slope/InnerProduct(grad, V), 1, 1e-6)
			paired, _ := pt.Paired(V)
			inner, _ := pt.Inner(V)
			near(t, "sum over pairs", paired/inner, 1, loopTol)
			near(t, "excess", math.Exp(pt.LogExcess()), pt.Loss()-infimum(p), roundTol)
		}
	}
}

func autodiff(t *testing.T, b *xla.Backend, p *Problem, W *mat.Dense) *mat.Dense {
	t.Helper()
	state, args := stack([]Run{{Problem: p, Start: W, Eta: 1}}, []int{0})
	exec, err := graph.NewExec(b.Backend, func(in []*graph.Node) *graph.Node {
		return graph.Gradient(plainLoss(in[0], in[1:]), in[0])[0]
	})
	if err != nil {
		t.Fatal(err)
	}
	in := []any{state[0]}
	for _, a := range args {
		in = append(in, a)
	}
	out, err := exec.Call(in...)
	if err != nil {
		t.Fatal(err)
	}
	flat, err := tensors.CopyFlatData[float64](out[0])
	if err != nil {
		t.Fatal(err)
	}
	return mat.NewDense(p.D, p.D, flat)
}

func TestDecoderGradient(t *testing.T) {
	s, p := sample(t, small(), 2)
	rng := rand.New(rand.NewPCG(1, 2))
	W, v := randomW(p.D, 0.05, rng), gaussian(p.D, 1, rng)
	const h = 1e-5
	at := func(x float64) float64 {
		u := make([]float64, p.D)
		q, err := New(&s.Data, floats.AddScaledTo(u, s.Decoder, x, v))
		if err != nil {
			t.Fatal(err)
		}
		return q.At(W).Loss()
	}
	near(t, "slope in u", (at(h)-at(-h))/(2*h), floats.Dot(p.At(W).DecoderGradient(), v), 1e-7)
}

// TestSaturated: far along W_mm the logarithms still follow the closed forms, where
// φ has long been 1 to the last digit.
func TestSaturated(t *testing.T) {
	_, p := sample(t, small(), 7)
	svm, err := p.SVM(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, R := range []float64{10, 100, 1000} {
		W := mat.NewDense(p.D, p.D, nil)
		W.Scale(R, svm.W) // every margin is R if all constraints are active
		pt := p.At(W)
		dir, logNorm := pt.Direction()
		if dir == nil {
			t.Fatalf("R = %g: no direction", R)
		}
		// ⟨-∇L, W_mm⟩ = S(W).
		near(t, "log drive", pt.Drive(), logNorm+math.Log(InnerProduct(dir, svm.W)), 1e-9)
		for _, odds := range pt.LogOdds {
			near(t, "log odds", odds, math.Log(float64(p.T-1))-R, 1e-6)
		}
		// L - L* → 1/n Σ σ(-1) (1 - φ): all gaps and optimal scores are 1.
		near(t, "log excess", pt.LogExcess(), math.Log(float64(p.T-1))-R-softplus(1), 1e-3)
	}
}

func TestSVM(t *testing.T) {
	ctx := context.Background()
	_, p := sample(t, small(), 1)
	svm, err := p.SVM(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if svm.Method != "cholesky" || svm.Active != svm.Rows {
		t.Errorf("%d of %d active by %s, want all", svm.Active, svm.Rows, svm.Method)
	}
	near(t, "least margin", p.Margin(svm.W, p.Opt), 1, 1e-9)
	near(t, "‖W‖² = 1ᵀα", svm.Norm*svm.Norm/floats.Sum(svm.Alpha), 1, 1e-9)
	qp, err := p.SelectQP(ctx, p.Opt)
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(svm.W, qp.W); !(d <= solverTol) {
		t.Errorf("Cholesky and QP differ by %g", d)
	}
	// Few dimensions: some constraints are slack, the certificate says optimal.
	c := Config{N: 12, T: 6, D: 12, Signal: 3, Noise: 1}
	for seed := range uint64(5) {
		_, p := sample(t, c, seed)
		svm, err := p.SVM(ctx)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if svm.Method != "qp" || svm.Active == svm.Rows || !(svm.Residual <= solverTol) {
			t.Errorf("seed %d: %d of %d active by %s, %v", seed, svm.Active, svm.Rows, svm.Method, svm.Certificate)
		}
	}
}

// The certificate of the solution a little too long: all margins are 1 + ε and Σα = (1 + ε) ω²,
// so that the gap is 2ε/(1 + ε) of the primal value, and no constraint is short or nearly as slack.
func TestCertificateOfALongSolution(t *testing.T) {
	_, p := sample(t, small(), 1)
	rows, err := p.attentionRows(p.Opt)
	if err != nil {
		t.Fatal(err)
	}
	alpha := maxmargin.AllActive(rows.gram())
	const eps = 1e-5
	floats.Scale(1+eps, alpha)
	s := rows.solution(alpha)
	near(t, "residual", s.Residual/(2*eps/(1+eps)), 1, 1e-6)
	if s.Residual != s.Gap || !(s.Complementarity < s.Gap/2) || s.PrimalResidual > 0 || s.Status != convex.Inaccurate {
		t.Errorf("certificate %+v, want one that is inaccurate by its gap", s.Certificate)
	}
}

func TestBadInput(t *testing.T) {
	ctx := context.Background()
	s, p := sample(t, small(), 1)
	if _, err := New(&s.Data, make([]float64, s.D)); !errors.Is(err, ErrTie) {
		t.Errorf("u = 0 gave %v, want ErrTie", err)
	}
	if _, err := New(&s.Data, []float64{1}); !errors.Is(err, ErrData) {
		t.Errorf("short decoder gave %v", err)
	}
	twin := Data{N: 1, T: 3, D: 2, X: []float64{1, 0, 1, 0, 0, 1}, Y: []float64{1}}
	if _, err := New(&twin, []float64{1, 0}); !errors.Is(err, ErrTie) {
		t.Errorf("twin tokens gave %v, want ErrTie", err)
	}
	if _, err := twin.Select(ctx, []int{0}); !errors.Is(err, ErrInfeasible) {
		t.Errorf("choosing one of two equal tokens gave %v, want ErrInfeasible", err)
	}
	opposite := Data{N: 2, T: 2, D: 2, X: []float64{1, 0, 0, 1, 1, 0, 0, 1}, Y: []float64{1, 1}}
	if _, err := opposite.Select(ctx, []int{0, 1}); !errors.Is(err, ErrInfeasible) {
		t.Errorf("opposite choices gave %v, want ErrInfeasible", err)
	}
	for name, d := range map[string]Data{
		"one token": {N: 1, T: 1, D: 2, X: []float64{1, 2}, Y: []float64{1}},
		"a label 0": {N: 1, T: 2, D: 1, X: []float64{1, 2}, Y: []float64{0}},
		"a NaN":     {N: 1, T: 2, D: 1, X: []float64{1, math.NaN()}, Y: []float64{1}},
		"short":     {N: 1, T: 2, D: 2, X: []float64{1, 2}, Y: []float64{1}},
	} {
		if _, err := New(&d, make([]float64, d.D)); !errors.Is(err, ErrData) {
			t.Errorf("%s gave %v, want ErrData", name, err)
		}
	}
	for name, r := range map[string]Run{
		"no problem":     {Method: GD, Eta: 1, Steps: []int{1}},
		"unknown method": {Problem: p, Method: "newton", Eta: 1, Steps: []int{1}},
		"negative step":  {Problem: p, Method: GD, Eta: -1, Steps: []int{1}},
		"NaN step":       {Problem: p, Method: GD, Eta: math.NaN(), Steps: []int{1}},
		"wrong start":    {Problem: p, Method: GD, Eta: 1, Start: mat.NewDense(2, 2, nil), Steps: []int{1}},
		"steps go back":  {Problem: p, Method: GD, Eta: 1, Steps: []int{2, 1}},
		"no steps":       {Problem: p, Method: GD, Eta: 1},
	} {
		if _, err := Observe(ctx, "", []Run{r}, nil); !errors.Is(err, ErrRun) {
			t.Errorf("%s gave %v, want ErrRun", name, err)
		}
	}
}

// plainLoss is 1/n Σ log(1 + e^{-z}) of one fixed-decoder problem as a plain graph of W
// [R, D, D], for automatic differentiation: the other way to the gradient.
func plainLoss(W *graph.Node, args []*graph.Node) *graph.Node {
	X, Q, lag, best := args[0], args[1], args[3], args[5]
	phi := graph.Softmax(logits(W, X, Q), -1)
	g := graph.Sub(graph.ExpandAxes(best, -1), lag)
	z := graph.ReduceSum(graph.Mul(phi, g), -1)
	terms := graph.Add(graph.MaxScalar(graph.Neg(z), 0), graph.Log1P(graph.Exp(graph.Neg(graph.Abs(z)))))
	return graph.ReduceSum(graph.ReduceMean(terms, 1))
}

// naiveGradient returns ∇L(W) by the textbook form, φ_t (g_t - z), in float64:
// exact while 1 - φ_{i,opt} is far above 1e-16, rounding noise below.
func naiveGradient(pt *Point) *mat.Dense {
	c := make([]float64, pt.N*pt.T)
	for i := range pt.N {
		h, g, pull := pt.Logits[i*pt.T:(i+1)*pt.T], pt.scores(i), c[i*pt.T:(i+1)*pt.T]
		lse, z := floats.LogSumExp(h), 0.0
		for t := range h {
			z += math.Exp(h[t]-lse) * g[t]
		}
		for t := range h {
			pull[t] = -sigmoid(-z) / float64(pt.N) * math.Exp(h[t]-lse) * (g[t] - z)
		}
	}
	return pt.outer(c)
}

// infimum returns L* = 1/n Σ log(1 + e^{-g_{i,opt}}).
func infimum(p *Problem) float64 {
	sum := 0.0
	for i := range p.N {
		sum += softplus(-p.scores(i)[p.Opt[i]])
	}
	return sum / float64(p.N)
}
