package data

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// clothes are the four files of a set of three training and two test pictures of 2 by 3 pixels, compressed where a name says so.
func clothes(t *testing.T, change map[string][]byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	pixels := func(n int) []byte {
		b := []byte{0, 0, 8, 3, 0, 0, 0, byte(n), 0, 0, 0, 2, 0, 0, 0, 3}
		for i := range n * 6 {
			b = append(b, byte(10*n+i))
		}
		return b
	}
	files := map[string][]byte{
		"train-images-idx3-ubyte.gz": gzipped(t, pixels(3)), "train-labels-idx1-ubyte": {0, 0, 8, 1, 0, 0, 0, 3, 9, 0, 4},
		"t10k-images-idx3-ubyte": pixels(2), "t10k-labels-idx1-ubyte.gz": gzipped(t, []byte{0, 0, 8, 1, 0, 0, 0, 2, 1, 2}),
	}
	for name, content := range change {
		files[name] = content
	}
	for name, content := range files {
		if content == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFashionMNISTOfTheReader(t *testing.T) {
	t.Setenv(EnvFashion, clothes(t, nil))
	train, test, err := FashionMNIST(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if !FashionMNISTAtHand() {
		t.Error("a folder of the reader's is not at hand")
	}
	if train.N != 3 || test.N != 2 || train.Rows != 2 || test.Cols != 3 {
		t.Errorf("%d and %d images of %d by %d", train.N, test.N, train.Rows, test.Cols)
	}
	if !bytes.Equal(train.Labels, []byte{9, 0, 4}) || !bytes.Equal(train.Image(1), []byte{36, 37, 38, 39, 40, 41}) || !bytes.Equal(test.Image(0), []byte{20, 21, 22, 23, 24, 25}) {
		t.Errorf("labels %v, second training image %v, first test image %v", train.Labels, train.Image(1), test.Image(0))
	}
}

func TestFashionMNISTRefuses(t *testing.T) {
	for says, change := range map[string]map[string][]byte{
		"want the four files":   {"t10k-images-idx3-ubyte": nil},
		"3 images and 2 labels": {"train-labels-idx1-ubyte": {0, 0, 8, 1, 0, 0, 0, 2, 9, 0}},
		"labels up to 10":       {"train-labels-idx1-ubyte": {0, 0, 8, 1, 0, 0, 0, 3, 9, 10, 4}},
		"test images of 1 by 1": {"t10k-images-idx3-ubyte": {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 5, 6}},
		"want 3 for dimensions": {"train-labels-idx1-ubyte": {0, 0, 8, 1, 0, 0, 0, 3, 9, 0}},
		"gzip":                  {"train-images-idx3-ubyte.gz": bytes.Repeat([]byte{1}, 40)},
		"0 images":              {"train-images-idx3-ubyte.gz": gzipped(t, []byte{0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3}), "train-labels-idx1-ubyte": {0, 0, 8, 1, 0, 0, 0, 0}},
	} {
		dir := clothes(t, change)
		_, _, err := FashionMNISTIn(dir)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%v: the error %v does not say %q and the folder", change, err, says)
		}
	}
}

// deb is an apt-get whose package has the given files, and the dpkg-deb that unpacks it.
func deb(t *testing.T, files map[string]string) (calls string) {
	t.Helper()
	t.Setenv(EnvDir, t.TempDir())
	t.Setenv(EnvFashion, "")
	bin := t.TempDir()
	calls = filepath.Join(bin, "calls")
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	unpack := "#!/bin/sh\n[ \"$1\" = --extract ] && [ -f \"$2\" ] || exit 1\n"
	for name, content := range files {
		unpack += `mkdir -p "$3/` + filepath.Dir(name) + `" && printf '` + content + `' > "$3/` + name + "\"\n"
	}
	for name, script := range map[string]string{
		"apt-get":  "#!/bin/sh\necho \"$2\" >> " + calls + "\n[ \"$1\" = download ] && : > p_1_all.deb\n",
		"dpkg-deb": unpack,
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return calls
}

func TestDebianPackageIsFetchedOnce(t *testing.T) {
	calls := deb(t, map[string]string{"usr/share/a.gz": "one", "usr/share/b.gz": "two", "usr/share/c.gz": "spoilt"})
	own := func(name, content string) Source {
		return Source{Name: "set-" + name, Kind: Debian, Package: "p", Version: "1~2", File: "usr/share/" + name + ".gz", SHA256: sum(content), About: "x", Licence: "y"}
	}
	known := Sources
	t.Cleanup(func() { Sources = known })
	a, b, c := own("a", "one"), own("b", "two"), own("c", "three")
	Sources = append(append([]Source{}, known...), a, b, c)
	for want, s := range map[string]Source{"one": a, "two": b} {
		if content, err := s.Open(context.Background()); err != nil || string(content) != want {
			t.Errorf("%q, %v", content, err)
		}
	}
	if asked, err := os.ReadFile(calls); err != nil || string(asked) != "p=1~2\n" {
		t.Errorf("apt-get was asked for %q (%v), want the package once", asked, err)
	}
	refuses(t, c, c.SHA256, "Debian package", "by hand")
	if c.cached() {
		t.Error("a file with other contents is kept")
	}
	t.Setenv("PATH", t.TempDir())
	refuses(t, c, "apt-get is not installed")
}

func TestFashionMNISTWithoutAClient(t *testing.T) {
	t.Setenv(EnvDir, t.TempDir())
	t.Setenv(EnvFashion, "")
	t.Setenv("PATH", t.TempDir())
	if FashionMNISTAtHand() {
		t.Error("an empty cache is at hand")
	}
	_, _, err := FashionMNIST(context.Background())
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"apt-get is not installed", EnvFashion, "by hand", "train-images-idx3-ubyte.gz"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error %v does not say %q", err, want)
		}
	}
}

// The package has what the set is known for: 60,000 and 10,000 images of 28 by 28, as many of each class.
func TestFashionMNIST(t *testing.T) {
	if !FashionMNISTAtHand() && os.Getenv(envFetch) != "1" {
		t.Skipf("not in the cache; %s=1 fetches it", envFetch)
	}
	train, test, err := FashionMNIST(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for want, m := range map[int]*Images{60_000: train, 10_000: test} {
		if m.N != want || m.Rows != 28 || m.Cols != 28 {
			t.Errorf("%d images of %d by %d", m.N, m.Rows, m.Cols)
		}
		var count [10]int
		for _, l := range m.Labels {
			count[l]++
		}
		for class, n := range count {
			if n != want/10 {
				t.Errorf("%d of %d images are of class %d", n, want, class)
			}
		}
	}
	if train.Labels[0] != 9 { // an ankle boot
		t.Errorf("the first label is %d", train.Labels[0])
	}
}
