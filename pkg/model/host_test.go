package model

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// host is a network's parameters on the host, by name.
type host map[string][]float64

func toHost(t *testing.T, l Layout, params []*tensors.Tensor) host {
	t.Helper()
	h := host{}
	for i, p := range l {
		x, err := tensors.CopyFlatData[float64](params[i])
		if err != nil {
			t.Fatal(err)
		}
		h[p.Name] = x
	}
	return h
}

// apply is x W + b.
func (h host) apply(x []float64, name string) []float64 {
	return plus(times(x, h[name+".w"]), h[name+".b"])
}

// times is x W, W in row order.
func times(x, w []float64) []float64 {
	y := make([]float64, len(w)/len(x))
	for i, a := range x {
		for j := range y {
			y[j] += a * w[i*len(y)+j]
		}
	}
	return y
}

func plus(x, y []float64) []float64 {
	z := make([]float64, len(x))
	for i := range x {
		z[i] = x[i] + y[i]
	}
	return z
}

func dot(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		s += x[i] * y[i]
	}
	return s
}

func gelu(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, a := range x {
		y[i] = a * (1 + math.Erf(a/math.Sqrt2)) / 2
	}
	return y
}

// mix is the mean of values with weights softmax(scores).
func mix(scores []float64, values [][]float64) []float64 {
	sum, out := 0.0, make([]float64, len(values[0]))
	for s, score := range scores {
		sum += math.Exp(score)
		for j, v := range values[s] {
			out[j] += math.Exp(score) * v
		}
	}
	for j := range out {
		out[j] /= sum
	}
	return out
}

var (
	hostContexts = [][]int{{2}, {0, 3}, {3, 3, 1}, {1, 0, 2}}
	hostTokens   = ints([]int{4, 3}, 2, 0, 0, 0, 3, 1, 3, 3, 1, 1, 0, 2) // filled up with 0 and 1
	hostLengths  = ints([]int{4}, 1, 2, 3, 3)
)

func TestOpeningsAgainstHost(t *testing.T) {
	c := Openings{Zeta: 4, Hidden: 5, Dim: 6, T: 3}
	params := draw(1, c.Params())
	out := eval(t, func(in []*Node) []*Node {
		n := len(params)
		x, logits := c.Apply(in[:n], in[n], in[n+1])
		return []*Node{x, logits}
	}, append(params, hostTokens, hostLengths)...)
	h, U := toHost(t, c.Params(), params), Sinusoids(c.T, c.Dim)
	for i, context := range hostContexts {
		var keys, values [][]float64
		var x []float64
		for s, token := range context {
			x = plus(row(h["embed"], c.Zeta, token), row(U, c.T, s))
			keys, values = append(keys, h.apply(x, "k")), append(values, h.apply(x, "v"))
		}
		scores := make([]float64, len(context))
		for s := range scores {
			scores[s] = dot(h.apply(x, "q"), keys[s]) / math.Sqrt(float64(c.Dim))
		}
		features := h.apply(mix(scores, values), "o")
		near(t, "features", row(out[0], 4, i), features, round)
		near(t, "logits", row(out[1], 4, i), h.apply(gelu(h.apply(features, "hidden")), "out"), round)
	}
}

func TestEquation4AgainstHost(t *testing.T) {
	c := Equation4{Zeta: 4, T: 3, Dim: 3, Heads: 2, Key: 2, Value: 4, Hidden: 5, Activation: "gelu"}
	params := draw(2, c.Params())
	out := eval(t, func(in []*Node) []*Node {
		n := len(params)
		x, logits := c.Apply(in[:n], in[n], in[n+1])
		return []*Node{x, logits}
	}, append(params, hostTokens, hostLengths)...)
	h := toHost(t, c.Params(), params)
	for i, context := range hostContexts {
		var X [][]float64
		for s, token := range context {
			X = append(X, plus(row(h["z"], c.Zeta, token), row(h["u"], c.T, s)))
		}
		var heads []float64
		for r := range c.Heads {
			query := times(X[len(X)-1], row(h["w2"], c.Heads, r))
			scores := make([]float64, len(X))
			for s := range X {
				scores[s] = dot(times(X[s], row(h["w1"], c.Heads, r)), query)
			}
			heads = append(heads, times(mix(scores, X), row(h["w3"], c.Heads, r))...)
		}
		x := times(heads, h["w0"])
		near(t, "x", row(out[0], 4, i), x, round)
		near(t, "logits", row(out[1], 4, i), times(gelu(plus(times(x, h["w"]), h["b"])), h["v"]), round)
	}
}

