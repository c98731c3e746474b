package program

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

const statements = `{"key": "test-paper", "title": "A test", "authors": ["Nobody"], "venue": "here", "learn": "nothing", "read": "all", "statements": [
	{"id": "C1", "kind": "identity", "title": "Zero", "tex": "$0=0$", "source": "here", "known": "ours"},
	{"id": "C2", "kind": "order", "title": "A seed", "tex": "$a<b$", "source": "here", "known": "ours"}]}`

func Zero(cell *notebook.Cell) {
	cell.Claim("C1").Check("zero", 0, claim.RoundOff(1e-9)).Control("one", 1)
}

func Seed(cell *notebook.Cell) {
	x := float64(cell.Seed() % 3) // 0 on every third seed
	cell.Claim("C2").Check("the seed modulo 3", x, claim.Between(0.5, 2.5)).Control("three", 3).Because("a test")
	x1 := []float64{1, 2}
	cell.Show(figure.Figure{ID: "f", Title: "F", Caption: "F.", Alt: "F.", Panels: []figure.Panel{{
		X: figure.Axis{Name: "x"}, Y: figure.Axis{Name: "y"}, Series: []figure.Series{figure.Line("a", x1, x1)}}}})
}

func program() Program {
	return Program{Key: "test-paper", Paper: []byte(statements), GoMod: []byte("require gonum.org/v1/gonum v0.17.0\n"), Source: "x",
		Cells: []Cell{{"Zero", []string{"C1"}, Zero}, {"Seed", []string{"C2"}, Seed}}}
}

// Without a checkout: the folder of the runs is all that it needs.
func TestMainWithoutCheckout(t *testing.T) {
	t.Chdir(t.TempDir())
	dir := t.TempDir()
	t.Setenv("MARGINALIA_BACKEND", "") // restored at the end: main sets it
	for _, c := range []struct {
		flags string
		code  int
		said  []string
	}{
		{"-seeds 7 -jobs 3", 1, []string{"seed 3 (", "C2 fails: ", "5 of 7 seeds green", "C2 depends on the seed: fails on 3, 6; holds on 1-2, 4-5, 7"}},
		{"-seeds 7 -only C1", 0, []string{"7 of 7 seeds green"}},
		{"-seeds 1,2 -figures " + dir + "/figures", 0, []string{"2 of 2 seeds green", "holds: C1 C2"}},
		{"-only C1,C7", 2, []string{`measures a claim of this id: there are Zero, C1, Seed, C2`}},
		{"-seeds 2 more", 2, []string{`"more" is no flag`}},
		{"-backend tpu", 2, []string{`unknown backend "tpu"`}},
	} {
		var out bytes.Buffer
		code := program().main(append([]string{"-backend", "go", "-dir", dir}, strings.Fields(c.flags)...), &out, &out)
		if code != c.code {
			t.Errorf("%s: left with %d, want %d\n%s", c.flags, code, c.code, out.String())
		}
		for _, said := range c.said {
			if !strings.Contains(out.String(), said) {
				t.Errorf("%s: does not say %q:\n%s", c.flags, said, out.String())
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "figures", "seed-2", "f.svg")); err != nil {
		t.Error(err)
	}
	r, err := claim.Load(filepath.Join(dir, "seed-2", "claims.json"))
	if err != nil || r.Run.Seed != 2 || r.Run.Versions["gonum"] != "0.17.0" {
		t.Errorf("claims.json: %+v, %v", r, err)
	}
}

func TestParseSeeds(t *testing.T) {
	for text, want := range map[string][]uint64{"3": {1, 2, 3}, "7,": {7}, "9, 3": {9, 3}, "2-4": {2, 3, 4}, "5-5,": {5}, "7,1-2": {7, 1, 2}, "18446744073709551614-18446744073709551615": {1<<64 - 2, 1<<64 - 1}, "0,": {0}, "18446744073709551615,": {1<<64 - 1}} {
		if got, err := parseSeeds(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("parseSeeds(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, bad := range []string{"", "0", "-1", "x", "1,x", "3,3", "1.5", "100000000", ",", "3-", "-3", "4-2", "1-2-3", "1-4,3", "1-100000000"} {
		if got, err := parseSeeds(bad); err == nil {
			t.Errorf("parseSeeds(%q) = %v", bad, got)
		}
	}
}
