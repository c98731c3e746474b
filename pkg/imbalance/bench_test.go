package imbalance

import (
	"context"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

func BenchmarkSVM(b *testing.B) {
	s, _ := Mixture{0.2, 1.5, 0.7, 2}.Draw(400, 600, random.Stream(1, "bench"))
	for b.Loop() {
		v, err := s.SVM(context.Background(), 1, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(v.Iterations), "systems")
	}
}
