package repro

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

const modulePath = "github.com/marginalia-ml/marginalia"

// Must returns v, or panics with err as the readable end of a cell.
func Must[T any](v T, err error) T {
	Check(err)
	return v
}

// Check panics with err unless it is nil.
func Check(err error) {
	if err != nil {
		panic(err)
	}
}

// Scale returns the scale of the run, claim.Quick or claim.PaperSized.
func Scale() string { return Must(scale(os.Getenv("MARGINALIA_SCALE"))) }

func scale(spec string) (string, error) {
	switch spec {
	case "":
		return claim.Quick, nil
	case claim.Quick, claim.PaperSized:
		return spec, nil
	}
	return "", fmt.Errorf("repro: unknown scale %q in MARGINALIA_SCALE: the scales are %q and %q", spec, claim.Quick, claim.PaperSized)
}

// Quick returns its first argument at quick scale and its second one at the paper's.
func Quick[T any](quick, paper T) T {
	if Scale() == claim.Quick {
		return quick
	}
	return paper
}

// Seed returns the master seed of the run.
func Seed() uint64 { return Must(seed(os.Getenv("MARGINALIA_SEED"))) }

func seed(spec string) (uint64, error) {
	if spec == "" {
		return 1, nil
	}
	n, err := strconv.ParseUint(spec, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("repro: MARGINALIA_SEED is %q: want a whole number from 0 to %d", spec, uint64(1<<64-1))
	}
	return n, nil
}

// Root returns the folder of the checkout.
func Root() string { return Must(root(os.Getenv("MARGINALIA_ROOT"))) }

func root(spec string) (string, error) {
	if spec != "" {
		if !isRoot(spec) {
			return "", fmt.Errorf("repro: MARGINALIA_ROOT is %q, which holds no go.mod of %s", spec, modulePath)
		}
		return filepath.Abs(spec)
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("repro: looking for the checkout: %w", err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if isRoot(at) {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("repro: no checkout of %s at or above %s: set MARGINALIA_ROOT to it", modulePath, dir)
		}
	}
}

// isRoot reports whether dir holds the go.mod of this module.
func isRoot(dir string) bool {
	b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return err == nil && string(bytes.TrimSpace(line)) == "module "+modulePath
}

// RunDir returns the folder of the run of the paper with the given key.
func RunDir(key string) string { return Must(runDir(key)) }

func runDir(key string) (string, error) {
	if dir := os.Getenv("MARGINALIA_RUN"); dir != "" {
		return filepath.Abs(dir)
	}
	if key == "" || key != filepath.Base(key) {
		return "", fmt.Errorf("repro: %q is no key of a paper: want one as in ntp-implicit-bias", key)
	}
	dir, err := root(os.Getenv("MARGINALIA_ROOT"))
	return filepath.Join(dir, "build", key, "lab"), err
}

// writeWhole writes a file so that it is either complete or absent: a temporary file in
// the same folder, then a rename.
func writeWhole(path string, write func(f *os.File) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
