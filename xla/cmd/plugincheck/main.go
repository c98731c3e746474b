// Command plugincheck opens a backend, runs a small loop on it and says what it
// found, or exits with an error that says what is wrong:
//
//	go run ./xla/cmd/plugincheck [cpu | cuda | go | path of a plugin]
//
// Without an argument it takes the backend that xla.Open("") takes.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

func main() {
	if len(os.Args) > 2 {
		fmt.Fprintln(os.Stderr, "usage: plugincheck [cpu | cuda | go | path of a plugin]")
		os.Exit(2)
	}
	spec := ""
	if len(os.Args) == 2 {
		spec = os.Args[1]
	}
	if err := check(spec); err != nil {
		fmt.Fprintln(os.Stderr, "plugincheck:", err)
		os.Exit(1)
	}
}

// check counts to 1,000 on the device and prints what the device is.
func check(spec string) (err error) {
	b, err := xla.Open(spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	count := func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.AddScalar(state[0], 1)}
	}
	show := func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node { return state }
	loop, err := xla.NewLoop(b, count, show)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, loop.Close()) }()
	const steps = 1000
	if err := loop.Start([]*tensors.Tensor{tensors.FromScalar(0.0)}, nil); err != nil {
		return err
	}
	if err := loop.Run(context.Background(), steps); err != nil {
		return err
	}
	row, err := loop.Measure()
	if err != nil {
		return err
	}
	if row[0] != steps {
		return fmt.Errorf("backend %q: %d steps of adding one gave %g", b.Kind, steps, row[0])
	}
	fmt.Printf("backend: %s\ndevice:  %s\n", b.Kind, b.Device)
	if b.Plugin != "" {
		fmt.Printf("plugin:  %s\n", b.Plugin)
	}
	return nil
}
