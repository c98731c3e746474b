package architecture

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// generator is what makes a source of random numbers from numbers.
var generator = regexp.MustCompile(`\brand\.New(PCG|ChaCha8|Source)\(|"math/rand"`)

// Randomness comes from a seed and the name of a stream, by pkg/random. Nobody else but the
// tests makes a generator of numbers.
func TestOneSeedConvention(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, room := range []string{"bench", "data", "notebooks", "pkg", "xla"} {
		err := filepath.WalkDir(filepath.Join(root, room), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err != nil || strings.HasPrefix(name, "pkg/random/") || strings.HasPrefix(name, "pkg/internal/qptest/") || strings.HasPrefix(name, "pkg/testkit/") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if found := generator.Find(text); found != nil {
				t.Errorf("%s has %s: use random.Stream(seed, name)", name, found)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
