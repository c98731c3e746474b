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
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	dir     string
	version string
}

func startPeer(ctx context.Context, python, script string) (*peer, error) {
	dir, err := os.MkdirTemp("", "bench-qp-")
	if err != nil {
		return nil, err
	}
	p := &peer{dir: dir, cmd: exec.CommandContext(ctx, python, script)}
	if err := p.start(); err != nil {
		return nil, fmt.Errorf("the other side does not start: %w", errors.Join(err, p.close()))
	}
	return p, nil
}

func (p *peer) start() (err error) {
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
	return p.answer(&p.version)
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

// load hands it an instance.
func (p *peer) load(in instance) error {
	s := struct {
		D        int       `json:"d"`
		M        int       `json:"m"`
		V        int       `json:"v"`
		H        []float64 `json:"h"` // [d, m]
		Supports [][]int   `json:"supports"`
	}{in.d, in.m, in.v, in.h.RawMatrix().Data, in.supports}
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	file := filepath.Join(p.dir, "instance.json")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return err
	}
	var rows int
	return p.ask(&rows, "load %s", file)
}

// solve has it solve the instance and adds the times, by its own clock.
func (p *peer) solve(solver string, o *outcome) error {
	var a struct {
		Call   float64   `json:"call"`
		Inside float64   `json:"inside"`
		Status string    `json:"status"`
		W      []float64 `json:"w"`
	}
	if err := p.ask(&a, "solve %s", solver); err != nil {
		return err
	}
	o.call = append(o.call, seconds(a.Call))
	o.inside = append(o.inside, seconds(a.Inside))
	o.w, o.status = a.W, a.Status
	return nil
}

func (p *peer) close() error {
	var errs []error
	if p.cmd.Process != nil {
		errs = append(errs, p.in.Close(), p.cmd.Wait())
	}
	return errors.Join(append(errs, os.RemoveAll(p.dir))...)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
