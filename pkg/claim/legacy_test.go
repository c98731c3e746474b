package claim

import (
	"math"
	"testing"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for function, want := range map[string][2]string{
		"main.C4":               {"main", "C4"},
		"main.C4.func1":         {"main", "C4"},
		"main.C4.func2.1":       {"main", "C4"},
		"main.C4.gowrap1":       {"main", "C4"},
		"main.C4.func1-range2":  {"main", "C4"},
		"main.main":             {"main", "main"},
		"a.b/c.(*T).M.func1":    {"a.b/c", "(*T).M"},
		"example.org/x/y.Check": {"example.org/x/y", "Check"},
	} {
		if pkg, name := split(function); pkg != want[0] || name != want[1] {
			t.Errorf("split(%q) = %q, %q, want %q", function, pkg, name, want)
		}
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		x    float64
		want string
	}{
		{math.Copysign(0, -1), "0"}, {1e-12, "1e-12"}, {5.25e-5, "5.25e-5"}, {-1.00034, "-1"}, {12345.6, "12346"},
		{1e18, "1e18"}, {math.Inf(-1), "-Inf"}, {math.NaN(), "NaN"}, {0.548123, "0.5481"},
	} {
		if got := digits(test.x, 4); got != test.want {
			t.Errorf("digits(%v) = %q, want %q", test.x, got, test.want)
		}
	}
}
