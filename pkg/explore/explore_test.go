package explore

import (
	"math"
	"strings"
	"testing"
)

func idea() *Idea {
	return &Idea{Title: "T", Words: "W.", Controls: []Control{{Name: "a", Label: "a", Min: -1, Max: 1, Step: 0.1, Start: 0.5},
		{Name: "b", Label: "b", Min: 0, Max: 2, Step: 1, Start: 1, Names: []string{"x", "y", "z"}}},
		Draw: func(v map[string]float64) (View, error) {
			return View{Facts: []Fact{Number("sum", v["a"]+v["b"])}}, nil
		}}
}

func TestAtTakesStartsAndGivenValues(t *testing.T) {
	for _, c := range []struct {
		values map[string]float64
		sum    string
	}{{nil, "1.5"}, {map[string]float64{"a": -1}, "0"}, {map[string]float64{"a": 0.25, "b": 2}, "2.25"}, {map[string]float64{"a": 1 + 1e-12, "b": 0}, "1"}} {
		view, err := idea().At(c.values)
		if err != nil || view.Facts[0].Value != c.sum {
			t.Errorf("%v: %+v, %v, want %s", c.values, view.Facts, err, c.sum)
		}
	}
}

// Round-off of a slider reaches no function that draws.
func TestAtStaysBetweenTheEnds(t *testing.T) {
	i, got := idea(), 0.0
	i.Draw = func(v map[string]float64) (View, error) { got = v["a"]; return View{}, nil }
	for given, want := range map[float64]float64{1 + 1e-10: 1, -1 - 1e-10: -1, 0.3: 0.3} {
		if _, err := i.At(map[string]float64{"a": given}); err != nil || got != want {
			t.Errorf("%v drawn at %v, %v", given, got, err)
		}
	}
}

func TestAtRefuses(t *testing.T) {
	for said, values := range map[string]map[string]float64{
		"a = 1.01: from -1 to 1 is expected": {"a": 1.01},
		"a = -2: from -1 to 1":               {"a": -2},
		"a = NaN":                            {"a": math.NaN()},
		"no control is called c, d":          {"d": 1, "c": 1},
		"no control is called e":             {"e": 1},
	} {
		if _, err := idea().At(values); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("%v: %v, want %q", values, err, said)
		}
	}
}

func TestValidate(t *testing.T) {
	if err := idea().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Idea){
		"no words":       func(i *Idea) { i.Words = "" },
		"no control":     func(i *Idea) { i.Controls = nil },
		"no function":    func(i *Idea) { i.Draw = nil },
		"twice":          func(i *Idea) { i.Controls[1].Name = "a" },
		"start outside":  func(i *Idea) { i.Controls[0].Start = 1.5 },
		"no step":        func(i *Idea) { i.Controls[0].Step = 0 },
		"empty range":    func(i *Idea) { i.Controls[0].Min = 1 },
		"names too few":  func(i *Idea) { i.Controls[1].Names = []string{"x", "y"} },
		"names by halfs": func(i *Idea) { i.Controls[1].Step = 0.5 },
	} {
		bad := idea()
		spoil(bad)
		if bad.Validate() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCornersAreAllEnds(t *testing.T) {
	sums := map[float64]bool{}
	all := idea().Corners()
	for _, at := range all[1:] {
		sums[at["a"]+at["b"]] = true
	}
	if len(all) != 5 || len(all[0]) != 0 || len(sums) != 3 || !sums[-1] || !sums[1] || !sums[3] {
		t.Errorf("%v", all)
	}
}
