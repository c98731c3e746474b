package maxmargin

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
)

// softmaxLoss is the cross-entropy of m contexts with soft labels p over v
// tokens, W being x by rows; its infimum, the entropy, is not attained.
func softmaxLoss(mg *NextToken, p *mat.Dense) convex.Smooth {
	return func(grad, x []float64) float64 {
		l := mg.logits(x)
		loss := 0.0
		for j := range mg.m {
			top := math.Inf(-1)
			for z := range mg.v {
				top = max(top, l.At(z, j))
			}
			sum := 0.0
			for z := range mg.v {
				sum += math.Exp(l.At(z, j) - top)
			}
			for z := range mg.v {
				s := l.At(z, j) - top - math.Log(sum)
				loss -= p.At(z, j) * s / float64(mg.m)
				l.Set(z, j, (math.Exp(s)-p.At(z, j))/float64(mg.m))
			}
		}
		mg.combine(grad, l)
		return loss
	}
}

// uniformLabels returns the labels that are uniform on the supports.
func uniformLabels(mg *NextToken) *mat.Dense {
	p := mat.NewDense(mg.v, mg.m, nil)
	for j, s := range mg.supports {
		for _, z := range s {
			p.Set(z, j, 1/float64(len(s)))
		}
	}
	return p
}

// TestPathMaxMargin follows the path of a separable next-token problem: its
// norm grows, every point is optimal to its bound, and its direction turns to
// the max-margin one, like 1/log(1/λ).
func TestPathMaxMargin(t *testing.T) {
	mg := randomNextToken(2, 5, 8, 10, 2)
	mm, err := mg.Solve(background, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := softmaxLoss(mg, uniformLabels(mg))
	path, err := convex.Path(background, f, decades(-1, -6), make([]float64, mg.v*mg.d))
	if err != nil {
		t.Fatal(err)
	}
	w := mm.W.RawMatrix().Data
	cos, norm := -1.0, 0.0
	for _, p := range path {
		if p.Status != convex.Optimal {
			t.Errorf("λ = %g: %v with error bound %g", p.Lambda, p.Status, p.Error)
		}
		grad := make([]float64, len(p.X))
		value := f(grad, p.X)
		floats.AddScaled(grad, p.Lambda, p.X)
		if g := floats.Norm(grad, 2); !(math.Abs(g-p.GradNorm) <= 1e-15) || value != p.Value {
			t.Errorf("λ = %g: gradient %g and value %g are said to be %g and %g", p.Lambda, g, value, p.GradNorm, p.Value)
		}
		c := floats.Dot(p.X, w) / p.Norm / floats.Norm(w, 2)
		if !(c > cos) || !(p.Norm > norm) {
			t.Errorf("λ = %g: cosine %g after %g, norm %g after %g", p.Lambda, c, cos, p.Norm, norm)
		}
		cos, norm = c, p.Norm
	}
	// With uniform labels there is no finite part, and the angle is a few
	// times 1/log(1/λ) = 0.07: its square bounds 1 - cos.
	if !(cos > 0.98) {
		t.Errorf("cosine %g at λ = 1e-6", cos)
	}
}

// decades returns 10^from, ..., 10^to.
func decades(from, to int) []float64 {
	var l []float64
	for k := from; k >= to; k-- {
		l = append(l, math.Pow(10, float64(k)))
	}
	return l
}
