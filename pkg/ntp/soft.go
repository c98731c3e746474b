package ntp

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Soft is a data set of next-token prediction without embeddings: a sparse soft label
// for each distinct context. Its functions are of the logits L, V×m, whatever made them.
// It is the setting of Zhao, Behnia, Vakilian and Thrampoulidis, "Implicit Geometry of
// Next-token Prediction", arXiv 2408.15417, where W and H are both trained.
type Soft struct {
	*Pattern
	P  *mat.Dense // next-token distributions, V×m, columns sum to one
	Pi []float64  // frequencies of the contexts, length m, sum to one

	Words    []string // names of the tokens, nil or length V
	Contexts []string // names of the contexts, nil or length m
}

// NewSoft returns the data set with distributions P and frequencies pi, which it copies.
// Supports are where P is positive. Every error wraps ErrInstance.
func NewSoft(P *mat.Dense, pi []float64) (*Soft, error) {
	if P == nil || P.IsEmpty() {
		return nil, malformed("P must not be empty")
	}
	V, m := P.Dims()
	if len(pi) != m {
		return nil, malformed("%d frequencies for %d contexts", len(pi), m)
	}
	if err := checkFrequencies(pi); err != nil {
		return nil, err
	}
	supports := make([][]int, m)
	for j := range supports {
		s, err := supportOf(j, mat.Col(nil, j, P), nil)
		if err != nil {
			return nil, err
		}
		supports[j] = s
	}
	pattern, err := NewPattern(V, supports)
	if err != nil {
		return nil, err
	}
	return &Soft{Pattern: pattern, P: mat.DenseCopyOf(P), Pi: slices.Clone(pi)}, nil
}

// Count returns the data set of counts: counts[j][i] sequences continue context j with
// the i-th token of its support.
func (p *Pattern) Count(counts [][]int) (*Soft, error) {
	if len(counts) != len(p.S) {
		return nil, malformed("counts of %d contexts for a pattern of %d", len(counts), len(p.S))
	}
	C := mat.NewDense(p.V, len(p.S), nil)
	for j, s := range p.S {
		if len(counts[j]) != len(s) {
			return nil, malformed("%d counts for context %d, whose support has %d tokens", len(counts[j]), j, len(s))
		}
		for i, z := range s {
			if counts[j][i] < 1 {
				return nil, malformed("token %d was counted %d times after context %d, whose support it is in: leave it out of the support", z, counts[j][i], j)
			}
			C.Set(z, j, float64(counts[j][i]))
		}
	}
	P, pi := frequencies(C)
	return NewSoft(P, pi)
}

// Relabel returns a data set of the same pattern with other distributions: every p_j is
// drawn from the Dirichlet distribution on its support and π is uniform on the simplex.
func (p *Pattern) Relabel(draw func(n int) []float64) (*Soft, error) {
	P := mat.NewDense(p.V, len(p.S), nil)
	for j, s := range p.S {
		for i, x := range draw(len(s)) {
			P.Set(s[i], j, x)
		}
	}
	return NewSoft(P, draw(len(p.S)))
}

// Entropy returns Hent = -Σ_j π_j Σ_z p_{j,z} log p_{j,z} in nats.
func (s *Soft) Entropy() float64 {
	sum := 0.0
	for j, support := range s.S {
		for _, z := range support {
			p := s.P.At(z, j)
			sum -= s.Pi[j] * p * math.Log(p)
		}
	}
	return sum
}

// CE returns the cross-entropy -Σ_j π_j Σ_{z∈S_j} p_{j,z} log σ_z(L_j). For its distance
// from Hent use Excess, which does not cancel.
func (s *Soft) CE(L *mat.Dense) float64 { return s.crossEntropy(L, false) }

// InSupportCE returns CE_F(L), in which the softmax is restricted to the supports. It
// depends on P_F(L) only.
func (s *Soft) InSupportCE(L *mat.Dense) float64 { return s.crossEntropy(L, true) }

func (s *Soft) crossEntropy(L *mat.Dense, restricted bool) float64 {
	sum := 0.0
	for j, support := range s.S {
		l := matrix.Pick(L, j, support)
		lse := floats.LogSumExp(l)
		if !restricted {
			lse = floats.LogSumExp(mat.Col(nil, j, L))
		}
		for i, z := range support {
			sum += s.Pi[j] * s.P.At(z, j) * (lse - l[i])
		}
	}
	return sum
}

// Excess returns CE(L) - Hent = Σ_j π_j KL(p_j ‖ σ(L_j)) with relative accuracy.
func (s *Soft) Excess(L *mat.Dense) float64 {
	inside, outside := s.split(L)
	return inside + outside
}

// InSupportExcess returns CE_F(L) - Hent with relative accuracy: zero exactly where
// P_F(L) = L^in.
func (s *Soft) InSupportExcess(L *mat.Dense) float64 {
	inside, _ := s.split(L)
	return inside
}

// OffSupportExcess returns CE(L) - CE_F(L) with relative accuracy, all of the excess where
// P_F(L) = L^in.
func (s *Soft) OffSupportExcess(L *mat.Dense) float64 {
	_, outside := s.split(L)
	return outside
}

// split returns Σ_j π_j KL(p_j ‖ softmax over S_j) and Σ_j π_j log(1+x_j), x_j the
// exponentials off the support over those on it.
func (s *Soft) split(L *mat.Dense) (inside, outside float64) {
	for j := range s.S {
		kl, x := s.context(L, j)
		inside += s.Pi[j] * kl
		outside += s.Pi[j] * math.Log1p(x)
	}
	return inside, outside
}

