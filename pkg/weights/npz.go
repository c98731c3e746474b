package weights

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/atomicfile"
	"github.com/marginalia-ml/marginalia/pkg/model"
)

// magic begins an array of NumPy (NumPy Enhancement Proposal 1, "A Simple File Format for
// NumPy Arrays"); the version and the length of the header follow.
const magic = "\x93NUMPY"

// npyTypes are NumPy's words for the types; all that have more than a byte have the little
// end first.
var npyTypes = map[string]DType{
	"<f8": F64, "<f4": F32, "<f2": F16, "<i8": I64, "<i4": I32, "|u1": U8, "|b1": Bool,
}

// npyHeader is the dictionary of an array, as NumPy writes it.
var npyHeader = regexp.MustCompile(`^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(((?:\d+, ?)*\d*)\), ?\} *\n$`)

// ReadNPZ reads the arrays of an npz file, which NumPy's savez and savez_compressed write, as
// parameters of their names. What NumPy keeps column by column is brought into rows.
//
// An archive whose arrays would take more than 256 MiB of memory and more than 64 times its
// own size, at 8 bytes an entry, is an error before an entry is read: a few kilobytes of a
// compressed file can promise gigabytes. Large arrays that compress that well are written
// without compression, by NumPy's savez.
func ReadNPZ(path string) (*File, error) {
	file, err := readWith(path, "", func(r io.Reader, size int64) (*File, error) {
		return decodeNPZ(r.(io.ReaderAt), size)
	})
	if err != nil {
		return nil, fmt.Errorf("weights: %s: %w", path, err)
	}
	return file, nil
}

func decodeNPZ(r io.ReaderAt, size int64) (*File, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("is no npz file: %w", err)
	}
	file, room := &File{}, max(leastRoom, 64*uint64(size))
	for _, f := range archive.File {
		name, isArray := strings.CutSuffix(f.Name, ".npy")
		if !isArray {
			return nil, fmt.Errorf("%q in the archive, want arrays called name.npy", f.Name)
		}
		if err := file.addNPY(f, name, &room); err != nil {
			return nil, fmt.Errorf("array %q: %w", name, err)
		}
	}
	if err := file.Params.Layout.Check(); err != nil {
		return nil, err
	}
	return file, nil
}

// leastRoom is the memory that any archive may take.
const leastRoom = 256 << 20

// addNPY reads one array of an archive, whose entries take their part of room.
func (f *File) addNPY(z *zip.File, name string, room *uint64) error {
	r, err := z.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	head := &counter{r: r}
	t, shape, byColumn, err := readNPYHeader(head)
	if err != nil {
		return err
	}
	bytes, ok := entry{dtype: t, shape: shape}.bytes()
	n, rest := bytes/uint64(kinds[t].size), z.UncompressedSize64-min(head.n, z.UncompressedSize64)
	switch {
	case !ok:
		return fmt.Errorf("shape %v of type %s in %d bytes: it is cut off", shape, t, rest)
	case bytes > rest:
		return fmt.Errorf("ends after %d of %d bytes, which shape %v of type %s takes: it is cut off", rest, bytes, shape, t)
	case bytes < rest:
		return fmt.Errorf("%d bytes behind the %d entries of shape %v", rest-bytes, n, shape)
	}
	need := 8 * n
	if byColumn {
		need *= 2 // while they are brought into rows
	}
	if need/8 < n || need > *room {
		return fmt.Errorf("shape %v takes %d bytes of memory, of which an archive of this size has %d left: if it is meant, write it without compression", shape, need, *room)
	}
	*room -= 8 * n
	values, err := decode(r, t, int(n))
	if err != nil {
		return err
	}
	switch _, err := io.ReadFull(r, make([]byte, 1)); {
	case err == nil:
		return fmt.Errorf("bytes behind the %d entries of shape %v", n, shape)
	case !errors.Is(err, io.EOF): // where a checksum of the archive is wrong
		return err
	}
	if byColumn {
		values = rowsFirst(values, shape)
	}
	f.add(name, t, shape, values)
	return nil
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n uint64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += uint64(n)
	return n, err
}

