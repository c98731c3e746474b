package federated

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

func TestNormalise(t *testing.T) {
	q := Normalise([]float32{3, -7, 4, -1, 0, -2}, 3)
	if want := []float32{0.6, 0, 0.8, 0, 0, 0}; !slices.Equal(q, want) {
		t.Errorf("queries are %v, want %v: without a positive entry zero, not NaN", q, want)
	}
	if got := Select(q, []float32{0, 1, 0, 1, 0, 0}, 3, nil); !slices.Equal(got, []int{1, 0}) {
		t.Errorf("picked are %v, want the nearer key, and the first for a zero query", got)
	}
}

func TestFactor(t *testing.T) {
	if Factor([]int{0, 0}) != nil {
		t.Error("a factor before anything was picked")
	}
	if got, want := Factor([]int{3, 0, 1}), []float64{0.75 + 5e-4, 5e-4, 0.25 + 5e-4}; gap(got, want) > 1e-15 {
		t.Errorf("the factor is %v, want %v", got, want)
	}
	q := []float32{1, 0} // nearer to the first key, which is taken all the time
	keys := []float32{1, 0.1, 0.1, 1}
	if a, b := Select(q, keys, 2, nil), Select(q, keys, 2, Factor([]int{999, 1})); a[0] != 0 || b[0] != 1 {
		t.Errorf("picked are %v without and %v with the factor, want 0 and 1", a, b)
	}
}

func TestEntropyAndInformation(t *testing.T) {
	for _, c := range []struct {
		counts []int
		want   float64
	}{{[]int{5, 5, 5, 5}, 1}, {[]int{7, 0, 0}, 0}, {[]int{4}, 0}, {[]int{0, 0}, 0}, {[]int{2, 2, 0, 0}, 0.5}} {
		if got := Entropy(c.counts); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("the entropy of %v is %g, want %g", c.counts, got, c.want)
		}
	}
	for _, c := range []struct {
		table [][]int
		want  float64
	}{{[][]int{{3, 0}, {0, 3}}, math.Ln2}, {[][]int{{1, 2}, {2, 4}}, 0}, {[][]int{{5, 0}}, 0}} {
		got, err := Information(c.table)
		if err != nil || math.Abs(got-c.want) > 1e-15 {
			t.Errorf("the information of %v is %g (%v), want %g", c.table, got, err, c.want)
		}
	}
	for _, bad := range [][][]int{{{1}, {1, 2}}, {{-1}}} {
		if _, err := Information(bad); err == nil {
			t.Errorf("no error for %v", bad)
		}
	}
}

// What the graph picks is what the host picks, with and without a factor, but for near ties.
func TestGraphPicks(t *testing.T) {
	s := testSetup(t)
	task := newTask(t, s, testSGPT(), testConfig)
	rng := random.Stream(5, "picks")
	p := task.Start()
	for trial := range 4 {
		keys := p.Get(keysName)
		for i := range keys {
			keys[i] = float64(float32(rng.NormFloat64()))
		}
		e := s.Clients[trial].Test
		features, err := s.Backbone.Features(context.Background(), workerBackend(t), e.X, 1)
		if err != nil {
			t.Fatal(err)
		}
		queries, k32 := Normalise(features, tiny.Dim), make([]float32, len(keys))
		for i, v := range keys {
			k32[i] = float32(v)
		}
		for _, factor := range [][]float64{nil, Factor([]int{5, 50, 20})} {
			seen, err := task.Predict(context.Background(), testPool(t), p, e, Options{Factor: factor})
			if err != nil {
				t.Fatal(err)
			}
			want, cos := Select(queries, k32, tiny.Dim, factor), Cosines(queries, k32, tiny.Dim)
			for i, g := range seen.Group {
				at := func(g int) float64 {
					d := 1 - cos[i*3+g]
					if factor != nil {
						d *= factor[g]
					}
					return d
				}
				if g != want[i] && math.Abs(at(g)-at(want[i])) > 1e-6 {
					t.Errorf("picture %d picks %d in the graph, %d on the host", i, g, want[i])
				}
			}
		}
	}
}
