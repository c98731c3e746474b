package repro

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// ErrNotPublished says that a result of the paper's scale was not computed yet.
var ErrNotPublished = errors.New("not reproduced here yet")

// published is a result of the paper's scale as it is committed beside the notebook.
type published[T any] struct {
	Provenance Provenance `json:"provenance"`
	Value      T          `json:"value"`
}

// Publish writes a result of the paper's scale, found in the run's folder under
// results/<name>.json, which is committed as notebooks/<paper>/results/<name>.json and
// which Published reads at quick scale. At quick scale Publish does nothing.
//
// The value must be JSON: fields visible, no NaN. The seconds are what the caller took.
func Publish[T any](key string, value T, took time.Duration) error {
	if Scale() != claim.PaperSized {
		return nil
	}
	dir, name, err := place(key)
	if err != nil {
		return err
	}
	if err := storable(reflect.TypeFor[T](), jsonCodec, "the value"); err != nil {
		return fmt.Errorf("repro: publishing %s: %w", key, err)
	}
	run, err := current(filepath.Dir(dir))
	if err != nil {
		return err
	}
	p := Provenance{Key: key, Seconds: took.Seconds(), When: time.Now().UTC().Truncate(time.Second), Commit: commit(Root()), Run: run}
	b, err := json.MarshalIndent(published[T]{p, value}, "", " ")
	if err != nil {
		return fmt.Errorf("repro: publishing %s: %w", key, err)
	}
	err = writeWhole(filepath.Join(filepath.Dir(dir), "results", name+".json"), func(f *os.File) error {
		_, err := f.Write(append(b, '\n'))
		return err
	})
	if err != nil {
		return fmt.Errorf("repro: publishing %s: %w", key, err)
	}
	return nil
}

// Published returns the committed result of the paper's scale, or an error that wraps
// ErrNotPublished.
func Published[T any](key string) (T, Provenance, error) {
	var p published[T]
	m := keyForm.FindStringSubmatch(key)
	if m == nil {
		_, _, err := place(key)
		return p.Value, p.Provenance, err
	}
	top, err := root(os.Getenv("MARGINALIA_ROOT"))
	if err != nil {
		return p.Value, p.Provenance, err
	}
	rel := filepath.Join("notebooks", m[1], "results", m[2]+".json")
	b, err := os.ReadFile(filepath.Join(top, rel))
	if errors.Is(err, fs.ErrNotExist) {
		return p.Value, p.Provenance, fmt.Errorf("repro: %s: %w: `scripts/run %s --scale paper --write` computes it on a GPU", key, ErrNotPublished, m[1])
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return p.Value, p.Provenance, fmt.Errorf("repro: reading %s: %w", rel, err)
	}
	p.Provenance.Kept, p.Provenance.Path = true, rel
	return p.Value, p.Provenance, nil
}

// published says in a line of Markdown where a published result comes from.
func (p Provenance) published() string {
	return fmt.Sprintf("Kept result of the paper's scale, computed on %s (backend %s, seed %d) at commit %s on %s in %.0f s. To compute it afresh: `scripts/run %s --scale paper --write`.",
		p.Run.Device, p.Run.Backend, p.Run.Seed, p.Commit, p.When.Format(time.DateOnly), p.Seconds, keyForm.FindStringSubmatch(p.Key)[1])
}
