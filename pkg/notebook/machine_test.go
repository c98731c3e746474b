package notebook_test

import (
	"context"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/repro"
	"github.com/marginalia-ml/marginalia/xla"
)

// C2 computes on the pure-Go backend, whatever the run is on.
func C2OnGo(cell *notebook.Cell) {
	b := notebook.Must(xla.Open("go"))
	cell.Claim("C2").Check("a", 1, claim.AtMost(6)).Because("it is a bound").Control("too large", 7)
	notebook.Check(b.Close())
}

// A cell that computes on another backend than the run began on is red and keeps nothing; one on
// the same is green.
func TestCellOnAnotherBackend(t *testing.T) {
	here, err := notebook.Machine("go")
	if err != nil {
		t.Fatal(err)
	}
	for what, m := range map[string]repro.Machine{
		"":        here,
		"backend": {Backend: xla.KindCPU, Device: here.Device, Plugin: "abc", File: "a file"},
		"device":  {Backend: here.Backend, Device: "another"},
	} {
		s, _ := session(t, 1, claim.Quick)
		if err := s.Begin(m); err != nil {
			t.Fatal(err)
		}
		err := s.Do(context.Background(), C2OnGo)
		if what == "" {
			if err != nil {
				t.Errorf("the same backend: %v", err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "computed on go") || !strings.Contains(err.Error(), m.Device) {
			t.Errorf("another %s: %v", what, err)
		}
		record, err := s.Record()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range record.Claims {
			if c.ID == "C2" && c.Verdict != claim.Fails {
				t.Errorf("another %s: C2 %s", what, c.Verdict)
			}
		}
	}
}
