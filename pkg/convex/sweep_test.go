package convex

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// TestQPSweep draws programs with every kind of form.
func TestQPSweep(t *testing.T) {
	forms := map[string]func(rng *rand.Rand, n int) mat.Symmetric{
		"identity": func(*rand.Rand, int) mat.Symmetric { return nil },
		"curvatures of all sizes": func(rng *rand.Rand, n int) mat.Symmetric {
			d := make([]float64, n)
			for i := range d {
				d[i] = math.Exp(3 * rng.NormFloat64())
			}
			return mat.NewDiagDense(n, d)
		},
		"any rank": func(rng *rand.Rand, n int) mat.Symmetric {
			s := mat.NewSymDense(n, nil)
			s.SymOuterK(1, qptest.Normals(rng, n, 1+rng.IntN(n)))
			return s
		},
		"linear program": func(_ *rand.Rand, n int) mat.Symmetric { return mat.NewDiagDense(n, make([]float64, n)) },
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			count := map[Status]int{}
			for seed := range uint64(40) {
				rng := qptest.Rand(2000 + seed)
				n, mi, me := 1+rng.IntN(20), rng.IntN(60), rng.IntN(8)
				p := randomQP(seed, n, mi, me)
				if seed%4 == 0 {
					for i := range p.H {
						p.H[i] += 3 * rng.Float64() // infeasible where rows are many
					}
				}
				p.P = form(rng, n)
				sol, err := p.Solve(background, nil)
				count[sol.Status]++
				switch sol.Status {
				case Optimal:
					checkOptimal(t, p, sol, err, DefaultTolerance)
				case PrimalInfeasible:
					checkFarkas(t, p, sol.Mu, sol.Lambda)
				case DualInfeasible:
					if p.P == nil {
						t.Error("a strongly convex program is unbounded")
					}
				default:
					t.Errorf("%d variables, %d + %d rows: %v", n, mi, me, fmt.Errorf("%v: %w", sol.Certificate, err))
				}
			}
			if count[Optimal] == 0 || count[PrimalInfeasible] == 0 {
				t.Errorf("programs are all of one kind: %v", count)
			}
		})
	}
}
