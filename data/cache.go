package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/marginalia-ml/marginalia/pkg/atomicfile"
)

// EnvDir names the variable that moves the cache folder.
const EnvDir = "MARGINALIA_DATA"

// ErrHash is wrapped by the error about a file whose SHA-256 is not the one of the table.
var ErrHash = errors.New("wrong SHA-256")

// Dir returns the cache folder.
func Dir() (string, error) {
	if dir := os.Getenv(EnvDir); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("data: no cache folder (%w): set %s to a folder", err, EnvDir)
	}
	return filepath.Join(dir, "marginalia"), nil
}

// cached reports whether the file of s is in the cache, with its right contents or not.
func (s Source) cached() bool {
	path, err := s.path()
	if err != nil {
		return false
	}
	_, err = os.Stat(path)
	return err == nil
}

// Open returns the contents of the file of s, checked. It is fetched if it is not in the
// cache.
func (s Source) Open(ctx context.Context) ([]byte, error) {
	path, err := s.path()
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s.fetch(ctx, path)
	}
	if err != nil {
		return nil, fmt.Errorf("data: %s: cache folder: %w: set %s to a folder that can be read and written", s.Name, err, EnvDir)
	}
	if err := s.check(path, content); err != nil {
		return nil, fmt.Errorf("data: %s: %w; delete it, and the next use fetches it afresh", s.Name, err)
	}
	return content, nil
}

func (s Source) path() (string, error) {
	dir, err := Dir()
	return filepath.Join(dir, s.Name, filepath.Base(s.File)), err
}

func (s Source) check(path string, content []byte) error {
	sum := sha256.Sum256(content)
	if found := hex.EncodeToString(sum[:]); found != s.SHA256 {
		return fmt.Errorf("%s (%d bytes): %w %s, want %s: it is truncated or another version", path, len(content), ErrHash, found, s.SHA256)
	}
	return nil
}

// fetch has the client of the registry bring the file, checks it and keeps it at path.
func (s Source) fetch(ctx context.Context, path string) ([]byte, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("data: %s: cache folder: %w: set %s to a folder that can be read and written", s.Name, err, EnvDir)
	}
	work, err := os.MkdirTemp(dir, ".fetch-")
	if err != nil {
		return nil, fmt.Errorf("data: %s: cache folder: %w: set %s to a folder that can be read and written", s.Name, err, EnvDir)
	}
	defer os.RemoveAll(work)

	content, err := s.bring(ctx, work)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w; or put %s (SHA-256 %s) from version %s of the %s %s into %s by hand",
			s.Name, err, filepath.Base(s.File), s.SHA256, s.Version, s.Kind, s.Package, dir)
	}
	if err := s.keep(path, content); err != nil {
		return nil, err
	}
	if s.Kind == Debian { // one download of a package is enough
		return content, keepOthers(s, filepath.Join(work, "root"))
	}
	return content, nil
}

func (s Source) keep(path string, content []byte) error {
	if err := atomicfile.Write(path, func(w io.Writer) error { _, err := w.Write(content); return err }); err != nil {
		return fmt.Errorf("data: %s: keeping it: %w", s.Name, err)
	}
	return nil
}

// keepOthers keeps the files of other sources that are in the unpacked package of s, those whose contents are right.
func keepOthers(s Source, root string) error {
	for _, o := range Sources {
		if o.Kind != s.Kind || o.Package != s.Package || o.Version != s.Version || o.cached() {
			continue
		}
		file := filepath.Join(root, filepath.FromSlash(o.File))
		content, err := os.ReadFile(file)
		if err != nil || o.check(file, content) != nil {
			continue // its own use says what is wrong
		}
		path, err := o.path()
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("data: %s: cache folder: %w: set %s to a folder that can be read and written", o.Name, err, EnvDir)
		}
		if err := o.keep(path, content); err != nil {
			return err
		}
	}
	return nil
}

// bring runs the client and returns the checked contents of the file.
func (s Source) bring(ctx context.Context, work string) ([]byte, error) {
	c, known := clients[s.Kind]
	if !known {
		return nil, fmt.Errorf("no client fetches a %q", s.Kind)
	}
	fetched, err := c(ctx, s, work)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(fetched)
	if err != nil {
		return nil, fmt.Errorf("%s %s %s does not have the file: %w", s.Kind, s.Package, s.Version, err)
	}
	return content, s.check(fetched, content)
}
