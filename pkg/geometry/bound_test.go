package geometry

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// The bound holds for random patterns, is one for a design, and is the value of a dual
// point whose feasibility is checked entry by entry.
func TestProxyBound(t *testing.T) {
	if got := ProxyBound(softlabel.Fano()); math.Abs(got-1) > 1e-12 {
		t.Errorf("the bound for a design is %v, want 1", got)
	}
	rng := rand.New(rand.NewPCG(7, 8))
	for range 30 {
		V := 3 + rng.IntN(8)
		p := must(softlabel.RandomPattern(V, 1+rng.IntN(12), 1+rng.IntN(V-1), rng))(t)
		proxy := p.Proxy()
		A := matrix.Add(proxy, 1/matrix.Spectral(proxy)-1, proxy)
		value := 0.0
		for j := range p.S {
			for v := range V {
				if !p.Follows(v, j) {
					if A.At(v, j) >= 0 {
						t.Fatalf("an entry of the dual point off the supports is %v", A.At(v, j))
					}
					value -= A.At(v, j)
				}
			}
		}
		if got, want := ProxyBound(p), matrix.Nuclear(proxy)/value; math.Abs(got/want-1) > 1e-12 {
			t.Errorf("the bound is %v, and %v by the dual point", got, want)
		}
		mm := must(Lmm(p, nil))(t)
		if ratio := matrix.Nuclear(proxy) / mm.Primal; ratio > ProxyBound(p)*(1+1e-9) || ratio < 1-1e-9 {
			t.Errorf("‖S̃‖_*/‖Lmm‖_* = %v, want between 1 and %v", ratio, ProxyBound(p))
		}
	}
}
