package ntp

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// toySupports are S_A = {2,3,4}, S_B = {1,2,5}, S_C = {1,4,5} with tokens counted from 0:
// up to renaming the only pattern of three tokens a context in which word 3 follows A
// alone, every other word follows two contexts and words 1 and 5 follow the same two.
var toySupports = [][]int{{1, 2, 3}, {0, 1, 4}, {0, 3, 4}}

// Toy is the example of the paper's Figure 1: contexts A, B, C in the plane at the given
// angles (degrees) and radii, vocabulary 1..5, supports of three tokens, uniform π and
// p_j ~ Dirichlet(1,1,1). The paper does not print its coordinates; ToyAngles and
// ToyRadii give a picture like its. The data are NTP-separable iff the origin lies inside
// the triangle of the embeddings (derived here).
func Toy(angles, radii [3]float64, rng *rand.Rand) (*Instance, error) {
	H := mat.NewDense(2, 3, nil)
	for j := range 3 {
		sin, cos := math.Sincos(angles[j] * math.Pi / 180)
		H.Set(0, j, radii[j]*cos)
		H.Set(1, j, radii[j]*sin)
	}
	P := mat.NewDense(5, 3, nil)
	for j, s := range toySupports {
		for i, p := range softlabel.Dirichlet(3, rng) {
			P.Set(s[i], j, p)
		}
	}
	in, err := New(H, P, []float64{1. / 3, 1. / 3, 1. / 3}, toySupports)
	if err != nil {
		return nil, err
	}
	in.Words = []string{"1", "2", "3", "4", "5"}
	in.Contexts = []string{"A", "B", "C"}
	return in, nil
}

// Embeddings that draw the toy as the paper does: the wider the cone of a word's two
// contexts, the longer its vector in W^mm.
var (
	ToyAngles = [3]float64{100, 225, 340}
	ToyRadii  = [3]float64{1.5, 1.2, 1}
)

// ToySymmetricWmm returns W^mm of the toy with unit embeddings at 90, 210 and 330 degrees
// (derived here), ‖W^mm‖² = 112/15:
//
//	w_1 = w_5 = (0, -6/5),  w_2 = (-2/√3, 4/5),  w_3 = (0, 4/5),  w_4 = (2/√3, 4/5).
func ToySymmetricWmm() *mat.Dense {
	x := 2 / math.Sqrt(3)
	return mat.NewDense(5, 2, []float64{
		0, -1.2,
		-x, 0.8,
		0, 0.8,
		x, 0.8,
		0, -1.2,
	})
}

// Corner is the smallest instance that is not strict, see Strictness: two contexts (1, 0)
// and (1, 1) in the plane, both followed by the first of two words alone. W^mm has the
// rows ±(1/2, 0). The margin of the second context is one and its multiplier zero, and
// along gradient descent W_k - W* - W^mm log(η k) grows like log log k (derived here).
func Corner() (*Instance, error) {
	H := mat.NewDense(2, 2, []float64{1, 1, 0, 1})
	P := mat.NewDense(2, 2, []float64{1, 1, 0, 0})
	return New(H, P, []float64{0.5, 0.5}, nil)
}
