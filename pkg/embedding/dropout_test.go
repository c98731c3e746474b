package embedding

import (
	"math"
	"slices"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// The share of zeros is the rate, the mean stays, and nothing but word embeddings changes.
func TestDropout(t *testing.T) {
	e, _ := small(t)
	p := e.Params.Clone()
	p.Values[0] = slices.Repeat([]float64{2}, len(p.Values[0]))
	zeros, total := 0, 0.0
	const draws = 100
	for k := range draws {
		q := testkit.Must(Dropout(p, 0.3, testkit.Rand(uint64(k))))(t)
		for _, v := range q.Values[0] {
			if v == 0 {
				zeros++
			} else {
				testkit.Near(t, "a kept entry", v, 2/0.7, 1e-15)
			}
			total += v
		}
		for i := range p.Values[1:] {
			if !slices.Equal(p.Values[i+1], q.Values[i+1]) {
				t.Fatalf("%s has changed", p.Layout[i+1].Name)
			}
		}
	}
	n := float64(draws * len(p.Values[0]))
	testkit.Near(t, "share of zeros", float64(zeros)/n, 0.3, 6*math.Sqrt(0.21/n))
	testkit.Near(t, "mean", total/n, 2, 6*2*math.Sqrt(0.3/0.7/n))
	if q := testkit.Must(Dropout(p, 0, testkit.Rand(1)))(t); !slices.Equal(q.Values[0], p.Values[0]) {
		t.Error("dropout of nothing changes something")
	}
	_, err := Dropout(p, 1, testkit.Rand(1))
	fails(t, err, "dropout of 1")
	q := p.Clone()
	q.Layout = slices.Clone(q.Layout)[1:]
	_, err = Dropout(q, 0.1, testkit.Rand(1))
	fails(t, err, "embeddings.word_embeddings.weight")
}
