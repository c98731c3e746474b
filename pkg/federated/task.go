package federated

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train/fed"
	"github.com/marginalia-ml/marginalia/xla"
)

// Task is a method on a federation: what a server and its clients have agreed on.
type Task struct{ task }

type task struct {
	network
	setup  *Setup
	c      Config
	layout model.Layout
	stages []stage
	data   []*prepared // of clients, then of the unseen
}

// prepared is a client with what never changes.
type prepared struct {
	Client
	train          Examples
	feature, query []float32 // of the pictures to train on; nil where they are not asked for
	asked, testing []float32 // likewise to test on: queries and features
}

// NewTask prepares a method on a federation for a simulation: it checks both and computes queries,
// or features, of the frozen network for everybody.
func (s *Setup) NewTask(ctx context.Context, pool *xla.Pool, m Method, c Config) (*Task, error) {
	t, err := s.Plan(m, c)
	if err != nil {
		return nil, err
	}
	everybody := make([]int, len(t.data))
	for i := range everybody {
		everybody[i] = i
	}
	return t, t.Prepare(ctx, pool, everybody...)
}

// Plan checks a method on a federation and computes nothing: a server needs no more.
func (s *Setup) Plan(m Method, c Config) (*Task, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := m.check(s.Backbone.Net); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	for _, client := range s.Clients {
		if m.Groups > client.Train.Len() {
			return nil, fmt.Errorf("federated: %d groups for client %s with %d pictures: want at most as many groups as pictures", m.Groups, client.Name, client.Train.Len())
		}
	}
	t := &task{network: network{s.Backbone.Net, m, s.Classes}, setup: s, c: c, layout: m.Layout(s.Backbone.Net, s.Classes)}
	t.stages = m.stages(t.layout)
	for _, client := range s.everybody() {
		t.data = append(t.data, &prepared{Client: client, train: client.Train})
	}
	return &Task{*t}, nil
}

// Prepare computes what the frozen network says of the pictures of some clients; the unseen have
// the numbers behind those of the clients.
func (t *Task) Prepare(ctx context.Context, pool *xla.Pool, clients ...int) error {
	for _, i := range clients {
		if i < 0 || i >= len(t.data) {
			return fmt.Errorf("federated: there is no client %d of %d", i, len(t.data))
		}
	}
	if t.method.Groups > 0 {
		all, err := t.setup.after(ctx, pool, t.method.Query, clients)
		if err != nil {
			return err
		}
		for _, i := range clients {
			t.data[i].query, t.data[i].asked = Normalise(all[i].train, t.net.Dim), Normalise(all[i].test, t.net.Dim)
		}
	}
	if !t.prompted() {
		all, err := t.setup.after(ctx, pool, t.net.Layers, clients)
		if err != nil {
			return err
		}
		for _, i := range clients {
			t.data[i].feature, t.data[i].testing = all[i].train, all[i].test
		}
	}
	return nil
}

// Key names all that a federation depends on: what a checkpoint and a client have to agree with.
func (t *Task) Key() (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, t.setup.Backbone.Hash, t.setup.Classes)
	if err := json.NewEncoder(h).Encode([]any{t.method, t.c}); err != nil {
		return "", err
	}
	for _, c := range t.setup.Clients {
		fmt.Fprintln(h, c.Name, c.Train.Y)
		if err := binary.Write(h, binary.LittleEndian, c.Train.X); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Start returns the parameters that the federation begins with.
func (t *Task) Start() model.Params { return t.method.Start(t.net, t.class, t.c.Seed) }

// Server returns a server at its beginning.
func (t *Task) Server() (*fed.Server, error) {
	return fed.NewServer(t.Start(), len(t.setup.Clients), t.method.Groups, t.method.rules())
}

// Chosen are the clients that take part in a round.
func (t *Task) Chosen(round int) ([]int, error) {
	return fed.Sample(random.Stream(t.c.Seed, fmt.Sprintf("federated/chosen round %d", round)), len(t.setup.Clients), t.c.Share)
}

// Trained is a client's update and the mean loss of each epoch of its stages.
type Trained struct {
	fed.Update
	Losses [][]float64 // [stages][epochs]
}

// Train has clients train for a round, from the global parameters and the counts of all rounds
// before. What a client sends does not depend on who trains beside it, on a CPU.
func (t *Task) Train(ctx context.Context, pool *xla.Pool, clients []int, round int, global model.Params, counts []int) ([]Trained, error) {
	all := make([]*trainee, len(clients))
	for j, i := range clients {
		if i < 0 || i >= len(t.setup.Clients) {
			return nil, fmt.Errorf("federated: there is no client %d of %d", i, len(t.setup.Clients))
		}
		if d := t.data[i]; t.method.Groups > 0 && d.query == nil || !t.prompted() && d.feature == nil {
			return nil, fmt.Errorf("federated: client %d has not been prepared", i)
		}
		all[j] = &trainee{number: i, data: t.data[i], params: global, from: global, counts: make([]int, t.method.Groups)}
	}
	if err := t.trainAll(ctx, pool, all, round, counts); err != nil {
		return nil, err
	}
	out := make([]Trained, len(all))
	for j, c := range all {
		out[j] = Trained{fed.Update{Client: c.number, Round: round, Examples: c.data.train.Len(), Params: c.params, Counts: c.counts}, c.losses}
	}
	return out, nil
}

// trainAll sends clients through all stages, on the pool's workers.
func (t *task) trainAll(ctx context.Context, pool *xla.Pool, all []*trainee, round int, counts []int) error {
	if err := t.layout.CheckSame(all[0].params.Layout); err != nil {
		return fmt.Errorf("federated: the global parameters are of another method: %w", err)
	}
	if len(counts) != t.method.Groups {
		return fmt.Errorf("federated: counts of %d groups, want %d", len(counts), t.method.Groups)
	}
	factor := Factor(counts)
	key := func(j int) string { return fmt.Sprint(all[j].data.train.Len()) }
	var jobs []xla.Job
	for _, group := range pool.Groups(len(all), key) {
		var together []*trainee
		for _, j := range group {
			together = append(together, all[j])
		}
		jobs = append(jobs, xla.Job{Program: fmt.Sprintf("federated %s %s", t.method.Name, key(group[0])), Run: func(ctx context.Context, w *xla.Worker) error {
			for s := range t.stages {
				if err := t.train(ctx, w, together, s, round, factor); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	return pool.Run(ctx, jobs)
}

// steps is how many steps a client makes in all stages of a round.
func (t *task) steps(n int) int { return n / min(t.c.Batch, n) * 2 * t.c.Epochs }

// rate is the step size: with control variates, which are for steps without momentum, that of the
// limit of a constant gradient, η/(1 - β).
func (t *task) rate() float64 {
	if t.method.Scaffold {
		return t.c.Rate / (1 - t.c.Momentum)
	}
	return t.c.Rate
}

// Layout lists what is trained and sent.
func (t *Task) Layout() model.Layout { return t.layout }

// Order returns which pictures each step of a client's stage takes in a round.
func (t *Task) Order(client, round, stage int) [][]int {
	n := t.data[client].train.Len()
	return order(t.c.Seed, client, round, stage, n, min(t.c.Batch, n), t.epochs())
}

// epochs are those of a stage.
func (t *task) epochs() int {
	if len(t.stages) == 1 {
		return 2 * t.c.Epochs
	}
	return t.c.Epochs
}
