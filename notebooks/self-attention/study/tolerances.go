package study

// What the claims of the page allow for.
const (
	RoundOff  = 1e-9 // relative error of sums of 10⁴ float64 products, ill-conditioned by 10³
	SolverTol = 1e-6 // ten thousand times the solvers' residual: ‖W_mm‖² is about 0.1 and margins are sums
	GridTol   = 1e-6 // a maximum on 4,000 points of an interval of length 3: h²/8 of its curvature
	DiffTol   = 1e-6 // central differences at h = 10⁻⁴: h² from the third derivative, 10⁻¹² from rounding
	NgdTol    = 0.01 // NGD's slope: ‖W_t‖ = ηt − O(1) and margins that equalise like 1/t leave 1/t at t ≥ 100
	PolyakTol = 1e-3 // Polyak's slope: step lengths converge exponentially, margins do not enter
	JointTol  = 0.05 // joint exponents, t ≤ 10⁴: corrections of order 1/log t and t^(−1/3), halved by slopes
	Halfway   = 0.78 // between 1, by how much log loss of an exponential falls over the second of two equal times against the first, and 0.57 of 1/t
	LimitTol  = 1e-3 // 1 − corr at t = 10³: ten times ½(‖W_0‖/‖W_t‖)² for ‖W_0‖ = 2, ‖W_t‖ = 150
)
