package study

// What the claims of the page suppose of arithmetic.
const (
	RoundOff   = 1e-12    // of float64 sums of up to 10⁴ terms of order one
	Bits       = 200      // of the exact construction
	ExactError = 1e-30    // the reach asked of 200 bits: 2^-100
	FloatError = 1e-6     // the reach asked of float64 at n = m = 128
	Resolution = 0x1p-180 // what 200 bits cannot tell from zero: f errs by 2^-196·|x|(x²+1), |x| up to 20
)
