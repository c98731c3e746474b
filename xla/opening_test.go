package xla

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What was opened is noted with the hash of the plugin's bytes, and without the flag that is a
// path of the machine.
func TestOpenings(t *testing.T) {
	before := len(Openings(0))
	path := plugin(t) // opens one backend
	t.Setenv("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false  --xla_gpu_cuda_data_dir=/somewhere")
	openSpec(t, path)
	openSpec(t, "go")
	found := Openings(before)
	if len(found) != 3 || found[1].Kind != KindCPU || found[2].Kind != KindGo {
		t.Fatalf("openings %+v, want two of XLA and one of pure Go", found)
	}
	if flags := found[1].Flags; flags != "--xla_cpu_multi_thread_eigen=false" {
		t.Errorf("flags %q", flags)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	p, err := found[1].Platform()
	if err != nil || p.Plugin != hex.EncodeToString(sum[:]) || p.Device != found[0].Device {
		t.Errorf("platform %+v (%v), want the plugin %x", p, err, sum)
	}
	if p, err := found[2].Platform(); err != nil || p.Plugin != "" || p.Flags != "" {
		t.Errorf("pure Go: %+v (%v)", p, err)
	}
}

// A file that is replaced after it was opened, or that is not the pinned one, is an error.
func TestPlatformOfAnotherFile(t *testing.T) {
	root := t.TempDir()
	site := filepath.Join(root, ".venv", "lib", "python3", "site-packages", "some_cpu")
	path := filepath.Join(site, "libpjrt_cpu.so")
	put := func(path, text string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	opening := func() Opening {
		b := &Backend{Kind: KindCPU, Plugin: path}
		if err := b.opened(""); err != nil {
			t.Fatal(err)
		}
		return b.Opening()
	}
	refused := func(o Opening, word string) {
		t.Helper()
		if _, err := o.Platform(); err == nil || !strings.Contains(err.Error(), word) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one that says %q and names the file", err, word)
		}
	}
	put(path, "one")
	o := opening()
	time.Sleep(10 * time.Millisecond) // the clock of files is a coarse one
	put(path, "two")
	refused(o, "replaced")
	sum := sha256.Sum256([]byte("three"))
	list := filepath.Join(root, "tools", "plugins.sha256")
	put(list, hex.EncodeToString(sum[:])+"  some_cpu/libpjrt_cpu.so\n")
	refused(opening(), "the pinned one is")
	put(path, "three")
	if p, err := opening().Platform(); err != nil || p.Plugin != hex.EncodeToString(sum[:]) {
		t.Errorf("the pinned file: %+v, %v", p, err)
	}
}

// Close while a loop runs is an error and leaves the run as it is; afterwards it closes, and
// the loop says so.
func TestCloseWhileRunning(t *testing.T) {
	specs := []string{"go"}
	if b := open(t); b.Kind != KindGo {
		specs = append(specs, b.Plugin)
	}
	for _, spec := range specs {
		b, err := Open(spec)
		if err != nil {
			t.Fatal(err)
		}
		loop, err := NewLoop(b, regression, norms)
		if err != nil {
			t.Fatal(err)
		}
		state, args := diagonal()
		if err := loop.Start(state, args); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- loop.Run(ctx, 1<<40) }()
		for b.uses.count() == 0 {
			time.Sleep(time.Millisecond)
		}
		if err := b.Close(); err == nil || !strings.Contains(err.Error(), "at work") {
			t.Errorf("%s: closing under a run: %v", spec, err)
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: the run ended with %v", spec, err)
		}
		if err := loop.Run(t.Context(), 1); err != nil {
			t.Errorf("%s: the run does not go on: %v", spec, err)
		}
		if err := b.Close(); err != nil {
			t.Errorf("%s: %v", spec, err)
		}
		for what, err := range map[string]error{"run": loop.Run(t.Context(), 1), "start": loop.Start(state, args), "close": b.Close(), "close of the loop": loop.Close()} {
			if closes := strings.HasPrefix(what, "close"); closes != (err == nil) {
				t.Errorf("%s: %s after the end: %v", spec, what, err)
			}
		}
	}
}

// A plugin that never comes back is given up.
func TestPatience(t *testing.T) {
	_, err := inTime(time.Millisecond, func() (int, error) { select {} })
	if err == nil || !strings.Contains(err.Error(), "did not open within") {
		t.Errorf("error %v", err)
	}
	if n, err := inTime(time.Minute, func() (int, error) { return 7, nil }); n != 7 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// The path of the checkout is no pattern.
func TestFindPluginBrackets(t *testing.T) {
	root := filepath.Join(t.TempDir(), "a[1]*?:b")
	want := filepath.Join(root, ".venv/lib/python3.11/site-packages/fastatomstruct_xla_cpu/libpjrt_cpu.so")
	if err := errors.Join(os.MkdirAll(filepath.Dir(want), 0o755), os.WriteFile(want, nil, 0o644)); err != nil {
		t.Skip(err) // not every system has such names
	}
	t.Setenv(EnvPlugin, "")
	t.Setenv(EnvRoot, root)
	if found, err := FindPlugin("cpu"); err != nil || found != want {
		t.Errorf("found %q, %v, want %q", found, err, want)
	}
}

// count returns how many calls are at work.
func (u *uses) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.n
}
