package exploretest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// noted is a test that notes its faults.
type noted struct {
	testing.TB
	said []string
}

func (n *noted) Helper()                         {}
func (n *noted) Errorf(text string, args ...any) { n.said = append(n.said, fmt.Sprintf(text, args...)) }
func (n *noted) Fatal(args ...any)               { n.said = append(n.said, fmt.Sprint(args...)) }

// line is a figure whose one number is f of its two controls.
func line(f func(a, b float64) (float64, error)) *explore.Idea {
	return &explore.Idea{Title: "a line", Words: "It is drawn.",
		Controls: []explore.Control{{Name: "slope", Label: "a", Min: -1, Max: 1, Step: 0.5}, {Name: "height", Label: "b", Min: 0, Max: 3, Step: 1}},
		Draw: func(v map[string]float64) (explore.View, error) {
			y, err := f(v["slope"], v["height"])
			return explore.View{Facts: []explore.Fact{explore.Number("value", y)}, Figure: figure.Figure{ID: "line", Caption: "A line.", Alt: "A line.",
				Panels: []figure.Panel{{X: figure.Axis{Name: "x"}, Y: figure.Axis{Name: "y"}, Series: []figure.Series{figure.Line("y", []float64{0, 1}, []float64{v["height"], v["height"] + v["slope"]})}}}}}, err
		}}
}

// A figure that fails at one corner alone is told, with the corner.
func TestCornersAreSeen(t *testing.T) {
	for want, f := range map[string]func(a, b float64) (float64, error){
		"": func(a, b float64) (float64, error) { return a + b, nil },
		"steep": func(a, b float64) (float64, error) {
			if a == 1 && b == 3 {
				return 0, errors.New("too steep")
			}
			return a, nil
		},
		`value is "+Inf"`: func(a, b float64) (float64, error) { return 1 / (a + 1), nil },
		`value is "NaN"`:  func(a, b float64) (float64, error) { return math.Sqrt(b - 3 + a - 1), nil },
	} {
		n := &noted{TB: t}
		Corners(n, line(f))
		if said := strings.Join(n.said, "\n"); (said == "") != (want == "") || !strings.Contains(said, want) {
			t.Errorf("it said %q, want %q", said, want)
		}
	}
	held, after := 0, 0.0
	for name, f := range map[string]func(a, b float64) (float64, error){
		"how often": func(a, b float64) (float64, error) { held++; return a + float64(held), nil },
		"the last":  func(a, b float64) (float64, error) { defer func() { after = a }(); return b + after, nil },
	} {
		n := &noted{TB: t}
		if Corners(n, line(f)); !strings.Contains(strings.Join(n.said, "\n"), "another figure") {
			t.Errorf("a figure that depends on %s value passes: %q", name, n.said)
		}
	}
	n := &noted{TB: t}
	open := line(func(a, b float64) (float64, error) { return a, nil })
	open.Controls[0].Max = math.Inf(1)
	if Corners(n, open); len(n.said) == 0 {
		t.Error("a control without an end is no fault")
	}
}

// Values are on the steps, within the ends, and all of them come up.
func TestSomewhere(t *testing.T) {
	idea, seen := line(nil), map[string]bool{}
	rng := random.Stream(1, "exploretest")
	for range 500 {
		at := Somewhere(idea, rng)
		for _, c := range idea.Controls {
			v := at[c.Name]
			if n := (v - c.Min) / c.Step; v < c.Min || v > c.Max || n != math.Round(n) {
				t.Fatalf("%s = %g", c.Name, v)
			}
		}
		seen[fmt.Sprint(at)] = true
	}
	if len(seen) != 5*4 {
		t.Errorf("%d of 20 settings came up", len(seen))
	}
}
