package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Images are grey pictures of one size with a class each.
type Images struct {
	N, Rows, Cols int
	Pixels        []uint8 // [N, Rows, Cols]
	Labels        []uint8 // [N]
}

// Image returns the pixels of picture i, row by row.
func (m *Images) Image(i int) []uint8 {
	size := m.Rows * m.Cols
	return m.Pixels[i*size : (i+1)*size]
}

// MNIST returns the 60,000 training and 10,000 test images of handwritten digits.
func MNIST(ctx context.Context) (train, test *Images, err error) {
	if train, err = pictures(ctx, "mnist-train"); err != nil {
		return nil, nil, err
	}
	test, err = pictures(ctx, "mnist-test")
	return train, test, err
}

func pictures(ctx context.Context, name string) (*Images, error) {
	images, err := openIDX(ctx, name+"-images", 3)
	if err != nil {
		return nil, err
	}
	labels, err := openIDX(ctx, name+"-labels", 1)
	if err != nil {
		return nil, err
	}
	return labelled(name, images, labels)
}

// labelled puts images and labels together.
func labelled(name string, images, labels *idx) (*Images, error) {
	if images.dims[0] != labels.dims[0] {
		return nil, fmt.Errorf("data: %s: %d images and %d labels", name, images.dims[0], labels.dims[0])
	}
	return &Images{
		N: images.dims[0], Rows: images.dims[1], Cols: images.dims[2],
		Pixels: images.bytes, Labels: labels.bytes,
	}, nil
}

// idx is an array of bytes in the format of the MNIST files.
type idx struct {
	dims  []int
	bytes []uint8
}

func openIDX(ctx context.Context, name string, rank int) (*idx, error) {
	s, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	content, err := s.Open(ctx)
	if err != nil {
		return nil, err
	}
	a, err := readIDX(bytes.NewReader(content), rank)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %s: %w", name, s.File, err)
	}
	return a, nil
}

// readIDX reads a gzipped IDX file.
func readIDX(r io.Reader, rank int) (*idx, error) {
	rest := bufio.NewReader(r)
	unzipped, err := gzip.NewReader(rest)
	if err != nil {
		return nil, err
	}
	unzipped.Multistream(false) // or what follows would be taken for another file
	a, err := plainIDX(unzipped, rank)
	if err != nil {
		return nil, err
	}
	if n, err := io.Copy(io.Discard, rest); err != nil || n > 0 {
		return nil, errors.Join(err, fmt.Errorf("%d bytes lie behind the end of the gzip file: it is not the one that was published", n))
	}
	return a, nil
}

// mostIDX is a size in bytes that no IDX file of ours comes near; larger products of
// dimensions come from damaged heads, and may overflow.
const mostIDX = 1 << 31

// plainIDX reads an IDX file of unsigned bytes: two zeros, the type 8, the number of
// dimensions, each dimension as a big-endian 32-bit number, the bytes.
func plainIDX(unzipped io.Reader, rank int) (*idx, error) {
	const unsignedByte = 8
	head := make([]byte, 4+4*rank)
	if _, err := io.ReadFull(unzipped, head); err != nil {
		return nil, fmt.Errorf("the head of %d bytes: %w", len(head), err)
	}
	if head[0] != 0 || head[1] != 0 || head[2] != unsignedByte || int(head[3]) != rank {
		return nil, fmt.Errorf("the head begins with %v, want [0 0 %d %d]: not an IDX file of bytes with %d dimensions", head[:4], unsignedByte, rank, rank)
	}
	a := &idx{}
	size := 1
	for d := range rank {
		n := int(binary.BigEndian.Uint32(head[4+4*d:]))
		a.dims = append(a.dims, n)
		if n > 0 && size > mostIDX/n {
			return nil, fmt.Errorf("dimension %d is %d: with those before it more than %d bytes, so the head is damaged", d+1, n, mostIDX)
		}
		size *= n
	}
	// One byte more than expected, to see that there is none.
	var err error
	a.bytes, err = io.ReadAll(io.LimitReader(unzipped, int64(size)+1))
	if err != nil {
		return nil, err
	}
	if len(a.bytes) != size {
		return nil, fmt.Errorf("%d bytes or more, want %d for dimensions %v", len(a.bytes), size, a.dims)
	}
	return a, nil
}
