package figure

import (
	"html"
	"math"
	"strconv"
	"strings"
)

// number writes v with four significant digits, as livefig.js does.
func number(v float64) string {
	if a := math.Abs(v); v != 0 && (a >= 1e5 || a < 1e-3) {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 3, 64), "e")
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
		e, _ := strconv.Atoi(exponent) // of FormatFloat's making
		power := "10" + superscript(e)
		switch mantissa {
		case "1":
			return power
		case "-1":
			return "−" + power
		}
		return minusSign(mantissa) + "×" + power
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	return minusSign(strconv.FormatFloat(rounded, 'f', -1, 64))
}

func superscript(e int) string {
	return strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵",
		"6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(strconv.Itoa(e))
}

func minusSign(text string) string { return strings.ReplaceAll(text, "-", "−") }

func escape(text string) string { return html.EscapeString(text) }
