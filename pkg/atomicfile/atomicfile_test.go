package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// files lists what is in a folder.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	path := filepath.Join(dir, "a.txt")
	for _, text := range []string{"first", "second, longer", ""} {
		if err := Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("the file holds %q, %v, want %q", got, err, text)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
	if names := files(t, dir); len(names) != 1 {
		t.Errorf("the folder holds %v", names)
	}
}

// An error in the middle, a panic and a name that cannot be taken leave what was there.
func TestFailureLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	half := func(w io.Writer) error {
		_, err := w.Write(make([]byte, 3<<20)) // more than the buffer: some is on the disk
		return errors.Join(err, full)
	}
	if err := Write(path, half); !errors.Is(err, full) {
		t.Errorf("error %v, want that of the writer", err)
	}
	func() {
		defer func() {
			if r := recover(); r == nil {
				t.Error("the panic is lost")
			}
		}()
		Write(path, func(io.Writer) error { panic("in the middle") })
	}()
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "taken"), func(io.Writer) error { return nil }); err == nil {
		t.Error("a folder has been replaced by a file")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
		t.Errorf("the file holds %q, %v, want what was there", got, err)
	}
	if names := strings.Join(files(t, dir), " "); names != "a.txt taken" {
		t.Errorf("the folder holds %s", names)
	}
}

// Two writers at once leave the file of one of them.
func TestTwoWriters(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	long := [2]string{strings.Repeat("a", 1<<16), strings.Repeat("b", 1<<16)}
	var group sync.WaitGroup
	for _, text := range long {
		group.Go(func() {
			for range 50 {
				if err := Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
					t.Error(err)
				}
				if b, err := os.ReadFile(path); err != nil || string(b) != long[0] && string(b) != long[1] {
					t.Errorf("a mixture of two files, %v", err)
				}
			}
		})
	}
	group.Wait()
	if names := files(t, dir); len(names) != 1 {
		t.Errorf("the folder holds %v", names)
	}
}

// envKilled is the file that the test binary writes until it is killed.
const envKilled = "MARGINALIA_TEST_KILLED"

// What a process leaves that is killed while it writes goes with a later write of the same
// name, once it is old; the file of a living writer, and of other names, stays.
func TestKilledWriter(t *testing.T) {
	if path := os.Getenv(envKilled); path != "" {
		Write(path, func(io.Writer) error {
			fmt.Println("writing")
			select {}
		})
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
	cmd.Env = append(os.Environ(), envKilled+"="+path)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	left := files(t, dir)
	if len(left) != 1 || !strings.HasSuffix(left[0], ".tmp") {
		t.Fatalf("the killed process left %v, want a temporary file", left)
	}
	others := []string{".a.txt.b.1.tmp", ".a.txt..tmp", ".a.txt.1x.tmp", ".b.txt.1.tmp", "a.txt.1.tmp"}
	age := func(name string, old time.Duration) {
		at := time.Now().Add(-old)
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Error(err)
		}
	}
	for _, name := range others {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		age(name, 2*stale)
	}
	write := func() (names []string) {
		if err := Write(path, func(io.Writer) error { return nil }); err != nil {
			t.Error(err)
		}
		return files(t, dir)
	}
	age(left[0], stale/2)
	if names := write(); !slices.Contains(names, left[0]) {
		t.Errorf("a young file is gone: %v", names)
	}
	age(left[0], 2*stale)
	want := slices.Sorted(slices.Values(append(others, "a.txt")))
	if names := write(); !slices.Equal(names, want) {
		t.Errorf("the folder holds %v, want %v", names, want)
	}
}

func ExampleWrite() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "numbers.txt")
	err = Write(path, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, 1, 2, 3)
		return err
	})
	text, _ := os.ReadFile(path)
	fmt.Print(err, " ", string(text))
	// Output: <nil> 1 2 3
}
