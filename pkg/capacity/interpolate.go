package capacity

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// Task is what a model has to do: distinct contexts with targets inside the simplex.
type Task struct {
	Zeta     int
	Contexts [][]int
	Targets  [][]float64 // n rows of ζ positive numbers that sum to one
}

// NewTask draws n distinct contexts of 1 to T tokens, uniformly from all of them, with
// targets from the uniform distribution on the simplex.
func NewTask(zeta, T, n int, rng *rand.Rand) (*Task, error) {
	all := Sequences(zeta, T)
	if n < 1 || n > len(all) {
		return nil, bad("%d distinct contexts of at most %d tokens out of %d: there are %d", n, T, zeta, len(all))
	}
	t := &Task{Zeta: zeta}
	for _, i := range rng.Perm(len(all))[:n] {
		t.Contexts = append(t.Contexts, all[i])
		t.Targets = append(t.Targets, softlabel.Dirichlet(zeta, rng))
	}
	return t, nil
}

// sumTolerance is how far from one the sum of a target may be: the round-off of thousands
// of terms.
const sumTolerance = 1e-9

// check names what makes the task impossible for m hidden neurons and positions up to T.
func (t *Task) check(m, T int) error {
	n := len(t.Contexts)
	if n == 0 || len(t.Targets) != n {
		return bad("%d contexts and %d targets: want at least one, and a target for each", n, len(t.Targets))
	}
	seen := map[string]int{}
	for i, context := range t.Contexts {
		if len(context) < 1 || len(context) > T {
			return bad("context %d has %d tokens, the model takes 1 to %d", i, len(context), T)
		}
		for _, a := range context {
			if a < 0 || a >= t.Zeta {
				return bad("context %d has token %d, the vocabulary is 0..%d", i, a, t.Zeta-1)
			}
		}
		if j, twice := seen[key(context)]; twice {
			return bad("contexts %d and %d are both %v: distinct contexts are expected", j, i, context)
		}
		seen[key(context)] = i
		if err := checkTarget(i, t.Targets[i], t.Zeta); err != nil {
			return err
		}
	}
	if m < n {
		return bad("m = %d hidden neurons for n = %d contexts: ψ(W x + b) has at most rank %d, rank %d is needed; take m ≥ %d", m, n, m, n, n)
	}
	return nil
}

func checkTarget(i int, y []float64, zeta int) error {
	if len(y) != zeta {
		return bad("target %d has %d probabilities for a vocabulary of %d", i, len(y), zeta)
	}
	sum := 0.0
	for z, p := range y {
		if !(p > 0) {
			return bad("target %d gives token %d the probability %g: targets inside the simplex are expected, no finite logits reach its boundary; mix in the uniform distribution", i, z, p)
		}
		sum += p
	}
	if !(math.Abs(sum-1) <= sumTolerance) {
		return bad("target %d sums to %g, want 1", i, sum)
	}
	return nil
}

// logTargets returns log Y with rows of mean zero; any shift of a row gives the same model,
// and this one keeps V small.
func (t *Task) logTargets() *mat.Dense {
	Y := mat.NewDense(len(t.Targets), t.Zeta, nil)
	for i, y := range t.Targets {
		mean := 0.0
		for z, p := range y {
			Y.Set(i, z, math.Log(p))
			mean += math.Log(p) / float64(t.Zeta)
		}
		for z := range y {
			Y.Set(i, z, Y.At(i, z)-mean)
		}
	}
	return Y
}

// Error returns the largest |h(α_i) - y_i| over contexts and tokens.
func (t *Task) Error(logits func(context []int) []float64) float64 {
	worst := 0.0
	for i, context := range t.Contexts {
		for z, q := range Softmax(logits(context)) {
			worst = max(worst, math.Abs(q-t.Targets[i][z])) // NaN stays
		}
	}
	return worst
}

// Halfway returns half the distance of the most isolated target from its nearest other one,
//
//	max_i min_{j≠i} max_z |y_iz - y_jz| / 2.
//
// An |h(α_i) - y_i| above it leads, whichever i it is of, further than half the way to
// another target.
func (t *Task) Halfway() float64 {
	farthest := 0.0
	for i, y := range t.Targets {
		nearest := math.Inf(1)
		for j, other := range t.Targets {
			distance := 0.0
			for z := range y {
				distance = max(distance, math.Abs(y[z]-other[z]))
			}
			if j != i {
				nearest = min(nearest, distance)
			}
		}
		farthest = max(farthest, nearest)
	}
	return farthest / 2
}

// solve returns V of least norm with H V = Y, from the singular value decomposition of the
// n×m matrix of hidden activations; singular values below round-off are left out.
func solve(H, Y *mat.Dense) (*mat.Dense, error) {
	var svd mat.SVD
	if !svd.Factorize(H, mat.SVDThin) {
		return nil, bad("the hidden activations have no singular value decomposition: are they finite?")
	}
	n, m := H.Dims()
	var V mat.Dense
	svd.SolveTo(&V, Y, svd.Rank(singular(n, m)))
	return &V, nil
}

// singular is the size, relative to the largest, of singular values of an n×m matrix that
// are round-off.
func singular(n, m int) float64 { return float64(max(n, m)) * 0x1p-52 }

// Interpolate solves for V in float64 (construction A1): h(α_i) = y_i up to round-off times
// the condition of ψ(w fᵀ), which for d = 1 is that of a Vandermonde matrix. For more than
// about ten contexts InterpolateExact is needed.
func (s *Scalar) Interpolate(t *Task) error {
	if err := t.check(len(s.W), len(s.U)); err != nil {
		return err
	}
	H := mat.NewDense(len(t.Contexts), len(s.W), nil)
	for i, context := range t.Contexts {
		f := s.Feature(context)
		for j, w := range s.W {
			H.Set(i, j, s.Psi.At(w*f+s.Eta))
		}
	}
	V, err := solve(H, t.logTargets())
	if err != nil {
		return err
	}
	s.V = make([][]float64, len(s.W))
	for j := range s.V {
		s.V[j] = slices.Clone(V.RawRowView(j))
	}
	return nil
}

// BestV replaces V by the least-squares solution for the centred logarithms of the targets,
// of least norm: h(α_i) = y_i where m ≥ n (construction A2), all other parameters being as they
// were drawn; where m < n no solution is exact.
func (p *Params) BestV(t *Task) error {
	if err := t.check(max(p.M, len(t.Contexts)), p.T); err != nil {
		return err
	}
	return p.leastSquares(t)
}

// activations returns ψ(Wᵀ x + b) of each context, an n×m matrix.
func (p *Params) activations(t *Task) *mat.Dense {
	H := mat.NewDense(len(t.Contexts), p.M, nil)
	for i, context := range t.Contexts {
		H.SetRow(i, p.Hidden(context))
	}
	return H
}

func (p *Params) leastSquares(t *Task) error {
	V, err := solve(p.activations(t), t.logTargets())
	if err != nil {
		return err
	}
	for j := range p.M {
		copy(p.V[j*p.Zeta:(j+1)*p.Zeta], V.RawRowView(j))
	}
	return nil
}
