package weights

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxHeader is the largest header that is read, in bytes; it is the limit of the format's
// authors.
const MaxHeader = 100_000_000

// metadataName is the place of what is no tensor in a header.
const metadataName = "__metadata__"

// entry is what a header says of a tensor.
type entry struct {
	name       string
	dtype      DType
	shape      []int
	begin, end uint64 // bytes behind the header
}

// count is the number of entries of a tensor that passed check.
func (e entry) count() int { return int(e.end-e.begin) / kinds[e.dtype].size }

// parseHeader reads the JSON of a header and checks its tensors against the number of bytes
// that follow it. They are returned in the order in which they lie in the file.
func parseHeader(header []byte, rest uint64) ([]entry, map[string]string, error) {
	if !utf8.Valid(header) {
		return nil, nil, fmt.Errorf("the header is not UTF-8")
	}
	if len(header) == 0 || header[0] != '{' {
		return nil, nil, fmt.Errorf("the header begins with %.20q, want {", header)
	}
	var entries []entry
	var metadata map[string]string
	d := json.NewDecoder(bytes.NewReader(header))
	d.UseNumber()
	err := object(d, "the header", func(name string) (err error) {
		if name == metadataName {
			metadata, err = texts(d)
			return err
		}
		e, err := tensorEntry(d, name)
		entries = append(entries, e)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if tail := bytes.TrimRight(header[d.InputOffset():], " \t\r\n"); len(tail) > 0 {
		return nil, nil, fmt.Errorf("the header goes on after its end with %.20q", tail)
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	return entries, metadata, tile(entries, rest)
}

// object reads a JSON object and hands each name on, with the decoder before its value. A
// name that is there twice is an error, where encoding/json would keep the last.
func object(d *json.Decoder, what string, value func(name string) error) error {
	broken := func(err error) error {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("%s is not JSON: %w", what, err)
	}
	token, err := d.Token()
	if err != nil {
		return broken(err)
	}
	if token != json.Delim('{') {
		return fmt.Errorf("%s is %v, want a JSON object", what, token)
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return broken(err)
		}
		name, isText := token.(string)
		if !isText {
			return fmt.Errorf("%s has %v where a name is expected", what, token)
		}
		if seen[name] {
			return fmt.Errorf("%s has the name %q twice", what, name)
		}
		seen[name] = true
		if err := value(name); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return broken(err)
	}
	return nil
}

// texts reads the metadata, pairs of texts.
func texts(d *json.Decoder) (map[string]string, error) {
	all := map[string]string{}
	err := object(d, metadataName, func(name string) error {
		var text any
		if err := d.Decode(&text); err != nil {
			return fmt.Errorf("%s is not JSON: %w", metadataName, err)
		}
		s, isText := text.(string)
		if !isText {
			return fmt.Errorf("%s has %v for %q, want a text", metadataName, text, name)
		}
		all[name] = s
		return nil
	})
	return all, err
}

// tensorEntry reads what is said of one tensor. Names that the format does not have are
// skipped.
func tensorEntry(d *json.Decoder, name string) (entry, error) {
	e, found := entry{name: name}, map[string]bool{}
	what := fmt.Sprintf("tensor %q", name)
	if name == "" {
		return e, errors.New("a tensor has no name")
	}
	err := object(d, what, func(field string) error {
		var raw any
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("%s is not JSON: %w", what, err)
		}
		found[field] = true
		switch field {
		case "dtype":
			text, _ := raw.(string)
			if e.dtype = DType(text); kinds[e.dtype].size == 0 {
				return fmt.Errorf("%s has the type %v, want one of %s", what, raw, knownTypes())
			}
		case "shape":
			sizes, err := naturals(raw)
			if err != nil {
				return fmt.Errorf("%s: the shape: %w", what, err)
			}
			e.shape = make([]int, len(sizes))
			for i, n := range sizes {
				if e.shape[i] = int(n); e.shape[i] < 0 || uint64(e.shape[i]) != n {
					return fmt.Errorf("%s has an axis of %d entries", what, n)
				}
			}
		case "data_offsets":
			offsets, err := naturals(raw)
			if err != nil || len(offsets) != 2 {
				return fmt.Errorf("%s has the offsets %v, want two numbers from 0 on", what, raw)
			}
			e.begin, e.end = offsets[0], offsets[1]
		}
		return nil
	})
	if err != nil {
		return e, err
	}
	for _, field := range []string{"dtype", "shape", "data_offsets"} {
		if !found[field] {
			return e, fmt.Errorf("%s has no %s", what, field)
		}
	}
	return e, nil
}

func knownTypes() string {
	var names []string
	for _, t := range slices.Sorted(maps.Keys(kinds)) {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

// naturals returns a JSON list of integers from 0 on.
func naturals(raw any) ([]uint64, error) {
	list, isList := raw.([]any)
	if !isList {
		return nil, fmt.Errorf("%v, want a list of integers", raw)
	}
	all := make([]uint64, len(list))
	for i, x := range list {
		number, isNumber := x.(json.Number)
		n, err := strconv.ParseUint(string(number), 10, 64)
		if !isNumber || err != nil {
			return nil, fmt.Errorf("%v, want integers from 0 on", raw)
		}
		all[i] = n
	}
	return all, nil
}

// tile returns an error unless the tensors fill the bytes behind the header without overlap,
// hole or remainder, each with the bytes that its shape and type ask for.
func tile(entries []entry, rest uint64) error {
	at, before := uint64(0), "the header"
	for _, e := range entries {
		switch {
		case e.end < e.begin:
			return fmt.Errorf("tensor %q ends at byte %d before it begins at %d", e.name, e.end, e.begin)
		case e.end > rest:
			return fmt.Errorf("tensor %q ends at byte %d of %d behind the header: the file is cut off", e.name, e.end, rest)
		case e.begin < at:
			return fmt.Errorf("tensor %q begins at byte %d inside of %s, which ends at %d: tensors overlap", e.name, e.begin, before, at)
		case e.begin > at:
			return fmt.Errorf("tensor %q begins at byte %d, but %s ends at %d: there is a hole", e.name, e.begin, before, at)
		}
		need, fits := e.bytes()
		if !fits || need != e.end-e.begin {
			return fmt.Errorf("tensor %q has %d bytes for shape %v of type %s, want %s", e.name, e.end-e.begin, e.shape, e.dtype, needed(need, fits))
		}
		at, before = e.end, fmt.Sprintf("tensor %q", e.name)
	}
	if at != rest {
		return fmt.Errorf("%d bytes behind the last tensor: want none", rest-at)
	}
	return nil
}

// bytes returns how many bytes the shape and the type ask for, if an int64 holds it.
func (e entry) bytes() (n uint64, fits bool) {
	n = uint64(kinds[e.dtype].size)
	for _, d := range e.shape {
		var over uint64
		if over, n = bits.Mul64(n, uint64(d)); over > 0 {
			return 0, false
		}
	}
	return n, n <= math.MaxInt64
}

func needed(n uint64, fits bool) string {
	if !fits {
		return "more than 2⁶³"
	}
	return fmt.Sprint(n)
}
