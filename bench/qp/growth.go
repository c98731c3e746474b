package main

import (
	"context"
	"fmt"
	"os"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/maxmargin"
	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// growth times ours at sizes with the proportions of the main instance. A Newton
// system costs n³ operations for every token, n being the contexts where a constraint
// of the token is active, m³/3 for the equations that couple the tokens, and 4 V m²
// for the two products with the Gram matrix around it.
func growth(ctx context.Context) error {
	fmt.Println("   m     d  inequalities  systems     least of three      a system")
	var at, single, count []float64
	g := process.Growth{What: "a max-margin program; operations are those of its Newton systems", Size: "m"}
	for _, m := range []int{50, 100, 200, 400} {
		in := newInstance(1, size{v: 10, m: m, d: m + m/5, support: 6})
		var best *maxmargin.NextTokenSolution
		least, err := process.Least(3, func() (err error) { best, _, err = solve(ctx, in); return err })
		if err != nil {
			return err
		}
		systems := float64(best.Iterations)
		fmt.Printf("%4d  %4d  %12d  %7d  %14.2f ms  %9.3f ms\n", m, in.d, m*(in.v-in.support), best.Iterations,
			1e3*least.Seconds(), 1e3*least.Seconds()/systems)
		at, single = append(at, float64(m)), append(single, least.Seconds()/systems)
		count = append(count, operations(best, in))
		g.Add(float64(m), least, systems*operations(best, in), systems*bytes(best, in))
	}
	fmt.Printf("slope in m of: time of a system %.2f, operations of a system %.2f\n",
		rate.LogLog(at, single).Slope, rate.LogLog(at, count).Slope)
	return g.Report(os.Stdout)
}

// operations counts those of the last system.
func operations(mm *maxmargin.NextTokenSolution, in instance) float64 {
	m := float64(in.m)
	total := m*m*m/3 + 4*float64(in.v)*m*m
	for _, n := range active(mm) {
		total += n * n * n
	}
	return total
}

// bytes counts those of the matrices of the last system: its tokens' and the coupling one,
// the Gram matrix twice, and operand and result of its products.
func bytes(mm *maxmargin.NextTokenSolution, in instance) float64 {
	m := float64(in.m)
	total := 3*m*m + 4*float64(in.v)*m
	for _, n := range active(mm) {
		total += n * n
	}
	return 8 * total
}

// active counts, for each token, the contexts where a constraint of it is active.
func active(mm *maxmargin.NextTokenSolution) []float64 {
	v, _ := mm.U.Dims()
	count := make([]float64, v)
	for i := range count {
		for _, u := range mm.U.RawRowView(i) {
			if u != 0 {
				count[i]++
			}
		}
	}
	return count
}
