package capacity

// Effective returns k_eff, the number of parameters of equation (4) less the dimensions of
// its exact symmetries (derived here). With q = min(d1, d) and e = min(d0, d, m),
//
//	k_eff = ζ m + m0 q(2d - q) + [m0 d e - m0 e² + dim R] + (ζ+T)d - d - d² - max(0, d - m0 q),
//
// where R are the m0 e × m matrices of rank at most d, whose dimension is d(m0 e + m - d), or
// m0 e m if min(m0 e, m) ≤ d. Term by term it counts what a function h sees: V up to a
// constant in each of its rows, and b; the products W1r W2rᵀ, d×d matrices of rank q; the
// products W3r W0r W, d×m matrices of rank e, stacked; Z and U up to a shift of all of Z
// against all of U; less a change of basis of the embeddings that all products undo, and a
// translation of all embeddings orthogonal to the columns of every W2r: it adds a constant to
// the scores, which their softmax does not see, and another to x, which b undoes. For
// d1 ≤ d ≤ m it is k - m - m0 d1² - m0 (d0² - max(0, d0-d)²) - [d(m0 e + m) - dim R] - d - d² - max(0, d - m0 d1).
//
// That nothing else is lost is observed on random sizes, not proved. It is an upper bound of
// the rank wherever the symmetries are distinct, and the error names what the count asks for:
// attention that compares positions, T ≥ 2; values that reach all directions, m0 e ≥ d; and
// enough tokens to tell all embeddings apart, d ≤ ζ, or d < ζ for T = 2.
func (c Config) Effective() (int, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	e, q := min(c.D0, c.D, c.M), min(c.D1, c.D)
	if rows := c.Heads * e; c.T < 2 || rows < c.D || c.D > c.Zeta+min(0, c.T-3) {
		return 0, bad("T = %d, m0 min(d0, d, m) = %d, d = %d, ζ = %d: the count of symmetries holds for T ≥ 2, m0 min(d0, d, m) ≥ d and d ≤ ζ, or d < ζ where T = 2",
			c.T, rows, c.D, c.Zeta)
	}
	free := c.Zeta*c.M + c.Heads*q*(2*c.D-q)
	free += c.Heads*e*(c.D-e) + lowRank(c.Heads*e, c.M, c.D)
	return free + (c.Zeta+c.T)*c.D - c.D - c.D*c.D - max(0, c.D-c.Heads*q), nil
}

// lowRank returns the dimension of the a×b matrices of rank at most r.
func lowRank(a, b, r int) int {
	r = min(r, a, b)
	return r * (a + b - r)
}

// Dimensions returns a number that the rank of the derivative of θ ↦ (h_θ(α_i))_i does not
// exceed: k_eff where Effective knows it; for fewer neurons that of the least m for which it
// does, whose models contain the smaller ones; and never more than k.
func (c Config) Dimensions() int {
	k := c.Params()
	for ; c.M <= c.D; c.M++ {
		if effective, err := c.Effective(); err == nil {
			return min(k, effective)
		}
	}
	if effective, err := c.Effective(); err == nil {
		return min(k, effective)
	}
	return k
}
