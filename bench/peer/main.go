package peer

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

// Backend is the flag of a comparison in which ours runs on a backend of xla.
func Backend() *string { return flag.String("backend", "", "our backend, as for xla.Open") }

// Main runs the comparison bench/<name>: it reads the flags, those that the caller has defined and
//
//	-peer PYTHON     of the environment of the other side, which has library; "" measures ours alone
//	-script FILE     the program of the other side, bench/<name>/peer.py
//	-growth          grow in the place of compare; only where grow is not nil
//
// ends the context at an interrupt, and the process with status 1 at an error.
func Main(name, library string, compare func(ctx context.Context, python, script string) error, grow func(ctx context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.CommandLine, os.Args[1:], name, library, compare, grow); err != nil {
		fmt.Fprintf(os.Stderr, "bench %s: %v\n", name, err)
		os.Exit(1)
	}
}

// run is Main with flags of its own.
func run(ctx context.Context, flags *flag.FlagSet, arguments []string, name, library string, compare func(ctx context.Context, python, script string) error, grow func(ctx context.Context) error) error {
	python := flags.String("peer", "", fmt.Sprintf("Python of the environment with %s; without it only ours is measured", library))
	script := flags.String("script", "bench/"+name+"/peer.py", "the program of the other side")
	growing := false
	if grow != nil {
		flags.BoolVar(&growing, "growth", false, "measure how time grows with size instead")
	}
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag: they begin with a dash", flags.Arg(0))
	}
	if growing {
		return grow(ctx)
	}
	return compare(ctx, *python, *script)
}
