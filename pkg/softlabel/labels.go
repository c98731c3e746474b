package softlabel

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Labels are a sparse soft label for each distinct context. Functions of the logits L, V×m,
// take them whatever made them.
type Labels struct {
	*Pattern
	P  *mat.Dense // next-token distributions, V×m, columns sum to one
	Pi []float64  // frequencies of the contexts, length m, sum to one

	Words    []string // names of the tokens, nil or length V
	Contexts []string // names of the contexts, nil or length m
}

// New returns the data set with distributions P and frequencies pi, which it copies.
// Supports are where P is positive, and smaller than the vocabulary. Every error wraps
// ErrLabels.
func New(P *mat.Dense, pi []float64) (*Labels, error) {
	s, err := WithSupports(P, pi, nil)
	if err != nil {
		return nil, err
	}
	if _, err := NewPattern(s.V, s.S); err != nil {
		return nil, err
	}
	return s, nil
}

// WithSupports is New for data whose supports may be all of the vocabulary. They may
// be given: P must then be positive on them and zero elsewhere.
func WithSupports(P *mat.Dense, pi []float64, supports [][]int) (*Labels, error) {
	if P == nil || P.IsEmpty() {
		return nil, malformed("P must not be empty")
	}
	V, m := P.Dims()
	if V < 2 {
		return nil, malformed("the vocabulary has %d token, want at least 2", V)
	}
	if len(pi) != m {
		return nil, malformed("%d frequencies for %d contexts", len(pi), m)
	}
	if supports != nil && len(supports) != m {
		return nil, malformed("%d supports for %d contexts", len(supports), m)
	}
	if err := checkFrequencies(pi); err != nil {
		return nil, err
	}
	pattern := &Pattern{V: V, S: make([][]int, m)}
	for j := range m {
		var declared []int
		if supports != nil {
			declared = supports[j]
		}
		s, err := supportOf(j, mat.Col(nil, j, P), declared)
		if err != nil {
			return nil, err
		}
		pattern.S[j] = s
	}
	pattern.in = membership(V, pattern.S)
	return &Labels{Pattern: pattern, P: mat.DenseCopyOf(P), Pi: slices.Clone(pi)}, nil
}

// Count returns the data set of counts: counts[j][i] sequences continue context j with
// the i-th token of its support.
func (p *Pattern) Count(counts [][]int) (*Labels, error) {
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
	P, pi := Frequencies(C)
	return New(P, pi)
}

// Relabel returns a data set of the same pattern with other distributions: every p_j is
// drawn from the Dirichlet distribution on its support and π is uniform on the simplex.
func (p *Pattern) Relabel(draw func(n int) []float64) (*Labels, error) {
	P := mat.NewDense(p.V, len(p.S), nil)
	for j, s := range p.S {
		for i, x := range draw(len(s)) {
			P.Set(s[i], j, x)
		}
	}
	return New(P, draw(len(p.S)))
}

// Entropy returns Hent = -Σ_j π_j Σ_z p_{j,z} log p_{j,z} in nats.
func (s *Labels) Entropy() float64 {
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
func (s *Labels) CE(L *mat.Dense) float64 { return s.crossEntropy(L, false) }

// InSupportCE returns CE_F(L), in which the softmax is restricted to the supports. It
// depends on P_F(L) only.
func (s *Labels) InSupportCE(L *mat.Dense) float64 { return s.crossEntropy(L, true) }

func (s *Labels) crossEntropy(L *mat.Dense, restricted bool) float64 {
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
func (s *Labels) Excess(L *mat.Dense) float64 {
	inside, outside := s.Split(L)
	return inside + outside
}

// InSupportExcess returns CE_F(L) - Hent with relative accuracy: zero exactly where
// P_F(L) = L^in.
func (s *Labels) InSupportExcess(L *mat.Dense) float64 {
	inside, _ := s.Split(L)
	return inside
}

// OffSupportExcess returns CE(L) - CE_F(L) with relative accuracy, all of the excess where
// P_F(L) = L^in.
func (s *Labels) OffSupportExcess(L *mat.Dense) float64 {
	_, outside := s.Split(L)
	return outside
}

// Split returns InSupportExcess and OffSupportExcess, Σ_j π_j KL(p_j ‖ softmax over S_j)
// and Σ_j π_j log(1+x_j), see [Labels.OffSupportOdds].
func (s *Labels) Split(L *mat.Dense) (inside, outside float64) {
	for j := range s.S {
		kl, x := s.context(L, j)
		inside += s.Pi[j] * kl
		outside += s.Pi[j] * math.Log1p(x)
	}
	return inside, outside
}

// OffSupportOdds returns x_j, the exponentials of the logits of context j off its support
// over those on it: the odds of leaving the support, so that 1 - 1/(1+x_j) is the
// probability that softmax(L_j) puts there.
func (s *Labels) OffSupportOdds(L *mat.Dense, j int) float64 {
	_, x := s.context(L, j)
	return x
}

// context returns KL(p_j ‖ softmax over S_j) and x_j.
func (s *Labels) context(L *mat.Dense, j int) (kl, x float64) {
	return split(mat.Col(nil, j, s.P), mat.Col(nil, j, L))
}

// Gradient returns ∇CE(L) = -(P - σ(L)) diag(π), V×m.
func (s *Labels) Gradient(L *mat.Dense) *mat.Dense {
	G := s.Residual(L)
	G.Apply(func(_, j int, r float64) float64 { return -s.Pi[j] * r }, G)
	return G
}

// ExcessGradient returns Excess(L) and stores Gradient(L) in G, with one exponential for
// each logit.
func (s *Labels) ExcessGradient(G, L *mat.Dense) float64 {
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
func (s *Labels) excessGradient(G, L *mat.Dense) float64 {
	G.Copy(s.Gradient(L))
	return s.Excess(L)
}

// Residual returns P - σ(L), V×m. On the support it is -p expm1(log σ - log p): no
// cancellation where the two are close.
func (s *Labels) Residual(L *mat.Dense) *mat.Dense {
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
func (s *Labels) Lin() *mat.Dense {
	L := mat.NewDense(s.V, len(s.S), nil)
	for j, support := range s.S {
		for _, z := range support {
			L.Set(z, j, math.Log(s.P.At(z, j)))
		}
	}
	return s.Project(L)
}

// FiniteError returns ‖P_F(L) - L^in‖.
func (s *Labels) FiniteError(L *mat.Dense) float64 {
	return matrix.Norm(matrix.Add(s.Project(L), -1, s.Lin()))
}

// Genie returns Σ_j π_j (V - k_j) g_j, g_j = exp(mean over S_j of log p_j), with which
//
//	CE(L^in + R M) - Hent ≤ e^{-R} Σ_j π_j (V - k_j) g_j   for every feasible M, R ≥ 0
//
// (derived here): x_j of L^in is (V - k_j) g_j, and R M divides it by e^R at least.
func (s *Labels) Genie() float64 {
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
func (s *Labels) LogOddsEquations() (rows *mat.Dense, odds []float64) {
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
