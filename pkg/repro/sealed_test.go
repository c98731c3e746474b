package repro_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// What a number was computed by is part of what it is kept under.
func TestKeptUnderThePlatform(t *testing.T) {
	checkout(t)
	for what, m := range map[string]repro.Machine{
		"plugin": {Backend: machine.Backend, Device: machine.Device, Plugin: "abc"},
		"flags":  {Backend: machine.Backend, Device: machine.Device, Flags: "--xla_cpu_enable_fast_math=true"},
		"device": {Backend: machine.Backend, Device: "another"},
	} {
		begin(t, machine)
		keep(t, config{Steps: 5})
		begin(t, m)
		if _, _, computed := keep(t, config{Steps: 5}); !computed {
			t.Errorf("another %s: the old result is shown", what)
		}
		header, err := fromEnv(t).Header(repro.Expect{})
		if err != nil || what == "flags" && !strings.Contains(header, m.Flags) || what == "plugin" && !strings.Contains(header, m.Plugin) {
			t.Errorf("the header does not say the %s (%v):\n%s", what, err, header)
		}
		if back, err := fromEnv(t).Machine(); err != nil || back != m {
			t.Errorf("the run began on %+v (%v), want %+v", back, err, m)
		}
		begin(t, machine)
		if _, _, computed := keep(t, config{Steps: 5}); computed {
			t.Errorf("back from another %s: the first result is gone", what)
		}
	}
}

// What was edited, whether in the head or in the result, or put in the place of another, is computed afresh.
func TestKeptEdited(t *testing.T) {
	dir := checkout(t)
	begin(t, machine)
	for what, edit := range map[string]func(b []byte) []byte{
		"seconds":      func(b []byte) []byte { return bytes.Replace(b, []byte(`"seconds":`), []byte(`"seconds":9`), 1) },
		"device":       func(b []byte) []byte { return bytes.Replace(b, []byte("2 cores"), []byte("9 cores"), 1) },
		"seal":         func(b []byte) []byte { return append([]byte{b[0] ^ 1}, b[1:]...) }, // another byte whatever it was
		"empty":        func([]byte) []byte { return nil },
		"null":         func([]byte) []byte { return []byte("null\n") },
		"another file": func([]byte) []byte { return read(t, another(t, dir)) },
	} {
		if err := os.RemoveAll(filepath.Join(fromEnv(t).Dir, "kept")); err != nil {
			t.Fatal(err)
		}
		keep(t, config{Steps: 5})
		f := kept(t, dir)[0]
		write(t, f, string(edit(read(t, f))))
		r, _, computed := keep(t, config{Steps: 5})
		if !computed || r.Name != "5" {
			t.Errorf("%s: what was edited is shown", what)
		}
	}
}

