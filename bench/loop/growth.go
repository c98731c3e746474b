package main

import (
	"context"
	"errors"
	"os"
	"time"

	process "github.com/marginalia-ml/marginalia/bench/peer"
	"github.com/marginalia-ml/marginalia/xla"
)

// growth times a step of the program columns at 1, 2, 4 and 8 times m, d and V each.
func growth(ctx context.Context, spec string) (err error) {
	b, err := xla.Open(spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	g := process.Growth{What: "a step of softmax regression, m, d and V in proportion", Size: "m"}
	for _, times := range []int{1, 2, 4, 8} {
		in := newInstance(1, times)
		o, err := newOurs(b, in)
		if err != nil {
			return err
		}
		steps := 20000 / (times * times * times) // calls of like length
		least, err := process.Least(8, func() error { _, err := o.run(ctx, "columns", steps); return err })
		if err := errors.Join(err, o.close()); err != nil {
			return err
		}
		g.Add(float64(in.M), least/time.Duration(steps), operations(in), bytes(in))
	}
	return g.Report(os.Stdout)
}

// operations of a step: logits and gradient are a product of 2 V m d each.
func operations(in instance) float64 { return 4 * float64(in.V*in.M*in.D) }

// bytes of a step: operands and results of the two products, P, the logits between them,
// and W before and after.
func bytes(in instance) float64 { return 8 * float64(2*in.M*in.D+4*in.V*in.D+4*in.V*in.M) }
