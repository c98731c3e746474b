package data

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// record is a picture whose planes hold 1, 2 and 3, behind its bytes of class.
func record(head ...byte) []byte {
	for c := range byte(3) {
		head = append(head, bytes.Repeat([]byte{c + 1}, 1024)...)
	}
	return head
}

func write(t *testing.T, dir, name string, content ...[]byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), bytes.Join(content, nil), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCIFAR(t *testing.T) {
	ten := t.TempDir()
	for i, name := range []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"} {
		write(t, ten, name, record(byte(i)), record(9))
	}
	write(t, ten, "test_batch.bin", record(7))
	t.Setenv(EnvCIFAR, ten)
	train, test, err := CIFAR()
	if err != nil {
		t.Fatal(err)
	}
	if train.N != 10 || train.Classes != 10 || !slices.Equal(train.Labels, []uint8{0, 9, 1, 9, 2, 9, 3, 9, 4, 9}) || !slices.Equal(test.Labels, []uint8{7}) {
		t.Errorf("%d pictures of classes %v, and %v", train.N, train.Labels, test.Labels)
	}
	if p := train.Image(3); len(p) != 3072 || p[0] != 1 || p[1024] != 2 || p[3071] != 3 {
		t.Errorf("picture 3 has %d bytes, planes %d %d %d", len(p), p[0], p[1024], p[3071])
	}

	hundred := t.TempDir()
	write(t, hundred, "train.bin", record(19, 99), record(0, 5))
	write(t, hundred, "test.bin", record(1, 42))
	train, test, err = CIFARIn(hundred)
	if err != nil {
		t.Fatal(err)
	}
	if train.Classes != 100 || !slices.Equal(train.Labels, []uint8{99, 5}) || test.Labels[0] != 42 || test.Image(0)[0] != 1 {
		t.Errorf("classes %v and %v of %d", train.Labels, test.Labels, train.Classes)
	}
}

func TestCIFARRefuses(t *testing.T) {
	t.Setenv(EnvCIFAR, "")
	if _, _, err := CIFAR(); err == nil || !strings.Contains(err.Error(), EnvCIFAR) {
		t.Errorf("without a folder: %v", err)
	}
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"a torn record":                {record(1, 2)[:3000], "records of 3074"},
		"empty":                        {nil, "records of 3074"},
		"a class of CIFAR-10's layout": {append(record(1, 100), record(1, 2)...), "record 0 is of class 100"},
	} {
		dir := t.TempDir()
		write(t, dir, "train.bin", c.content)
		if _, _, err := CIFARIn(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, _, err := CIFARIn(t.TempDir()); err == nil || !strings.Contains(err.Error(), "data_batch_1.bin") {
		t.Errorf("an empty folder: %v", err)
	}
}
