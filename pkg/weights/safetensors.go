package weights

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/marginalia-ml/marginalia/pkg/atomicfile"
	"github.com/marginalia-ml/marginalia/pkg/model"
)

// ErrHash is wrapped by the error about a file whose SHA-256 is not the one that was given.
var ErrHash = errors.New("wrong SHA-256")

// File is what a file of parameters holds.
type File struct {
	Params   model.Params      // in the order in which they lie in the file
	DTypes   []DType           // the type of each in the file
	Metadata map[string]string // what else the file says; nil if nothing
}

// Read reads a safetensors file. The error names the file, what was found and what was
// expected.
func Read(path string) (*File, error) { return read(path, "") }

// ReadChecked reads a safetensors file of which the SHA-256 is known, in hexadecimal digits.
// The error about another one wraps [ErrHash].
func ReadChecked(path, sha256 string) (*File, error) {
	if len(sha256) != 64 {
		return nil, fmt.Errorf("weights: a SHA-256 of %d digits, want 64", len(sha256))
	}
	return read(path, sha256)
}

func read(path, sum string) (*File, error) {
	file, err := readWith(path, sum, Decode)
	if err != nil {
		return nil, fmt.Errorf("weights: %s: %w", path, err)
	}
	return file, nil
}

// readWith opens a file, checks its hash unless that is empty, and decodes it.
func readWith(path, sum string, decode func(r io.Reader, size int64) (*File, error)) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is no regular file")
	}
	if sum != "" {
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return nil, err
		}
		if found := hex.EncodeToString(h.Sum(nil)); found != strings.ToLower(sum) {
			return nil, fmt.Errorf("%w %s, want %s: it is cut off, changed or another version", ErrHash, found, sum)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
	}
	return decode(f, info.Size())
}

// Decode reads a safetensors file of a number of bytes from r.
func Decode(r io.Reader, size int64) (*File, error) {
	r = bufio.NewReaderSize(io.LimitReader(r, size), int(min(size, 1<<20)))
	var first [8]byte
	if n, err := io.ReadFull(r, first[:]); err != nil {
		return nil, fmt.Errorf("%d bytes: too short for safetensors, which begin with 8 bytes for the header's length", n)
	}
	n := little.Uint64(first[:])
	switch {
	case n > MaxHeader:
		return nil, fmt.Errorf("a header of %d bytes, want %d at most: it is no safetensors file, or a broken one", n, MaxHeader)
	case int64(n) > size-8:
		return nil, fmt.Errorf("a header of %d bytes in a file of %d: it is cut off, or no safetensors file", n, size)
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, fmt.Errorf("the header: %w", err)
	}
	entries, metadata, err := parseHeader(header, uint64(size)-8-n)
	if err != nil {
		return nil, err
	}
	file := &File{Metadata: metadata}
	for _, e := range entries {
		values, err := decode(r, e.dtype, e.count())
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", e.name, err)
		}
		file.add(e.name, e.dtype, e.shape, values)
	}
	return file, nil
}

func (f *File) add(name string, t DType, shape []int, values []float64) {
	f.Params.Layout = append(f.Params.Layout, model.Param{Name: name, Shape: shape})
	f.Params.Values = append(f.Params.Values, values)
	f.DTypes = append(f.DTypes, t)
}

// Write writes parameters as a safetensors file, in their order, as F64 or F32; metadata may
// be nil. After an error, as of a full disk, the path holds what it held before.
func Write(path string, p model.Params, t DType, metadata map[string]string) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return Encode(w, p, t, metadata) })
	if err != nil {
		return fmt.Errorf("weights: writing %s: %w", path, err)
	}
	return nil
}

// Encode writes what [Write] writes to w. The same parameters and metadata give the same bytes.
func Encode(w io.Writer, p model.Params, t DType, metadata map[string]string) error {
	if err := writable(p, t); err != nil {
		return err
	}
	header, err := makeHeader(p.Layout, t, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(little.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, values := range p.Values {
		if err := encode(w, t, values); err != nil {
			return err
		}
	}
	return nil
}

// writable checks parameters before a byte is written.
func writable(p model.Params, t DType) error {
	if _, err := model.NewParams(p.Layout, p.Values); err != nil {
		return err
	}
	if err := fits(t, nil); err != nil {
		return err
	}
	for i, q := range p.Layout {
		if !utf8.ValidString(q.Name) {
			return fmt.Errorf("the name %q is not UTF-8", q.Name)
		}
		if err := fits(t, p.Values[i]); err != nil {
			return fmt.Errorf("parameter %s: %w", q.Name, err)
		}
	}
	return nil
}

// makeHeader returns the JSON of a header, filled up with blanks so that the entries begin at
// a multiple of 8 bytes.
func makeHeader(l model.Layout, t DType, metadata map[string]string) ([]byte, error) {
	type info struct {
		DType   DType  `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	var b bytes.Buffer
	b.WriteByte('{')
	add := func(name string, value any) error {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		text, err := json.Marshal(value)
		b.Write(append(append(key, ':'), text...))
		return err
	}
	if metadata != nil {
		if err := add(metadataName, metadata); err != nil { // in the order of the alphabet
			return nil, err
		}
	}
	at := 0
	for _, p := range l {
		if p.Name == metadataName {
			return nil, fmt.Errorf("a parameter is called %q, which is the format's place for metadata", p.Name)
		}
		end := at + p.Size()*kinds[t].size
		if err := add(p.Name, info{t, append([]int{}, p.Shape...), [2]int{at, end}}); err != nil {
			return nil, err
		}
		at = end
	}
	b.WriteByte('}')
	b.Write(bytes.Repeat([]byte{' '}, -b.Len()&7))
	if b.Len() > MaxHeader {
		return nil, fmt.Errorf("a header of %d bytes, the format has %d at most", b.Len(), MaxHeader)
	}
	return b.Bytes(), nil
}
