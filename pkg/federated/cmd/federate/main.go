// Command federate runs a federation as a server and clients that are processes of this machine,
// over loopback, and says how its end differs from that of the same federation in one process:
//
//	scripts/federate [--method SGPT] [--rounds 3] [--pictures 10] [--seed 1] [--deadline 2m] [--checkpoint FILE]
//	scripts/federate --pretrain [--steps 1500] [--out FILE]     makes the backbone again
//
// See README.md beside it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train/fed"
	"github.com/marginalia-ml/marginalia/pkg/train/fed/remote"
	"github.com/marginalia-ml/marginalia/xla"
)

// options are what the command line says. Server and clients get the same.
type options struct {
	method           string
	rounds, pictures int
	seed             uint64
	deadline         time.Duration
	checkpoint       string
	backend          string

	alone  bool   // start no clients
	client int    // -1 for the server
	server string // its address

	pretrain bool
	steps    int
	out      string
}

func main() {
	o := options{}
	flag.StringVar(&o.method, "method", "SGPT", "Head, FedVPT, FedVPT-D or SGPT")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds")
	flag.IntVar(&o.pictures, "pictures", 10, "pictures of each class of each client to train on")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of pictures, parameters and orders")
	flag.DurationVar(&o.deadline, "deadline", 2*time.Minute, "after which a round is closed without those who are late")
	flag.StringVar(&o.checkpoint, "checkpoint", "", "a file from which a server that was killed goes on")
	flag.StringVar(&o.backend, "backend", "", "as MARGINALIA_BACKEND says")
	flag.BoolVar(&o.alone, "alone", false, "start no clients: they are started by hand")
	flag.IntVar(&o.client, "client", -1, "be this client of the server at --server, with the same other options")
	flag.StringVar(&o.server, "server", "127.0.0.1:0", "address of the server; a port 0 is any")
	flag.BoolVar(&o.pretrain, "pretrain", false, "pre-train the backbone, write it to --out and end")
	flag.IntVar(&o.steps, "steps", federated.Small.Steps, "steps of --pretrain")
	flag.StringVar(&o.out, "out", "backbone.safetensors", "file of --pretrain")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := o.run(ctx, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "federate:", err)
		os.Exit(1)
	}
}

func (o options) run(ctx context.Context, rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unknown argument %q: see --help", rest[0])
	}
	digits, err := federated.LoadDigits(ctx)
	if err != nil {
		return err
	}
	if o.pretrain {
		b, err := xla.Open(o.backend)
		if err != nil {
			return err
		}
		c := federated.Small
		c.Steps = o.steps
		_, err = federated.Pretrained(ctx, b, c, digits, o.out)
		return errors.Join(err, b.Close())
	}
	t, clients, err := o.task(digits)
	if err != nil {
		return err
	}
	pool, err := xla.NewPool(o.backend, 2)
	if err != nil {
		return err
	}
	defer pool.Close()
	if o.client >= 0 {
		return o.work(ctx, t, pool)
	}
	return o.serve(ctx, t, pool, clients)
}

// task is the federation of four domains that the notebook has.
func (o options) task(digits *federated.Digits) (*federated.Task, int, error) {
	b, err := federated.Load()
	if err != nil {
		return nil, 0, err
	}
	s, err := federated.NewFeature(b, digits, federated.FeatureSpec{Domains: federated.Domains, Copies: 1, Train: o.pictures, Test: 10}, o.seed)
	if err != nil {
		return nil, 0, err
	}
	for _, m := range []federated.Method{federated.Head(), federated.FedVPT(2), federated.FedVPTD(b.Net, 2), federated.SGPT(b.Net, 4, 2)} {
		if m.Name == o.method {
			c := federated.Feature
			c.Rounds, c.Seed = o.rounds, o.seed
			t, err := s.Plan(m, c)
			return t, len(s.Clients), err
		}
	}
	return nil, 0, fmt.Errorf("there is no method %q: want Head, FedVPT, FedVPT-D or SGPT", o.method)
}

// work is a client's process.
func (o options) work(ctx context.Context, t *federated.Task, pool *xla.Pool) error {
	if err := t.Prepare(ctx, pool, o.client); err != nil {
		return err
	}
	key, err := t.Key()
	if err != nil {
		return err
	}
	w := remote.Worker{Server: o.server, Client: o.client, Task: key, Layout: t.Layout(), Patience: o.deadline, Pause: 20 * time.Millisecond,
		Train: func(ctx context.Context, round int, global model.Params, counts []int) (fed.Update, error) {
			out, err := t.Train(ctx, pool, []int{o.client}, round, global, counts)
			if err != nil {
				return fed.Update{}, err
			}
			return out[0].Update, nil
		}}
	return w.Work(ctx)
}

