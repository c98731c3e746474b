package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train/fed"
	"github.com/marginalia-ml/marginalia/pkg/weights"
)

const (
	rounds  = 4
	clients = 3
	task    = "a task"
)

var (
	layout = model.Layout{{Name: "head", Shape: []int{5}, Init: model.Normal(1)}, {Name: "group", Shape: []int{2, 3}, Init: model.Normal(1)}}
	rules  = []fed.Rule{{Params: []string{"group"}, ByGroup: true, Momentum: 0.5}}
)

func newServer(t *testing.T) *fed.Server {
	t.Helper()
	s, err := fed.NewServer(model.Draw(layout, 1, "start"), clients, 2, rules)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func chosen(round int) ([]int, error) {
	return fed.Sample(random.Stream(uint64(round), "chosen"), clients, 0.7)
}

// pretend is a training that depends on all that it is given.
func pretend(client, round int, global model.Params, counts []int) fed.Update {
	noise := model.Draw(layout, uint64(round), fmt.Sprintf("client %d", client))
	p := global.Scale(0.5).Add(1+0.1*float64(counts[0]), noise)
	for _, values := range p.Values {
		for k, v := range values {
			values[k] = float64(float32(v))
		}
	}
	return fed.Update{Client: client, Round: round, Examples: 10 + client, Params: p, Counts: []int{client + round, 1}}
}

// simulated is what all rounds give in one process; absent says whose update does not come.
func simulated(t *testing.T, absent func(client, round int) bool) *fed.Server {
	t.Helper()
	s := newServer(t)
	for s.Round < rounds {
		all, err := chosen(s.Round)
		if err == nil {
			err = s.Begin(all)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range all {
			if !absent(i, s.Round) {
				if err := s.Take(pretend(i, s.Round, s.Global, s.Counts)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func nobody(int, int) bool { return false }

func same(t *testing.T, got, want *fed.Server) {
	t.Helper()
	if got.Round != want.Round || !slices.Equal(got.Counts, want.Counts) || !slices.Equal(got.Global.Flat(), want.Global.Flat()) {
		t.Errorf("round %d, counts %v, parameters %v; want those of one process, round %d, %v, %v", got.Round, got.Counts, got.Global.Flat(), want.Round, want.Counts, want.Global.Flat())
	}
}

func listen(t *testing.T, at string) net.Listener {
	t.Helper()
	var l net.Listener
	var err error
	for range 50 { // the port of a server that was closed just now
		if l, err = net.Listen("tcp", at); err == nil {
			return l
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(err)
	return nil
}

// federate runs a federation with workers whose training is a caller's.
func federate(t *testing.T, f *Federation, train func(client int, w *Worker, u fed.Update) (fed.Update, error)) {
	t.Helper()
	l := listen(t, "127.0.0.1:0")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var wait sync.WaitGroup
	for i := range clients {
		w := worker(l.Addr().String(), i)
		w.Train = func(ctx context.Context, round int, global model.Params, counts []int) (fed.Update, error) {
			return train(i, w, pretend(i, round, global, counts))
		}
		wait.Go(func() {
			if err := w.Work(ctx); err != nil && !errors.Is(err, errDead) {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	if err := f.Serve(ctx, l); err != nil {
		t.Error(err)
	}
	wait.Wait()
}

var errDead = errors.New("dead")

func worker(server string, client int) *Worker {
	return &Worker{Server: server, Client: client, Task: task, Layout: layout, Patience: 5 * time.Second, Pause: 5 * time.Millisecond}
}

func federation(s *fed.Server, deadline time.Duration) *Federation {
	return &Federation{Server: s, Task: task, Rounds: rounds, Chosen: chosen, Deadline: deadline, Linger: 100 * time.Millisecond}
}

func TestSimulationsBits(t *testing.T) {
	s := newServer(t)
	federate(t, federation(s, 10*time.Second), func(_ int, _ *Worker, u fed.Update) (fed.Update, error) { return u, nil })
	same(t, s, simulated(t, nobody))
}

// A client dies in round 1, having been chosen: the round is closed without it, and all later ones.
func TestClientDies(t *testing.T) {
	const dies, from = 1, 1
	s, missing := newServer(t), map[int][]int{}
	f := federation(s, 300*time.Millisecond)
	f.Closed = func(round int, who []int) { missing[round] = who }
	federate(t, f, func(client int, _ *Worker, u fed.Update) (fed.Update, error) {
		if client == dies && u.Round >= from {
			return u, errDead
		}
		return u, nil
	})
	same(t, s, simulated(t, func(client, round int) bool { return client == dies && round >= from }))
	for r := range rounds {
		all, _ := chosen(r)
		if want := r >= from && slices.Contains(all, dies); want != slices.Contains(missing[r], dies) {
			t.Errorf("round %d with %v: missing %v", r, all, missing[r])
		}
	}
}

// A signal that came as its round was closed for being late does not close the next one.
func TestStaleSignal(t *testing.T) {
	h := &handler{f: federation(newServer(t), time.Second), open: -1, complete: make(chan struct{}, 1)}
	h.complete <- struct{}{}
	if err := h.begin(); err != nil {
		t.Fatal(err)
	}
	if len(h.complete) != 0 {
		t.Error("a round begins as if it were complete")
	}
}

// A server that takes connections and never answers is away, too.
func TestSilentServer(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	defer l.Close()
	w := worker(l.Addr().String(), 0)
	w.Patience = 100 * time.Millisecond
	ended := make(chan error, 1)
	go func() { ended <- w.Work(context.Background()) }()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "has been away") {
			t.Errorf("a silent server: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("a client waits for a silent server for ever")
	}
}

// Client 0 sends, in this order, what cannot be taken, and then the right thing, twice.
func TestBadUpdates(t *testing.T) {
	s := newServer(t)
	federate(t, federation(s, 10*time.Second), func(client int, w *Worker, u fed.Update) (fed.Update, error) {
		if client != 0 {
			return u, nil
		}
		bad := func(want string, change func(u *fed.Update, w *Worker)) {
			wrong, at := u, *w
			wrong.Params, wrong.Counts = u.Params.Clone(), slices.Clone(u.Counts)
			change(&wrong, &at)
			if err := at.Send(context.Background(), wrong); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("want a refusal with %q, found %v", want, err)
			}
		}
		bad("NaN", func(u *fed.Update, _ *Worker) { u.Params.Values[0][2] = math.NaN() })
		bad("shape", func(u *fed.Update, _ *Worker) {
			l := model.Layout{{Name: "head", Shape: []int{4}}, layout[1]}
			u.Params = model.Params{Layout: l, Values: [][]float64{u.Params.Values[0][:4], u.Params.Values[1]}}
		})
		bad("counts", func(u *fed.Update, _ *Worker) { u.Counts = u.Counts[:1] })
		bad("examples", func(u *fed.Update, _ *Worker) { u.Examples = 0 })
		bad("another federation", func(_ *fed.Update, w *Worker) { w.Task = "another" })
		late := u
		late.Round--
		_, status, err := post(w, late)
		if u.Round > 0 && (err != nil || status != http.StatusConflict) {
			t.Errorf("a late update: %d, %v, want 409", status, err)
		}
		if _, status, err := w.call(context.Background(), http.MethodPost, "/update", []byte("no file")); err != nil || status != http.StatusBadRequest {
			t.Errorf("a torn update: %d, %v, want 400", status, err)
		}
		if err := w.Send(context.Background(), u); err != nil {
			t.Error(err)
		}
		u.Params = u.Params.Scale(2) // the first counts
		return u, nil
	})
	same(t, s, simulated(t, nobody))
}

func post(w *Worker, u fed.Update) ([]byte, int, error) {
	body, err := encodeUpdate(u, w.Task)
	if err != nil {
		return nil, 0, err
	}
	return w.call(context.Background(), http.MethodPost, "/update", body)
}

// The server is killed in every round, once before and once after somebody's update has come,
// and begins again from its checkpoint at the same address.
func TestServerDies(t *testing.T) {
	file := filepath.Join(t.TempDir(), "server.safetensors")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	l := listen(t, "127.0.0.1:0")
	address := l.Addr().String()
	kill := make(chan struct{}, 1)
	var mu sync.Mutex
	times := map[int]int{}
	var wait sync.WaitGroup
	for i := range clients {
		w := worker(address, i)
		w.Train = func(_ context.Context, round int, global model.Params, counts []int) (fed.Update, error) {
			mu.Lock()
			defer mu.Unlock()
			if times[round]++; times[round] <= 2 {
				select {
				case kill <- struct{}{}:
				default:
				}
			}
			return pretend(i, round, global, counts), nil
		}
		wait.Go(func() {
			if err := w.Work(ctx); err != nil {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	var s *fed.Server
	deaths := 0
	for {
		s = newServer(t)
		f := federation(s, 10*time.Second)
		f.File = file
		life, end := context.WithCancelCause(ctx)
		go func() {
			select {
			case <-kill:
				end(errDead)
			case <-life.Done():
			}
		}()
		err := f.Serve(life, l)
		end(nil)
		if err == nil {
			break
		}
		if !errors.Is(err, errDead) {
			t.Fatal(err)
		}
		deaths++
		l = listen(t, address)
	}
	wait.Wait()
	if deaths == 0 {
		t.Error("the server has not died")
	}
	same(t, s, simulated(t, nobody))

	if err := federation(newServer(t), 0).Serve(ctx, listen(t, "127.0.0.1:0")); err == nil || !strings.Contains(err.Error(), "deadline") {
		t.Errorf("no time for a round: %v", err)
	}
	other := federation(newServer(t), time.Second)
	other.File, other.Task = file, "on another backbone"
	if err := other.Serve(ctx, listen(t, "127.0.0.1:0")); err == nil || !strings.Contains(err.Error(), "another backbone") {
		t.Errorf("a checkpoint of another task: %v", err)
	}
}

// A message holds the parameters in float32 and what Describe says, and no more.
func TestOnlyTrainedNumbers(t *testing.T) {
	u := pretend(1, 2, model.Draw(layout, 1, "start"), []int{3, 4})
	body, err := encodeUpdate(u, task)
	if err != nil {
		t.Fatal(err)
	}
	f, err := weights.Decode(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Params.Layout.Names(); !slices.Equal(got, layout.Names()) || f.DTypes[0] != weights.F32 {
		t.Errorf("a message has %v in %v", got, f.DTypes)
	}
	keys := []string{}
	for k := range f.Metadata {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	if want := []string{"counts", "examples", "round", "task"}; !slices.Equal(keys, want) {
		t.Errorf("its metadata are %v, want %v", keys, want)
	}
	back, of, err := decodeUpdate(body, "1", layout)
	if err != nil || of != task || !slices.Equal(back.Params.Flat(), u.Params.Flat()) || !slices.Equal(back.Counts, u.Counts) || back.Round != 2 || back.Examples != 11 {
		t.Errorf("an update comes back as %+v of %q (%v)", back, of, err)
	}
}
