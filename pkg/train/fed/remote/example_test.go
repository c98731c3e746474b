package remote_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"sync"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train/fed"
	"github.com/marginalia-ml/marginalia/pkg/train/fed/remote"
)

// Two clients, each of which goes half the way to a mean of its own; the second has three times
// as many examples.
func Example() {
	ctx := context.Background()
	layout := model.Layout{{Name: "mean", Shape: []int{1}}}
	server, err := fed.NewServer(layout.Zeros(), 2, 0, nil)
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	federation := remote.Federation{Server: server, Task: "means", Rounds: 2, Deadline: time.Minute, Linger: 100 * time.Millisecond,
		Chosen: func(int) ([]int, error) { return []int{0, 1}, nil }}
	var wait sync.WaitGroup
	errs := make([]error, 3)
	wait.Go(func() { errs[2] = federation.Serve(ctx, l) })
	for client, mean := range []float64{4, 8} {
		w := remote.Worker{Server: l.Addr().String(), Client: client, Task: "means", Layout: layout, Patience: time.Minute, Pause: 5 * time.Millisecond,
			Train: func(_ context.Context, round int, global model.Params, _ []int) (fed.Update, error) {
				p := global.Clone()
				p.Values[0][0] = (p.Values[0][0] + mean) / 2
				return fed.Update{Client: client, Round: round, Examples: 10 + 20*client, Params: p}, nil
			}}
		wait.Go(func() { errs[client] = w.Work(ctx) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		log.Fatal(err)
	}
	fmt.Println(server.Global.Get("mean"), "after round", server.Round)
	// Output:
	// [5.25] after round 2
}
