package weights

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// Arrays of NumPy's making; those that it keeps by columns come in rows.
func TestReadNumPy(t *testing.T) {
	f, err := ReadNPZ("testdata/types.npz")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		dtype  DType
		shape  []int
		values []float64
	}{
		"rows":    {F64, []int{2, 3, 4}, counted(24)},
		"columns": {F64, []int{2, 3, 4}, counted(24)},
		"f32":     {F32, []int{2, 3, 4}, counted(24)},
		"f16":     {F16, []int{2}, []float64{1, -2.5}},
		"i64":     {I64, []int{2}, []float64{-3, 4}},
		"i32":     {I32, []int{1}, []float64{5}},
		"u8":      {U8, []int{1}, []float64{6}},
		"bool":    {Bool, []int{2}, []float64{1, 0}},
		"scalar":  {F64, nil, []float64{0.5}},
	}
	if len(f.Params.Layout) != len(want) {
		t.Errorf("%d arrays, want %d", len(f.Params.Layout), len(want))
	}
	for i, p := range f.Params.Layout {
		w, known := want[p.Name]
		if !known || f.DTypes[i] != w.dtype || !slices.Equal(p.Shape, w.shape) || !slices.Equal(f.Params.Values[i], w.values) {
			t.Errorf("%s: %s %v %v, want %+v", p.Name, f.DTypes[i], p.Shape, f.Params.Values[i], w)
		}
	}
	packed, err := ReadNPZ("testdata/packed.npz")
	if err != nil || !slices.Equal(packed.Params.Get("rows"), slices.Repeat(counted(24), 8)) {
		t.Errorf("packed: %v", err)
	}
	_, err = ReadNPZ("testdata/text.npz")
	saysAll(t, "texts", err, "words", "<U1", "<f4")
	_, err = ReadNPZ("testdata/types.safetensors")
	saysAll(t, "another format", err, "types.safetensors", "no npz")
}

func TestNPZRoundTrip(t *testing.T) {
	p := model.Draw(network.Params(), 1, "weights")
	p.Layout = append(p.Layout, model.Param{Name: "scalar"}, model.Param{Name: "empty", Shape: []int{0, 2}})
	p.Values = append(p.Values, []float64{math.Inf(1)}, nil)
	path := filepath.Join(t.TempDir(), "a.npz")
	if err := WriteNPZ(path, p, F64); err != nil {
		t.Fatal(err)
	}
	f, err := ReadNPZ(path)
	if err != nil || p.Layout.CheckSame(f.Params.Layout) != nil || !slices.Equal(f.Params.Flat(), p.Flat()) {
		t.Errorf("npz changes parameters, %v", err)
	}
}

// archive is a zip of one file.
func archive(t *testing.T, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write([]byte(content))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNPZBroken(t *testing.T) {
	head := func(dict string) string {
		return magic + "\x01\x00" + string(little.AppendUint16(nil, uint16(len(dict)))) + dict
	}
	good := head("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n")
	for _, c := range []struct {
		what, name, content string
		words               []string
	}{
		{"another name", "a.txt", "", []string{"a.txt", "name.npy"}},
		{"no name", ".npy", good + "12345678", []string{"no name"}},
		{"nothing", "a.npy", "", []string{"NUMPY"}},
		{"another magic", "a.npy", "\x93NUMPE\x01\x00", []string{"NUMPE"}},
		{"version 4", "a.npy", magic + "\x04\x00", []string{"version 4"}},
		{"half a header", "a.npy", good[:30], []string{"header"}},
		{"a long header", "a.npy", magic + "\x02\x00\xff\xff\xff\xff", []string{"4294967295"}},
		{"no dictionary", "a.npy", head("x\n"), []string{"'descr'"}},
		{"a record", "a.npy", head("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,), }\n"), []string{"plain type"}},
		{"an object", "a.npy", head("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }\n"), []string{"|O"}},
		{"big end first", "a.npy", head("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n"), []string{">f4"}},
		{"a negative axis", "a.npy", head("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }\n"), []string{"'shape'"}},
		{"an axis of 2^64", "a.npy", head("{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616,), }\n"), []string{"out of range"}},
		{"a product of 2^64", "a.npy", head("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n"), []string{"cut off"}},
		{"too few entries", "a.npy", good + "1234567", []string{"ends after 7 of 8"}},
		{"too many", "a.npy", good + "123456789", []string{"behind", "[2]"}},
	} {
		file := archive(t, c.name, c.content)
		_, err := decodeNPZ(bytes.NewReader(file), int64(len(file)))
		saysAll(t, c.what, err, c.words...)
	}
	file := archive(t, "a.npy", good+"12345678")
	if _, err := decodeNPZ(bytes.NewReader(file), int64(len(file))); err != nil {
		t.Errorf("the whole file: %v", err)
	}
	at := bytes.Index(file, []byte("\x93NUMPY")) // Create compresses: the text may stand nowhere
	if at < 0 {
		at = 50
	}
	file[at+5] ^= 1
	if _, err := decodeNPZ(bytes.NewReader(file), int64(len(file))); err == nil {
		t.Error("a byte that is changed is taken")
	}
}

// A small archive that promises 200 MB of bytes, which would be 1.6 GB of float64, is an error
// before they are read; so is one whose directory lies about the size.
func TestNPZBomb(t *testing.T) {
	const n = 200 << 20
	dict := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d,), }\n", n)
	head := magic + "\x01\x00" + string(little.AppendUint16(nil, uint16(len(dict)))) + dict
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("a.npy")
	if err == nil {
		_, err = io.WriteString(w, head)
	}
	zeros := make([]byte, 1<<20)
	for i := 0; i < n>>20 && err == nil; i++ {
		_, err = w.Write(zeros)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	bomb := b.Bytes()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = decodeNPZ(bytes.NewReader(bomb), int64(len(bomb)))
	runtime.ReadMemStats(&after)
	saysAll(t, "a bomb", err, `"a"`, fmt.Sprint(n), fmt.Sprint(8*n), "without compression")
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("it took %d bytes", took)
	}

	good := "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
	file := archive(t, "a.npy", magic+"\x01\x00"+string(little.AppendUint16(nil, uint16(len(good))))+good+"12345678")
	at := bytes.LastIndex(file, []byte("PK\x01\x02")) + 24 // the size without compression
	little.PutUint32(file[at:], little.Uint32(file[at:])+1<<20)
	_, err = decodeNPZ(bytes.NewReader(file), int64(len(file)))
	saysAll(t, "a directory that lies", err, "behind", "[2]")
}

// Two arrays share what an archive may take.
func TestNPZRoom(t *testing.T) {
	const dict = "{'descr': '<f8', 'fortran_order': True, 'shape': (3, 2), }\n"
	content := magic + "\x01\x00" + string(little.AppendUint16(nil, uint16(len(dict)))) + dict + strings.Repeat("\x00", 48)
	file := archive(t, "a.npy", content)
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	room, f := uint64(96+48), &File{}
	for i, want := range []string{"", "", "has 48 left"} { // 96 bytes while it is brought into rows, 48 then
		err := f.addNPY(z.File[0], fmt.Sprint(i), &room)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("array %d: %v, want %q", i, err, want)
		}
	}
}

// Any bytes are an error or arrays, and no panic.
func FuzzNPZ(f *testing.F) {
	for _, path := range []string{"testdata/types.npz", "testdata/packed.npz"} {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := decodeNPZ(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return
		}
		if _, err := model.NewParams(file.Params.Layout, file.Params.Values); err != nil {
			t.Fatal(err)
		}
	})
}