// readNPYHeader reads the head of an array: its type, its shape, and whether the first axis
// is the first to vary.
func readNPYHeader(r io.Reader) (t DType, shape []int, byColumn bool, err error) {
	first := make([]byte, len(magic)+2)
	if _, err := io.ReadFull(r, first); err != nil || string(first[:len(magic)]) != magic {
		return "", nil, false, fmt.Errorf("begins with %.8q, want %q and a version", first, magic)
	}
	length := make([]byte, 2)
	switch version := first[len(magic)]; version {
	case 1:
	case 2, 3:
		length = make([]byte, 4)
	default:
		return "", nil, false, fmt.Errorf("version %d of npy, want 1, 2 or 3", version)
	}
	if _, err := io.ReadFull(r, length); err != nil {
		return "", nil, false, fmt.Errorf("the length of the header: %w", err)
	}
	n := little.Uint32(append(length, 0, 0)[:4])
	const longest = 1 << 16 // of the header of an array without fields
	if n > longest {
		return "", nil, false, fmt.Errorf("a header of %d bytes, want %d at most", n, longest)
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(r, header); err != nil {
		return "", nil, false, fmt.Errorf("the header: %w", err)
	}
	found := npyHeader.FindSubmatch(header)
	if found == nil {
		return "", nil, false, fmt.Errorf("the header is %.120q, want {'descr': ..., 'fortran_order': ..., 'shape': ...} with a plain type", header)
	}
	t, known := npyTypes[string(found[1])]
	if !known {
		return "", nil, false, fmt.Errorf("type %q, want one of <f8, <f4, <f2, <i8, <i4, |u1 and |b1", found[1])
	}
	for axis := range strings.FieldsFuncSeq(string(found[3]), func(r rune) bool { return r == ',' || r == ' ' }) {
		d, err := strconv.Atoi(axis)
		if err != nil {
			return "", nil, false, fmt.Errorf("the shape (%s): %w", found[3], err)
		}
		shape = append(shape, d)
	}
	return t, shape, string(found[2]) == "True", nil
}

// rowsFirst brings entries of which the first axis varies first into the order in which the
// last does.
func rowsFirst(values []float64, shape []int) []float64 {
	out := make([]float64, len(values))
	index := make([]int, len(shape)) // of the entry in values
	for _, x := range values {
		to := 0
		for axis, i := range index {
			to = to*shape[axis] + i
		}
		out[to] = x
		for axis := range index {
			if index[axis]++; index[axis] < shape[axis] {
				break
			}
			index[axis] = 0
		}
	}
	return out
}

// WriteNPZ writes parameters as an npz file without compression, in their order, as F64 or
// F32. After an error the path holds what it held before.
func WriteNPZ(path string, p model.Params, t DType) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return encodeNPZ(w, p, t) })
	if err != nil {
		return fmt.Errorf("weights: writing %s: %w", path, err)
	}
	return nil
}

func encodeNPZ(w io.Writer, p model.Params, t DType) error {
	if err := writable(p, t); err != nil {
		return err
	}
	archive := zip.NewWriter(w)
	for i, q := range p.Layout {
		f, err := archive.CreateHeader(&zip.FileHeader{Name: q.Name + ".npy", Method: zip.Store})
		if err != nil {
			return err
		}
		if _, err := io.WriteString(f, makeNPYHeader(q.Shape, t)); err != nil {
			return err
		}
		if err := encode(f, t, p.Values[i]); err != nil {
			return err
		}
	}
	return archive.Close()
}

// makeNPYHeader returns the head of an array in version 1, filled up so that the entries
// begin at a multiple of 64 bytes.
func makeNPYHeader(shape []int, t DType) string {
	sizes := ""
	for _, d := range shape {
		sizes += fmt.Sprintf("%d, ", d)
	}
	if len(shape) > 1 {
		sizes = strings.TrimSuffix(sizes, ", ")
	} else {
		sizes = strings.TrimSuffix(sizes, " ") // (3,) is a tuple of one, () of none
	}
	word := map[DType]string{F64: "<f8", F32: "<f4"}[t]
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", word, sizes)
	const before = len(magic) + 4 // and the version and the length
	dict += strings.Repeat(" ", -(before+len(dict)+1)&63) + "\n"
	return magic + "\x01\x00" + string(little.AppendUint16(nil, uint16(len(dict)))) + dict
}
