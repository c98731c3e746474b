package weights

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

func saysAll(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("%s: error %v, want one with %q", what, err, w)
		}
	}
}

// counted are the numbers -1, -7/8, ... of make.py.
func counted(n int) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = float64(i)/8 - 1
	}
	return all
}

// same compares with NaN equal to NaN.
func same(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) })
}

// A file that the format's own library made, all types, comes with names, shapes, types and
// values that make.py says.
func TestReadOthers(t *testing.T) {
	f, err := Read("testdata/types.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		dtype  DType
		shape  []int
		values []float64
	}{
		"f64":            {F64, []int{2, 3, 4}, counted(24)},
		"f32":            {F32, []int{2, 3, 4}, counted(24)},
		"f16":            {F16, []int{7}, []float64{0, 1, -2.5, 65504, 0x1p-24, math.Inf(1), math.NaN()}},
		"bf16":           {BF16, []int{3}, []float64{1, -2.5, 0x1.C4p127}}, // seven bits behind the point of 3e38
		"i64":            {I64, []int{1, 2}, []float64{-1 << 53, 1 << 53}},
		"i32":            {I32, []int{2}, []float64{math.MinInt32, math.MaxInt32}},
		"u8":             {U8, []int{2}, []float64{0, 255}},
		"bool":           {Bool, []int{3}, []float64{1, 0, 1}},
		"scalar":         {F32, nil, []float64{0.5}},
		"empty":          {F32, []int{0, 3}, nil},
		"blocks.0.ébène": {F64, []int{1}, []float64{1}},
	}
	if len(f.Params.Layout) != len(want) {
		t.Errorf("%d tensors, want %d", len(f.Params.Layout), len(want))
	}
	for i, p := range f.Params.Layout {
		w, known := want[p.Name]
		if !known || f.DTypes[i] != w.dtype || !slices.Equal(p.Shape, w.shape) || !same(f.Params.Values[i], w.values) {
			t.Errorf("%s: %s %v %v, want %+v", p.Name, f.DTypes[i], p.Shape, f.Params.Values[i], w)
		}
	}
	if m := (map[string]string{"format": "np", "note": "made by make.py"}); !reflect.DeepEqual(f.Metadata, m) {
		t.Errorf("metadata %v, want %v", f.Metadata, m)
	}
}

var network = model.MLP{Widths: []int{3, 70, 2}, Activation: "relu"}

