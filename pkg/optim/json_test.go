package optim

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// A spec written by hand is read as it was meant, or not at all.
func TestSpecByHand(t *testing.T) {
	var s Spec
	text := `{"Method": "adam", "rate": 1e-3, "Schedule": {"Kind": "cosine", "Warmup": 10}, "Only": ["head.*"]}`
	want := Spec{Method: "adam", Rate: 1e-3, Schedule: ScheduleSpec{Kind: "cosine", Warmup: 10}, Only: []string{"head.*"}}
	if err := json.Unmarshal([]byte(text), &s); err != nil || !reflect.DeepEqual(s, want) {
		t.Errorf("%+v, %v; want %+v", s, err, want)
	}
	for text, words := range map[string][]string{
		`{"Method": "adam", "Rate": 1e-3, "Shedule": {"Kind": "cosine"}}`:                 {`"Shedule"`, "Schedule", "NoDecay"},
		`{"Method": "adamw", "Rate": 1e-3, "WeightDecay": 0.1}`:                           {`"WeightDecay"`, "Decay"},
		`{"Method": "adam", "Rate": 1e-3, "Schedule": {"Kind": "cosine", "Steps": 1000}}`: {`"Steps"`, "Total", "Milestones"},
		`{"Method": "adam", "Rate": 1e-3, "Schedule": "cosine"}`:                          {"string"},
		`{"Method": "adam", "Rate": "1e-3"}`:                                              {"string", "Rate"},
	} {
		err := json.Unmarshal([]byte(text), new(Spec))
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %v, want one with %q", text, err, w)
			}
		}
	}
}
