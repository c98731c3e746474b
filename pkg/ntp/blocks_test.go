package ntp

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Where the embeddings of a word are nearly one, W* agrees with the least-squares solution from
// a basis of F to what the condition number of the embeddings allows, not that of its square.
func TestBlocksNearlyDependent(t *testing.T) {
	const gap = 1e-3 // how far the embeddings are from one: their condition number is about its inverse
	for stream := range uint64(5) {
		in := must(Gaussian(Config{V: 6, M: 6, D: 8, Sizes: []int{3, 3, 3, 4, 2, 3}}, newRand(980+stream)))(t)
		H := mat.DenseCopyOf(in.H)
		H.Apply(func(i, j int, x float64) float64 {
			if j == 0 {
				return x
			}
			return H.At(i, 0) + gap*x
		}, H)
		in = must(New(H, in.P, in.Pi, in.S))(t)
		b, cond := newBlocks(in), 0.0
		for z := range b.rows {
			if len(b.rows[z]) > 0 {
				cond = math.Max(cond, b.chol[z].Cond())
			}
		}
		if cond < 1e6 {
			t.Fatalf("the largest condition number of a block is %.2g, want a case that needs refinement", cond)
		}
		basis := must(newBasis(in))(t)
		want := must(basis.solve(in.LogOdds()))(t)
		got := in.fromT(b.solve(in.LogOdds()))
		if d := matrix.Norm(matrix.Add(got, -1, want)) / matrix.Norm(want); !(d <= 10*1e-16*math.Sqrt(cond)) {
			t.Errorf("stream %d, condition number %.2g: W* differs by %.2g from that of a basis", stream, cond, d)
		}
	}
}
