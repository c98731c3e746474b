package attention

import "gonum.org/v1/gonum/mat"

// Instances small enough to be followed by hand (derived here).

// StuckPair returns two sequences in the plane on which gradient flow, gradient
// descent, normalized descent and the Polyak step fail from W_0 = 0 with every step
// size, although (A1) holds, W_mm exists and all its constraints are active:
//
//	      query       other       scores   optimal
//	X_1   ( 1,-1)     (0,0)       -1, 0    other
//	X_2   (-1, 2)     (0,1)        2, 1    query       u = (0,1), y = +1, Γ = 1
//
// with K = [[4,-6],[-6,10]] and ‖W_mm‖² = 13/2. Every step raises s_1 and lowers s_2.
// The token that is not optimal stands copies times in each sequence, so that (A1) is
// not vacuous for copies ≥ 2.
func StuckPair(copies int) (*Problem, error) {
	return pair(copies, []float64{0, 1}, [2][]float64{{1, -1}, {-1, 2}}, [2][]float64{{0, 0}, {0, 1}}, [2]bool{false, true}, [2]float64{1, 1})
}

// FreePair is StuckPair with the second token of X_2 moved to (-1,1). All scores are
// what they were, but K = [[4,-3],[-3,5]], and every run converges to W_mm from every
// start, since -K_12 < min(K_11, K_22).
func FreePair(copies int) (*Problem, error) {
	return pair(copies, []float64{0, 1}, [2][]float64{{1, -1}, {-1, 2}}, [2][]float64{{0, 0}, {-1, 1}}, [2]bool{false, true}, [2]float64{1, 1})
}

// TowerPair returns two sequences in the plane and a start of norm √5 from which
// gradient descent and normalized descent converge, while every Polyak step is about
// the exponential of the one before:
//
//	      query    other    y     scores    optimal
//	X_1   (2,0)    (2,1)    +1     0,  1    other
//	X_2   (1,2)    (1,1)    -1    -2, -1    other       u = (0,1), Γ = 1
//
// with K = [[4,-2],[-2,5]] and W_0 = [[0,0],[-2,1]], of margins (-4, 0).
func TowerPair() (*Problem, *mat.Dense, error) {
	p, err := pair(1, []float64{0, 1}, [2][]float64{{2, 0}, {1, 2}}, [2][]float64{{2, 1}, {1, 1}}, [2]bool{false, false}, [2]float64{1, -1})
	return p, mat.NewDense(2, 2, []float64{0, 0, -2, 1}), err
}

// pair returns two sequences of a query and another token. optimal tells whose query is
// the optimal token; the token that is not stands copies times.
func pair(copies int, u []float64, query, other [2][]float64, optimal [2]bool, y [2]float64) (*Problem, error) {
	if copies < 1 {
		return nil, malformed("a token that stands %d times, want 1 or more", copies)
	}
	data := &Data{N: 2, T: 1 + copies, D: 2, Y: y[:]}
	for i := range query {
		data.X = append(data.X, query[i]...)
		data.X = append(data.X, other[i]...)
		again := query[i]
		if optimal[i] {
			again = other[i]
		}
		for range copies - 1 {
			data.X = append(data.X, again...)
		}
	}
	return New(data, u)
}
