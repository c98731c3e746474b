package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train/fed"
	"github.com/marginalia-ml/marginalia/pkg/weights"
)

// Worker is a client of a server.
type Worker struct {
	Server string // its address, as 127.0.0.1:9000
	Client int
	Task   string
	Layout model.Layout
	// Train trains from the global parameters, and the counts of all rounds before.
	Train func(ctx context.Context, round int, global model.Params, counts []int) (fed.Update, error)
	// Patience is how long a server may be away; Pause lies between two questions.
	Patience, Pause time.Duration
}

// Work asks for rounds and trains until the last one is over. A server that is away is waited
// for, as long as there is patience; an update that is refused is none, and the client goes on.
func (w *Worker) Work(ctx context.Context) error {
	seen := time.Now()
	for {
		message, status, err := w.call(ctx, http.MethodGet, "/round", nil)
		switch {
		case err != nil && ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && time.Since(seen) > w.Patience:
			return fmt.Errorf("remote: client %d: the server has been away for %s: %w", w.Client, w.Patience, err)
		case err != nil:
		case status == http.StatusGone:
			return nil
		case status == http.StatusNoContent:
			seen = time.Now()
		case status != http.StatusOK:
			return fmt.Errorf("remote: client %d: the server answers %d: %s", w.Client, status, bytes.TrimSpace(message))
		default:
			seen = time.Now()
			if err := w.train(ctx, message); err != nil {
				return err
			}
			continue
		}
		select {
		case <-time.After(w.Pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// train makes one round.
func (w *Worker) train(ctx context.Context, message []byte) error {
	global, round, counts, task, err := decode(message, w.Layout)
	if err != nil {
		return fmt.Errorf("remote: client %d: %w", w.Client, err)
	}
	if task != w.Task {
		return fmt.Errorf("remote: client %d: the server's task is %.12s, want %.12s: another federation, or another backbone", w.Client, task, w.Task)
	}
	u, err := w.Train(ctx, round, global, counts)
	if err != nil {
		return err
	}
	u.Client, u.Round = w.Client, round
	return w.Send(ctx, u)
}

// Send sends an update. That the server has gone, has one already or has closed the round is no
// error: the next question tells what to do. A refusal for its contents is one.
func (w *Worker) Send(ctx context.Context, u fed.Update) error {
	body, err := encodeUpdate(u, w.Task)
	if err != nil {
		return err
	}
	answer, status, err := w.call(ctx, http.MethodPost, "/update", body)
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil, status == http.StatusConflict, status == http.StatusOK:
		return nil
	}
	return fmt.Errorf("remote: client %d: the server refuses the update of round %d: %s", w.Client, u.Round, bytes.TrimSpace(answer))
}

func (w *Worker) call(ctx context.Context, method, path string, body []byte) (answer []byte, status int, err error) {
	if w.Patience > 0 { // a server that is stopped takes messages and answers none
		limited, cancel := context.WithTimeout(ctx, w.Patience)
		defer cancel()
		ctx = limited
	}
	r, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://%s%s?client=%d", w.Server, path, w.Client), bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer a.Body.Close()
	limit := int64(4*w.Layout.Count()) + 1<<20
	answer, err = io.ReadAll(io.LimitReader(a.Body, limit+1))
	if int64(len(answer)) > limit {
		return nil, 0, fmt.Errorf("an answer of more than %d bytes", limit)
	}
	return answer, a.StatusCode, err
}

// decode reads a message of parameters of a layout.
func decode(message []byte, l model.Layout) (p model.Params, round int, counts []int, task string, err error) {
	f, err := weights.Decode(bytes.NewReader(message), int64(len(message)))
	if err != nil {
		return p, 0, nil, "", err
	}
	if round, counts, task, err = fed.Described(f.Metadata); err != nil {
		return p, 0, nil, "", err
	}
	p, err = f.Params.Arrange(l)
	p.Layout = l
	return p, round, counts, task, err
}

const examplesKey = "examples"

func encodeUpdate(u fed.Update, task string) ([]byte, error) {
	metadata := fed.Describe(u.Round, u.Counts, task)
	metadata[examplesKey] = strconv.Itoa(u.Examples)
	var b bytes.Buffer
	err := weights.Encode(&b, u.Params, weights.F32, metadata)
	return b.Bytes(), err
}

func decodeUpdate(message []byte, client string, l model.Layout) (u fed.Update, task string, err error) {
	if u.Client, err = strconv.Atoi(client); err != nil {
		return u, "", fmt.Errorf("client: %w", err)
	}
	f, err := weights.Decode(bytes.NewReader(message), int64(len(message)))
	if err != nil {
		return u, "", err
	}
	var counts []int
	if u.Round, counts, task, err = fed.Described(f.Metadata); err != nil {
		return u, "", err
	}
	u.Counts = counts
	if u.Examples, err = strconv.Atoi(f.Metadata[examplesKey]); err != nil {
		return u, "", errors.New("examples: want a number")
	}
	u.Params, err = f.Params.Arrange(l)
	return u, task, err
}
