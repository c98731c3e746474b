// Package peer runs the other side of a benchmark: a program in Python that takes a
// command a line and answers each with a line of JSON. Its first line, a greeting, comes
// when it is ready.
package peer

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
)

// Process is a running program of the other side.
type Process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	dir string // of the files handed to it
}

var errEnded = errors.New("the other side ended")

// Start runs the script, with bench/peer on its path (side.py), and reads its greeting into hello. An instance that is not nil
// is handed over as the file of JSON that the script's argument names.
func Start(ctx context.Context, python, script string, instance, hello any) (*Process, error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	p := &Process{dir: dir}
	if err := p.start(ctx, python, script, instance, hello); err != nil {
		return nil, fmt.Errorf("the other side does not start: %w", errors.Join(err, p.Close()))
	}
	return p, nil
}

func (p *Process) start(ctx context.Context, python, script string, instance, hello any) error {
	arguments := []string{script}
	if instance != nil {
		file, err := p.Write(instance)
		if err != nil {
			return err
		}
		arguments = append(arguments, file)
	}
	shared, err := filepath.Abs(filepath.Join(filepath.Dir(script), "..", "peer"))
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, python, arguments...)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+shared)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd, p.in, p.out = cmd, in, bufio.NewReader(out)
	return p.answer(hello)
}

// Write leaves v as JSON in a file that lives until Close, and returns its path.
func (p *Process) Write(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	file := filepath.Join(p.dir, "instance.json")
	return file, os.WriteFile(file, data, 0o644)
}

// Ask sends a command and reads the answer into v.
func (p *Process) Ask(v any, format string, args ...any) error {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return err
	}
	return p.answer(v)
}

func (p *Process) answer(v any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("%w: %w", errEnded, err)
	}
	return json.Unmarshal(line, v)
}

// Close ends the program and removes its files.
func (p *Process) Close() error {
	var errs []error
	if p.cmd != nil {
		errs = append(errs, p.in.Close(), p.cmd.Wait())
	}
	return errors.Join(append(errs, os.RemoveAll(p.dir))...)
}
