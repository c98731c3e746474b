package repro

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/atomicfile"
	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/progress"
)

var (
	// ErrNotPublished says that a result of the paper's scale was not computed yet.
	ErrNotPublished = errors.New("not reproduced here yet")
	// ErrStale says that a result of the paper's scale is one of other code or another
	// configuration.
	ErrStale = errors.New("not shown")
)

// published is a result of the paper's scale as it is committed beside the notebook.
type published[T any] struct {
	Provenance Provenance `json:"provenance"`
	Value      T          `json:"value"`
	Seal       string     `json:"seal"` // SHA-256 of the two, whatever their layout
}

// sealOf hashes the provenance and the value of a published file: their JSON without spaces.
func sealOf(provenance, value json.RawMessage) (string, error) {
	var b bytes.Buffer
	for _, part := range []json.RawMessage{provenance, value} {
		if err := json.Compact(&b, part); err != nil {
			return "", err
		}
		b.WriteByte('\n')
	}
	return hash(b.Bytes()), nil
}

// PaperScale returns compute(ctx, config) of the paper's scale.
//
// At that scale it is computed (or recalled, as by [Recall]) and written into the run's
// folder as results/<name>.json, which is committed as
// notebooks/<paper>/results/<name>.json. At quick scale that file is read: the error
// wraps [ErrNotPublished] where it is missing and [ErrStale] where the function, the
// configuration or the source has changed since.
//
// The result must be JSON: fields visible, no NaN. The configuration must not depend on
// the scale.
func PaperScale[C, R any](ctx context.Context, run Run, name string, config C, compute func(context.Context, C) (R, error)) (R, Provenance, error) {
	return paperScale(run, name, config, reflect.ValueOf(compute), func(folder string) (R, error) {
		return compute(progress.WithFolder(ctx, folder), config)
	})
}

// PaperScalePlain is PaperScale for a function that takes no context.
func PaperScalePlain[C, R any](run Run, name string, config C, compute func(C) (R, error)) (R, Provenance, error) {
	return paperScale(run, name, config, reflect.ValueOf(compute), func(string) (R, error) { return compute(config) })
}

func paperScale[R any](run Run, name string, config any, function reflect.Value, compute func(folder string) (R, error)) (r R, p Provenance, err error) {
	if err := storable(reflect.TypeFor[R](), jsonCodec, "the result"); err != nil {
		return r, p, fmt.Errorf("repro: %s: %w", name, err)
	}
	if run.Scale == claim.PaperSized {
		if r, p, err = recall(run, name, config, function, compute); err == nil {
			err = save(run, name, r, p)
		}
		return r, p, err
	}
	key, err := resultKey(run.Paper, name)
	if err != nil {
		return r, p, err
	}
	hash, err := identity(run, key, config, function)
	if err != nil {
		return r, p, err
	}
	saved, p, err := read[R](run, name)
	if err == nil && p.Hash != hash {
		err = fmt.Errorf("repro: %s: the result that was kept on %s at commit %s is %w, as its code or configuration has changed since: `scripts/run %s --scale paper --write` computes it afresh",
			key, p.When.Format(time.DateOnly), p.Commit, ErrStale, run.Paper)
	}
	if err != nil {
		return r, p, err
	}
	return saved, p, nil
}

// save writes a result of the paper's scale into the run's folder.
func save[T any](run Run, name string, value T, p Provenance) error {
	key, err := resultKey(run.Paper, name)
	if err != nil {
		return err
	}
	if err := storable(reflect.TypeFor[T](), jsonCodec, "the value"); err != nil {
		return fmt.Errorf("repro: publishing %s: %w", key, err)
	}
	p.When, p.Memory, p.Driver = p.When.Truncate(time.Second), peakMemory(), driver()
	b, err := marshal(p, value)
	if err == nil {
		err = atomicfile.Write(filepath.Join(run.Dir, "results", name+".json"), func(w io.Writer) error {
			_, err := w.Write(append(b, '\n'))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("repro: publishing %s: %w", key, err)
	}
	return nil
}

// marshal returns the text of a published file.
func marshal[T any](p Provenance, value T) ([]byte, error) {
	head, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	seal, err := sealOf(head, body)
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(published[T]{p, value, seal}, "", " ")
}

// unmarshal reads a published file of the key, whose seal is computed again.
func unmarshal[T any](b []byte, key string) (p published[T], err error) {
	var raw struct {
		Provenance, Value json.RawMessage
		Seal              *string
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return p, err
	}
	if raw.Provenance == nil || raw.Value == nil {
		return p, errors.New("it has no provenance or no value: want an object with both")
	}
	if raw.Seal == nil {
		return p, fmt.Errorf("it is %w: it has no seal, as results of earlier code", ErrStale)
	}
	seal, err := sealOf(raw.Provenance, raw.Value)
	if err != nil {
		return p, err
	}
	if seal != *raw.Seal {
		return p, fmt.Errorf("it was edited after it was kept: its seal is %q, its content makes %q", *raw.Seal, seal)
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return p, err
	}
	if p.Provenance.Key != key {
		return p, fmt.Errorf("it is the result %q, not %q", p.Provenance.Key, key)
	}
	return p, nil
}

// read returns the committed result of the paper's scale, or an error that wraps
// ErrNotPublished.
func read[T any](run Run, name string) (T, Provenance, error) {
	var p published[T]
	key, err := resultKey(run.Paper, name)
	if err != nil {
		return p.Value, p.Provenance, err
	}
	rel := filepath.Join("notebooks", run.Paper, "results", name+".json")
	b, err := []byte(nil), fs.ErrNotExist
	if run.Code.Root != "" {
		b, err = os.ReadFile(filepath.Join(run.Code.Root, rel))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return p.Value, p.Provenance, fmt.Errorf("repro: %s: %w: `scripts/run %s --scale paper --write` computes it on a GPU", key, ErrNotPublished, run.Paper)
	}
	if err == nil {
		p, err = unmarshal[T](b, key)
	}
	if err != nil {
		return *new(T), Provenance{}, fmt.Errorf("repro: reading %s: %w; `scripts/run %s --scale paper --write` computes it afresh", rel, err, run.Paper)
	}
	p.Provenance.Kept, p.Provenance.Path = true, rel
	return p.Value, p.Provenance, nil
}

// saved says in a line of Markdown where a published result comes from.
func (p Provenance) saved() string {
	return fmt.Sprintf("Kept result of the paper's scale, computed on %s (backend %s, seed %d) at commit %s on %s in %.0f s. To compute it afresh: `scripts/run %s --scale paper --write`.",
		p.Run.Device, p.Run.Backend, p.Run.Seed, p.Commit, p.When.Format(time.DateOnly), p.Seconds, keyForm.FindStringSubmatch(p.Key)[1])
}

var (
	peakForm   = regexp.MustCompile(`(?m)^VmHWM:\s*(\d+) kB`)
	driverForm = regexp.MustCompile(`Kernel Module\D*([\d.]+)`)
)

// peakMemory is the most memory that the process has held, in bytes; 0 where the system
// does not tell.
func peakMemory() int64 {
	b, _ := os.ReadFile("/proc/self/status")
	m := peakForm.FindSubmatch(b)
	if m == nil {
		return 0
	}
	kB, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return kB << 10
}

// driver is the version of the NVIDIA driver, "" where there is none.
func driver() string {
	b, _ := os.ReadFile("/proc/driver/nvidia/version")
	if m := driverForm.FindSubmatch(b); m != nil {
		return string(m[1])
	}
	return ""
}
