package repro

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// rooms are the folders whose code may have a part in a kept result.
var rooms = []string{"pkg", "xla", "data"}

var sourceHashes sync.Map // root to hash: the code of a running process does not change

// sourceHash hashes go.mod and, but for tests, every Go file of the rooms under root.
func sourceHash(root string) (string, error) {
	if h, known := sourceHashes.Load(root); known {
		return h.(string), nil
	}
	h := sha256.New()
	add := func(path string) error {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		fmt.Fprintf(h, "%s %d\n", filepath.ToSlash(rel), len(b))
		h.Write(b)
		return err
	}
	if err := add(filepath.Join(root, "go.mod")); err != nil {
		return "", fmt.Errorf("repro: hashing the sources: %w", err)
	}
	for _, room := range rooms {
		// WalkDir goes in lexical order, so that the hash depends on the content alone.
		err := filepath.WalkDir(filepath.Join(root, room), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			return add(path)
		})
		if err != nil {
			return "", fmt.Errorf("repro: hashing the sources: %w", err)
		}
	}
	sum := hex.EncodeToString(h.Sum(nil))
	sourceHashes.Store(root, sum)
	return sum, nil
}
