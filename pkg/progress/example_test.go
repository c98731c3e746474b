package progress_test

import (
	"context"
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// Two jobs are a half each of the work that its caller hears of.
func ExampleSplit() {
	ctx := progress.With(context.Background(), func(fraction float64) { fmt.Println(fraction) })
	part := progress.Split(ctx, 2)
	for i := range 2 {
		progress.Report(part(i), 0.5)
		progress.Report(part(i), 1)
	}
	// Output:
	// 0.25
	// 0.5
	// 0.75
	// 1
}