// another keeps a result of another configuration and returns its file.
func another(t *testing.T, dir string) string {
	t.Helper()
	before := kept(t, dir)
	keep(t, config{Steps: 6})
	for _, f := range kept(t, dir) {
		if f != before[0] {
			return f
		}
	}
	t.Fatal("no second file")
	return ""
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A result is not kept where the work was done on something else than the run began on.
func TestNotKeptUnverified(t *testing.T) {
	checkout(t)
	run := begin(t, machine)
	other := errors.New("computed on another backend")
	run.Verify = func() error { return other }
	if _, _, err := repro.RecallPlain(run, "run", config{Steps: 5}, compute); !errors.Is(err, other) {
		t.Errorf("error %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(run.Dir, "kept", "*.gob")); len(left) > 0 {
		t.Errorf("kept %v", left)
	}
}

// A committed result that was edited, is another one, or nothing, is an error that names the
// file; none of them is taken for one that is merely old.
func TestPublishedEdited(t *testing.T) {
	dir := checkout(t)
	t.Setenv("MARGINALIA_SCALE", claim.PaperSized)
	if _, _, err := repro.PaperScalePlain(begin(t, machine), "norms", config{}, norms); err != nil {
		t.Fatal(err)
	}
	if _, _, err := repro.PaperScalePlain(fromEnv(t), "lengths", config{}, norms); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(fromEnv(t).Dir, "results")
	whole := string(read(t, filepath.Join(fresh, "norms.json")))
	lengths := string(read(t, filepath.Join(fresh, "lengths.json")))
	committed := filepath.Join(dir, "notebooks", "test-paper", "results", "norms.json")
	t.Setenv("MARGINALIA_SCALE", "")
	ask := func(content string) error {
		t.Helper()
		write(t, committed, content)
		_, _, err := repro.PaperScalePlain(fromEnv(t), "norms", config{}, norms)
		return err
	}
	if err := ask(whole); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(whole)); err != nil {
		t.Fatal(err)
	}
	if err := ask(compact.String()); err != nil {
		t.Errorf("another layout: %v", err)
	}
	for what, c := range map[string]struct{ content, said string }{
		"value":     {strings.Replace(whole, "3.14159", "3.24159", 1), "edited"},
		"device":    {strings.Replace(whole, "2 cores", "8 cores", 1), "edited"},
		"no seal":   {strings.Replace(whole, `"seal"`, `"sealed"`, 1), "no seal"},
		"another":   {lengths, `"test-paper/lengths", not "test-paper/norms"`},
		"null":      {"null", "no provenance or no value"},
		"list":      {"[]", "cannot unmarshal"},
		"empty":     {"", "unexpected end"},
		"torn":      {whole[:len(whole)/2], "unexpected end"},
		"null half": {`{"provenance": null, "value": null, "seal": ""}`, "edited"},
	} {
		if c.content == whole {
			t.Fatalf("%s: nothing was edited", what)
		}
		err := ask(c.content)
		refused(t, err, c.said, "norms.json", "scripts/run test-paper --scale paper --write")
		if old := errors.Is(err, repro.ErrStale); old != (what == "no seal") {
			t.Errorf("%s: taken for an old result: %v", what, old)
		}
	}
}

// The content of what a reader's variable names is in the key; where it lies is not.
func TestReadersFileInTheKey(t *testing.T) {
	dir := checkout(t)
	begin(t, machine)
	folder, copied := filepath.Join(dir, "cifar"), filepath.Join(dir, "copy")
	for _, at := range []string{folder, copied} {
		write(t, filepath.Join(at, "a.bin"), "one")
		write(t, filepath.Join(at, "deep", "b.bin"), "two")
	}
	asked := func(want bool, what string) {
		t.Helper()
		if _, _, computed := keep(t, config{Steps: 5}); computed != want {
			t.Errorf("%s: computed %v", what, computed)
		}
	}
	asked(true, "nothing given")
	t.Setenv("MARGINALIA_CIFAR", folder)
	asked(true, "a folder")
	asked(false, "the same folder")
	t.Setenv("MARGINALIA_CIFAR", copied)
	asked(false, "a copy")
	write(t, filepath.Join(copied, "deep", "b.bin"), "three")
	asked(true, "other content")
	t.Setenv("MARGINALIA_CIFAR", "")
	asked(false, "nothing given again")
	if one, none := repro.ContentHash(filepath.Join(folder, "a.bin")), repro.ContentHash(filepath.Join(dir, "nowhere")); len(one) != 64 || none != "unreadable" {
		t.Errorf("hashes %q, %q", one, none)
	}
}

// grid makes nine cells and stops, the first time, in the one that its configuration says.
func grid(ctx context.Context, c config) ([]int, error) {
	var all []int
	for i := range 9 {
		n, err := repro.Part(ctx, "text-"+string(rune('1'+i)), i, func(ctx context.Context, i int) (int, error) {
			if progress.Folder(ctx) == "" {
				return 0, errors.New("the part has no folder")
			}
			if i == c.Steps && !stopped {
				stopped = true
				return 0, errors.New("no time left")
			}
			made++
			return i * i, nil
		})
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

var (
	stopped bool
	made    int
)

// A work that stops in its ninth part loses that part alone; an edited part is made afresh.
func TestPartsAreKept(t *testing.T) {
	checkout(t)
	run := begin(t, machine)
	stopped, made = false, 0
	if _, _, err := repro.Recall(t.Context(), run, "grid", config{Steps: 8}, grid); !errors.Is(err, repro.ErrBegun) {
		t.Fatalf("the first call ended with %v", err)
	}
	parts, _ := filepath.Glob(filepath.Join(run.Dir, "kept", "grid-*.work", "*.part"))
	if len(parts) != 8 || made != 8 {
		t.Fatalf("%d parts are kept, %d were made, want 8 and 8", len(parts), made)
	}
	b := read(t, parts[3])
	b[len(b)-1] ^= 1
	write(t, parts[3], string(b))
	r, _, err := repro.Recall(t.Context(), run, "grid", config{Steps: 8}, grid)
	if err != nil || len(r) != 9 || r[3] != 9 || r[8] != 64 || made != 10 {
		t.Errorf("%v after %d parts, %v; want squares after 10", r, made, err)
	}
	if left, _ := filepath.Glob(filepath.Join(run.Dir, "kept", "*.work")); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
	for _, name := range []string{"", "a/b"} {
		_, err := repro.Part(progress.WithFolder(t.Context(), t.TempDir()), name, 0, func(context.Context, int) (int, error) { return 0, nil })
		refused(t, err, "without slashes")
	}
	_, err = repro.Part(progress.WithFolder(t.Context(), t.TempDir()), "p", 0, func(context.Context, int) (hidden, error) { return hidden{}, nil })
	refused(t, err, "field inner")
}
