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
	"time"
)

// peer is the other side: a Python process that takes a command a line and
// answers each with a line of JSON.
type peer struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	dir   string
	ready struct {
		Version string             `json:"version"`
		Compile map[string]float64 `json:"compile"` // seconds
	}
}

func startPeer(ctx context.Context, python, script string, in instance) (*peer, error) {
	dir, err := os.MkdirTemp("", "bench-loop-")
	if err != nil {
		return nil, err
	}
	p := &peer{dir: dir}
	if err := p.start(ctx, python, script, in); err != nil {
		return nil, fmt.Errorf("the other side does not start: %w", errors.Join(err, p.close()))
	}
	return p, nil
}

func (p *peer) start(ctx context.Context, python, script string, in instance) error {
	data, err := json.Marshal(in)
	if err != nil {
		return err
	}
	file := filepath.Join(p.dir, "instance.json")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return err
	}
	p.cmd = exec.CommandContext(ctx, python, script, file)
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return err
	}
	return p.answer(&p.ready)
}

// answer reads a line into v.
func (p *peer) answer(v any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("the other side ended: %w", err)
	}
	return json.Unmarshal(line, v)
}

func (p *peer) ask(v any, format string, args ...any) error {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return err
	}
	return p.answer(v)
}

// run has it make steps, and returns the time that it took by its own clock.
func (p *peer) run(name string, steps int) (time.Duration, error) {
	var s float64
	err := p.ask(&s, "run %s %d", name, steps)
	return seconds(s), err
}

func (p *peer) state(name string) (w []float64, err error) {
	err = p.ask(&w, "state %s", name)
	return w, err
}

func (p *peer) close() error {
	var errs []error
	if p.cmd != nil && p.cmd.Process != nil {
		errs = append(errs, p.in.Close(), p.cmd.Wait())
	}
	return errors.Join(append(errs, os.RemoveAll(p.dir))...)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
