package ntp

import (
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

const identityTol = testkit.IdentityTol

var newRand, near, nearMatrix = testkit.Rand, testkit.Near, testkit.NearMatrix

func must[T any](x T, err error) func(testing.TB) T { return testkit.Must(x, err) }

// small is the instance of the derivation: V=10, m=8, d=10, supports of 2 to 4 tokens.
func small(tb testing.TB, stream uint64) *Instance {
	return must(Gaussian(Config{V: 10, M: 8, D: 10, Sizes: []int{2, 3, 4, 2, 3, 4, 2, 3}}, newRand(stream)))(tb)
}

// principal is the instance of the paper's Figures 4 and 5.
func principal(tb testing.TB, stream uint64) *Instance {
	return must(Gaussian(Config{V: 10, M: 50, D: 60, S: 6, N: 5000}, newRand(stream)))(tb)
}

// ofNorm returns a Gaussian decoder of the given norm.
func ofNorm(in *Instance, norm float64, rng *rand.Rand) *mat.Dense {
	W := matrix.Unit(in.Start(rng))
	W.Scale(norm, W)
	return W
}

// mainExperiment is the experiment of the paper's Figure 4: n = 5000 sequences, m = 50 contexts in
// dimension d = 60, V = 10 tokens, supports of 6, gradient descent with η = 0.5 from the
// LeCun start. The paper does not print the distribution of h_j and p_j; Gaussian gives
// its entropy (1.445 there) and its speed.
func mainExperiment(seed uint64) Experiment {
	return Experiment{
		Data:     Data{Kind: "gaussian", Config: Config{V: 10, M: 50, D: 60, S: 6, N: 5000}, Seed: seed, Stream: "main"},
		Start:    "lecun",
		Training: Training{Optimizer: "gd", Rate: 0.5, Steps: 10_000, PerDecade: 10},
	}
}

// toySymmetric is the toy with unit embeddings at 90, 210 and 330 degrees, whose W^mm is
// known exactly, see ToySymmetricWmm.
func toySymmetric(rng *rand.Rand) (*Instance, error) {
	return Toy([3]float64{90, 210, 330}, [3]float64{1, 1, 1}, rng)
}
