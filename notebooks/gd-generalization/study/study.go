// Package study holds what the cells of gd-generalization call and do not show: small instances and the search for the worst
// of them, runs inside the theorem, leave-one-out, training on pictures, XOR, and the recipes of their figures.
package study

import "github.com/marginalia-ml/marginalia/pkg/notebook"

// RoundOff is what float64 leaves of sums of some thousand terms of order one.
const RoundOff = 1e-12

// Apart is why a slope has the bounds that claim.SlopeOf gives it.
const Apart = "a law's slope, told apart from those of its rivals; the draws spread it"

// Digits are the experiments of the paper's figures on pictures: sizes, draws and steps are ours.
var Digits = notebook.Sizes[DigitsConfig]{
	Quick: DigitsConfig{Sizes: []int{200, 800}, Draws: []int{5, 3}, M: 64, L: 2, Eta: 1, Test: 1500, At: []int{0, 25, 50, 100, 200, 400}, Single: true},
	Paper: DigitsConfig{Sizes: []int{1000, 10_000}, Draws: []int{5, 3}, M: 1024, L: 2, Eta: 1, Test: 10_000, At: []int{0, 50, 200, 500, 1000, 2000}, Single: true},
}
