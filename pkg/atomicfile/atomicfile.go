// Package atomicfile writes files whole: under a temporary name in the same folder, which
// takes its final name only when all of it is on the disk. A reader sees the old contents
// or the new ones; a full disk, an error or a crash leaves the old ones. A temporary file that
// a killed process left goes with a later write of the same name.
package atomicfile

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Write writes what write writes, buffered, to the file of a path, readable by all. Folders
// that are missing are made. After an error nothing of the temporary file is left.
func Write(path string, write func(w io.Writer) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	sweep(path)
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

// stale is the time without a write after which the process that made a temporary file is
// taken for dead. It is long, so that no living writer loses its file: the number of a process
// would say sooner, but not in a folder that machines or containers share.
const stale = time.Hour

// sweep removes the temporary files of a path that processes left which were killed. It is no
// error where one cannot be removed, as another writer may be faster.
func sweep(path string) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), "."+filepath.Base(path)+".")
		number, temporary := strings.CutSuffix(rest, ".tmp")
		if !ours || !temporary || number == "" || strings.Trim(number, "0123456789") != "" {
			continue // as .a.b.1.tmp, which is not of a but of a.b
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > stale {
			os.Remove(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
}
