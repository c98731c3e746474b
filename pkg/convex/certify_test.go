package convex

import (
	"errors"
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/internal/qptest"
)

// TestCertify: an answer has the certificate that its solver gave it, and one that is moved, by a half of the
// nearest constraint's distance, does not.
func TestCertify(t *testing.T) {
	for _, f := range formsOf {
		for seed := range uint64(10) {
			rng := qptest.Rand(seed)
			p := randomQP(seed, 12, 20, 3)
			p.P = f.form(rng, 12)
			sol, err := p.Solve(background, nil)
			if err != nil {
				continue
			}
			cert, err := p.Certify(sol.X, sol.Mu, sol.Lambda)
			if err != nil {
				t.Fatal(err)
			}
			if size := max(1, math.Abs(sol.Primal)); !(cert.Residual <= DefaultTolerance) || cert.Status != Unsolved ||
				!(math.Abs(cert.Primal-sol.Primal) <= 1e-12*size) || !(math.Abs(cert.Dual-sol.Dual) <= 1e-12*size) {
				t.Errorf("%s, seed %d: %+v, the solver said %+v", f.name, seed, cert, sol.Certificate)
			}
			sol.Lambda[0] += 1e-3 * (1 + math.Abs(sol.Lambda[0]))
			if cert, _ := p.Certify(sol.X, sol.Mu, sol.Lambda); !(cert.DualResidual > 1e-6) {
				t.Errorf("%s, seed %d: a wrong multiplier has residual %v", f.name, seed, cert.DualResidual)
			}
		}
	}
	p := &QP{G: fromRows([]float64{1, 0}), H: []float64{1}}
	for name, x := range map[string][]float64{"short": {1}, "not finite": {math.NaN(), 0}} {
		if _, err := p.Certify(x, []float64{1}, nil); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v, want %v", name, err, ErrInput)
		}
	}
	// By hand: x = 2 where 1 is asked for leaves a slack of one with μ = 1, over a value of 2.
	cert, err := p.Certify([]float64{2, 0}, []float64{2}, nil)
	if err != nil || cert.Primal != 2 || cert.Dual != 0 || cert.Complementarity != 1 || cert.PrimalResidual != 0 || cert.DualResidual != 0 {
		t.Errorf("%+v, %v", cert, err)
	}
}
