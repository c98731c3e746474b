package geometry

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/parallel"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// startScale is the standard deviation of the entries that the path starts from: small
// against the factors of any λ below λ_max/2, large enough to leave the saddle at zero.
const startScale = 0.1

// UFMPath is a regularization path of the unconstrained features model (NTP-UFM)
//
//	minimize CE(W H) + λ/2 ‖W‖² + λ/2 ‖H‖²   over W in R^{V×d}, H in R^{d×m}
//
// as a configuration, all of it JSON.
type UFMPath struct {
	Data    softlabel.Data
	D       int       // embedding dimension d
	Lambdas []float64 // decreasing
	Start   int       // number of the random start
}

// Factors are word embeddings and context embeddings of one λ.
type Factors struct {
	Lambda    float64
	W, H      *mat.Dense // V×d and d×m
	Excess    float64    // CE - Hent
	Objective float64    // CE + λ/2 (‖W‖² + ‖H‖²)
	// Gap bounds how far the objective is above the least value of CE(L) + λ ‖L‖_* over
	// all L, whatever their rank: where it closes the factors are a global minimizer.
	Gap        float64
	Iterations int // of L-BFGS
}

// L returns the logits W H.
func (f *Factors) L() *mat.Dense {
	var L mat.Dense
	L.Mul(f.W, f.H)
	return &L
}

// FollowUFM returns a point for every λ of the path.
func FollowUFM(c UFMPath) ([]*Factors, error) {
	s, err := c.Data.Labels()
	if err != nil {
		return nil, err
	}
	rng := c.Data.Rand(fmt.Sprintf("start/%d", c.Start))
	return RegularizationPath(context.Background(), s, c.D, c.Lambdas, rng)
}

// FollowUFMs follows several paths, side by side.
func FollowUFMs(paths []UFMPath) ([][]*Factors, error) {
	all := make([][]*Factors, len(paths))
	part := progress.Split(context.Background(), len(paths))
	err := parallel.Try(len(paths), func(i int) (err error) {
		all[i], err = FollowUFM(paths[i])
		progress.Report(part(i), 1)
		return err
	})
	return all, err
}

// RegularizationPath minimizes along the given λ, positive and decreasing, from small Gaussian
// factors, every point from the one before. The problem is not convex in W and H, but it
// is a factorization of one that is: by ‖L‖_* = min ½ (‖W‖² + ‖H‖²) over L = W H its
// minimizers are those of CE(L) + λ ‖L‖_* where d is at least their rank, and the Gap of
// a point proves that it was found. At λ ≥ λ_max the minimizer is zero exactly, and that
// is what is returned.
func RegularizationPath(ctx context.Context, s *softlabel.Labels, d int, lambdas []float64, rng *rand.Rand) ([]*Factors, error) {
	if d < 1 {
		return nil, fmt.Errorf("geometry: embedding dimension %d, want at least 1", d)
	}
	V, m := s.Dims()
	n := (V + m) * d
	var points []*Factors
	for len(lambdas) > 0 && lambdas[0] >= LambdaMax(s) {
		points = append(points, factorsAt(s, d, lambdas[0], make([]float64, n), 0))
		lambdas = lambdas[1:]
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = startScale * rng.NormFloat64()
	}
	path, err := convex.Path(ctx, ufmLoss(s, d), lambdas, x)
	for _, p := range path {
		points = append(points, factorsAt(s, d, p.Lambda, p.X, p.Iterations))
	}
	return points, err
}

func factorsAt(s *softlabel.Labels, d int, lambda float64, x []float64, iterations int) *Factors {
	V, m := s.Dims()
	f := &Factors{
		Lambda: lambda, Iterations: iterations,
		W: mat.NewDense(V, d, x[:V*d]), H: mat.NewDense(d, m, x[V*d:]),
	}
	L := f.L()
	regular := lambda / 2 * (math.Pow(matrix.Norm(f.W), 2) + math.Pow(matrix.Norm(f.H), 2))
	f.Excess = s.Excess(L)
	f.Objective = s.Entropy() + f.Excess + regular
	f.Gap = Gap(s, L, lambda) + regular - lambda*matrix.Nuclear(L)
	return f
}

// ufmLoss returns CE(W H) - Hent with its gradient as a function of the rows of W and H.
func ufmLoss(s *softlabel.Labels, d int) convex.Smooth {
	V, m := s.Dims()
	L, G := mat.NewDense(V, m, nil), mat.NewDense(V, m, nil)
	return func(grad, x []float64) float64 {
		W, H := mat.NewDense(V, d, x[:V*d]), mat.NewDense(d, m, x[V*d:])
		L.Mul(W, H)
		excess := s.ExcessGradient(G, L)
		mat.NewDense(V, d, grad[:V*d]).Mul(G, H.T())
		mat.NewDense(d, m, grad[V*d:]).Mul(W.T(), G)
		return excess
	}
}
