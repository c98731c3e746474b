package data

import (
	"bytes"
	"compress/gzip"
	"context"
	"testing"
)

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestReadIDX(t *testing.T) {
	file := []byte{0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6}
	a, err := readIDX(bytes.NewReader(gzipped(t, file)), 2)
	if err != nil || a.dims[0] != 2 || a.dims[1] != 3 || !bytes.Equal(a.bytes, file[12:]) {
		t.Fatalf("%+v, %v", a, err)
	}
	floats := bytes.Clone(file)
	floats[2] = 13
	for name, content := range map[string][]byte{
		"no gzip":       file,
		"empty":         gzipped(t, nil),
		"short":         gzipped(t, file[:len(file)-1]),
		"long":          gzipped(t, append(bytes.Clone(file), 7)),
		"another type":  gzipped(t, floats),
		"cut in gzip":   gzipped(t, file)[:20],
		"another shape": gzipped(t, append([]byte{0, 0, 8, 1}, file[4:]...)),
		"2^56 bytes":    gzipped(t, []byte{0, 0, 8, 2, 0x80, 0, 0, 0, 2, 0, 0, 0}),
		"newlines":      append(gzipped(t, file), "\n\n"...),
		"two files":     append(gzipped(t, file), gzipped(t, file)...),
	} {
		if _, err := readIDX(bytes.NewReader(content), 2); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	// 2^24 times 2^20 times 2^20: a 64-bit number holds it as 0, which is what the file has.
	if a, err := readIDX(bytes.NewReader(gzipped(t, []byte{0, 0, 8, 3, 1, 0, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0})), 3); err == nil {
		t.Errorf("2^64 bytes: %v", a.dims)
	}
}

// The counts of the data set as it was published: 28 by 28 pixels, all ten digits, none
// rarer than 8.9 % or more frequent than 11.4 %; about four fifths of the pixels are blank.
func TestMNIST(t *testing.T) {
	train, test, err := MNIST(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for want, m := range map[int]*Images{60_000: train, 10_000: test} {
		if m.N != want || m.Rows != 28 || m.Cols != 28 {
			t.Errorf("%d images of %d by %d", m.N, m.Rows, m.Cols)
		}
		var count [256]int
		for _, l := range m.Labels {
			count[l]++
		}
		rest := m.N
		for digit, n := range count[:10] {
			if share := float64(n) / float64(m.N); share < 0.089 || share > 0.114 {
				t.Errorf("%.3f of %d images are of digit %d", share, m.N, digit)
			}
			rest -= n
		}
		if rest != 0 {
			t.Errorf("%d labels are no digits", rest)
		}
		blank := 0
		for _, p := range m.Pixels {
			if p == 0 {
				blank++
			}
		}
		if share := float64(blank) / float64(len(m.Pixels)); share < 0.8 || share > 0.82 {
			t.Errorf("%.3f of the pixels are blank", share)
		}
	}
	// The first training image is a five.
	if train.Labels[0] != 5 || len(train.Image(0)) != 28*28 {
		t.Errorf("the first label is %d", train.Labels[0])
	}
}
