package program

import (
	"context"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/explore"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

// serve returns the events of a request; the last is the only Done.
func serve(t *testing.T, p Program, request string) (events []Event, done Done) {
	t.Helper()
	t.Setenv("MARGINALIA_BACKEND", "") // restored at the end: Serve sets it
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	p.Serve([]byte(request), func(e Event) { events = append(events, e) })
	for i, e := range events {
		if (e.Done != nil) != (i == len(events)-1) {
			t.Fatalf("event %d of %d is %+v", i, len(events), e)
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	return events, *events[len(events)-1].Done
}

// What a page is told of a cell is what a run of the same seed has in its ledger.
func TestServeIsRun(t *testing.T) {
	for seed, verdict := range map[string]claim.Verdict{"1": claim.Holds, "3": claim.Fails} {
		events, done := serve(t, program(), fmt.Sprintf(`{"only": ["C2"], "seed": %q}`, seed))
		if done.Seed != seed || len(done.Claims) != 1 || done.Claims[0].Verdict != verdict || len(done.Faults) > 0 {
			t.Fatalf("seed %s: %+v", seed, done)
		}
		var number uint64
		fmt.Sscan(seed, &number)
		outcomes, err := program().Run(context.Background(), Options{Seeds: []uint64{number}, Only: []string{"C2"}, Scale: claim.Quick, Backend: "go", Dir: t.TempDir()}, func(Outcome) {})
		if err != nil || !reflect.DeepEqual(outcomes[0].measured(), done.Claims) {
			t.Errorf("seed %s: a run has %+v, %v, the page %+v", seed, outcomes[0].measured(), err, done.Claims)
		}
		figures := 0
		for _, e := range events {
			if e.Figure != nil {
				figures++
				if e.Figure.ID != "f" || !strings.Contains(string(e.Figure.Spec), `"panels"`) {
					t.Errorf("figure %+v", e.Figure)
				}
			}
		}
		if figures != 1 {
			t.Errorf("%d figures", figures)
		}
	}
}

func Broken(cell *notebook.Cell) {
	x := []float64{1, math.NaN()}
	cell.Show(figure.Figure{ID: "f", Caption: "F.", Alt: "F.", Panels: []figure.Panel{{
		X: figure.Axis{Name: "x"}, Y: figure.Axis{Name: "y"}, Series: []figure.Series{figure.Line("a", x, x)}}}})
}

func TestServeSaysWhatIsWrong(t *testing.T) {
	broken := program()
	broken.Cells = append(broken.Cells, Cell{"Broken", nil, Broken})
	for request, said := range map[string]string{
		`{"only": ["C1"], "seed": "-1"}`:    `the seed is "-1": a whole number from 0 to 18446744073709551615`,
		`{"only": ["C1"]}`:                  `the seed is ""`,
		`{"only": "C1"}`:                    "the request is malformed",
		`{"only": ["C7"], "seed": "1"}`:     `measures a claim of this id: there are Zero, C1, Seed, C2`,
		`{"only": ["Broken"], "seed": "1"}`: "NaN",
	} {
		if _, done := serve(t, broken, request); len(done.Claims) > 0 || !strings.Contains(strings.Join(done.Faults, "\n"), said) {
			t.Errorf("%s: %+v, want it to say %q", request, done, said)
		}
	}
}

func TestServeTakesTheLargestSeed(t *testing.T) {
	if _, done := serve(t, program(), `{"only": ["C1"], "seed": "18446744073709551615"}`); len(done.Claims) != 1 || len(done.Faults) > 0 {
		t.Errorf("%+v", done)
	}
}

func TestExploredIsDraw(t *testing.T) {
	p := program()
	if s := p.Explored([]byte("{}")); s.Fault != "the paper has no figure to explore" {
		t.Errorf("%+v", s)
	}
	p.Idea = &explore.Idea{Title: "T", Words: "W.", Controls: []explore.Control{{Name: "a", Label: "a", Max: 2, Step: 1}},
		Draw: func(v map[string]float64) (explore.View, error) {
			if v["a"] == 2 {
				panic("two")
			}
			return explore.View{Facts: []explore.Fact{explore.Number("half", v["a"]/2)}, Figure: figure.Figure{ID: "idea", Caption: "F.", Alt: "F.", Panels: []figure.Panel{{
				X: figure.Axis{Name: "x"}, Y: figure.Axis{Name: "y"}, Series: []figure.Series{figure.Line("a", []float64{0, 1}, []float64{0, v["a"]})}}}}}, nil
		}}
	if s := p.Explored([]byte(`{"a": 1}`)); s.Fault != "" || len(s.Facts) != 1 || s.Facts[0] != (explore.Fact{Name: "half", Value: "0.5"}) || s.Figure.ID != "idea" {
		t.Errorf("%+v", s)
	}
	for values, said := range map[string]string{`{"a": 2}`: "two", `{"a": 3}`: "a = 3: from 0 to 2 is expected", `{"b": 1}`: "no control is called b", `[`: "JSON"} {
		if s := p.Explored([]byte(values)); !strings.Contains(s.Fault, said) || s.Figure != nil {
			t.Errorf("%s: %+v", values, s)
		}
	}
}

// What is remembered is what was answered, and it is asked for once; more than a page shows is not kept.
func TestRemembered(t *testing.T) {
	asked := map[string]int{}
	answer := remembered(func(of string) string { asked[of]++; return of + "!" })
	for round := range 3 {
		for i := range scenes {
			of := fmt.Sprint(i)
			if got := answer(of); got != of+"!" || asked[of] != 1 {
				t.Fatalf("round %d: %q for %q, asked for %d times", round, got, of, asked[of])
			}
		}
	}
	answer("one more")
	if answer("0"); asked["0"] != 2 {
		t.Errorf("all %d are still there after one more", scenes)
	}
}
