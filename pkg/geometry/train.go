package geometry

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
	"github.com/marginalia-ml/marginalia/xla"
)

// Adam's constants where gradients are to become tiny: its usual ε, 1e-8, would damp
// steps as soon as gradients of the mean loss fall below it (some hundred steps before
// the end of the runs of arXiv 2408.15417, which sum over the sequences instead).
const (
	softBeta1, softBeta2, softEps = 0.9, 0.999, 1e-10
)

// Embedding says how words and contexts are trained, full batch, all of it JSON.
type Embedding struct {
	Data softlabel.Data
	D    int // embedding dimension
	// Layers, if positive, has the contexts embedded by a decoder transformer of that
	// many layers that reads their words; 0 trains every h_j freely (NTP-UFM).
	Layers    int
	Optimizer string // adam or gd
	Rate      float64
	// Decay is "" for a constant rate, cosine for a half cosine to zero, or milestones:
	// the rate is multiplied by Gamma at each of Milestones.
	Decay      string
	Milestones []int
	Gamma      float64
	Lambda     float64 // of λ/2 (‖W‖² + ‖H‖²), in the loss; only for NTP-UFM
	// Start of NTP-UFM: small for N(0, 0.02²), uniform for the usual ±1/√fan-in, where
	// the one-hot context is a layer of fan-in m and the decoder one of fan-in D.
	Start     string
	Steps     int
	PerDecade int   // traced steps in each factor of ten
	Snapshots []int // traced steps whose embeddings are kept, besides the last
}

// Embedded is the trace of a run.
type Embedded struct {
	Metrics   []Metrics
	Snapshots []Snapshot
	Params    int     // trained numbers
	Seconds   float64 // of training, compiling left out
}

// Snapshot is the embeddings after some steps.
type Snapshot struct {
	Step int
	W, H *mat.Dense
}

// Last returns the embeddings after the last step.
func (e *Embedded) Last() Snapshot { return e.Snapshots[len(e.Snapshots)-1] }

// End returns what was seen after the last step.
func (e *Embedded) End() Metrics { return e.Metrics[len(e.Metrics)-1] }

// Column returns f of every traced step.
func (e *Embedded) Column(f func(Metrics) float64) (steps, values []float64) {
	for _, s := range e.Metrics {
		if s.Step > 0 {
			steps, values = append(steps, float64(s.Step)), append(values, f(s))
		}
	}
	return steps, values
}

// EmbedMany trains several times, side by side. On the CPU each core has a worker, and trainings
// whose shapes are equal and whose optimizers differ in numbers alone share a program; on a GPU
// they share a leading axis of one loop, if their traced steps are the same.
func EmbedMany(list []Embedding) (results []*Embedded, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	pool, err := xla.NewPool("", len(list))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	return embedMany(pool, list, pool.Together())
}

func embedMany(pool *xla.Pool, list []Embedding, together bool) ([]*Embedded, error) {
	runs := make([]*run, len(list))
	for i, e := range list {
		var err error
		if runs[i], err = e.run(); err != nil {
			return nil, fmt.Errorf("embedding %d: %w", i, err)
		}
	}
	results := make([]*Embedded, len(list))
	var jobs []xla.Job
	for _, group := range xla.Groups(len(list), together, func(i int) string { return runs[i].key() }) {
		of := make([]*run, len(group))
		for at, i := range group {
			of[at] = runs[i]
		}
		name := fmt.Sprintf("%d times %s", len(group), of[0].program)
		jobs = append(jobs, xla.Job{Program: name, Run: func(ctx context.Context, w *xla.Worker) error {
			loop, err := w.Loop(name, stepOf(of), measureOf(of))
			if err != nil {
				return err
			}
			found, err := train(ctx, loop, of)
			if err != nil {
				return err
			}
			for at, i := range group {
				results[i] = found[at]
			}
			return nil
		}})
	}
	return results, pool.Run(context.Background(), jobs)
}

