package claim

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Number is a float64 that JSON shows as shortly as its value allows, and as a string
// where JSON has no number: "NaN", "+Inf", "-Inf".
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	x := float64(n)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return strconv.AppendQuote(nil, strconv.FormatFloat(x, 'g', -1, 64)), nil
	}
	if x == 0 {
		return []byte("0"), nil
	}
	return strconv.AppendFloat(nil, x, 'g', -1, 64), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(b []byte) error {
	x, err := strconv.ParseFloat(string(bytes.Trim(b, `"`)), 64)
	if err != nil {
		return fmt.Errorf("claim: %s is no number", b)
	}
	*n = Number(x)
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// recordedDigits is how many significant digits of a measured number are kept: enough to
// compare runs, too few for the noise of a sum's order to show.
const recordedDigits = 6

// rounded returns x with recordedDigits significant digits, or as many more as it takes
// for every rule to say the same of it as of x, and for it to lie on a bound only if x does.
func rounded(x float64, rules ...Rule) float64 {
	if !finite(x) {
		return x
	}
	for n := recordedDigits; n < 17; n++ {
		y, agree := round(x, n), true
		for _, r := range rules {
			agree = agree && r.Holds(x) == r.Holds(y) && (r.slack(x) == 0) == (r.slack(y) == 0)
		}
		if agree {
			return y
		}
	}
	return x
}

// round returns the number nearest to x with n significant digits.
func round(x float64, n int) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', n, 64), 64)
	if err != nil { // beyond the largest float64
		return x
	}
	return y
}

// decimal splits x into a mantissa of at most n significant digits and a power of ten,
// which is empty where x is written in full: from 0.001 to 999999. An integer in this
// range keeps all its digits.
func decimal(x float64, n int) (mantissa, power string) {
	switch a := math.Abs(x); {
	case x == 0:
		return "0", "" // no minus zero
	case !finite(x):
		return strings.TrimPrefix(strconv.FormatFloat(x, 'g', -1, 64), "+"), ""
	case a < 1e6 && x == math.Trunc(x):
		return strconv.FormatFloat(x, 'f', 0, 64), ""
	}
	e := strconv.FormatFloat(x, 'e', n-1, 64) // the exponent after rounding
	mantissa, power, _ = strings.Cut(e, "e")
	exponent, _ := strconv.Atoi(power)
	if exponent >= -3 && exponent < 6 {
		mantissa, power = strconv.FormatFloat(x, 'f', max(n-1-exponent, 0), 64), ""
	} else {
		power = strconv.Itoa(exponent)
	}
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	return mantissa, power
}

// Plain writes x with at most n significant digits as a person does in a line of text:
// 0.5481, −1, 1.2·10⁻⁷.
func Plain(x float64, n int) string {
	mantissa, power := decimal(x, n)
	text := strings.Replace(mantissa, "-", "−", 1)
	text = strings.Replace(text, "Inf", "∞", 1)
	if power == "" {
		return text
	}
	power = "10" + superscript.Replace(power)
	switch mantissa {
	case "1":
		return power
	case "-1":
		return "−" + power
	}
	return text + "·" + power
}

var superscript = strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

// Math writes x with at most n significant digits in Markdown with LaTeX between
// dollars: 0.5481, $-1$, $1.2\cdot10^{-7}$.
func Math(x float64, n int) string {
	mantissa, power := decimal(x, n)
	if math.IsNaN(x) {
		return "NaN"
	}
	text := strings.Replace(mantissa, "Inf", `\infty`, 1)
	if power != "" {
		switch mantissa {
		case "1", "-1":
			text = strings.TrimSuffix(mantissa, "1") + "10^{" + power + "}"
		default:
			text += `\cdot10^{` + power + "}"
		}
	}
	if text == mantissa && text[0] != '-' {
		return text
	}
	return "$" + text + "$"
}
