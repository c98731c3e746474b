// Package atomicfile writes files whole: under a temporary name in the same folder, which
// takes its final name only when all of it is on the disk. A reader sees the old contents
// or the new ones; a full disk, an error or a crash leaves the old ones.
package atomicfile

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Write writes what write writes, buffered, to the file of a path, readable by all. Folders
// that are missing are made. After an error nothing of the temporary file is left.
func Write(path string, write func(w io.Writer) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	written := false
	defer func() {
		if !written { // also when write panics
			f.Close()
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	buffer := bufio.NewWriterSize(f, 1<<20)
	for _, step := range []func() error{
		func() error { return write(buffer) },
		buffer.Flush,
		func() error { return f.Chmod(0o644) },
		f.Sync, // a disk may tell only now that it is full
		f.Close,
		func() error { return os.Rename(f.Name(), path) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	written = true
	return nil
}
