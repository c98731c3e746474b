package parallel

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

func Example() {
	squares := make([]int, 5)
	Each(len(squares), func(i int) { squares[i] = i * i })
	fmt.Println(squares)
	// Output: [0 1 4 9 16]
}

func TestEachRunsEveryJobOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		counts := make([]atomic.Int64, n)
		Each(n, func(i int) { counts[i].Add(1) })
		for i := range counts {
			if c := counts[i].Load(); c != 1 {
				t.Errorf("job %d of %d ran %d times", i, n, c)
			}
		}
	}
}

func TestTryJoinsErrorsInOrder(t *testing.T) {
	errOdd := errors.New("odd")
	var ran atomic.Int64
	err := Try(6, func(i int) error {
		ran.Add(1)
		if i%2 == 1 {
			return fmt.Errorf("%d is %w", i, errOdd)
		}
		return nil
	})
	if !errors.Is(err, errOdd) || ran.Load() != 6 {
		t.Fatalf("error %v after %d jobs, want odd ones after 6", err, ran.Load())
	}
	if got, want := err.Error(), strings.Join([]string{"1 is odd", "3 is odd", "5 is odd"}, "\n"); got != want {
		t.Errorf("error %q, want %q", got, want)
	}
	if err := Try(3, func(int) error { return nil }); err != nil {
		t.Error(err)
	}
}
