package delta

import (
	"fmt"
	"math"
	"slices"

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

// Structured is [Drop] with another kind of mask, [FixedCount] or [Inputs], for the weights
// [out, in] of the named linear maps, and independent entries for the rest. What such a mask
// keeps is a whole number k of in, and not (1−p)·in: its divisor is q·(k/in)/(1−p), so that
// q = 1−p keeps the mean and multiplies by in/k.
func Structured(d model.Params, seed uint64, p, q float64, weights []string, mask func(seed uint64, tensor string, out, in int, p float64) Mask) (model.Params, error) {
	if err := CheckRate(p, q); err != nil {
		return model.Params{}, err
	}
	structured := map[string]bool{}
	for _, name := range weights {
		i := d.Layout.Index(name)
		if i < 0 || len(d.Layout[i].Shape) != 2 {
			return model.Params{}, fmt.Errorf("delta: %q is no tensor of two axes among %q", name, d.Layout.Names())
		}
		structured[name] = true
	}
	return each(d, func(i int, x []float64) ([]float64, error) {
		t := d.Layout[i]
		if structured[t.Name] {
			m := mask(seed, t.Name, t.Shape[0], t.Shape[1], p)
			return m.Masked(x, q/(1-p)*float64(m.Kept())/float64(len(m)))
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

// Wanda keeps, for each row i of a linear map ΔW [out, in], the round((1−p)·in) entries of
// largest |ΔW_ij| ‖X_j‖ (Sun et al., A Simple and Effective Pruning Approach for Large
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
		if s := d.Layout[i].Shape; len(s) != 2 || s[1] != len(norm) {
			return model.Params{}, fmt.Errorf("delta: %d norms of inputs for %s of shape %v, want [outputs, %d]", len(norm), name, s, len(norm))
		}
	}
	return each(d, func(i int, x []float64) ([]float64, error) {
		norm, ok := norms[d.Layout[i].Name]
		if !ok {
			return largest(x, func(j int) float64 { return math.Abs(x[j]) }, count(len(x), p)), nil
		}
		in, kept := len(norm), make([]float64, 0, len(x))
		for k := 0; k < len(x); k += in {
			row := x[k : k+in]
			kept = append(kept, largest(row, func(j int) float64 { return math.Abs(row[j]) * norm[j] }, count(in, p))...)
		}
		return kept, nil
	})
}

// largest keeps the k entries of largest score, of equal ones the first.
func largest(x []float64, score func(j int) float64, k int) []float64 {
	scores := make([]float64, len(x))
	for j := range scores {
		scores[j] = score(j)
	}
	sorted := slices.Clone(scores)
	slices.Sort(sorted)
	k = min(k, len(x))
	least := sorted[len(x)-k] // of the scores that are kept
	equal := k                // how many of them are the least
	for _, s := range sorted[len(x)-k:] {
		if s > least {
			equal--
		}
	}
	kept := make([]float64, len(x))
	for j, s := range scores {
		switch {
		case s > least:
			kept[j] = x[j]
		case s == least && equal > 0:
			kept[j] = x[j]
			equal--
		}
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

// LoRA returns the delta (α/r) B A of a linear map that was tuned at low rank, for
// B [out, r] and A [r, in] in row order (Hu et al., LoRA, 2022): [out, in].
func LoRA(B, A []float64, out, in int, alpha float64) ([]float64, error) {
	if in < 1 || out < 1 || len(B) == 0 || len(B)%out != 0 || len(A) != len(B)/out*in {
		return nil, fmt.Errorf("delta: factors of %d and %d entries for a map from %d to %d dimensions, want %d·r and r·%d", len(B), len(A), in, out, out, in)
	}
	r := len(B) / out
	d := make([]float64, in*out)
	for i := range out {
		for l := range r {
			b := alpha / float64(r) * B[i*r+l]
			for j, a := range A[l*in : (l+1)*in] {
				d[i*in+j] += b * a
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
