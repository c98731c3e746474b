package loss

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/softlabel"
	"github.com/marginalia-ml/marginalia/xla"
)

// instance is m contexts over V tokens.
type instance struct {
	m, v          int
	logits, p, pi []float64
}

// random draws distributions with zeros, weights, and logits of a given size.
func random(seed uint64, m, v int, size float64) instance {
	rng := rand.New(rand.NewPCG(seed, 1))
	in := instance{m: m, v: v, logits: make([]float64, m*v), p: make([]float64, m*v), pi: make([]float64, m)}
	for i := range in.logits {
		in.logits[i] = size * rng.NormFloat64()
	}
	for j := range m {
		in.pi[j] = (1 + rng.Float64()) / float64(2*m)
		row := in.p[j*v : (j+1)*v]
		support := 1 + j%v // from one token to all of them
		for _, z := range rng.Perm(v)[:support] {
			row[z] = 0.1 + rng.Float64()
		}
		normalize(row)
	}
	return in
}

func normalize(p []float64) {
	sum := 0.0
	for _, x := range p {
		sum += x
	}
	for i := range p {
		p[i] /= sum
	}
}

// close moves the logits to log p plus δ times what they are, and off the
// support to −depth plus that.
func (in instance) close(delta, depth float64) instance {
	out := in
	out.logits = make([]float64, len(in.logits))
	for i, x := range in.logits {
		if in.p[i] == 0 {
			out.logits[i] = -depth + delta*x
		} else {
			out.logits[i] = math.Log(in.p[i]) + delta*x + 0.25
		}
	}
	return out
}

// exact returns the excess and its gradient from their definitions, with as many
// digits as cancel in them and more. The p_j are floats and do not quite sum to
// one; the excess is that of p_j over its sum, the gradient that of CE.
func (in instance) exact() (excess float64, grad []float64) {
	total := bigNew()
	for j := range in.m {
		p, l := in.p[j*in.v:(j+1)*in.v], in.logits[j*in.v:(j+1)*in.v]
		sum := bigNew()
		for _, x := range l {
			sum.Add(sum, bigExp(bigOf(x)))
		}
		approx, _ := sum.Float64()
		lse := bigLog(sum, math.Log(approx))
		kl, mass := bigNew(), bigNew()
		for z := range p {
			mass.Add(mass, bigOf(p[z]))
			kl.Add(kl, klTerm(p[z], l[z], lse))
		}
		kl.Quo(kl, mass)
		kl.Sub(kl, bigLog(mass, 0))
		for z := range p {
			q := bigExp(bigNew().Sub(bigOf(l[z]), lse))
			g, _ := q.Sub(q.Mul(q, mass), bigOf(p[z])).Float64()
			grad = append(grad, in.pi[j]*g)
		}
		total.Add(total, kl.Mul(kl, bigOf(in.pi[j])))
	}
	excess, _ = total.Float64()
	return excess, grad
}

// klTerm returns p (log p − l + lse).
func klTerm(p, l float64, lse *big.Float) *big.Float {
	if p == 0 {
		return bigNew()
	}
	t := bigLog(bigOf(p), math.Log(p))
	t.Sub(t, bigOf(l))
	t.Add(t, lse)
	return t.Mul(t, bigOf(p))
}

// values are the losses of an instance and their gradients, computed on the
// backend.
type values struct {
	ce, excess           float64
	grad, ofCE, ofExcess []float64 // closed form, derived of each loss
}

// evaluator returns a function that computes the values in a dtype.
func evaluator(t *testing.T, b *xla.Backend, dtype dtypes.DType) func(in instance) values {
	t.Helper()
	e, err := NewExec(b.Backend, func(in []*Node) []*Node {
		for i := range in {
			in[i] = ConvertDType(in[i], dtype)
		}
		logits, p, pi := in[0], in[1], in[2]
		ce, excess := SoftCrossEntropy(logits, p, pi), Excess(logits, p, pi)
		out := []*Node{ce, excess, SoftCrossEntropyGrad(logits, p, pi), Gradient(ce, logits)[0], Gradient(excess, logits)[0]}
		for i := range out {
			out[i] = ConvertDType(out[i], dtypes.Float64)
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Finalize)
	return func(in instance) values {
		out, err := e.Call(
			tensors.FromFlatDataAndDimensions(in.logits, in.m, in.v),
			tensors.FromFlatDataAndDimensions(in.p, in.m, in.v),
			tensors.FromFlatDataAndDimensions(in.pi, in.m))
		if err != nil {
			t.Fatal(err)
		}
		var flat [5][]float64
		for i := range flat {
			if flat[i], err = tensors.CopyFlatData[float64](out[i]); err != nil {
				t.Fatal(err)
			}
		}
		return values{flat[0][0], flat[1][0], flat[2], flat[3], flat[4]}
	}
}

// gradients are the three ways to the same gradient.
func (v values) gradients() map[string][]float64 {
	return map[string][]float64{"closed": v.grad, "derived of CE": v.ofCE, "derived of excess": v.ofExcess}
}

// entropy is Σ π_j H(p_j).
func (in instance) entropy() float64 {
	h := 0.0
	for j := range in.m {
		for _, p := range in.p[j*in.v : (j+1)*in.v] {
			if p != 0 {
				h -= in.pi[j] * p * math.Log(p)
			}
		}
	}
	return h
}

// host is the excess by the host function of package softlabel.
func (in instance) host() float64 {
	sum := 0.0
	for j := range in.m {
		sum += in.pi[j] * softlabel.KL(in.p[j*in.v:(j+1)*in.v], in.logits[j*in.v:(j+1)*in.v])
	}
	return sum
}

func open(t *testing.T) *xla.Backend {
	t.Helper()
	b, err := xla.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// largest returns the largest |x−y|, and NaN if there is one.
func largest(x, y []float64) float64 {
	d := 0.0
	for i := range x {
		d = math.Max(d, math.Abs(x[i]-y[i]))
	}
	return d
}
