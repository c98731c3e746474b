package main

import (
	"context"
	"errors"
	"os"
	"time"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/pkg/attention"
	"github.com/marginalia-ml/marginalia/xla"
)

// growth times a step with the stable gradient at n = 50, 100, 200 and 400 sequences of ten
// tokens in d = n/2 dimensions.
func growth(ctx context.Context, spec string) (err error) {
	b, err := xla.Open(spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	g := process.Growth{What: "a step of normalized descent on attention, n and d in proportion, T = 10", Size: "n"}
	loop, err := xla.NewLoop(b, attention.NGD.Step(), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	for _, n := range []int{50, 100, 200, 400} {
		p, err := sized(1, n, n/2)
		if err != nil {
			return err
		}
		if err := start(loop, attention.NGD, p); err != nil {
			return err
		}
		steps := max(2, 100_000_000/(n*n*n)) // calls of like length
		least, err := process.Least(8, func() error { return loop.Run(ctx, steps) })
		if err != nil {
			return err
		}
		g.Add(float64(n), least/time.Duration(steps), operations(p), bytes(p))
	}
	return g.Report(os.Stdout)
}

// operations of a step: W times the queries and the outer products are 2 n d² each; logits
// and the sums over tokens 2 n T d each.
func operations(p *attention.Problem) float64 { return 4 * float64(p.N*p.D*(p.D+p.T)) }

// bytes of a step: the tokens for the logits and for their sums, the queries and what W
// makes of them, both sides of the outer products, W and its gradient, read and written, and
// the weights of the tokens between them.
func bytes(p *attention.Problem) float64 {
	return 8 * float64(2*p.N*p.T*p.D+4*p.N*p.D+4*p.D*p.D+4*p.N*p.T)
}
