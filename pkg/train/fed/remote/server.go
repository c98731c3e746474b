package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/train/fed"
	"github.com/marginalia-ml/marginalia/pkg/weights"
)

// Federation is what a server runs.
type Federation struct {
	Server   *fed.Server
	Task     string // names backbone, method and data; a client that says another is refused
	Rounds   int
	Chosen   func(round int) ([]int, error)
	Deadline time.Duration // of a round
	File     string        // the checkpoint; "" for none
	// Closed, if not nil, is called after each round with the clients whose update did not come.
	Closed func(round int, missing []int)
	// Linger is how long the server stays after the last round, to tell clients that it is over.
	Linger time.Duration
}

// Serve runs the rounds that are left, from the checkpoint on if there is one, with clients that
// come to a listener, which it closes. When ctx ends it stops between two messages; what is closed
// is in the checkpoint.
func (f *Federation) Serve(ctx context.Context, l net.Listener) error {
	if f.Deadline <= 0 {
		return errors.Join(fmt.Errorf("remote: a deadline of %s for a round: want a positive time, or nobody can be in time", f.Deadline), l.Close())
	}
	if f.File != "" {
		if _, err := f.Server.Resume(f.File, f.Task); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	h := &handler{f: f, open: -1, complete: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /round", h.round)
	mux.HandleFunc("POST /update", h.update)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	err := h.rounds(ctx, failed)
	if err == nil && f.Linger > 0 {
		select {
		case <-time.After(f.Linger):
		case <-ctx.Done():
		}
	}
	return errors.Join(err, server.Close())
}

// handler answers clients while rounds go on.
type handler struct {
	f        *Federation
	mu       sync.Mutex
	chosen   []int
	open     int           // the round, -1 for none
	message  []byte        // the open round's
	complete chan struct{} // a signal that nobody is missing
	over     bool
}

func (h *handler) rounds(ctx context.Context, failed <-chan error) error {
	s := h.f.Server
	for s.Round < h.f.Rounds {
		if err := h.begin(); err != nil {
			return err
		}
		deadline := time.NewTimer(h.f.Deadline)
		var end error
		select {
		case <-h.complete:
		case <-deadline.C:
		case err := <-failed:
			end = fmt.Errorf("remote: the server: %w", err)
		case <-ctx.Done():
			end = context.Cause(ctx)
		}
		deadline.Stop()
		if end != nil {
			return end
		}
		if err := h.close(); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	return nil
}

func (h *handler) begin() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.f.Server
	chosen, err := h.f.Chosen(s.Round)
	if err != nil {
		return err
	}
	if err := s.Begin(chosen); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := weights.Encode(&b, s.Global, weights.F32, fed.Describe(s.Round, s.Counts, h.f.Task)); err != nil {
		return err
	}
	select { // a signal of the round before
	case <-h.complete:
	default:
	}
	h.chosen, h.open, h.message = chosen, s.Round, b.Bytes()
	return nil
}

func (h *handler) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.f.Server
	round, missing := s.Round, s.Missing()
	h.open = -1
	if err := s.Close(); err != nil {
		return err
	}
	if h.f.File != "" {
		if err := s.Save(h.f.File, h.f.Task); err != nil {
			return err
		}
	}
	if h.f.Closed != nil {
		h.f.Closed(round, missing)
	}
	return nil
}

// round tells a client what to do.
func (h *handler) round(w http.ResponseWriter, r *http.Request) {
	client, err := strconv.Atoi(r.FormValue("client"))
	if err != nil {
		http.Error(w, "client: "+err.Error(), http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		w.WriteHeader(http.StatusGone)
		return
	}
	for _, i := range h.f.Server.Missing() {
		if h.open >= 0 && i == client {
			w.Write(h.message)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// update takes what a client sends.
func (h *handler) update(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	layout := h.f.Server.Global.Layout
	h.mu.Unlock()
	limit := int64(4*layout.Count()) + 1<<20
	var b bytes.Buffer
	if _, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, limit)); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	u, task, err := decodeUpdate(b.Bytes(), r.FormValue("client"), layout)
	if err == nil && task != h.f.Task {
		err = fmt.Errorf("the task is %.12s, want %.12s: another federation, or another backbone", task, h.f.Task)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch err := h.f.Server.Take(u); {
	case errors.Is(err, fed.ErrRound), errors.Is(err, fed.ErrTwice), errors.Is(err, fed.ErrStranger):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case len(h.f.Server.Missing()) == 0:
		select {
		case h.complete <- struct{}{}:
		default:
		}
	}
}
