package contrastive

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Constants of Newton's method on the rank-one conditions.
const (
	// rankOneSteps bounds its steps: it is at the rounding after fewer than ten, or nowhere.
	rankOneSteps = 40
	// rankOneTolerance ends it, relative to equations of order one.
	rankOneTolerance = 1e-13
	// shortestStep is the least damping.
	shortestStep = 1e-3
	// negativeShare is the share of the largest eigenvalue of M by which others may be negative
	// and count as zero.
	negativeShare = 1e-10
)

// rankOne is the optimality of the reduced program where rank M = k-1. Then S = w wᵀ, and 2k
// unknowns are left of k²: w, and the denominators D of the loss,
//
//	D_c = n_c - 1 + Σ_{c'≠c} n_c' T_cc',   Σ_c' M_cc' w_c' = 0,
//	T_cc' = exp(r (M_cc' - 1)) = 2 w_c w_c' / ( r n_c n_c' (1/D_c + 1/D_c') ).
//
// Newton's method is on a = log w and b = log D.
type rankOne struct {
	r    float64
	n    []float64
	a, b []float64
}

// newRankOne starts from the Gram matrix M of unit columns near the solution, with the w for which
// w_c w_c' is nearest, in logarithms, to the gradient by M_cc'.
func newRankOne(p *Problem, M *mat.Dense) *rankOne {
	k, sum := p.K(), 0.0
	s := &rankOne{r: p.R, n: make([]float64, k), a: make([]float64, k), b: make([]float64, k)}
	for c, size := range p.Sizes {
		s.n[c] = float64(size)
	}
	D := make([]float64, k)
	for c := range k {
		D[c] = s.n[c] - 1
		for e := range k {
			if e != c {
				D[c] += s.n[e] * math.Exp(p.R*(M.At(c, e)-1))
			}
		}
		s.b[c] = math.Log(D[c])
	}
	for c := range k {
		for e := range k {
			if e != c {
				s.a[c] += p.R*(M.At(c, e)-1) + math.Log(p.R*s.n[c]*s.n[e]*(1/D[c]+1/D[e])/2)
			}
		}
		sum += s.a[c]
	}
	for c := range k {
		if k == 2 {
			s.a[c] /= 2
		} else {
			s.a[c] = (s.a[c] - sum/float64(2*k-2)) / float64(k-2)
		}
	}
	return s
}

// at returns T and M, the left sides of the equations, those of D over D_c and those of M over
// the largest w, and their derivatives by a and b where J is not nil.
func (s *rankOne) at(J *mat.Dense) (M *mat.Dense, F []float64) {
	k := len(s.n)
	M, F = mat.NewDense(k, k, nil), make([]float64, 2*k)
	top := floats.Max(s.a)
	for c := range k {
		own, own2 := 0.0, 0.0 // derivatives by b_c and a_c of the first equation
		turn, turn2 := 0.0, 0.0
		F[c], F[k+c] = 1-(s.n[c]-1)*math.Exp(-s.b[c]), math.Exp(s.a[c]-top)
		M.Set(c, c, 1)
		for e := range k {
			if e == c {
				continue
			}
			// φ = (1/D_c) / (1/D_c + 1/D_e)
			phi := 1 / (1 + math.Exp(s.b[c]-s.b[e]))
			log := s.a[c] + s.a[e] + math.Log(2/(s.r*s.n[c]*s.n[e])) + s.b[c] + math.Log(phi)
			share, w := s.n[e]*math.Exp(log-s.b[c]), math.Exp(s.a[e]-top)
			M.Set(c, e, 1+log/s.r)
			F[c] -= share
			F[k+c] += M.At(c, e) * w
			if J == nil {
				continue
			}
			own, own2 = own+share*phi, own2+share
			turn, turn2 = turn+w*phi/s.r, turn2+w/s.r
			J.Set(c, k+e, -share*(1-phi))
			J.Set(c, e, -share)
			J.Set(k+c, k+e, w*(1-phi)/s.r)
			J.Set(k+c, e, M.At(c, e)*w+w/s.r)
		}
		if J != nil {
			// The first equation is over D_c: at a root its own derivative is that of the sum over D_c.
			J.Set(c, k+c, 1-F[c]-own)
			J.Set(c, c, -own2)
			J.Set(k+c, k+c, turn)
			J.Set(k+c, c, math.Exp(s.a[c]-top)+turn2)
		}
	}
	return M, F
}

// solve returns the M of a root, or nil where none is found.
func (s *rankOne) solve() *mat.Dense {
	k := len(s.n)
	J, step := mat.NewDense(2*k, 2*k, nil), mat.NewVecDense(2*k, nil)
	M, F := s.at(J)
	norm := floats.Norm(F, 2)
	for range rankOneSteps {
		if !(norm < math.Inf(1)) {
			return nil
		}
		if norm <= rankOneTolerance*math.Sqrt(float64(k)) {
			return M
		}
		var lu mat.LU
		lu.Factorize(J)
		if err := lu.SolveVecTo(step, false, mat.NewVecDense(2*k, F)); err != nil {
			if _, near := err.(mat.Condition); !near {
				return nil
			}
		}
		a, b, damping := s.a, s.b, 1.0
		for {
			s.a, s.b = make([]float64, k), make([]float64, k)
			floats.AddScaledTo(s.a, a, -damping, step.RawVector().Data[:k])
			floats.AddScaledTo(s.b, b, -damping, step.RawVector().Data[k:])
			next, G := s.at(J)
			if now := floats.Norm(G, 2); now < norm {
				M, F, norm = next, G, now
				break
			}
			if damping /= 2; damping < shortestStep {
				if norm <= 1e3*rankOneTolerance*math.Sqrt(float64(k)) {
					return M // rounding ends it
				}
				return nil
			}
		}
	}
	return nil
}

// factor returns unit columns in R^{k+1} with the Gram matrix M, or nil where M has eigenvalues
// that are negative by more than rounding.
func factor(M *mat.Dense) *mat.Dense {
	k, _ := M.Dims()
	values, vectors := eigen(M)
	if !(values[0] >= -negativeShare*values[k-1]) {
		return nil
	}
	U := mat.NewDense(k+1, k, nil)
	for i, v := range values {
		for c := range k {
			U.Set(i, c, math.Sqrt(math.Max(0, v))*vectors.At(c, i))
		}
	}
	if normalize(U) != nil {
		return nil
	}
	return U
}
