package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/marginalia-ml/marginalia/pkg/attention"
)

// peer is the other side: a Python process that takes a command a line and answers
// each with a line of JSON.
type peer struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	dir     string
	version string
}

func startPeer(ctx context.Context, python, script string, p *attention.Problem) (*peer, error) {
	dir, err := os.MkdirTemp("", "bench-attention-")
	if err != nil {
		return nil, err
	}
	side := &peer{dir: dir}
	if err := side.start(ctx, python, script, p); err != nil {
		return nil, fmt.Errorf("the other side does not start: %w", errors.Join(err, side.close()))
	}
	return side, nil
}

func (s *peer) start(ctx context.Context, python, script string, p *attention.Problem) error {
	data, err := json.Marshal(map[string]any{"n": p.N, "t": p.T, "d": p.D, "x": p.X, "score": p.Score, "opt": p.Opt, "eta": eta})
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, "instance.json")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return err
	}
	s.cmd = exec.CommandContext(ctx, python, script, file)
	s.cmd.Stderr = os.Stderr
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return s.answer(&s.version)
}

// answer reads a line into v.
func (s *peer) answer(v any) error {
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("the other side ended: %w", err)
	}
	return json.Unmarshal(line, v)
}

// run has it make steps and returns the seconds that they took by its own clock.
func (s *peer) run(name string, steps int) (seconds float64, err error) {
	if _, err := fmt.Fprintf(s.in, "run %s %d\n", name, steps); err != nil {
		return 0, err
	}
	err = s.answer(&seconds)
	return seconds, err
}

// state returns W.
func (s *peer) state(name string) (w []float64, err error) {
	if _, err := fmt.Fprintf(s.in, "state %s\n", name); err != nil {
		return nil, err
	}
	err = s.answer(&w)
	return w, err
}

func (s *peer) close() error {
	var errs []error
	if s.cmd != nil && s.cmd.Process != nil {
		errs = append(errs, s.in.Close(), s.cmd.Wait())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}
