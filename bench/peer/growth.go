package peer

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/rate"
)

// Growth is how the time of ours grows with the size of the work: a line of the
// table of environment.md.
type Growth struct {
	Bench      string     `json:"bench"`      // "growth", whatever was measured
	What       string     `json:"what"`       // was measured
	Size       string     `json:"size"`       // what the sizes count, in words
	Sizes      []float64  `json:"sizes"`      // of the work
	Micro      []float64  `json:"micro"`      // microseconds at each size, the least of a few
	Operations []float64  `json:"operations"` // counted at each size, where they dominate
	Bytes      []float64  `json:"bytes"`      // of the operands and results of these operations
	Slope      float64    `json:"slope"`      // of the time, on log-log axes
	Interval   [2]float64 `json:"interval"`   // of the slope, 95 %
	Counted    float64    `json:"counted"`    // slope of the operations
	Moved      float64    `json:"moved"`      // slope of the bytes
	Device     string     `json:"device"`
}

// Add notes a size: the least time seen, operations and bytes.
func (g *Growth) Add(size float64, least time.Duration, operations, bytes float64) {
	g.Sizes, g.Micro = append(g.Sizes, size), append(g.Micro, 1e6*least.Seconds())
	g.Operations, g.Bytes = append(g.Operations, operations), append(g.Bytes, bytes)
}

// Report computes the slopes, prints them, and records the growth as Record does.
func (g Growth) Report(w io.Writer) error {
	if err := g.fit(); err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: slope in %s of the time %.2f [%.2f, %.2f], of the operations %.2f, of the bytes %.2f\n",
		g.What, g.Size, g.Slope, g.Interval[0], g.Interval[1], g.Counted, g.Moved)
	return write(g)
}

func (g *Growth) fit() error {
	seconds, operations, bytes := rate.LogLog(g.Sizes, g.Micro), rate.LogLog(g.Sizes, g.Operations), rate.LogLog(g.Sizes, g.Bytes)
	for _, f := range []rate.Fit{seconds, operations, bytes} {
		if f.Err != nil {
			return fmt.Errorf("growth of %s: %w", g.What, f.Err)
		}
	}
	g.Bench, g.Device = "growth", machineName()
	g.Slope, g.Interval, g.Counted = seconds.Slope, [2]float64{seconds.Low, seconds.High}, operations.Slope
	g.Moved = bytes.Slope
	return nil
}

// Least returns the least time of so many calls of f.
func Least(times int, f func() error) (time.Duration, error) {
	least := time.Duration(1<<63 - 1)
	for range times {
		begin := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		least = min(least, time.Since(begin))
	}
	return least, nil
}

// machineName is the processor and how many cores there are.
func machineName() string {
	return fmt.Sprintf("%s, %d cores", strings.TrimSpace(device()), runtime.NumCPU())
}
