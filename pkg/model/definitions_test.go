package model

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

func gaussian(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	Normal(1)(rng, x)
	return x
}

// The norms by their definitions, with an ε that counts.
func TestNormsByDefinition(t *testing.T) {
	const n, d, eps = 3, 5, 0.7
	rng := rand.New(rand.NewPCG(11, 0))
	x, gain, bias := gaussian(rng, n*d), gaussian(rng, d), gaussian(rng, d)
	rms, layer := make([]float64, n*d), make([]float64, n*d)
	for i := range n {
		r := row(x, n, i)
		mean, square, variance := 0.0, 0.0, 0.0
		for _, v := range r {
			mean, square = mean+v/d, square+v*v/d
		}
		for _, v := range r {
			variance += (v - mean) * (v - mean) / d
		}
		for j, v := range r {
			rms[i*d+j] = v * gain[j] / math.Sqrt(square+eps)
			layer[i*d+j] = (v-mean)*gain[j]/math.Sqrt(variance+eps) + bias[j]
		}
	}
	got := eval(t, func(in []*Node) []*Node {
		return []*Node{RMSNorm(in[0], in[1], eps), LayerNorm(in[0], in[1], in[2], eps)}
	}, tensors.FromFlatDataAndDimensions(x, n, d), tensors.FromFlatDataAndDimensions(gain, d), tensors.FromFlatDataAndDimensions(bias, d))
	near(t, "RMSNorm", got[0], rms, round)
	near(t, "LayerNorm", got[1], layer, round)
}

// Attention by its definition: softmax(q kᵀ/√width) v on each head, all keys and those up to
// a query's own position.
func TestAttentionByDefinition(t *testing.T) {
	const n, T, heads, width = 2, 4, 3, 5
	rng := rand.New(rand.NewPCG(12, 0))
	q, k, v := gaussian(rng, n*T*heads*width), gaussian(rng, n*T*heads*width), gaussian(rng, n*T*heads*width)
	at := func(x []float64, i, s, h int) []float64 {
		begin := ((i*T+s)*heads + h) * width
		return x[begin : begin+width]
	}
	want := map[bool][]float64{}
	for _, causal := range []bool{false, true} {
		for i := range n {
			for s := range T {
				keys := T
				if causal {
					keys = s + 1
				}
				for h := range heads {
					var scores []float64
					var values [][]float64
					for r := range keys {
						scores = append(scores, dot(at(q, i, s, h), at(k, i, r, h))/math.Sqrt(width))
						values = append(values, at(v, i, r, h))
					}
					want[causal] = append(want[causal], mix(scores, values)...)
				}
			}
		}
	}
	shaped := func(x []float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(x, n, T, heads, width) }
	got := eval(t, func(in []*Node) []*Node {
		all, _ := Attention(in[0], in[1], in[2], nil)
		own, _ := Attention(in[0], in[1], in[2], Causal(in[0].Graph(), T))
		return []*Node{all, own}
	}, shaped(q), shaped(k), shaped(v))
	near(t, "attention", got[0], want[false], round)
	near(t, "causal attention", got[1], want[true], round)
}

// Activations by their definitions, to the last digits: an approximation is another network.
func TestActivationsByDefinition(t *testing.T) {
	x := []float64{-6, -3, -1, -0.2, 0, 0.3, 1.5, 4}
	for name, f := range map[string]func(float64) float64{
		"relu": func(x float64) float64 { return math.Max(x, 0) },
		"gelu": func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 },
		"silu": func(x float64) float64 { return x / (1 + math.Exp(-x)) },
		"tanh": math.Tanh, "logistic": func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
	} {
		want := make([]float64, len(x))
		for i, v := range x {
			want[i] = f(v)
		}
		near(t, name, eval(t, func(in []*Node) []*Node { return []*Node{Activation(name)(in[0])} },
			tensors.FromFlatDataAndDimensions(x, len(x)))[0], want, round)
	}
}

