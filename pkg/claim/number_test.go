package claim

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestNumbersInOneForm(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		x           float64
		digits      int
		plain, math string
	}{
		{0, 4, "0", "0"}, {math.Copysign(0, -1), 4, "0", "0"}, {1, 4, "1", "1"}, {-1, 4, "−1", "$-1$"},
		{-1.00034, 4, "−1", "$-1$"}, {0.548123, 4, "0.5481", "0.5481"}, {0.001, 4, "0.001", "0.001"}, {0.00099999, 6, "9.9999·10⁻⁴", `$9.9999\cdot10^{-4}$`},
		{0.00099999, 4, "0.001", "0.001"}, {1.2e-7, 4, "1.2·10⁻⁷", `$1.2\cdot10^{-7}$`}, {1e-7, 4, "10⁻⁷", `$10^{-7}$`}, {-1e-12, 4, "−10⁻¹²", `$-10^{-12}$`},
		{-2.5e-12, 2, "−2.5·10⁻¹²", `$-2.5\cdot10^{-12}$`}, {614810000000, 5, "6.1481·10¹¹", `$6.1481\cdot10^{11}$`}, {999999, 4, "999999", "999999"}, {1e6, 4, "10⁶", `$10^{6}$`},
		{123456, 4, "123456", "123456"}, {12345.6, 4, "12346", "12346"}, {999999.9, 4, "10⁶", `$10^{6}$`}, {1e300, 4, "10³⁰⁰", `$10^{300}$`},
		{math.Inf(1), 4, "∞", `$\infty$`}, {math.Inf(-1), 4, "−∞", `$-\infty$`}, {math.NaN(), 4, "NaN", "NaN"},
	} {
		if got := Plain(test.x, test.digits); got != test.plain {
			t.Errorf("Plain(%v, %d) = %q, want %q", test.x, test.digits, got, test.plain)
		}
		if got := Math(test.x, test.digits); got != test.math {
			t.Errorf("Math(%v, %d) = %q, want %q", test.x, test.digits, got, test.math)
		}
	}
}

// TestPlainIsTheNumber reads what Plain wrote.
func TestPlainIsTheNumber(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 5))
	back := strings.NewReplacer("−", "-", "·10", "e", "⁻", "-", "⁰", "0", "¹", "1", "²", "2", "³", "3", "⁴", "4", "⁵", "5", "⁶", "6", "⁷", "7", "⁸", "8", "⁹", "9")
	for range 5000 {
		x := r.NormFloat64() * math.Pow(10, float64(r.IntN(40)-20))
		text := back.Replace(Plain(x, 7))
		if y, err := strconv.ParseFloat(text, 64); err != nil || math.Abs(x-y) > 1e-6*math.Abs(x) {
			t.Fatalf("Plain(%v) = %q, which reads %v (%v)", x, Plain(x, 7), y, err)
		}
		if strings.ContainsAny(Plain(x, 7)+Math(x, 7), "eE") {
			t.Fatalf("%v is written with an e: %q, %q", x, Plain(x, 7), Math(x, 7))
		}
	}
}

func TestNumberJSON(t *testing.T) {
	t.Parallel()
	for x, want := range map[Number]string{1.5: "1.5", 1e-7: "1e-07", Number(math.Inf(1)): `"+Inf"`, Number(math.Copysign(0, -1)): "0"} {
		b, err := json.Marshal(x)
		var back Number
		if err != nil || string(b) != want || json.Unmarshal(b, &back) != nil || back != x {
			t.Errorf("%v is %s in JSON and %v from it (%v), want %s", x, b, back, err, want)
		}
	}
	var n Number
	if json.Unmarshal([]byte(`"x"`), &n) == nil {
		t.Error(`"x" is a number`)
	}
}
