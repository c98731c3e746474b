package convex

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// sweepTol is the residual that has to be reached by instances so near to
// infeasible that ‖W‖² exceeds a million times its usual size and every digit of
// W is a difference of large multipliers.
const sweepTol = 1e-7

// embeddings returns contexts of one of several kinds that make trouble.
func embeddings(rng *rand.Rand, kind string, d, m int) *mat.Dense {
	h := normals(rng, d, m)
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

// TestMarginsSweep draws programs of all shapes, feasible or not, and wants
// every answer proved.
func TestMarginsSweep(t *testing.T) {
	for _, kind := range []string{"gaussian", "twins", "scales", "nearly parallel", "integers"} {
		t.Run(kind, func(t *testing.T) {
			count := map[Status]int{}
			for seed := range uint64(30) {
				rng := newRand(1000 + seed)
				v, m, d := 2+rng.IntN(10), 1+rng.IntN(20), 1+rng.IntN(30)
				supports := make([][]int, m)
				for j := range supports {
					supports[j] = rng.Perm(v)[:1+rng.IntN(v)]
					if kind == "twins" && j%3 == 1 {
						supports[j] = supports[j-1]
					}
				}
				mg, err := NewMargins(embeddings(rng, kind, d, m), v, supports)
				if err != nil {
					t.Fatal(err)
				}
				p := mg.QP()
				sol, err := p.Solve(background, nil)
				count[sol.Status]++
				switch sol.Status {
				case Optimal:
					checkOptimal(t, p, sol, err, DefaultTolerance)
				case PrimalInfeasible:
					checkFarkas(t, p, sol.Mu, sol.Lambda)
				default:
					if !(sol.Residual <= sweepTol && sol.Primal > 1e5) {
						t.Errorf("%d tokens, %d contexts, %d dimensions: %v", v, m, d, sol.Certificate)
					}
				}
			}
			if count[Optimal] == 0 || count[PrimalInfeasible] == 0 {
				t.Errorf("instances are all of one kind: %v", count)
			}
		})
	}
}

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
			s.SymOuterK(1, normals(rng, n, 1+rng.IntN(n)))
			return s
		},
		"linear program": func(_ *rand.Rand, n int) mat.Symmetric { return mat.NewDiagDense(n, make([]float64, n)) },
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			count := map[Status]int{}
			for seed := range uint64(40) {
				rng := newRand(2000 + seed)
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