// serve is the server's process: it starts the clients', runs the rounds, and compares.
func (o options) serve(ctx context.Context, t *federated.Task, pool *xla.Pool, clients int) error {
	key, err := t.Key()
	if err != nil {
		return err
	}
	s, err := t.Server()
	if err != nil {
		return err
	}
	again, err := t.Server() // begins where s does: who was missing before a checkpoint, nobody knows
	if err != nil {
		return err
	}
	if o.checkpoint != "" {
		if _, err := again.Resume(o.checkpoint, key); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", o.server)
	if err != nil {
		return fmt.Errorf("the server's address: %w", err)
	}
	if a := l.Addr().(*net.TCPAddr); !a.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("the address %s is not of this machine alone: want one of 127.0.0.1", a), l.Close())
	}
	start := clients
	if o.alone {
		start = 0
	}
	processes, err := o.start(ctx, l.Addr().String(), start)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	fmt.Printf("server on %s, %d clients, %d started here, each a process\n", l.Addr(), clients, start)
	begun, absent := time.Now(), map[[2]int]bool{}
	f := remote.Federation{Server: s, Task: key, Rounds: o.rounds, Chosen: t.Chosen, Deadline: o.deadline, File: o.checkpoint, Linger: time.Second,
		Closed: func(round int, missing []int) {
			fmt.Printf("round %d closed after %.1f s, missing %v\n", round, time.Since(begun).Seconds(), missing)
			for _, i := range missing {
				absent[[2]int{round, i}] = true
			}
		}}
	err = f.Serve(ctx, l)
	for i, p := range processes {
		if died := p.Wait(); died != nil { // the rounds went on without it
			fmt.Fprintf(os.Stderr, "client %d: %v\n", i, died)
		}
	}
	if err != nil {
		return err
	}
	return o.compare(ctx, t, pool, s, again, clients, absent)
}

// start starts the clients' processes with the same options.
func (o options) start(ctx context.Context, address string, clients int) (all []*exec.Cmd, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return nil, err
	}
	for i := range clients {
		c := exec.CommandContext(ctx, self, "--client", strconv.Itoa(i), "--server", address, "--method", o.method, "--rounds", strconv.Itoa(o.rounds),
			"--pictures", strconv.Itoa(o.pictures), "--seed", strconv.FormatUint(o.seed, 10), "--deadline", o.deadline.String(), "--backend", o.backend)
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		if err := c.Start(); err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}

// compare runs the same rounds in this process on a server s that stands where they began, without
// those who were missing.
func (o options) compare(ctx context.Context, t *federated.Task, pool *xla.Pool, got, s *fed.Server, clients int, absent map[[2]int]bool) error {
	all := make([]int, clients)
	for i := range all {
		all[i] = i
	}
	if err := t.Prepare(ctx, pool, all...); err != nil {
		return err
	}
	begun := s.Round
	for s.Round < o.rounds {
		chosen, err := t.Chosen(s.Round)
		if err != nil {
			return err
		}
		if err := s.Begin(chosen); err != nil {
			return err
		}
		there := slices.DeleteFunc(slices.Clone(chosen), func(i int) bool { return absent[[2]int{s.Round, i}] })
		if len(there) > 0 {
			updates, err := t.Train(ctx, pool, there, s.Round, s.Global, s.Counts)
			if err != nil {
				return err
			}
			for _, u := range updates {
				if err := s.Take(u.Update); err != nil {
					return err
				}
			}
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
	far := s.Global.Sub(got.Global).Norm()
	if !slices.Equal(s.Global.Flat(), got.Global.Flat()) || !slices.Equal(s.Counts, got.Counts) {
		return fmt.Errorf("after %d rounds the processes' parameters are %g from the simulation's, counts %v and %v: want the same bits", o.rounds, far, got.Counts, s.Counts)
	}
	fmt.Printf("%d rounds, %d numbers: the bits of the simulation in one process (‖θ‖ = %.9g)\n", o.rounds-begun, s.Global.Layout.Count(), got.Global.Norm())
	return nil
}
