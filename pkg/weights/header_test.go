package weights

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// raw is a file of a header and a number of zero bytes behind it.
func raw(header string, rest int) []byte {
	return append(append(little.AppendUint64(nil, uint64(len(header))), header...), make([]byte, rest)...)
}

const (
	a4 = `"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`
	b4 = `"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}`
)

// Every rule of the format, broken alone, is an error that says which.
func TestHeaderRules(t *testing.T) {
	good := raw("{"+a4+","+b4+"}", 8)
	if _, err := Decode(bytes.NewReader(good), int64(len(good))); err != nil {
		t.Fatal(err)
	}
	tensor := func(fields string) string { return `{"a":{` + fields + `}}` }
	of := func(dtype, shape string, begin, end uint64) string {
		return tensor(fmt.Sprintf(`"dtype":"%s","shape":%s,"data_offsets":[%d,%d]`, dtype, shape, begin, end))
	}
	long := little.AppendUint64(nil, MaxHeader+1)
	for _, c := range []struct {
		what  string
		file  []byte
		words []string
	}{
		{"nothing", nil, []string{"0 bytes", "too short"}},
		{"seven bytes", good[:7], []string{"7 bytes", "too short"}},
		{"a header too large", append(long, make([]byte, 100)...), []string{"100000001", "100000000 at most"}},
		{"a huge header", bytes.Repeat([]byte{0xff}, 20), []string{"18446744073709551615"}},
		{"a header beyond the file", good[:40], []string{"header of 107 bytes", "file of 40"}},
		{"no header", raw("", 0), []string{"want {"}},
		{"no JSON", raw("{not JSON}", 0), []string{"not JSON"}},
		{"JSON that is cut off", raw("{"+a4, 4), []string{"not JSON"}},
		{"JSON without the end of a tensor", raw(`{"a":{"dtype":"F32"`, 4), []string{`tensor "a" is not JSON`}},
		{"a list", raw("[]", 0), []string{"want {"}},
		{"a blank first", raw(" {}", 0), []string{"want {"}},
		{"two objects", raw("{}{}", 0), []string{"goes on", "{}"}},
		{"a zero behind", raw("{}\x00", 0), []string{"goes on"}},
		{"no UTF-8", raw("{\"\xff\":1}", 0), []string{"not UTF-8"}},
		{"a name twice", raw("{"+a4+`,"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), []string{`"a" twice`}},
		{"a field twice", raw(tensor(`"dtype":"F32","dtype":"F64","shape":[1],"data_offsets":[0,4]`), 4), []string{`"dtype" twice`}},
		{"metadata twice", raw(`{"__metadata__":{},"__metadata__":{}}`, 0), []string{`"__metadata__" twice`}},
		{"metadata that are numbers", raw(`{"__metadata__":{"k":1}}`, 0), []string{`"k"`, "want a text"}},
		{"metadata that are a text", raw(`{"__metadata__":"k"}`, 0), []string{"want a JSON object"}},
		{"an empty name", raw(`{"":{}}`, 0), []string{"no name"}},
		{"a tensor that is a number", raw(`{"a":1}`, 0), []string{`"a" is 1`, "want a JSON object"}},
		{"no type", raw(tensor(`"shape":[1],"data_offsets":[0,4]`), 4), []string{"no dtype"}},
		{"no shape", raw(tensor(`"dtype":"F32","data_offsets":[0,4]`), 4), []string{"no shape"}},
		{"no offsets", raw(tensor(`"dtype":"F32","shape":[1]`), 4), []string{"no data_offsets"}},
		{"other letters", raw(tensor(`"DTYPE":"F32","shape":[1],"data_offsets":[0,4]`), 4), []string{"no dtype"}},
		{"an unknown type", raw(of("F8_E4M3", "[4]", 0, 4), 4), []string{"F8_E4M3", "BF16", "U8"}},
		{"a type that is a number", raw(tensor(`"dtype":5,"shape":[1],"data_offsets":[0,4]`), 4), []string{"type 5"}},
		{"a negative axis", raw(of("F32", "[-1]", 0, 4), 4), []string{"[-1]", "from 0 on"}},
		{"a broken axis", raw(of("F32", "[1.5]", 0, 4), 4), []string{"1.5"}},
		{"an axis as text", raw(of("F32", `["1"]`, 0, 4), 4), []string{"from 0 on"}},
		{"a shape that is a number", raw(of("F32", "1", 0, 4), 4), []string{"want a list"}},
		{"an axis too long", raw(of("F32", "[9223372036854775808]", 0, 4), 4), []string{"axis of 9223372036854775808"}},
		{"an axis of 2^64", raw(of("F32", "[18446744073709551616]", 0, 4), 4), []string{"from 0 on"}},
		{"a product of 2^64", raw(of("F32", "[4294967296,4294967296]", 0, 0), 0), []string{"more than 2⁶³"}},
		{"a product of 2^64, then 0", raw(of("U8", "[4294967296,4294967296,0]", 0, 0), 0), []string{"more than 2⁶³"}},
		{"three offsets", raw(tensor(`"dtype":"F32","shape":[1],"data_offsets":[0,4,8]`), 4), []string{"two numbers"}},
		{"offsets turned round", raw(of("F32", "[1]", 4, 0), 4), []string{"ends at byte 0"}},
		{"an end beyond the file", raw(of("F32", "[2]", 0, 8), 4), []string{"byte 8 of 4", "cut off"}},
		{"an end of 2^64", raw(of("F32", "[1]", 0, math.MaxUint64), 4), []string{"cut off"}},
		{"too few bytes for the shape", raw(of("F32", "[2]", 0, 4), 4), []string{"4 bytes", "[2]", "want 8"}},
		{"too many", raw(of("F32", "[]", 0, 8), 8), []string{"8 bytes", "want 4"}},
		{"another size of type", raw(of("F64", "[1]", 0, 4), 4), []string{"want 8"}},
		{"an overlap", raw("{"+a4+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, 6), []string{`"b" begins at byte 2`, "overlap"}},
		{"the same bytes twice", raw("{"+a4+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), []string{"overlap"}},
		{"a hole", raw("{"+a4+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, 12), []string{`"b" begins at byte 8`, "hole"}},
		{"a hole first", raw("{"+b4+"}", 8), []string{"the header ends at 0", "hole"}},
		{"bytes behind", raw("{"+a4+"}", 5), []string{"1 bytes behind"}},
		{"bytes behind nothing", raw("{}", 3), []string{"3 bytes behind"}},
		{"a truth value of 2", append(raw(of("BOOL", "[2]", 0, 2), 0), 1, 2), []string{`"a"`, "entry 1", "byte 2"}},
		{"an integer that is not exact", append(raw(of("I64", "[1]", 0, 8), 0), 1, 0, 0, 0, 0, 0, 0x20, 0), []string{"9007199254740993", "2⁵³"}},
	} {
		_, err := Decode(bytes.NewReader(c.file), int64(len(c.file)))
		saysAll(t, c.what, err, c.words...)
	}
}

// What the format allows: fields of tomorrow, tensors without entries in between, blanks and
// line ends behind the header, metadata that are null.
func TestHeaderTolerance(t *testing.T) {
	empty := `"e%d":{"dtype":"F32","shape":[0],"data_offsets":[%d,%d]}`
	for _, header := range []string{
		"{}", "{}  \n\t", "{ " + a4 + " ,\n" + b4 + "}",
		"{" + b4 + "," + a4 + "}",
		"{" + a4 + "," + fmt.Sprintf(empty, 0, 4, 4) + "," + b4 + "," + fmt.Sprintf(empty, 1, 8, 8) + "," + fmt.Sprintf(empty, 2, 0, 0) + "}",
		`{"a":{"strides":[1,{"x":null}],"shape":[1],"data_offsets":[0,4],"dtype":"F32"},` + b4 + "}",
	} {
		rest := 0
		if strings.Contains(header, "data_offsets") {
			rest = 8
		}
		file := raw(header, rest)
		if _, err := Decode(bytes.NewReader(file), int64(len(file))); err != nil {
			t.Errorf("%s: %v", header, err)
		}
	}
}

// A file that is cut off at any byte is an error, and so is one that shrinks while it is read.
func TestCutOff(t *testing.T) {
	whole, err := os.ReadFile("testdata/types.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cut.safetensors")
	for n := range whole {
		if _, err := Decode(bytes.NewReader(whole[:n]), int64(n)); err == nil {
			t.Fatalf("%d of %d bytes are taken", n, len(whole))
		}
		if _, err := Decode(bytes.NewReader(whole[:n]), int64(len(whole))); err == nil {
			t.Fatalf("%d bytes that were %d are taken", n, len(whole))
		}
	}
	if err := os.WriteFile(path, whole[:500], 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Read(path)
	saysAll(t, "a file that is cut off", err, path, "cut off")
}

// A header that promises much takes no memory for it.
func TestPromises(t *testing.T) {
	const n = 1 << 45
	header := fmt.Sprintf(`{"a":{"dtype":"F64","shape":[%d],"data_offsets":[0,%d]}}`, n, n*8)
	file := raw(header, 100)
	_, err := Decode(bytes.NewReader(file), int64(8+len(header))+n*8)
	saysAll(t, "32 TB", err, "ends after 100 of", "281474976710656")
}

// Half precision against its definition, (-1)^s 2^(e-15) (1 + m/1024), for all its numbers.
func TestHalf(t *testing.T) {
	for i := range 1 << 16 {
		bits := uint16(i)
		sign, e, m := 1-2*float64(bits>>15), int(bits>>10&31), float64(bits&1023)
		want := sign * math.Ldexp(1024+m, e-25)
		switch {
		case e == 0:
			want = sign * math.Ldexp(m, -24)
		case e == 31 && m == 0:
			want = math.Inf(int(sign))
		case e == 31:
			want = math.NaN()
		}
		got, err := kinds[F16].of(little.AppendUint16(nil, bits))
		if err != nil || !(got == want && math.Signbit(got) == math.Signbit(want) || math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("%#04x is %g, %v, want %g", bits, got, err, want)
		}
	}
}

// Any header before any bytes is an error or a file that, written as F64, reads as the same.
func FuzzDecode(f *testing.F) {
	whole, err := os.ReadFile("testdata/types.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	n := little.Uint64(whole)
	f.Add(whole[8:8+n], whole[8+n:])
	f.Add([]byte("{"+a4+","+b4+"}"), make([]byte, 8))
	f.Add([]byte(`{"__metadata__":{"k":"v"}}  `), []byte{})
	f.Add([]byte(`{"a":{"dtype":"I64","shape":[0,2],"data_offsets":[0,0]}}`), []byte{})
	f.Fuzz(func(t *testing.T, header, rest []byte) {
		content := append(raw(string(header), 0), rest...)
		file, err := Decode(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return
		}
		if _, err := model.NewParams(file.Params.Layout, file.Params.Values); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := Encode(&b, file.Params, F64, file.Metadata); err != nil {
			t.Fatal(err)
		}
		again, err := Decode(&b, int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Params.Layout.CheckSame(again.Params.Layout); err != nil {
			t.Fatal(err)
		}
		if !same(file.Params.Flat(), again.Params.Flat()) {
			t.Fatal("values change")
		}
	})
}