// context returns, for context j at logits L, KL(p_j ‖ softmax over S_j) and x_j.
// With δ_z = log q_z - log p_z, q the in-support softmax,
//
//	KL = Σ_z p_z (exp(δ_z) - 1 - δ_z),
//
// as both sum to one; every term is nonnegative.
func (s *Soft) context(L *mat.Dense, j int) (kl, x float64) {
	lse := floats.LogSumExp(matrix.Pick(L, j, s.S[j]))
	V, _ := L.Dims()
	for z := range V {
		if s.in[j][z] {
			p := s.P.At(z, j)
			kl += p * expm1x(L.At(z, j)-lse-math.Log(p))
		} else {
			x += math.Exp(L.At(z, j) - lse)
		}
	}
	return kl, x
}

// Gradient returns ∇CE(L) = -(P - σ(L)) diag(π), V×m.
func (s *Soft) Gradient(L *mat.Dense) *mat.Dense {
	G := s.residual(L)
	G.Apply(func(_, j int, r float64) float64 { return -s.Pi[j] * r }, G)
	return G
}

// ExcessGradient returns Excess(L) and stores Gradient(L) in G, with one exponential for
// each logit.
func (s *Soft) ExcessGradient(G, L *mat.Dense) float64 {
	V, m := s.Dims()
	e, excess := make([]float64, V), 0.0
	for j := range m {
		top := math.Inf(-1)
		for z := range V {
			top = math.Max(top, L.At(z, j))
		}
		on, off := 0.0, 0.0
		for z := range V {
			e[z] = math.Exp(L.At(z, j) - top)
			if s.in[j][z] {
				on += e[z]
			} else {
				off += e[z]
			}
		}
		if on == 0 { // the support is too far below the largest logit
			return s.excessGradient(G, L)
		}
		inside, kl := top+math.Log(on), 0.0
		shift := math.Log1p(off / on)
		for z := range V {
			if !s.in[j][z] {
				G.Set(z, j, s.Pi[j]*e[z]/(on+off))
				continue
			}
			p := s.P.At(z, j)
			delta := L.At(z, j) - inside - math.Log(p)
			kl += p * expm1x(delta)
			G.Set(z, j, s.Pi[j]*p*math.Expm1(delta-shift))
		}
		excess += s.Pi[j] * (kl + shift)
	}
	return excess
}

// excessGradient is ExcessGradient for any logits.
func (s *Soft) excessGradient(G, L *mat.Dense) float64 {
	G.Copy(s.Gradient(L))
	return s.Excess(L)
}

// residual returns P - σ(L), V×m. On the support it is -p expm1(log σ - log p): no
// cancellation where the two are close.
func (s *Soft) residual(L *mat.Dense) *mat.Dense {
	V, m := L.Dims()
	R := mat.NewDense(V, m, nil)
	for j := range m {
		lse := floats.LogSumExp(mat.Col(nil, j, L))
		for z := range V {
			logq := L.At(z, j) - lse
			if s.in[j][z] {
				p := s.P.At(z, j)
				R.Set(z, j, -p*math.Expm1(logq-math.Log(p)))
			} else {
				R.Set(z, j, -math.Exp(logq))
			}
		}
	}
	return R
}

// Lin returns L^in = P_F(log P), the sparse part that the logits converge to: log p_{j,z}
// minus its mean over S_j on the support, zero off it.
func (s *Soft) Lin() *mat.Dense {
	L := mat.NewDense(s.V, len(s.S), nil)
	for j, support := range s.S {
		for _, z := range support {
			L.Set(z, j, math.Log(s.P.At(z, j)))
		}
	}
	return s.Project(L)
}

// FiniteError returns ‖P_F(L) - L^in‖.
func (s *Soft) FiniteError(L *mat.Dense) float64 {
	return matrix.Norm(matrix.Add(s.Project(L), -1, s.Lin()))
}

// Genie returns Σ_j π_j (V - k_j) g_j, g_j = exp(mean over S_j of log p_j), with which
//
//	CE(L^in + R M) - Hent ≤ e^{-R} Σ_j π_j (V - k_j) g_j   for every feasible M, R ≥ 0
//
// (derived here): x_j of L^in is (V - k_j) g_j, and R M divides it by e^R at least.
func (s *Soft) Genie() float64 {
	sum := 0.0
	for j, support := range s.S {
		mean := 0.0
		for _, z := range support {
			mean += math.Log(s.P.At(z, j)) / float64(len(support))
		}
		sum += s.Pi[j] * float64(s.V-len(support)) * math.Exp(mean)
	}
	return sum
}

// LogOddsEquations returns the equations L[z,j] - L[a_j,j] = log(p_{j,z}/p_{j,a_j}), a_j
// the first token of S_j, in the rows of L one after the other: dim F of them.
func (s *Soft) LogOddsEquations() (rows *mat.Dense, odds []float64) {
	V, m := s.Dims()
	if s.Equalities() == 0 {
		return nil, nil
	}
	rows = mat.NewDense(s.Equalities(), V*m, nil)
	for j, support := range s.S {
		a := support[0]
		for _, z := range support[1:] {
			i := len(odds)
			rows.Set(i, z*m+j, 1)
			rows.Set(i, a*m+j, -1)
			odds = append(odds, math.Log(s.P.At(z, j)/s.P.At(a, j)))
		}
	}
	return rows, odds
}
