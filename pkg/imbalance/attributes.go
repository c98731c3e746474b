package imbalance

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Attribute is a number of each class that may say how to train it: its frequency, the error of a first model on held-out
// examples (difficulty), the norm of that model's weights, the share of wrong labels (noise), its weight at test time.
type Attribute struct {
	Name   string
	Values []float64
}

// attributeFloor is what attributes are clipped to from below: logarithms of zero frequencies and errors.
const attributeFloor = 1e-3

// Norms returns the Euclidean norm of each class's weights, the rows of w.
func Norms(w *mat.Dense) Attribute {
	rows, _ := w.Dims()
	a := Attribute{"norm", make([]float64, rows)}
	for k := range rows {
		a.Values[k] = floats.Norm(w.RawRowView(k), 2)
	}
	return a
}

// Dictionary returns the features F(A) of the classes, K by 2p for p attributes: log a and √a of each attribute a, clipped
// below at 10⁻³, each standardized over the classes (mean 0, variance 1). An attribute that is the same for all classes says
// nothing, and is an error; so are negative ones, and attributes of different numbers of classes.
func Dictionary(attributes ...Attribute) (*mat.Dense, error) {
	if len(attributes) == 0 {
		return nil, malformed("a dictionary of no attribute")
	}
	K := len(attributes[0].Values)
	var columns [][]float64
	for _, a := range attributes {
		if len(a.Values) != K || K < 2 {
			return nil, malformed("attribute %q of %d classes beside one of %d: as many, and at least two, are expected", a.Name, len(a.Values), K)
		}
		for _, f := range []func(float64) float64{math.Log, math.Sqrt} {
			x := make([]float64, K)
			for k, v := range a.Values {
				if !(v >= 0) || math.IsInf(v, 1) {
					return nil, malformed("attribute %q of class %d is %g: a finite number is expected, not below 0, whose logarithm and root the dictionary has", a.Name, k, v)
				}
				x[k] = f(math.Max(v, attributeFloor))
			}
			mean, sd := stat.PopMeanStdDev(x, nil)
			if !(sd > 1e-12*(1+math.Abs(mean))) {
				return nil, malformed("attribute %q is %g for all %d classes, once clipped at %g: one that differs is expected, leave it out", a.Name, math.Max(a.Values[0], attributeFloor), K, attributeFloor)
			}
			for k := range x {
				x[k] = (x[k] - mean) / sd
			}
			columns = append(columns, x)
		}
	}
	F := mat.NewDense(K, len(columns), nil)
	for j, x := range columns {
		F.SetCol(j, x)
	}
	return F, nil
}

// Map turns coefficients v into a strategy with w = 1,
//
//	l = F_l v_l,   Δ = 1 + F_Δ v_Δ,   v = (v_l, v_Δ)
//
// (attributes to hyper-parameters). v = 0 is the cross-entropy. For [NewMap] F_l is the dictionary, F_Δ the dictionary and
// a constant column, since a constant is void in l and a temperature in Δ; for [Free] both are the identity, one number a
// class.
type Map struct {
	L, Delta *mat.Dense // nil: no such adjustment
}

// NewMap returns the map of a dictionary.
func NewMap(F *mat.Dense) Map {
	K, M := F.Dims()
	D := mat.NewDense(K, M+1, nil)
	for k := range K {
		D.Set(k, 0, 1)
		copy(D.RawRowView(k)[1:], F.RawRowView(k))
	}
	return Map{F, D}
}

// Free returns the map with one l, or one l and one Δ, for each class (Li et al. 2021).
func Free(classes int, delta bool) Map {
	I := mat.NewDense(classes, classes, nil)
	for k := range classes {
		I.Set(k, k, 1)
	}
	if !delta {
		return Map{L: I}
	}
	return Map{I, mat.DenseCopyOf(I)}
}

// Size returns how many coefficients l and Δ have.
func (m Map) Size() (l, delta int) { return cols(m.L), cols(m.Delta) }

func cols(F *mat.Dense) int {
	if F == nil {
		return 0
	}
	_, c := F.Dims()
	return c
}

// classes returns the number of classes, 0 for a map of nothing.
func (m Map) classes() int {
	for _, F := range []*mat.Dense{m.L, m.Delta} {
		if F != nil {
			k, _ := F.Dims()
			return k
		}
	}
	return 0
}

// Strategy returns the strategy of the coefficients v.
func (m Map) Strategy(v []float64) Strategy {
	s := Plain(m.classes())
	nl := cols(m.L)
	apply := func(F *mat.Dense, to, v []float64) {
		for k := range to {
			to[k] += floats.Dot(F.RawRowView(k), v)
		}
	}
	if nl > 0 {
		apply(m.L, s.L, v[:nl])
	}
	if m.Delta != nil {
		apply(m.Delta, s.Delta, v[nl:])
	}
	return s
}

// Gradient returns the derivatives in v from those in l and Δ, (F_lᵀ dl, F_Δᵀ dΔ).
func (m Map) Gradient(dl, ddelta []float64) []float64 {
	var g []float64
	for _, part := range []struct {
		F *mat.Dense
		d []float64
	}{{m.L, dl}, {m.Delta, ddelta}} {
		if part.F != nil {
			p := mat.NewVecDense(cols(part.F), nil)
			p.MulVec(part.F.T(), mat.NewVecDense(len(part.d), part.d))
			g = append(g, p.RawVector().Data...)
		}
	}
	return g
}
