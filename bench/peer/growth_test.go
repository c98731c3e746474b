package peer

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Times that are a power of the size have its exponent as slope.
func TestGrowth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results")
	t.Setenv("MARGINALIA_BENCH", path)
	g := Growth{What: "a step", Size: "m"}
	for _, m := range []float64{10, 20, 40, 80} {
		g.Add(m, time.Duration(m*m*1e3), 5*m*m*m, 8*m)
	}
	var out bytes.Buffer
	if err := g.Report(&out); err != nil {
		t.Fatal(err)
	}
	if want := "a step: slope in m of the time 2.00 [2.00, 2.00], of the operations 3.00, of the bytes 1.00\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got Growth
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	const rounding = 1e-9
	if got.Bench != "growth" || math.Abs(got.Slope-2) > rounding || math.Abs(got.Counted-3) > rounding || math.Abs(got.Moved-1) > rounding || got.Micro[3] != 6400 || got.Device == "" {
		t.Errorf("recorded %+v", got)
	}
	two := Growth{What: "a step", Sizes: []float64{1, 2}, Micro: []float64{1, 2}, Operations: []float64{1, 2}, Bytes: []float64{1, 2}}
	if err := two.Report(&out); err == nil {
		t.Error("a slope of two sizes is no error")
	}
}

func TestLeast(t *testing.T) {
	waits := []time.Duration{30 * time.Millisecond, time.Millisecond, 20 * time.Millisecond}
	n := 0
	d, err := Least(3, func() error { time.Sleep(waits[n]); n++; return nil })
	if err != nil || n != 3 || d < waits[1] || d >= waits[2] {
		t.Errorf("%v after %d calls, %v", d, n, err)
	}
	want := errors.New("no")
	if _, err := Least(3, func() error { return want }); !errors.Is(err, want) {
		t.Errorf("error %v", err)
	}
}