// Standard deviations that the networks' comments say, by the names of parameters: each
// within five standard errors of a sample of a hundred draws or more.
func TestInitialScales(t *testing.T) {
	decoder := NewDecoder(40, 50, 3, 48)
	if decoder.Heads != 6 || decoder.HeadDim != 8 || decoder.Hidden != 192 {
		t.Errorf("the decoder of dimension 48 is %+v, want six heads of 8 and 192 hidden units", decoder)
	}
	eq4 := Equation4{Zeta: 30, T: 20, Dim: 25, Heads: 2, Key: 10, Value: 10, Hidden: 40, Activation: "gelu"}
	vit := ViT{Height: 14, Width: 14, Patch: 7, Layers: 1, Dim: 24, Heads: 2, Hidden: 30, Classes: 10}
	uniform := func(inputs float64) float64 { return 1 / math.Sqrt(3*inputs) } // of ±1/√inputs
	for _, c := range []struct {
		what   string
		layout Layout
		std    map[string]float64 // by the end of the name
	}{
		{"decoder", decoder.Params(), map[string]float64{
			"embed": 0.02, "wq": 0.02, "wk": 0.02, "wv": 0.02, "w1": 0.02, "w2": 0.02, "decoder.w": 0.02,
			"wo": 0.02 / math.Sqrt(6), "w3": 0.02 / math.Sqrt(6), "norm1": 0, "norm2": 0, "norm": 0}},
		{"equation (4)", eq4.Params(), map[string]float64{
			"z": 1, "u": 1, "b": 1, "w1": 0.1, "w2": 0.2, "w3": 0.2, "w0": 0.2, "w": 0.4, "v": 0.2}},
		{"openings", NewOpenings(50, 60).Params(), map[string]float64{
			"embed": 1, "q.w": uniform(16), "k.w": uniform(16), "v.w": uniform(16), "o.w": uniform(16), "hidden.w": uniform(16), "out.w": uniform(60)}},
		{"ViT", vit.Params(), map[string]float64{
			"patch.w": uniform(49), "positions": 0.02, "q.w": uniform(24), "up.w": uniform(24), "down.w": uniform(30), "head.w": 0, "head.b": 0}},
	} {
		values := FromFlat(c.layout, c.layout.Flat(rand.New(rand.NewPCG(13, 0))))
		for end, std := range c.std {
			found := false
			for i, p := range c.layout {
				if p.Name != end && !strings.HasSuffix(p.Name, "."+end) {
					continue
				}
				found = true
				mean, square := 0.0, 0.0
				n := float64(p.Size())
				for _, v := range values.Values[i] {
					mean, square = mean+v/n, square+v*v/n
				}
				got := math.Sqrt(math.Max(0, square-mean*mean))
				if !(math.Abs(got-std) <= 5*std/math.Sqrt(2*n)) || std > 0 && !(math.Abs(mean) <= 5*std/math.Sqrt(n)) {
					t.Errorf("%s: %s has mean %.3g and standard deviation %.3g, want 0 and %.3g", c.what, p.Name, mean, got, std)
				}
			}
			if !found {
				t.Errorf("%s has no parameter %s", c.what, end)
			}
		}
	}
}

// The class token is the first, the patches of an image follow row by row, and each has its
// position added.
func TestViTClassToken(t *testing.T) {
	c := ViT{Height: 4, Width: 4, Patch: 2, Layers: 1, Dim: 6, Heads: 2, Hidden: 5, Classes: 3}
	l := c.Params()
	params := draw(14, l)
	h := toHost(t, l, params)
	images := gaussian(rand.New(rand.NewPCG(15, 0)), 2*16)
	inputs := append(params, tensors.FromFlatDataAndDimensions(images, 2, 16))
	tokens := eval(t, func(in []*Node) []*Node {
		return []*Node{c.Tokens(Named("ViT", l, in[:len(l)]), in[len(l)])}
	}, inputs...)[0]
	T := 1 + c.Patches()
	var want []float64
	for i := range 2 {
		want = append(want, plus(h["class"], h["positions"][:c.Dim])...)
		for p := range c.Patches() {
			var patch []float64
			for r := range c.Patch {
				begin := i*16 + (p/2*c.Patch+r)*c.Width + p%2*c.Patch
				patch = append(patch, images[begin:begin+c.Patch]...)
			}
			want = append(want, plus(h.apply(patch, "patch"), h["positions"][(1+p)*c.Dim:(2+p)*c.Dim])...)
		}
	}
	if len(want) != 2*T*c.Dim {
		t.Fatalf("%d entries of %d tokens", len(want), T)
	}
	near(t, "class token and patches", tokens, want, round)
}

// Replacing, adding and averaging leave what they were given as it was.
func TestOriginalsStay(t *testing.T) {
	l := Layout{{"a", []int{2}, nil}, {"b", []int{1}, nil}}
	p, q := FromFlat(l, []float64{1, 2, 3}), FromFlat(l[:1], []float64{7, 8})
	replaced, err := p.Replace(q)
	if err != nil {
		t.Fatal(err)
	}
	sum, scaled := p.Add(2, p), p.Scale(5)
	mean, err := Mean(nil, p, sum)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "replaced", replaced.Flat(), []float64{7, 8, 3}, 0)
	near(t, "sum", sum.Flat(), []float64{3, 6, 9}, 0)
	near(t, "scaled", scaled.Flat(), []float64{5, 10, 15}, 0)
	near(t, "mean", mean.Flat(), []float64{2, 4, 6}, 0)
	near(t, "the original", p.Flat(), []float64{1, 2, 3}, 0)
	near(t, "the part", q.Flat(), []float64{7, 8}, 0)
}