// float64 comes back bit for bit, with special values, float32 rounded; writing again gives
// the same bytes.
func TestRoundTrip(t *testing.T) {
	p := model.Draw(network.Params(), 1, "weights")
	copy(p.Values[0], []float64{math.NaN(), math.Inf(-1), math.Copysign(0, -1), math.MaxFloat32, 0x1p-149, 0x1p-1074})
	p.Layout = append(p.Layout, model.Param{Name: "scalar"}, model.Param{Name: "empty", Shape: []int{0, 2}}, model.Param{Name: `<"é\>`, Shape: []int{1}})
	p.Values = append(p.Values, []float64{3}, nil, []float64{4})
	path := filepath.Join(t.TempDir(), "a.safetensors")
	for dtype, round := range map[DType]func(float64) float64{
		F64: func(x float64) float64 { return x },
		F32: func(x float64) float64 { return float64(float32(x)) },
	} {
		meta := map[string]string{"b": "2", "a": "1\n"}
		if err := Write(path, p, dtype, meta); err != nil {
			t.Fatal(err)
		}
		f, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Layout.CheckSame(f.Params.Layout); err != nil || !reflect.DeepEqual(f.Metadata, meta) {
			t.Errorf("%s: layout %v, metadata %v", dtype, err, f.Metadata)
		}
		for i, values := range p.Values {
			for j, x := range values {
				if got, want := math.Float64bits(f.Params.Values[i][j]), math.Float64bits(round(x)); got != want && !math.IsNaN(x) {
					t.Errorf("%s: %s[%d] is %x, want %x", dtype, p.Layout[i].Name, j, got, want)
				}
			}
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := Encode(&again, f.Params, dtype, meta); err != nil || !bytes.Equal(again.Bytes(), before) {
			t.Errorf("%s: written again the bytes differ, %v", dtype, err)
		}
		if n := little.Uint64(before); n%8 != 0 {
			t.Errorf("%s: a header of %d bytes, want a multiple of 8", dtype, n)
		}
	}
}

// More entries than are converted at a time.
func TestLong(t *testing.T) {
	n := 3*chunk + 17
	p := model.FromFlat(model.Layout{{Name: "long", Shape: []int{n}}}, counted(n))
	var b bytes.Buffer
	if err := Encode(&b, p, F64, nil); err != nil {
		t.Fatal(err)
	}
	f, err := Decode(&b, int64(b.Len()))
	if err != nil || !slices.Equal(f.Params.Flat(), p.Flat()) || f.Metadata != nil {
		t.Errorf("%d entries change, %v", n, err)
	}
}

func TestHash(t *testing.T) {
	const path = "testdata/types.safetensors"
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	right := hex.EncodeToString(sum[:])
	for _, s := range []string{right, strings.ToUpper(right)} {
		if f, err := ReadChecked(path, s); err != nil || len(f.Params.Layout) == 0 {
			t.Errorf("with the right hash: %v", err)
		}
	}
	_, err = ReadChecked(path, strings.Repeat("0", 64))
	if !errors.Is(err, ErrHash) {
		t.Errorf("error %v, want ErrHash", err)
	}
	saysAll(t, "another hash", err, path, right)
	_, err = ReadChecked(path, "ab")
	saysAll(t, "a short hash", err, "2 digits")
}

func TestPlaces(t *testing.T) {
	_, err := Read("testdata/missing.safetensors")
	saysAll(t, "a missing file", err, "missing.safetensors", "no such file")
	_, err = Read("testdata")
	saysAll(t, "a folder", err, "no regular file")
}

// What cannot be written is refused, and what was there stays.
func TestWriteRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.safetensors")
	one := func(name string, x float64) model.Params {
		return model.FromFlat(model.Layout{{Name: name, Shape: []int{1}}}, []float64{x})
	}
	if err := Write(path, one("a", 1), F32, nil); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	twice := one("a", 1)
	twice.Layout, twice.Values = append(twice.Layout, twice.Layout[0]), append(twice.Values, twice.Values[0])
	short := one("a", 1)
	short.Values[0] = nil
	for _, c := range []struct {
		what  string
		p     model.Params
		t     DType
		words []string
	}{
		{"too large for float32", one("big", 1e300), F32, []string{"big", "1e+300", "F64"}},
		{"half precision", one("a", 1), F16, []string{"F16", "F64 or F32"}},
		{"the name of metadata", one(metadataName, 1), F32, []string{metadataName}},
		{"no UTF-8", one("a\xff", 1), F32, []string{"UTF-8"}},
		{"a name twice", twice, F32, []string{`"a"`}},
		{"too few values", short, F32, []string{"0 values", "want 1"}},
	} {
		err := Write(path, c.p, c.t, nil)
		saysAll(t, c.what, err, append(c.words, path)...)
		if c.p.Layout[0].Name != metadataName { // which is a name like others in npz
			saysAll(t, c.what, WriteNPZ(path, c.p, c.t), c.words[:1]...)
		}
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, before) {
		t.Errorf("a refusal changed the file, %v", err)
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
		t.Errorf("the folder holds %v, %v", all, err)
	}
}

// full is a disk that takes n bytes.
type full struct{ n int }

var errFull = errors.New("no space left on device")

func (f *full) Write(b []byte) (int, error) {
	if f.n -= len(b); f.n < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// At whatever byte a disk is full, the error comes back.
func TestFullDisk(t *testing.T) {
	p := model.Draw(network.Params(), 1, "weights")
	var whole bytes.Buffer
	if err := Encode(&whole, p, F32, nil); err != nil {
		t.Fatal(err)
	}
	for n := range whole.Len() {
		if err := Encode(&full{n}, p, F32, nil); !errors.Is(err, errFull) {
			t.Fatalf("a disk of %d bytes: error %v", n, err)
		}
	}
	if err := Encode(&full{whole.Len()}, p, F32, nil); err != nil {
		t.Error(err)
	}
	for n := range 2000 { // the archive's directory comes last
		if err := encodeNPZ(&full{n}, p, F32); !errors.Is(err, errFull) {
			t.Fatalf("npz, a disk of %d bytes: error %v", n, err)
		}
	}
}

func ExampleWrite() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	net := model.MLP{Widths: []int{2, 3, 1}, Activation: "tanh"}
	path := filepath.Join(dir, "net.safetensors")
	if err := Write(path, model.Draw(net.Params(), 1, "weights"), F32, map[string]string{"format": "pt"}); err != nil {
		fmt.Println(err)
		return
	}
	f, err := Read(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, p := range f.Params.Layout {
		fmt.Println(p.Name, p.Shape, f.DTypes[i])
	}
	// Output:
	// 0.w [2 3] F32
	// 0.b [3] F32
	// 1.w [3 1] F32
	// 1.b [1] F32
}