// With queries of zero, attention is uniform; with W₁ = 0 the hidden layer adds nothing.
// Then h = norm(x_T + mean_s norm(x_s) W_v W_o) can be written down.
func TestDecoderByHand(t *testing.T) {
	d := Decoder{Contexts: 3, Words: 2, Layers: 1, Dim: 2, Heads: 1, HeadDim: 2, Hidden: 1, Eps: 0}
	matrix := func(dims []int, v ...float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(v, dims...) }
	params := []*tensors.Tensor{
		matrix([]int{3, 2}, 1, 1, 3, -4, 0, 2), // embed
		matrix([]int{2}, 1, 2),                 // norm1
		matrix([]int{2, 2}, 0, 0, 0, 0),        // wq
		matrix([]int{2, 2}, 5, 6, 7, 8),        // wk
		matrix([]int{2, 2}, 0, 1, 1, 0),        // wv swaps
		matrix([]int{2, 2}, 2, 0, 0, 1),        // wo
		matrix([]int{2}, 1, 1),                 // norm2
		matrix([]int{2, 1}, 0, 0),              // w1
		matrix([]int{2, 1}, 1, 1),              // w3
		matrix([]int{1, 2}, 1, 1),              // w2
		matrix([]int{2}, 1, 1),                 // norm
		matrix([]int{2, 2}, 1, 0, 1, 1),        // decoder.w
	}
	out := eval(t, func(in []*Node) []*Node {
		h, logits := d.Apply(in[:12], in[12])
		return []*Node{h, logits}
	}, append(params, ints([]int{1, 2}, 0, 1))...)
	// norm(1, 1)·(1, 2) = (1, 2); norm(3, -4) = (3, -4)/√12.5, times (1, 2) is (3, -8)/√12.5.
	a, b := (1+3/math.Sqrt(12.5))/2, (2-8/math.Sqrt(12.5))/2 // the mean
	x, y := 3+2*b, -4+a                                      // swapped, times (2, 1), added to (3, -4)
	r := math.Sqrt((x*x + y*y) / 2)
	near(t, "h", out[0], []float64{x / r, y / r}, round)
	near(t, "logits", out[1], []float64{x / r, (x + y) / r}, round)
}

func TestMLPAgainstHost(t *testing.T) {
	c := MLP{Widths: []int{3, 5, 4, 2}, Activation: "gelu"}
	params := draw(3, c.Params())
	x := []float64{0.3, -1, 2}
	out := eval(t, func(in []*Node) []*Node {
		return []*Node{c.Apply(in[1:], in[0]), Activation("gelu")(in[0])}
	}, append([]*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, 1, 3)}, params...)...)
	h := toHost(t, c.Params(), params)
	near(t, "MLP", out[0], h.apply(gelu(h.apply(gelu(h.apply(x, "0")), "1")), "2"), round)
	near(t, "GELU", out[1], gelu(x), round)
}

func TestSinusoids(t *testing.T) {
	u := Sinusoids(9, 16)
	for _, c := range []struct {
		s, j int
		want float64
	}{{0, 0, 0}, {0, 1, 1}, {3, 0, math.Sin(3)}, {3, 1, math.Cos(3)}, {5, 8, math.Sin(0.05)}, {5, 9, math.Cos(0.05)}} {
		if got := u[c.s*16+c.j]; !(math.Abs(got-c.want) <= round) {
			t.Errorf("position %d, column %d: %g, want %g", c.s, c.j, got, c.want)
		}
	}
}
