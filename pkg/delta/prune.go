package delta

import (
	"fmt"
	"math"
	"sort"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// Between returns Δ = θ_F − θ_P. The error names the first difference of the layouts, or
// an entry that is not finite.
func Between(tuned, base model.Params) (model.Params, error) {
	if err := base.Layout.CheckSame(tuned.Layout); err != nil {
		return model.Params{}, fmt.Errorf("delta: fine-tuned and pre-trained parameters: %w", err)
	}
	d := tuned.Sub(base)
	for i, x := range d.Values {
		for j, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return model.Params{}, fmt.Errorf("delta: entry %d of %s is %v", j, d.Layout[i].Name, v)
			}
		}
	}
	return d, nil
}

// Drop returns δ∘Δ/q with independent masks of (tensor, seed) at the rate p. q = 1−p is
// DARE; another q is DAREx-q.
func Drop(d model.Params, seed uint64, p, q float64) (model.Params, error) {
	if err := CheckRate(p, q); err != nil {
		return model.Params{}, err
	}
	return each(d, func(i int, x []float64) ([]float64, error) {
		return Bernoulli(seed, d.Layout[i].Name, len(x), p).Masked(x, q)
	})
}

// DropBy is [Drop] with a q for each tensor. The error names a tensor without one, and a
// q without a tensor.
func DropBy(d model.Params, seed uint64, p float64, q map[string]float64) (model.Params, error) {
	for name := range q {
		if d.Layout.Index(name) < 0 {
			return model.Params{}, fmt.Errorf("delta: there is a q for %q, and no such tensor among %q", name, d.Layout.Names())
		}
	}
	return each(d, func(i int, x []float64) ([]float64, error) {
		name := d.Layout[i].Name
		divisor, ok := q[name]
		if !ok {
			return nil, fmt.Errorf("delta: there is no q for the tensor %q", name)
		}
		if err := CheckRate(p, divisor); err != nil {
			return nil, fmt.Errorf("%w (of %s)", err, name)
		}
		return Bernoulli(seed, name, len(x), p).Masked(x, divisor)
	})
}

// Structured is [Drop] with another kind of mask for tensors of two axes [in, out],
// [FixedCount] or [Columns], and independent entries for the rest.
func Structured(d model.Params, seed uint64, p, q float64, mask func(seed uint64, tensor string, in, out int, p float64) Mask) (model.Params, error) {
	if err := CheckRate(p, q); err != nil {
		return model.Params{}, err
	}
	return each(d, func(i int, x []float64) ([]float64, error) {
		t := d.Layout[i]
		if len(t.Shape) == 2 {
			return mask(seed, t.Name, t.Shape[0], t.Shape[1], p).Masked(x, q)
		}
		return Bernoulli(seed, t.Name, len(x), p).Masked(x, q)
	})
}

// Magnitude keeps the round((1−p)·n) entries of largest |Δ| of each tensor of n entries,
// at least one, as they are: not rescaled. Of equal ones the first are kept.
func Magnitude(d model.Params, p float64) (model.Params, error) {
	if err := CheckRate(p, 1); err != nil {
		return model.Params{}, err
	}
	return each(d, func(_ int, x []float64) ([]float64, error) {
		return largest(x, func(j int) float64 { return math.Abs(x[j]) }, count(len(x), p)), nil
	})
}

