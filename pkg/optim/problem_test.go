package optim

import (
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// problem is a loss of two parameters, vectors of the given start, as a graph
// and, with its gradient, in plain Go.
type problem struct {
	name      string
	start     [2][]float64
	loss      func(params []*Node) *Node
	host      func(x [2][]float64) (f float64, g [2][]float64)
	infimum   float64
	curvature float64 // a bound of the largest eigenvalue of the Hessian near the path
}

// problems are a quadratic of condition number 20, a logistic regression on
// data that no line separates, and Rosenbrock's valley, which is not convex.
func problems() []problem {
	return []problem{quadratic(), logistic(), rosenbrock()}
}

// curvatures are those of the quadratic.
var curvatures = [2][]float64{{1, 5, 20}, {2, 10}}

// quadratic is Σ c_i x_i²/2 over both parameters, with 0 as the minimum.
func quadratic() problem {
	c := curvatures
	return problem{
		name:      "quadratic",
		curvature: 20,
		start:     [2][]float64{{1, -0.7, 0.5}, {-1.2, 0.3}},
		loss: func(params []*Node) *Node {
			sum := ScalarZero(params[0].Graph(), params[0].DType())
			for i, x := range params {
				sum = Add(sum, ReduceAllSum(Mul(constant(x, c[i]), Square(x))))
			}
			return MulScalar(sum, 0.5)
		},
		host: func(x [2][]float64) (f float64, g [2][]float64) {
			for i := range x {
				for j, xj := range x[i] {
					f += c[i][j] * xj * xj / 2
					g[i] = append(g[i], c[i][j]*xj)
				}
			}
			return f, g
		},
	}
}

// logistic is the mean of log(1 + exp(−y_i (w·x_i + b))) over 20 points whose
// labels are noise.
func logistic() problem {
	const n, d = 20, 3
	rng := rand.New(rand.NewPCG(3, 5))
	x, y := make([]float64, n*d), make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	for i := range y {
		y[i] = float64(2*rng.IntN(2) - 1)
	}
	p := problem{
		name:      "logistic",
		curvature: 1, // the logistic function bends by 1/4, the points have length 2
		start:     [2][]float64{{2, -1, 1}, {-1}},
		loss: func(params []*Node) *Node {
			w, b := params[0], params[1]
			margin := Mul(constant(w, y), Add(MatMul(Reshape(constant(w, x), n, d), w), b)) // [n]
			return ReduceAllMean(Softplus(Neg(margin)))
		},
		host: func(p [2][]float64) (f float64, g [2][]float64) {
			g = [2][]float64{make([]float64, d), {0}}
			for i := range n {
				score := p[1][0]
				for j := range d {
					score += x[i*d+j] * p[0][j]
				}
				f += math.Log1p(math.Exp(-y[i]*score)) / n
				c := -y[i] / (1 + math.Exp(y[i]*score)) / n
				for j := range d {
					g[0][j] += c * x[i*d+j]
				}
				g[1][0] += c
			}
			return f, g
		},
	}
	// The infimum, by enough gradient descent that the rest is rounding.
	at := clone(p.start)
	for range 5000 {
		f, g := p.host(at)
		refGD(always(1))(0, &at, f, g)
		p.infimum = f
	}
	return p
}

// rosenbrock is (1 − x)² + 10 (y − x²)², with 0 at (1, 1).
func rosenbrock() problem {
	return problem{
		name:      "Rosenbrock",
		curvature: 200,
		start:     [2][]float64{{-0.5}, {0.8}},
		loss: func(params []*Node) *Node {
			x, y := params[0], params[1]
			return ReduceAllSum(Add(Square(OneMinus(x)), MulScalar(Square(Sub(y, Square(x))), 10)))
		},
		host: func(p [2][]float64) (f float64, g [2][]float64) {
			x, y := p[0][0], p[1][0]
			r := y - x*x
			return (1-x)*(1-x) + 10*r*r, [2][]float64{{-2*(1-x) - 40*x*r}, {20 * r}}
		},
	}
}

// constant is a vector in the graph and with the dtype of x.
func constant(x *Node, v []float64) *Node {
	if x.DType() == dtypes.Float32 {
		w := make([]float32, len(v))
		for i := range v {
			w[i] = float32(v[i])
		}
		return Const(x.Graph(), w)
	}
	return Const(x.Graph(), v)
}
