package loss

import "math/big"

// precision, in bits, of the references: a relative error of 1e-60.
const precision = 200

func bigOf(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

func bigNew() *big.Float { return new(big.Float).SetPrec(precision) }

// bigExp returns exp(x) by its power series at x/2^64, squared 64 times. The
// squarings cost 64 of the bits.
func bigExp(x *big.Float) *big.Float {
	const halvings = 64
	small := bigNew().SetMantExp(x, -halvings)
	sum, term := bigOf(1), bigOf(1)
	for k := 1; k < 12; k++ { // (1e-17)^12 is far below the precision
		term.Mul(term, small)
		term.Quo(term, bigOf(float64(k)))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigLog returns log x by Newton's method of order three, from a float64.
func bigLog(x *big.Float, guess float64) *big.Float {
	y := bigOf(guess)
	for range 4 {
		e := bigExp(y)
		step := bigNew().Quo(bigNew().Sub(x, e), bigNew().Add(x, e))
		y.Add(y, step.Mul(step, bigOf(2)))
	}
	return y
}