// Wanda keeps, for each output k of a linear map ΔW [in, out], the round((1−p)·in) entries
// of largest |ΔW_jk| ‖X_j‖ (Sun et al., A Simple and Effective Pruning Approach for Large
// Language Models, 2024), not rescaled. norms has ‖X_j‖ of the inputs of each weight, by
// its name; tensors that it does not name are pruned by [Magnitude].
func Wanda(d model.Params, p float64, norms map[string][]float64) (model.Params, error) {
	if err := CheckRate(p, 1); err != nil {
		return model.Params{}, err
	}
	for name, norm := range norms {
		i := d.Layout.Index(name)
		if i < 0 {
			return model.Params{}, fmt.Errorf("delta: there are norms for %q, and no such tensor among %q", name, d.Layout.Names())
		}
		if s := d.Layout[i].Shape; len(s) != 2 || s[0] != len(norm) {
			return model.Params{}, fmt.Errorf("delta: %d norms of inputs for %s of shape %v, want [%d, outputs]", len(norm), name, s, len(norm))
		}
	}
	return each(d, func(i int, x []float64) ([]float64, error) {
		norm, ok := norms[d.Layout[i].Name]
		if !ok {
			return largest(x, func(j int) float64 { return math.Abs(x[j]) }, count(len(x), p)), nil
		}
		in, out := d.Layout[i].Shape[0], d.Layout[i].Shape[1]
		kept, column := make([]float64, len(x)), make([]float64, in)
		for k := range out {
			for j := range in {
				column[j] = x[j*out+k]
			}
			for j, v := range largest(column, func(j int) float64 { return math.Abs(column[j]) * norm[j] }, count(in, p)) {
				kept[j*out+k] = v
			}
		}
		return kept, nil
	})
}

// largest keeps the k entries of largest score, of equal ones the first.
func largest(x []float64, score func(j int) float64, k int) []float64 {
	order, scores := make([]int, len(x)), make([]float64, len(x))
	for j := range order {
		order[j], scores[j] = j, score(j)
	}
	sort.SliceStable(order, func(a, b int) bool { return scores[order[a]] > scores[order[b]] })
	kept := make([]float64, len(x))
	for _, j := range order[:min(k, len(x))] {
		kept[j] = x[j]
	}
	return kept
}

// each makes parameters of the layout of d from its tensors, one by one.
func each(d model.Params, f func(i int, x []float64) ([]float64, error)) (model.Params, error) {
	out := model.Params{Layout: d.Layout, Values: make([][]float64, len(d.Values))}
	for i, x := range d.Values {
		v, err := f(i, x)
		if err != nil {
			return model.Params{}, err
		}
		out.Values[i] = v
	}
	return out, nil
}

// Merge returns θ_P + s Σ_k Δ_k (task arithmetic; Ilharco et al., Editing Models with Task
// Arithmetic, 2023). The error names the first difference of the layouts.
func Merge(base model.Params, s float64, deltas ...model.Params) (model.Params, error) {
	if len(deltas) == 0 {
		return model.Params{}, fmt.Errorf("delta: nothing to merge")
	}
	sum := base
	for k, d := range deltas {
		if err := base.Layout.CheckSame(d.Layout); err != nil {
			return model.Params{}, fmt.Errorf("delta: task %d: %w", k+1, err)
		}
		sum = sum.Add(s, d)
	}
	return sum, nil
}

// LoRA returns the delta (α/r) A B of a linear map that was tuned at low rank, for
// A [in, r] and B [r, out] in row order (Hu et al., LoRA, 2022): [in, out].
func LoRA(A, B []float64, in, out int, alpha float64) ([]float64, error) {
	if in < 1 || out < 1 || len(A) == 0 || len(A)%in != 0 || len(B) != len(A)/in*out {
		return nil, fmt.Errorf("delta: factors of %d and %d entries for a map from %d to %d dimensions, want %d·r and r·%d", len(A), len(B), in, out, in, out)
	}
	r := len(A) / in
	d := make([]float64, in*out)
	for i := range in {
		for l := range r {
			a := alpha / float64(r) * A[i*r+l]
			for k, b := range B[l*out : (l+1)*out] {
				d[i*out+k] += a * b
			}
		}
	}
	return d, nil
}

// MeanAbs is the mean of |Δ| over all entries.
func MeanAbs(d model.Params) float64 {
	sum, n := 0.0, 0
	for _, x := range d.Values {
		for _, v := range x {
			sum += math.Abs(v)
		}
		n += len(x)
	}
	return sum / float64(n)
}