// Train trains on the backend.
func (e Embedding) Train(ctx context.Context, b *xla.Backend) (*Embedded, error) {
	r, err := e.run()
	if err != nil {
		return nil, err
	}
	of := []*run{r}
	loop, err := xla.NewLoop(b, stepOf(of), measureOf(of))
	if err != nil {
		return nil, err
	}
	defer loop.Close()
	found, err := train(ctx, loop, of)
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// spec returns the optimizer.
func (e Embedding) spec() (optim.Spec, error) {
	if e.D < 1 || !(e.Rate > 0) || e.Steps < 1 || e.PerDecade < 1 || !(e.Lambda >= 0) {
		return optim.Spec{}, fmt.Errorf("geometry: embedding with D = %d, rate %g, %d steps, %d traced a decade, λ = %g: want positive numbers, λ ≥ 0",
			e.D, e.Rate, e.Steps, e.PerDecade, e.Lambda)
	}
	s := optim.Spec{Method: e.Optimizer, Rate: e.Rate}
	switch e.Decay {
	case "":
	case "cosine":
		s.Schedule = optim.ScheduleSpec{Kind: "cosine", Total: e.Steps}
	case "milestones":
		s.Schedule = optim.ScheduleSpec{Kind: "milestones", Milestones: e.Milestones, Gamma: e.Gamma}
	default:
		return s, fmt.Errorf("geometry: unknown decay %q: known are the empty one, cosine and milestones", e.Decay)
	}
	switch e.Optimizer {
	case "adam":
		s.Beta1, s.Beta2, s.Eps = softBeta1, softBeta2, softEps
	case "gd":
	default:
		return s, fmt.Errorf("geometry: unknown optimizer %q of embeddings: known are adam and gd", e.Optimizer)
	}
	return s, nil
}

// unconstrained completes a run of NTP-UFM, in float64.
func (r *run) unconstrained() error {
	e, s := r.Embedding, r.labels
	W, H, err := e.start(s, e.Data.Rand("embeddings"))
	if err != nil {
		return err
	}
	layout := model.Layout{{Name: "W"}, {Name: "H"}}
	if r.optimizer, err = r.spec.New(layout); err != nil {
		return err
	}
	r.layout, r.objective, r.together = layout, ufmObjective, ufmObjectives
	r.measure = func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node { return state[:2] }
	r.begin = []*tensors.Tensor{tensor(W), tensor(H)}
	r.args = []*tensors.Tensor{tensor(s.P), tensors.FromFlatDataAndDimensions(s.Pi, len(s.Pi)), tensors.FromValue(e.Lambda)}
	V, m := s.Dims()
	r.params = (V + m) * e.D
	r.decode = func(x []float64) (W, H *mat.Dense) {
		return mat.NewDense(V, e.D, x[:V*e.D]), mat.NewDense(e.D, m, x[V*e.D:])
	}
	return nil
}

// start draws the embeddings.
func (e Embedding) start(s *softlabel.Labels, rng *rand.Rand) (W, H *mat.Dense, err error) {
	V, m := s.Dims()
	switch e.Start {
	case "small":
		W, H = matrix.Gaussian(V, e.D, rng), matrix.Gaussian(e.D, m, rng)
		W.Scale(0.02, W)
		H.Scale(0.02, H)
		return W, H, nil
	case "uniform":
		draw := func(r, c, fan int) *mat.Dense {
			A, bound := mat.NewDense(r, c, nil), 1/math.Sqrt(float64(fan))
			A.Apply(func(_, _ int, _ float64) float64 { return bound * (2*rng.Float64() - 1) }, A)
			return A
		}
		return draw(V, e.D, e.D), draw(e.D, m, m), nil
	}
	return nil, nil, fmt.Errorf("geometry: unknown start %q of embeddings: known are small and uniform", e.Start)
}

// ufmObjective is CE(W H) + λ/2 (‖W‖² + ‖H‖²) and its gradient in closed form.
//
//	params  W [V, d], H [d, m]
//	args    P [V, m], π [m], λ []
func ufmObjective(_ *graph.Node, params, args []*graph.Node) (ce *graph.Node, grads []*graph.Node) {
	W, H, P, pi, lambda := params[0], params[1], args[0], args[1], args[2]
	L := graph.MatMul(W, H)                                                    // [V, m]
	R := graph.Mul(graph.Sub(graph.Softmax(L, 0), P), graph.ExpandAxes(pi, 0)) // [V, m]
	ce = loss.SoftCrossEntropy(graph.Transpose(L, 0, 1), graph.Transpose(P, 0, 1), pi)
	ridge := graph.Add(graph.ReduceAllSum(graph.Square(W)), graph.ReduceAllSum(graph.Square(H)))
	ce = graph.Add(ce, graph.MulScalar(graph.Mul(lambda, ridge), 0.5))
	return ce, []*graph.Node{
		graph.Add(graph.MatMul(R, graph.Transpose(H, 0, 1)), graph.Mul(lambda, W)), // [V, d]
		graph.Add(graph.MatMul(graph.Transpose(W, 0, 1), R), graph.Mul(lambda, H)), // [d, m]
	}
}

// ufmObjectives is ufmObjective of R runs, one product of matrices for all.
//
//	params  W [R, V, d], H [R, d, m]
//	args    P [R, V, m], π [R, m], λ [R]
func ufmObjectives(_ *graph.Node, params, args []*graph.Node) (ce *graph.Node, grads []*graph.Node) {
	W, H, P, pi, lambda := params[0], params[1], args[0], args[1], args[2]
	L := graph.Einsum("rvd,rdm->rvm", W, H)
	R := graph.Mul(graph.Sub(graph.Softmax(L, 1), P), graph.ExpandAxes(pi, 1))
	terms := graph.Where(graph.GreaterThan(P, graph.ZerosLike(P)), graph.Mul(P, graph.LogSoftmax(L, 1)), graph.ZerosLike(P))
	ce = graph.Neg(graph.ReduceSum(graph.Mul(pi, graph.ReduceSum(terms, 1)), 1)) // [R]
	ridge := graph.Add(graph.ReduceSum(graph.Square(W), 1, 2), graph.ReduceSum(graph.Square(H), 1, 2))
	ce = graph.Add(ce, graph.MulScalar(graph.Mul(lambda, ridge), 0.5))
	by := graph.ExpandAxes(lambda, 1, 2) // [R, 1, 1]
	return ce, []*graph.Node{
		graph.Add(graph.Einsum("rvm,rdm->rvd", R, H), graph.Mul(by, W)),
		graph.Add(graph.Einsum("rvd,rvm->rdm", W, R), graph.Mul(by, H)),
	}
}
