package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// growth times ours on stories of growing size, with the proportions of the large
// instance. An iteration costs 4 R K² operations in products of R by K matrices, R
// tokens and K supports that are different, and about 11 K³ in eigenvectors and their
// product; the number of iterations grows as well.
func growth(ctx context.Context) error {
	fmt.Println("  V     m    K   iterations     least of three   an iteration")
	var at, total, single, count []float64
	for _, v := range []int{52, 104, 208, 416} {
		k := v / 3
		supports := stories(rand.New(rand.NewPCG(1, 0)), v, 4*v, k)
		least := time.Duration(1 << 62)
		iterations := 0
		for range 3 {
			sol, took, err := solve(ctx, v, supports)
			if err != nil {
				return err
			}
			least, iterations = min(least, took), sol.Iterations
		}
		fmt.Printf("%3d  %4d  %3d %12d %15.1f ms %11.3f ms\n", v, 4*v, k, iterations,
			1e3*least.Seconds(), 1e3*least.Seconds()/float64(iterations))
		at, total = append(at, float64(v)), append(total, least.Seconds())
		single = append(single, least.Seconds()/float64(iterations))
		count = append(count, 4*float64(v)*float64(k*k)+11*float64(k*k*k))
	}
	fmt.Printf("slope in V of: time %.2f, time of an iteration %.2f, operations of an iteration %.2f\n",
		rate.LogLog(at, total).Slope, rate.LogLog(at, single).Slope, rate.LogLog(at, count).Slope)
	return nil
}
