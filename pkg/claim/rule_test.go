package claim

import (
	"math"
	"testing"
)

func TestRules(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		rule        Rule
		words       string
		holds, fail []float64
	}{
		{Within(-1, 0.02), "within 0.02 of −1", []float64{-1, -1.02, -0.98}, []float64{-1.03, -0.97, nan, inf, -inf}},
		{Within(0, 1e-12), "within 10⁻¹² of 0", []float64{0, 1e-12, -1e-12}, []float64{2e-12, nan}},
		{Within(3, 0), "within 0 of 3", []float64{3}, []float64{math.Nextafter(3, 4)}},
		{Converges(2.5, 0.1), "converges to 2.5, tail within 0.1", []float64{2.45}, []float64{2.7, nan}},
		{Between(1, 2), "between 1 and 2", []float64{1, 1.5, 2}, []float64{0.99, 2.01, nan, inf}},
		{AtMost(1), "at most 1", []float64{1, -5, -inf}, []float64{1.01, inf, nan}},
		{AtLeast(150000), "at least 150000", []float64{150000, inf}, []float64{149999, -inf, nan}},
		{Above(0), "above 0", []float64{5e-324, inf}, []float64{0, -1, nan}},
		{Below(1), "below 1", []float64{0.5, -inf}, []float64{1, 2, nan}},
		{AtMost(nan), "at most NaN", nil, []float64{0, nan, -inf}},
		{Within(0, nan), "within NaN of 0", nil, []float64{0, nan}},
	} {
		if got := test.rule.String(); got != test.words {
			t.Errorf("String() = %q, want %q", got, test.words)
		}
		for _, x := range test.holds {
			if !test.rule.Holds(x) {
				t.Errorf("%v: %v does not hold, want it to", test.rule, x)
			}
		}
		for _, x := range test.fail {
			if test.rule.Holds(x) {
				t.Errorf("%v: %v holds, want it to fail", test.rule, x)
			}
		}
		if err := test.rule.misuse(); err != nil {
			t.Errorf("%v: %v", test.rule, err)
		}
	}
}

func TestUselessRules(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	for _, r := range []Rule{{}, Within(0, -1), Within(0, inf), Between(2, 1), Between(-inf, inf), AtMost(inf), AtLeast(-inf), Above(-inf), Below(inf)} {
		if r.misuse() == nil {
			t.Errorf("%v is accepted", r)
		}
	}
}

func TestSeries(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		name      string
		got, want float64
	}{
		{"worst of at most", Worst([]float64{0, 2, 1}, AtMost(3)), 2},
		{"worst of at least", Worst([]float64{0, 2, 1}, AtLeast(-1)), 0},
		{"worst of within, below", Worst([]float64{0, 2, 1.5}, Within(1.5, 0.1)), 0},
		{"worst of between, above", Worst([]float64{0, 9, 1.5}, Between(-1, 3)), 9},
		{"worst sees infinity", Worst([]float64{0, inf}, AtMost(3)), inf},
		{"worst takes a harmless infinity", Worst([]float64{0, inf}, AtLeast(-3)), 0},
		{"worst of nothing", Worst(nil, AtMost(3)), nan},
		{"worst with NaN", Worst([]float64{0, nan, 7}, AtMost(3)), nan},
		{"worst with a NaN bound", Worst([]float64{0, 7}, AtMost(nan)), nan},
		{"largest", Largest([]float64{-3, -1, -2}), -1},
		{"largest with NaN", Largest([]float64{nan, 1}), nan},
		{"largest of nothing", Largest(nil), nan},
		{"smallest", Smallest([]float64{3, 1, 2}), 1},
		{"smallest with NaN", Smallest([]float64{1, nan}), nan},
		{"increase", LargestIncrease([]float64{5, 3, 4, 1}), 1},
		{"no increase", LargestIncrease([]float64{5, 3, 3, 1}), 0},
		{"increase of one element", LargestIncrease([]float64{5}), nan},
		{"increase with NaN", LargestIncrease([]float64{5, nan, 3}), nan},
		{"decrease", LargestDecrease([]float64{1, 3, 2.5, 4}), 0.5},
		{"inversions", Inversions([]float64{1, 2, 3}, []float64{3, 1, 2}), 2},
		{"inversions of ties", Inversions([]float64{1, 1, 1}, []float64{3, 1, 2}), 0},
		{"inversions with NaN", Inversions([]float64{1, nan, 1}, []float64{3, 1, 2}), nan},
		{"inversions of one pair", Inversions([]float64{1}, []float64{3}), nan},
		{"tail", Tail([]float64{9, 1.1, 0.8, 1.05}, 1, 3), 0.8},
		{"tail longer than the sequence", Tail([]float64{1}, 1, 3), nan},
		{"tail with NaN", Tail([]float64{1, nan, 1}, 1, 3), nan},
		{"contraction", Contraction([]float64{9, 2, 1.5, 1.25}, 1, 3), 0.5},
		{"contraction of what passes by", Contraction([]float64{2, 1.5, 0}, 1, 3), 2},
		{"contraction at the target", Contraction([]float64{2, 1, 1}, 1, 3), 0},
		{"contraction away from the target", Contraction([]float64{1, 1, 2}, 1, 3), inf},
		{"contraction with NaN", Contraction([]float64{1, nan, 2}, 1, 3), nan},
	} {
		if !same(test.got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, test.got, test.want)
		}
	}
}
