package capacity

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// Search looks for the least number of hidden neurons with which training reaches the
// targets of n random contexts exactly.
type Search struct {
	Config   // M is ignored
	Psi      Activation
	N        int // contexts
	From, To int // m is tried from From to To
	Restarts int
	Steps    int // of Levenberg and Marquardt, each
	Seed     uint64
	Stream   string
}

// Width is what a search found with m neurons.
type Width struct {
	M, Params, Effective int     // Effective: Config.Dimensions
	KL                   float64 // Σ_i KL(y_i ‖ h(α_i)), the smallest of the restarts
	Largest              float64 // max |h - y| of that restart
	Reached              bool    // KL is at most ReachedKL
}

// ReachedKL is the total divergence at which targets count as reached: 1e-16 is what
// deviations of 1e-9 add up to, and Newton's steps pass from 1e-6 to below it at once.
const ReachedKL = 1e-16

// Run tries each number of neurons from From on and stops behind the first that reaches
// the targets. It reports the share of the numbers tried.
func (s Search) Run(ctx context.Context) ([]Width, error) {
	task, err := s.Task()
	if err != nil {
		return nil, err
	}
	var found []Width
	for m := s.From; m <= s.To; m++ {
		w, err := s.width(task, m)
		if err != nil {
			return nil, err
		}
		found = append(found, w)
		if w.Reached {
			break
		}
		progress.Report(ctx, float64(len(found))/float64(s.To-s.From+1))
	}
	progress.Report(ctx, 1)
	return found, nil
}

// Task returns what the search asks of its models.
func (s Search) Task() (*Task, error) { return NewTask(s.Zeta, s.T, s.N, s.rng("task")) }

func (s Search) rng(purpose string) *rand.Rand {
	return random.Stream(s.Seed, fmt.Sprintf("capacity/%s/%d/%s", s.Stream, s.N, purpose))
}

func (s Search) width(task *Task, m int) (Width, error) {
	c := s.Config
	c.M = m
	w := Width{M: m, Params: c.Params(), Effective: c.Dimensions(), KL: math.Inf(1), Largest: math.Inf(1)}
	for restart := range s.Restarts {
		start, err := Random(c, s.Psi, s.rng(fmt.Sprintf("start/%d/%d", m, restart)))
		if err != nil {
			return w, err
		}
		p := start.Fit(task, s.Steps)
		if kl := task.KL(p.Logits); kl < w.KL {
			w.KL, w.Largest = kl, task.Error(p.Logits)
		}
		if w.Reached = w.KL <= ReachedKL; w.Reached {
			break
		}
	}
	return w, nil
}

// Searches runs all of them, on all cores, the last ones first: they are the longest.
func Searches(list []Search) ([][]Width, error) {
	found := make([][]Width, len(list))
	part := progress.Split(context.Background(), len(list))
	err := parallel.Try(len(list), func(i int) (err error) {
		i = len(list) - 1 - i
		found[i], err = list[i].Run(part(i))
		return err
	})
	return found, err
}

// KL returns Σ_i KL(y_i ‖ h(α_i)).
func (t *Task) KL(logits func(context []int) []float64) float64 {
	sum := 0.0
	for i, context := range t.Contexts {
		sum += softlabel.KL(t.Targets[i], logits(context))
	}
	return sum
}

// Damping of the method of Levenberg and Marquardt: after a step that lowers the residual
// it falls by shrink, after one that does not it grows by grow.
const (
	firstDamping = 1e-2
	shrink, grow = 1.0 / 5, 3.0
	patience     = 50
	largeDamping = 1e12 // no step is short enough: a minimum to round-off
)

// Fit moves all parameters towards h(α_i) = y_i by Levenberg and Marquardt's method on the
// centred logits,
//
//	min ‖r(θ)‖²,  r = centred(l_θ(α_i)) - centred(log y_i),  Δ = -Jᵀ (J Jᵀ + λ I)^{-1} r,
//
// with the exact Jacobian J. Steps counts evaluations of r. It ends early where the
// residual is at round-off, and where patience evaluations lowered ‖r‖² by less than a
// hundredth: a local minimum.
func (p *Params) Fit(t *Task, steps int) *Params {
	r := p.residual(t)
	value, lambda := dot(r, r), firstDamping
	var J *mat.Dense
	before := value
	for step := range steps {
		if step%patience == patience-1 {
			if value > 0.99*before {
				break
			}
			before = value
		}
		if value <= 1e-26*float64(len(r)) || lambda > largeDamping {
			break
		}
		if J == nil {
			J = p.CentredJacobian(t.Contexts)
		}
		next := p.step(J, r, lambda)
		tried := next.residual(t)
		if v := dot(tried, tried); v < value {
			p, r, value, J = next, tried, v, nil
			lambda *= shrink
			continue
		}
		lambda *= grow
	}
	return p
}

// residual returns the centred logits less those of the targets.
func (p *Params) residual(t *Task) []float64 {
	var r []float64
	for i, context := range t.Contexts {
		l := p.Logits(context)
		for z, y := range t.Targets[i] {
			l[z] -= math.Log(y)
		}
		r = append(r, Centred(l)...)
	}
	return r
}

// step returns θ - Jᵀ (J Jᵀ + λ I)^{-1} r.
func (p *Params) step(J *mat.Dense, r []float64, lambda float64) *Params {
	n, _ := J.Dims()
	gram := blas64.Symmetric{Uplo: blas.Upper, N: n, Stride: n, Data: make([]float64, n*n)}
	blas64.Syrk(blas.NoTrans, 1, J.RawMatrix(), 0, gram)
	for i := range n {
		gram.Data[i*n+i] += lambda
	}
	theta := p.Flat()
	if chol, ok := lapack64.Potrf(gram); ok {
		x := blas64.General{Rows: n, Cols: 1, Stride: 1, Data: slices.Clone(r)}
		lapack64.Potrs(chol, x)
		blas64.Gemv(blas.Trans, -1, J.RawMatrix(), blas64.Vector{N: n, Inc: 1, Data: x.Data},
			1, blas64.Vector{N: len(theta), Inc: 1, Data: theta})
	} // otherwise θ stays, the residual does not fall and the damping grows
	return p.With(theta)
}
