package maxmargin

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// sweepTol is the residual that has to be reached by instances so near to
// infeasible that ‖W‖² exceeds a million times its usual size and every digit of
// W is a difference of large multipliers.
const sweepTol = 1e-7

// embeddings returns contexts of one of several kinds that make trouble.
func embeddings(rng *rand.Rand, kind string, d, m int) *mat.Dense {
	h := qptest.Normals(rng, d, m)
	for j := range m {
		scale := math.Exp(4 * rng.NormFloat64())
		for i := range d {
			v := h.At(i, j)
			switch kind {
			case "twins":
				if j%3 == 1 {
					v = h.At(i, j-1)
				}
			case "scales":
				v *= scale
			case "nearly parallel":
				v = 1 + 0.1*v
			case "integers":
				v = float64(rng.IntN(3) - 1)
			}
			h.Set(i, j, v)
		}
	}
	return h
}

// TestNextTokenSweep draws programs of all shapes, feasible or not, and wants
// every answer proved.
func TestNextTokenSweep(t *testing.T) {
	for _, kind := range []string{"gaussian", "twins", "scales", "nearly parallel", "integers"} {
		t.Run(kind, func(t *testing.T) {
			count := map[convex.Status]int{}
			for seed := range uint64(30) {
				rng := qptest.Rand(1000 + seed)
				v, m, d := 2+rng.IntN(10), 1+rng.IntN(20), 1+rng.IntN(30)
				supports := make([][]int, m)
				for j := range supports {
					supports[j] = rng.Perm(v)[:1+rng.IntN(v)]
					if kind == "twins" && j%3 == 1 {
						supports[j] = supports[j-1]
					}
				}
				mg, err := NewNextToken(embeddings(rng, kind, d, m), v, supports)
				if err != nil {
					t.Fatal(err)
				}
				p := mg.QP()
				sol, err := p.Solve(background, nil)
				count[sol.Status]++
				switch sol.Status {
				case convex.Optimal:
					checkOptimal(t, p, sol, err, convex.DefaultTolerance)
				case convex.PrimalInfeasible:
					checkFarkas(t, p, sol.Mu, sol.Lambda)
				default:
					if !(sol.Residual <= sweepTol && sol.Primal > 1e5) {
						t.Errorf("%d tokens, %d contexts, %d dimensions: %v", v, m, d, sol.Certificate)
					}
				}
			}
			if count[convex.Optimal] == 0 || count[convex.PrimalInfeasible] == 0 {
				t.Errorf("instances are all of one kind: %v", count)
			}
		})
	}
}
