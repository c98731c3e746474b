package figure

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
)

// Data that go around go-echarts are, byte for byte, those that JSON would have made of them on the way.
func TestPlainIsWhatJSONReads(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	number := func() value {
		return value((rng.Float64() - 0.5) * math.Pow(10, float64(rng.IntN(600)-300)))
	}
	data := []any{
		[2]value{0, value(math.Copysign(0, -1))}, [2]value{math.MaxFloat64, math.SmallestNonzeroFloat64}, [2]value{1e21, 123456789}, [2]value{1e-7, 0.1 + 0.2},
		object{"value": []value{1, 2, 1. / 3}, "label": object{"formatter": "<½>", "show": true}, "coords": [2][2]value{{0, 0}, {number(), number()}}},
	}
	for range 500 {
		data = append(data, [2]value{number(), number()})
	}
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	var read any
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(read)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(plain(data))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("from byte %d:\n%.80s\nwant\n%.80s", i, got[max(0, i-20):], want[max(0, i-20):])
			}
		}
		t.Fatalf("%d bytes, want %d", len(got), len(want))
	}
	if text, _ := json.Marshal(plain([]any(nil))); string(text) != "null" {
		t.Errorf("no data: %s", text)
	}
}
