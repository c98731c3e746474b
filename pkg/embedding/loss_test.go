package embedding

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// matrix is rows as a tensor of float64.
func matrix(rows [][]float64) *tensors.Tensor {
	var flat []float64
	for _, r := range rows {
		flat = append(flat, r...)
	}
	return tensors.FromFlatDataAndDimensions(flat, len(rows), len(rows[0]))
}

// evaluate returns L, L_bias, L_rep and the gradients in the neutral and the first group's
// vectors, of the graph.
func evaluate(t *testing.T, l Loss, x Embedded, frozen [][]float64) (terms Terms, grads [2][]float64) {
	t.Helper()
	b := open(t)
	K := len(x.Groups)
	exec, err := NewExec(b.Backend, func(in []*Node) []*Node {
		total, bias, rep := l.graph(in[:K], in[K], in[K+1])
		g := Gradient(total, in[K], in[0])
		return []*Node{total, bias, rep, g[0], g[1]}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	var in []any
	for _, g := range x.Groups {
		in = append(in, matrix(g))
	}
	out, err := exec.Call(append(in, matrix(x.Neutral), matrix(frozen))...)
	if err != nil {
		t.Fatal(err)
	}
	if out[0].DType() != dtypes.Float64 {
		t.Fatalf("the loss is %v", out[0].DType())
	}
	terms = Terms{Total: tensors.ToScalar[float64](out[0]), Bias: tensors.ToScalar[float64](out[1]), Rep: tensors.ToScalar[float64](out[2])}
	for i := range grads {
		if grads[i], err = tensors.CopyFlatData[float64](out[3+i]); err != nil {
			t.Fatal(err)
		}
	}
	return terms, grads
}

// The graph is the loss of the host, for all methods and numbers of groups, and its gradient the
// slope of the loss.
func TestLossGraph(t *testing.T) {
	const step = 1e-6
	for _, method := range Methods {
		for _, K := range []int{2, 3} {
			l := Loss{Method: method, Beta: 0.3, Rho: 2.1, Squared: K == 3}
			t.Run(fmt.Sprint(method, K), func(t *testing.T) {
				rng := testkit.Rand(40)
				x, frozen := embedded(rng, 5, 4, K), vectors(rng, 5, 4)
				want := testkit.Must(l.Of(x, frozen))(t)
				got, grads := evaluate(t, l, x, frozen)
				testkit.Near(t, "L", got.Total, want.Total, testkit.IdentityTol)
				testkit.Near(t, "L_bias", got.Bias, want.Bias, testkit.IdentityTol)
				testkit.Near(t, "L_rep", got.Rep, want.Rep, testkit.IdentityTol)
				testkit.Near(t, "L_bias + β L_rep", got.Total, got.Bias+0.3*got.Rep, testkit.IdentityTol)
				for k, rows := range [][][]float64{x.Neutral, x.Groups[0]} {
					for i := range rows {
						for j := range rows[i] {
							was := rows[i][j]
							rows[i][j] = was + step
							up := testkit.Must(l.Of(x, frozen))(t).Total
							rows[i][j] = was - step
							down := testkit.Must(l.Of(x, frozen))(t).Total
							rows[i][j] = was
							// the error of a central difference is step² f‴/6 + 10⁻¹⁶ f/step
							testkit.Near(t, "slope", grads[k][i*4+j], (up-down)/(2*step), 1e-8)
						}
					}
				}
			})
		}
	}
}

// Where nothing has moved and the texts are one, the gradient is a number, and zero of L_rep.
func TestLossAtRest(t *testing.T) {
	rng := testkit.Rand(41)
	n := vectors(rng, 3, 4)
	for _, method := range Methods {
		got, grads := evaluate(t, Loss{Method: method, Beta: 1, Rho: 1}, Embedded{Groups: [][][]float64{n, n}, Neutral: n}, n)
		testkit.Near(t, string(method)+": L_rep", got.Rep, 1e-6, 1e-18)
		for _, g := range grads {
			for _, v := range g {
				if !(math.Abs(v) <= 1) {
					t.Errorf("%s: an entry of the gradient is %g", method, v)
				}
			}
		}
		if method == CCD && got.Bias != 0 {
			t.Errorf("the bias of equal texts is %g", got.Bias)
		}
	}
}

// The bias of CCD is that of the distances, in both orders of a pair; with d = (5, 6) and ρ = 1 it
// is smaller than with (0.1, 0.2).
func TestLossOfDistances(t *testing.T) {
	rng := testkit.Rand(42)
	x := embedded(rng, 6, 5, 3)
	l := Loss{Method: CCD, Rho: 1.7}
	want := 0.0
	for _, d := range x.Distances() {
		want += BiasLoss(d, l.Rho) / 6
	}
	testkit.Near(t, "L_bias", testkit.Must(l.Of(x, x.Neutral))(t).Bias, want, testkit.IdentityTol)
	at := func(d1, d2 float64) float64 {
		one := Embedded{Groups: [][][]float64{{{d1, 0}}, {{0, d2}}}, Neutral: [][]float64{{0, 0}}}
		return testkit.Must(Loss{Method: CCD, Rho: 1}.Of(one, one.Neutral))(t).Total
	}
	testkit.Near(t, "L(1, 2)", at(1, 2), 2*(math.Exp(-0.5)-math.Exp(-2)), testkit.IdentityTol)
	if far, near := at(5, 6), at(0.1, 0.2); !(far < near) {
		t.Errorf("L(5, 6) = %g, L(.1, .2) = %g", far, near)
	}
	merge := testkit.Must(Loss{Method: Merge}.Of(x, x.Neutral))(t).Bias
	distance := testkit.Must(Loss{Method: Distance}.Of(x, x.Neutral))(t).Bias
	merged, apart := 0.0, 0.0
	for _, d := range x.Distances() {
		merged += sum(d) / 6
		apart += 6 * PairGap(d) / 6
	}
	testkit.Near(t, "merge", merge, merged, 1e-11) // 10⁻¹² under each root
	testkit.Near(t, "distance", distance, apart, 1e-11)
}

// The divergence of Jensen and Shannon is zero of equal distributions, log 2 of ones apart, and
// symmetric.
func TestJensenShannon(t *testing.T) {
	logs := func(p ...float64) (l []float64) {
		for _, x := range p {
			l = append(l, math.Log(x))
		}
		return l
	}
	testkit.Near(t, "equal", jensenShannon(logs(.2, .8), logs(.2, .8)), 0, 1e-16)
	testkit.Near(t, "apart", jensenShannon(logs(1, 1e-300), logs(1e-300, 1)), math.Ln2, 1e-15)
	// 0.5 (0.5 log 0.5/0.7 + 0.5 log 0.5/0.3) + 0.5 (0.9 log 0.9/0.7 + 0.1 log 0.1/0.3)
	want := 0.25*(math.Log(5./7)+math.Log(5./3)) + 0.45*math.Log(9./7) + 0.05*math.Log(1./3)
	testkit.Near(t, "by hand", jensenShannon(logs(.5, .5), logs(.9, .1)), want, 1e-15)
	testkit.Near(t, "symmetric", jensenShannon(logs(.9, .1), logs(.5, .5)), want, 1e-15)
}

func TestBadLoss(t *testing.T) {
	for _, c := range []struct {
		l    Loss
		says string
	}{
		{Loss{Method: "mergge"}, `"mergge"`}, {Loss{Method: CCD, Beta: -1, Rho: 1}, "β = -1"}, {Loss{Method: CCD}, "ρ = 0"},
		{Loss{Method: ADEPT, Rho: math.NaN()}, "ρ = NaN"}, {Loss{Method: Merge, Beta: math.Inf(1)}, "β = +Inf"},
	} {
		_, err := c.l.Of(Embedded{}, nil)
		fails(t, err, c.says)
	}
	_, err := Loss{Method: Merge}.Of(embedded(testkit.Rand(1), 2, 3, 2), nil)
	fails(t, err, "0 frozen vectors of 2")
	if err := (Loss{Method: Distance}).Check(); err != nil {
		t.Error(err)
	}
}
