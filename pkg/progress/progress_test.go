package progress

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
)

// hears returns a context and what was reported to it.
func hears(t *testing.T) (context.Context, func() []float64) {
	var heard []float64
	return With(t.Context(), func(f float64) { heard = append(heard, f) }), func() []float64 { return heard }
}

func TestReport(t *testing.T) {
	ctx, heard := hears(t)
	for _, f := range []float64{0.25, math.NaN(), -1, 2, math.Inf(1)} {
		Report(ctx, f)
	}
	if want := []float64{0.25, 0, 1, 1}; !slices.Equal(heard(), want) {
		t.Errorf("heard %v, want %v", heard(), want)
	}
}

// The whole is the mean of its parts, parts of parts included, whatever their order.
func TestSplit(t *testing.T) {
	ctx, heard := hears(t)
	part := Split(ctx, 4)
	Report(part(2), 1)
	within := Split(part(0), 2)
	Report(within(1), 0.5)
	Report(within(1), 0.25) // a second run begins: nothing is taken back
	Report(within(0), 1)
	if want := []float64{0.25, 0.3125, 0.3125, 0.4375}; !slices.Equal(heard(), want) {
		t.Errorf("heard %v, want %v", heard(), want)
	}
}

func TestRange(t *testing.T) {
	ctx, heard := hears(t)
	within := Range(ctx, 0.5, 0.75)
	Report(within, 0)
	Report(within, 0.5)
	Report(Range(within, 0, 0.5), 1)
	Report(With(within, nil), 1)
	Report(within, 1)
	if want := []float64{0.5, 0.625, 0.625, 0.75}; !slices.Equal(heard(), want) {
		t.Errorf("heard %v, want %v", heard(), want)
	}
}

// Parts that run side by side move the whole forward only, and to its end.
func TestSideBySide(t *testing.T) {
	ctx, heard := hears(t)
	const n = 8
	part := Split(ctx, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			for k := range 100 {
				Report(part(i), float64(k+1)/100)
			}
		})
	}
	wait.Wait()
	all := heard()
	if len(all) != 100*n || !slices.IsSorted(all) || all[len(all)-1] != 1 {
		t.Errorf("%d reports, in order: %t, last %v", len(all), slices.IsSorted(all), all[len(all)-1])
	}
}

func TestWatch(t *testing.T) {
	var heard []float64
	stop := Watch(func(f float64) { heard = append(heard, f) })
	own, others := hears(t)
	Report(context.Background(), 0.5)
	Report(Split(context.Background(), 2)(0), 0.5)
	Report(own, 0.75)
	stop()
	Report(context.Background(), 1)
	if want := []float64{0.5, 0.25}; !slices.Equal(heard, want) {
		t.Errorf("the watch heard %v, want %v", heard, want)
	}
	if want := []float64{0.75}; !slices.Equal(others(), want) {
		t.Errorf("the context's listener heard %v, want %v", others(), want)
	}
}

func TestStage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "times")
	t.Setenv("MARGINALIA_TIMES", path)
	Stage("first")()
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(Stage("side by side"))
	}
	wait.Wait()
	t.Setenv("MARGINALIA_TIMES", "")
	Stage("unwatched")()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^\d+\.\d{6}\tfirst\n(\d+\.\d{6}\tside by side\n){10}$`)
	if !form.Match(b) {
		t.Errorf("written:\n%s", b)
	}
}
