package imbalance

import (
	"math"
	"math/rand/v2"
)

// LongTail returns class sizes that fall geometrically, n_k = ⌈n_max ρ^(−k/(K−1))⌉ for k = 0, ..., K−1, from n_max to
// n_max/ρ, ρ ≥ 1 being the imbalance.
func LongTail(classes, largest int, imbalance float64) ([]int, error) {
	if classes < 2 || largest < 1 || !(imbalance >= 1) || math.IsInf(imbalance, 1) {
		return nil, malformed("a long tail of %d classes from %d examples with imbalance %g: at least two classes, one example and imbalance 1 are expected", classes, largest, imbalance)
	}
	n := make([]int, classes)
	const slack = 1e-9 // of ⌈·⌉, where the power is a whole number that floats miss
	for k := range n {
		n[k] = int(math.Ceil(float64(largest)*math.Pow(imbalance, -float64(k)/float64(classes-1)) - slack))
	}
	return n, nil
}

// Subset draws so many members of each class without replacement: members[k] are the examples of class k. A class that has
// fewer is an error.
func Subset(members [][]int, counts []int, rng *rand.Rand) ([][]int, error) {
	if len(members) != len(counts) {
		return nil, malformed("%d sizes for %d classes", len(counts), len(members))
	}
	out := make([][]int, len(members))
	for k, all := range members {
		if counts[k] < 1 {
			return nil, emptyClass(k, counts[k])
		}
		if counts[k] > len(all) {
			return nil, malformed("class %d wants %d examples and has %d: a smaller largest class is expected", k, counts[k], len(all))
		}
		for _, i := range rng.Perm(len(all))[:counts[k]] {
			out[k] = append(out[k], all[i])
		}
	}
	return out, nil
}

// Holdout splits each class into the first 1 − share of it for training and the rest for validation, ⌈share n_k⌉ and at least
// one of each: a class of one example serves as both, as in the protocol of long-tailed benchmarks.
func Holdout(members [][]int, share float64) (fit, held [][]int, err error) {
	if !(share > 0 && share < 1) {
		return nil, nil, malformed("a share of %g for validation: a number between 0 and 1 is expected", share)
	}
	fit, held = make([][]int, len(members)), make([][]int, len(members))
	for k, all := range members {
		n := len(all)
		if n == 0 {
			return nil, nil, emptyClass(k, 0)
		}
		v := min(max(int(math.Ceil(share*float64(n)-1e-9)), 1), n)
		held[k] = all[n-v:]
		fit[k] = all[:max(n-v, 1)]
	}
	return fit, held, nil
}

// CIFARCounts returns the sizes of training and validation part of the long-tailed CIFAR sets with imbalance 100, as
// AutoBalance has them: for 10 classes ⌈4000 μ^k⌉ and ⌈1000 μ^k⌉ with μ = 0.01^(1/9); for 100 classes round(500 μ^k) in all
// with μ = 0.01^(1/99), of which max(1, round(100 μ^k)) for validation.
func CIFARCounts(classes int) (fit, held []int, err error) {
	switch classes {
	case 10:
		if fit, err = LongTail(10, 4000, 100); err != nil {
			return nil, nil, err
		}
		held, err = LongTail(10, 1000, 100)
		return fit, held, err
	case 100:
		for k := range 100 {
			mu := math.Pow(0.01, float64(k)/99)
			v := max(1, int(math.Round(100*mu)))
			fit, held = append(fit, int(math.Round(500*mu))-v), append(held, v)
		}
		return fit, held, nil
	}
	return nil, nil, malformed("long-tailed CIFAR of %d classes: 10 or 100 are expected", classes)
}

// Flatten returns the members of all classes, class by class, and their classes.
func Flatten(members [][]int) (index, class []int) {
	for k, m := range members {
		for _, i := range m {
			index, class = append(index, i), append(class, k)
		}
	}
	return index, class
}

// Flip gives each label with probability noise[k] of its class k another class, uniformly. One class alone has no other.
func Flip(y []int, noise []float64, rng *rand.Rand) ([]int, error) {
	if len(noise) < 2 {
		return nil, malformed("label noise in %d classes: two at least are expected", len(noise))
	}
	for k, p := range noise {
		if !(p >= 0 && p <= 1) {
			return nil, malformed("label noise %g of class %d: a probability is expected", p, k)
		}
	}
	out := append([]int{}, y...)
	for i, c := range y {
		if c < 0 || c >= len(noise) {
			return nil, malformed("example %d is of class %d, of %d classes", i, c, len(noise))
		}
		if rng.Float64() < noise[c] {
			out[i] = (c + 1 + rng.IntN(len(noise)-1)) % len(noise)
		}
	}
	return out, nil
}
