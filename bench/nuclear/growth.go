package main

import (
	"context"
	"fmt"
	"os"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// growth times ours on stories of growing size, with the proportions of the large
// instance. An iteration costs 4 R K² operations in products of R by K matrices, R
// tokens and K supports that are different, and about 11 K³ in eigenvectors and their
// product; the number of iterations grows as well.
func growth(ctx context.Context) error {
	fmt.Println("  V     m    K   iterations     least of three   an iteration")
	var at, single, count []float64
	g := process.Growth{What: "a nuclear-norm max-margin program; operations are those of its iterations", Size: "V"}
	for _, v := range []int{52, 104, 208, 416} {
		k := v / 3
		supports := stories(random.Stream(1, "bench/nuclear"), v, 4*v, k)
		iterations := 0
		least, err := process.Least(3, func() error {
			sol, _, err := solve(ctx, v, supports)
			if err == nil {
				iterations = sol.Iterations
			}
			return err
		})
		if err != nil {
			return err
		}
		fmt.Printf("%3d  %4d  %3d %12d %15.1f ms %11.3f ms\n", v, 4*v, k, iterations,
			1e3*least.Seconds(), 1e3*least.Seconds()/float64(iterations))
		at, single = append(at, float64(v)), append(single, least.Seconds()/float64(iterations))
		count = append(count, operations(v, k))
		g.Add(float64(v), least, float64(iterations)*operations(v, k), float64(iterations)*bytes(v, k))
	}
	fmt.Printf("slope in V of: time of an iteration %.2f, operations of an iteration %.2f\n",
		rate.LogLog(at, single).Slope, rate.LogLog(at, count).Slope)
	return g.Report(os.Stdout)
}

// operations are those of an iteration with R tokens and K supports.
func operations(r, k int) float64 { return 4*float64(r)*float64(k*k) + 11*float64(k*k*k) }

// bytes of the operands and results of an iteration: two products of an R by K matrix, and
// eigenvectors and their product.
func bytes(r, k int) float64 { return 8 * float64(4*r*k+5*k*k) }
