package federated

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/xla"
)

// Result is what came out of a simulation.
type Result struct {
	Method Method
	Rounds []int // after which everybody was asked

	// Of each of Rounds: all correct answers on all of the clients' test pictures; the mean over
	// clients; the worst client. All are of the one global model (of each client's own, if the
	// method is Local).
	Global, Local, Worst []float64
	Clients              [][]float64 // [rounds][clients]
	Unseen               [][]float64 // [rounds][unseen clients]

	Picks       [][]int     // [clients, then unseen][G]: groups of test pictures, after the last round
	TrainPicks  [][]int     // [clients][G]: in training, all rounds together
	Losses      [][]float64 // [rounds][stages·epochs]: means over the clients that took part
	Traffic     Traffic
	Last        model.Params   `json:"-"`
	Controls    []model.Params `json:"-"` // c_i of SCAFFOLD
	Counts      []int          // F_g
	EachClients []model.Params `json:"-"` // of a Local method
}

// Final is the mean of the last n of some accuracies.
func Final(all []float64, n int) float64 {
	n = min(n, len(all))
	sum := 0.0
	for _, v := range all[len(all)-n:] {
		sum += v
	}
	return sum / float64(n)
}

// Run simulates a federation in this process.
func (s *Setup) Run(ctx context.Context, pool *xla.Pool, m Method, c Config) (*Result, error) {
	t, err := s.NewTask(ctx, pool, m, c)
	if err != nil {
		return nil, err
	}
	return t.Run(ctx, pool)
}

// Run simulates the task. When ctx ends it returns what it has with the error.
func (t *Task) Run(ctx context.Context, pool *xla.Pool) (*Result, error) {
	server, err := t.Server()
	if err != nil {
		return nil, err
	}
	r := &Result{Method: t.method, Traffic: t.method.Traffic(t.net, t.class)}
	r.TrainPicks = make([][]int, len(t.setup.Clients))
	for i := range r.TrainPicks {
		r.TrainPicks[i] = make([]int, t.method.Groups)
	}
	own := newOwn(t, server.Global)
	looks := t.c.Look
	if looks == nil {
		looks = []int{t.c.Rounds}
	}
	for {
		if slices.Contains(looks, server.Round) {
			if err := t.ask(ctx, pool, r, server.Round, func(i int) model.Params { return own.of(i, server.Global) }); err != nil {
				return r, err
			}
		}
		r.Last, r.Counts = server.Global, server.Counts
		if server.Round == t.c.Rounds {
			r.Controls, r.EachClients = own.controls, own.params
			return r, nil
		}
		progress.Report(ctx, float64(server.Round)/float64(t.c.Rounds))
		chosen, err := t.Chosen(server.Round)
		if err != nil {
			return r, err
		}
		if err := server.Begin(chosen); err != nil {
			return r, err
		}
		all := make([]*trainee, len(chosen))
		for j, i := range chosen {
			all[j] = own.trainee(i, server.Global)
		}
		if err := t.trainAll(ctx, pool, all, server.Round, server.Counts); err != nil {
			return r, fmt.Errorf("federated: %s, round %d: %w", t.method.Name, server.Round, err)
		}
		losses := make([]float64, 0)
		for _, c := range all {
			losses = add(losses, slices.Concat(c.losses...), 1/float64(len(all)))
			for g, n := range c.counts {
				r.TrainPicks[c.number][g] += n
			}
			if err := server.Take(c.update(server.Round)); err != nil {
				return r, err
			}
		}
		r.Losses = append(r.Losses, losses)
		own.after(all)
		if err := server.Close(); err != nil {
			return r, err
		}
	}
}

// add returns x + c y, of x that may be empty.
func add(x, y []float64, c float64) []float64 {
	if len(x) == 0 {
		x = make([]float64, len(y))
	}
	for i, v := range y {
		x[i] += c * v
	}
	return x
}

// ask has everybody's test pictures looked at after a round.
func (t *task) ask(ctx context.Context, pool *xla.Pool, r *Result, round int, params func(client int) model.Params) error {
	accuracy := make([]float64, len(t.data))
	right := make([]int, len(t.data))
	picks := make([][]int, len(t.data))
	var jobs []xla.Job
	for i, d := range t.data {
		jobs = append(jobs, xla.Job{Program: "federated look " + t.method.Name, Run: func(ctx context.Context, w *xla.Worker) error {
			seen, err := t.predict(ctx, w, params(i), d, Options{})
			if err != nil {
				return err
			}
			picks[i] = make([]int, t.method.Groups)
			for _, g := range seen.Group {
				picks[i][g]++
			}
			for j, class := range seen.Class {
				if int32(class) == d.Test.Y[j] {
					right[i]++
				}
			}
			accuracy[i] = float64(right[i]) / float64(len(seen.Class))
			return nil
		}})
	}
	if err := pool.Run(ctx, jobs); err != nil {
		return err
	}
	n := len(t.setup.Clients)
	sizes := make([]int, n)
	for i := range n {
		sizes[i] = t.data[i].Test.Len()
	}
	global, mean, worst := summary(right[:n], sizes)
	r.Rounds, r.Global = append(r.Rounds, round), append(r.Global, global)
	r.Local, r.Worst = append(r.Local, mean), append(r.Worst, worst)
	r.Clients, r.Unseen, r.Picks = append(r.Clients, accuracy[:n]), append(r.Unseen, accuracy[n:]), picks
	return nil
}

// summary returns, of clients with so many right answers of so many, the share of right answers
// of all, the mean of the clients' shares, and the least.
func summary(right, of []int) (global, local, worst float64) {
	all, correct, worst := 0, 0, math.Inf(1)
	for i, n := range of {
		share := float64(right[i]) / float64(n)
		all, correct, local, worst = all+n, correct+right[i], local+share/float64(len(of)), min(worst, share)
	}
	return float64(correct) / float64(all), local, worst
}
