package repro

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

const modulePath = "github.com/marginalia-ml/marginalia"

func scale(spec string) (string, error) {
	switch spec {
	case "":
		return claim.Quick, nil
	case claim.Quick, claim.PaperSized:
		return spec, nil
	}
	return "", fmt.Errorf("repro: unknown scale %q in MARGINALIA_SCALE: the scales are %q and %q", spec, claim.Quick, claim.PaperSized)
}

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
