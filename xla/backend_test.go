package xla

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// plugin returns the CPU plugin of the environment.
func plugin(t *testing.T) string {
	t.Helper()
	b := open(t)
	if b.Kind == KindGo {
		t.Skip("the backend of the environment is the pure-Go one")
	}
	return b.Plugin
}

func TestOpenGo(t *testing.T) {
	b := openSpec(t, "go")
	if b.Kind != KindGo || b.Plugin != "" || b.Device == "" {
		t.Errorf("opened kind %q, plugin %q, device %q", b.Kind, b.Plugin, b.Device)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	var none *Backend
	if none.Close() == nil {
		t.Error("closing nothing: no error")
	}
}

func TestOpenEnvironment(t *testing.T) {
	t.Setenv(EnvBackend, "go")
	if b := open(t); b.Kind != KindGo {
		t.Errorf("%s=go opened %q", EnvBackend, b.Kind)
	}
	t.Setenv(EnvBackend, "tpu")
	if _, err := Open(""); err == nil || !strings.Contains(err.Error(), `"tpu"`) {
		t.Errorf("%s=tpu: error %v", EnvBackend, err)
	}
}

func TestOpenPath(t *testing.T) {
	path := plugin(t)
	b := openSpec(t, path)
	if b.Kind == KindGo || b.Plugin != path || b.Device == "" {
		t.Errorf("opened kind %q, plugin %q, device %q", b.Kind, b.Plugin, b.Device)
	}
	t.Setenv(EnvRoot, t.TempDir())
	t.Setenv(EnvPlugin, path)
	if found, err := FindPlugin("cpu"); err != nil || found != path {
		t.Errorf("%s = %s: found %q (%v)", EnvPlugin, path, found, err)
	}
	if found, err := FindPlugin("cuda"); err == nil {
		t.Errorf("%s = %s: found %s for cuda", EnvPlugin, path, found)
	}
}

func TestOpenUnknown(t *testing.T) {
	_, err := Open("tpu")
	if err == nil {
		t.Fatal("opened")
	}
	for _, want := range []string{`"tpu"`, "cpu", "cuda", "go", "path"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %s", err, want)
		}
	}
	if _, err := FindPlugin("tpu"); err == nil {
		t.Error("found a plugin for tpu")
	}
}

// Without a plugin "cpu" is an error that says what to do, and the best backend
// is the pure-Go one, which says so.
func TestNoPlugin(t *testing.T) {
	t.Setenv(EnvPlugin, "")
	t.Setenv(EnvRoot, t.TempDir())
	for spec, command := range map[string]string{"cpu": "scripts/setup", "cuda": "scripts/setup --cuda"} {
		_, err := Open(spec)
		if err == nil || !strings.Contains(err.Error(), command) || !strings.Contains(err.Error(), EnvPlugin) {
			t.Errorf("%s: error %v, want one that names %s and %s", spec, err, command, EnvPlugin)
		}
	}
	t.Setenv(EnvRoot, "")
	t.Chdir(t.TempDir())
	if _, err := Open("cpu"); err == nil || !strings.Contains(err.Error(), EnvRoot) {
		t.Errorf("outside a checkout: error %v, want one that names %s", err, EnvRoot)
	}

	t.Setenv(EnvBackend, "")
	notice = sync.Once{} // another test may have had it speak
	said := capture(t, func() {
		if b := open(t); b.Kind != KindGo {
			t.Errorf("opened %q", b.Kind)
		}
	})
	if strings.Count(said, "\n") != 1 || !strings.Contains(said, `"go"`) || !strings.Contains(said, "no plugin") {
		t.Errorf("said %q, want one line about the pure-Go backend", said)
	}
}

// capture returns what f writes to the standard error.
func capture(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	old := os.Stderr
	os.Stderr = file
	defer func() { os.Stderr = old }()
	f()
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Whatever is not a whole plugin is refused before the system's loader sees it.
func TestVerify(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only ELF files are read")
	}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	self, err := os.ReadFile("/proc/self/exe") // an ELF file that is no plugin
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{filepath.Join(dir, "none.so"), "no such file"},
		{dir, "not a file"},
		{write("text.so", []byte("#!/bin/sh\necho cpu\n")), "not a whole shared object"},
		{write("empty.so", nil), "not a whole shared object"},
		{write("header.so", self[:64]), "not a whole shared object"},
		{write("half.so", self[:len(self)/2]), ""},
		{write("program.so", self), "GetPjrtApi"},
		{libm(t), "GetPjrtApi"},
		{write("a,b.so", self), "comma"},
	} {
		err := Verify(c.path)
		if c.want == "comma" {
			err = nil // only the loader minds
		} else if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("verify %s: error %v, want one with %q", c.path, err, c.want)
		}
		if _, err = Open(c.path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("open %s: error %v, want one with %q", c.path, err, c.want)
		}
	}
}

// libm returns the path of the system's mathematical library.
func libm(t *testing.T) string {
	for _, pattern := range []string{"/lib/*/libm.so.6", "/lib64/libm.so.6", "/usr/lib/libm.so.6", "/lib/libm.*"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0]
		}
	}
	t.Fatal("no libm on this system")
	return ""
}

// A plugin cut anywhere is refused; the whole one is not. One copy is shortened
// step by step: the section headers at its end, its middle, its first pages.
func TestVerifyTruncated(t *testing.T) {
	path := plugin(t)
	if err := Verify(path); err != nil {
		t.Fatal(err)
	}
	whole, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	cut, err := os.Create(filepath.Join(t.TempDir(), "libpjrt_cpu.so"))
	if err != nil {
		t.Fatal(err)
	}
	defer cut.Close()
	size, err := io.Copy(cut, whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{size - 1, size * 9 / 10, size / 2, 4096, 100, 0} {
		if err := cut.Truncate(n); err != nil {
			t.Fatal(err)
		}
		if err := Verify(cut.Name()); err == nil {
			t.Errorf("cut to %d of %d bytes: no error", n, size)
		}
		if b, err := Open(cut.Name()); err == nil {
			t.Errorf("cut to %d of %d bytes: opened %v", n, size, b)
		}
	}
}

func TestField(t *testing.T) {
	text := "processor\t: 0\nmodel name\t: A Fine CPU: fast\nmodel name\t: another\n"
	if got := field(text, "model name"); got != "A Fine CPU: fast" {
		t.Errorf("model name %q", got)
	}
	if got := field(text, "Model"); got != "" {
		t.Errorf("Model %q", got)
	}
}
