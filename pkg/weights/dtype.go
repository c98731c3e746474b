package weights

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
)

// DType is the type of the entries of a tensor in a file, in the words of safetensors.
type DType string

// The types that are read. Only F64 and F32 are written.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"  // IEEE half precision
	BF16 DType = "BF16" // the upper half of an F32
	I64  DType = "I64"
	I32  DType = "I32"
	U8   DType = "U8"
	Bool DType = "BOOL" // a byte, 0 or 1
)

// kind is how entries of a type lie in a file.
type kind struct {
	size int
	of   func(b []byte) (float64, error)
}

// exact is the largest integer up to which float64 has all of them.
const exact = 1 << 53

var kinds = map[DType]kind{
	F64:  {8, func(b []byte) (float64, error) { return math.Float64frombits(little.Uint64(b)), nil }},
	F32:  {4, func(b []byte) (float64, error) { return float64(math.Float32frombits(little.Uint32(b))), nil }},
	F16:  {2, func(b []byte) (float64, error) { return float16.FromBits(little.Uint16(b)).Float64(), nil }},
	BF16: {2, func(b []byte) (float64, error) { return bfloat16.BFloat16(little.Uint16(b)).Float64(), nil }},
	I32:  {4, func(b []byte) (float64, error) { return float64(int32(little.Uint32(b))), nil }},
	U8:   {1, func(b []byte) (float64, error) { return float64(b[0]), nil }},
	I64: {8, func(b []byte) (float64, error) {
		x := int64(little.Uint64(b))
		if x > exact || x < -exact {
			return 0, fmt.Errorf("the integer %d is beyond 2⁵³ and not exact in float64", x)
		}
		return float64(x), nil
	}},
	Bool: {1, func(b []byte) (float64, error) {
		if b[0] > 1 {
			return 0, fmt.Errorf("the byte %d for a truth value, want 0 or 1", b[0])
		}
		return float64(b[0]), nil
	}},
}

var little = binary.LittleEndian

// chunk is how many entries are converted at a time.
const chunk = 1 << 16

// decode reads n entries. It takes memory as they arrive, so that a header that promises
// more than there is costs nothing.
func decode(r io.Reader, t DType, n int) ([]float64, error) {
	k, known := kinds[t]
	if !known {
		panic(fmt.Sprintf("weights: decode of type %q", t))
	}
	buffer := make([]byte, min(n, chunk)*k.size)
	values := make([]float64, 0, min(n, 16*chunk))
	for len(values) < n {
		part := buffer[:min(n-len(values), chunk)*k.size]
		if got, err := io.ReadFull(r, part); err != nil {
			return nil, fmt.Errorf("ends after %d of %d bytes: %w", len(values)*k.size+got, n*k.size, io.ErrUnexpectedEOF)
		}
		for ; len(part) > 0; part = part[k.size:] {
			x, err := k.of(part)
			if err != nil {
				return nil, fmt.Errorf("entry %d: %w", len(values), err)
			}
			values = append(values, x)
		}
	}
	return slices.Clip(values), nil
}

// fits returns an error unless values can be written as a type: a number that float32 would
// turn into an infinity is refused.
func fits(t DType, values []float64) error {
	switch t {
	case F64:
		return nil
	case F32:
		for i, x := range values {
			if math.IsInf(float64(float32(x)), 0) && !math.IsInf(x, 0) {
				return fmt.Errorf("entry %d is %g, beyond the largest float32: write it as F64", i, x)
			}
		}
		return nil
	}
	return fmt.Errorf("type %q cannot be written: want F64 or F32", t)
}

// encode writes entries as F64 or, rounded, as F32.
func encode(w io.Writer, t DType, values []float64) error {
	buffer := make([]byte, 0, min(len(values), chunk)*kinds[t].size)
	for part := range slices.Chunk(values, chunk) {
		buffer = buffer[:0]
		for _, x := range part {
			if t == F64 {
				buffer = little.AppendUint64(buffer, math.Float64bits(x))
			} else {
				buffer = little.AppendUint32(buffer, math.Float32bits(float32(x)))
			}
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	return nil
}
