package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// EnvFashion names the variable with a folder of Fashion-MNIST that the reader has.
const EnvFashion = "MARGINALIA_FASHION"

// FashionMNIST returns the 60,000 training and 10,000 test images of clothing of ten classes: those of the folder that
// EnvFashion names, else those of the Debian package.
func FashionMNIST(ctx context.Context) (train, test *Images, err error) {
	if dir := os.Getenv(EnvFashion); dir != "" {
		return FashionMNISTIn(dir)
	}
	advice := func(err error) error {
		return fmt.Errorf("%w; or set %s to a folder with the four files of Fashion-MNIST", err, EnvFashion)
	}
	if train, err = pictures(ctx, "fashion-train"); err != nil {
		return nil, nil, advice(err)
	}
	if test, err = pictures(ctx, "fashion-test"); err != nil {
		return nil, nil, advice(err)
	}
	return train, test, nil
}

// FashionMNISTGiven reports whether the reader has named a folder. A quick run asks this and not the cache: what a page shows must not
// depend on what an earlier run has fetched.
func FashionMNISTGiven() bool { return os.Getenv(EnvFashion) != "" }

// FashionMNISTAtHand reports whether FashionMNIST needs no download.
func FashionMNISTAtHand() bool {
	if os.Getenv(EnvFashion) != "" {
		return true
	}
	return !slices.ContainsFunc(Sources, func(s Source) bool { return s.Kind == Debian && s.Package == "dataset-fashion-mnist" && !s.cached() })
}

// FashionMNISTIn reads the training and test images from a folder with the files train-images-idx3-ubyte, train-labels-idx1-ubyte,
// t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each with or without .gz.
func FashionMNISTIn(dir string) (train, test *Images, err error) {
	read := func(part string) (*Images, error) {
		images, err := idxFile(filepath.Join(dir, part+"-images-idx3-ubyte"), 3)
		if err != nil {
			return nil, err
		}
		labels, err := idxFile(filepath.Join(dir, part+"-labels-idx1-ubyte"), 1)
		if err != nil {
			return nil, err
		}
		all, err := labelled(filepath.Join(dir, part), images, labels)
		if err != nil {
			return nil, err
		}
		if all.N == 0 || all.Rows*all.Cols == 0 || slices.Max(all.Labels) > 9 {
			return nil, fmt.Errorf("data: %s: %d images of %d by %d pixels with labels up to %d: want at least one, and labels 0 to 9",
				filepath.Join(dir, part), all.N, all.Rows, all.Cols, slices.Max(append([]uint8{0}, all.Labels...)))
		}
		return all, nil
	}
	if train, err = read("train"); err != nil {
		return nil, nil, err
	}
	if test, err = read("t10k"); err != nil {
		return nil, nil, err
	}
	if train.Rows != test.Rows || train.Cols != test.Cols {
		return nil, nil, fmt.Errorf("data: %s: training images of %d by %d pixels and test images of %d by %d", dir, train.Rows, train.Cols, test.Rows, test.Cols)
	}
	return train, test, nil
}

// idxFile reads an IDX file, path or path.gz.
func idxFile(path string, rank int) (*idx, error) {
	content, err := os.ReadFile(path + ".gz")
	if errors.Is(err, fs.ErrNotExist) {
		if content, err = os.ReadFile(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("data: neither %s nor %s.gz is there: want the four files of Fashion-MNIST in the folder that %s names", path, filepath.Base(path), EnvFashion)
		}
		if err == nil {
			a, err := plainIDX(bytes.NewReader(content), rank)
			return named(a, path, err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	a, err := readIDX(bytes.NewReader(content), rank)
	return named(a, path+".gz", err)
}

func named(a *idx, path string, err error) (*idx, error) {
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", path, err)
	}
	return a, nil
}
