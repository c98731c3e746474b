package study

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// invented is a federation as an experiment returns it, with numbers of no meaning.
func invented() Federations {
	var f Federations
	for k := range 2 {
		for j, name := range []string{"Head", "FedVPT-D", "SGPT"} {
			r := Outcome{Traffic: federated.Traffic{Numbers: 1000 * (j + 1), Up: 4000 * (j + 1)}}
			for round := 0; round <= 10; round += 5 {
				v := 0.1 + 0.05*float64(round+j) + 0.01*float64(k)
				r.Rounds = append(r.Rounds, round)
				r.Global, r.Local, r.Worst = append(r.Global, v), append(r.Local, v), append(r.Worst, v-0.1)
				r.Unseen = append(r.Unseen, []float64{v - 0.02, v - 0.04, v - 0.2})
				r.Losses = append(r.Losses, []float64{2, 1.5, 1.4, 1})
			}
			r.Picks = [][]int{{3, 1}, {1, 3}, {4, 0}, {0, 4}, {2, 2}}
			f.Runs = append(f.Runs, FederatedRun{Method: name, Seed: uint64(k), Names: []string{"plain", "negative"}, Unseen: []string{"plain 2", "negative 2", "columns"}, Others: 1, Outcome: r})
		}
	}
	return f
}

// inventedKeys is what [RunKeys] returns.
func inventedKeys() Keys {
	u := Usage{Train: 1, Test: 0.8, Information: 0.5, Table: [][]int{{9, 1}, {2, 8}}}
	v := Usage{Train: 0.5, Test: 0.3, Information: 0.1, Table: [][]int{{10, 0}, {7, 3}}}
	return Keys{Domains: []Pair{{u, v, u, u}}, Labels: []Pair{{u, v, v, v}}, Alike: []Usage{v}, Names: []string{"plain", "negative"}}
}

// Every figure can be drawn, and every table has rows of its head's length. With SGPT_FIGURES
// the pictures go to that folder.
func TestFigures(t *testing.T) {
	f, keys := invented(), inventedKeys()
	var descents []Descent
	for _, n := range []int{12, 100} {
		r, err := Descend(random.Stream(1, "descent"), 5, n, 10, 0.4, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		descents = append(descents, r)
	}
	parts, err := BLUPFigure(random.Stream(1, "parts"), 5, 10, 0.4, 0.5, 3)
	if err != nil {
		t.Fatal(err)
	}
	at := rows(make([]float64, 16), 4)
	look := Look{Domain: "plain", Picture: coarse(make([]float32, 784), 28), At: [][][]float64{at, at}}
	look.Picture[3][4], look.At[1][2][2] = 1, 0.5
	for _, fig := range []figure.Figure{
		IdeaFigure(random.Stream(1, "Idea"), []float64{0.1, 0.5, 2, 10}, []float64{0, 0.2, 0.5, 1}), LawFigure(random.Stream(1, "law"), 5, 30, 10), parts, DescentFigure(descents),
		KeysFigure(keys), f.RoundsFigure(), PicksFigure(f.Of("SGPT")[0]), StagesFigure(f.Of("SGPT")[0]), LooksFigure([]Look{look, look}, []string{"shared", "group"}),
	} {
		svg, err := fig.SVG()
		if err != nil {
			t.Errorf("%s: %v", fig.ID, err)
			continue
		}
		if dir := os.Getenv("SGPT_FIGURES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, fig.ID+".svg"), []byte(svg), 0o644); err != nil {
				t.Error(err)
			}
		}
	}
	for name, table := range map[string]struct {
		head []string
		rows [][]string
	}{"usage": {UsageHead, UsageRows(keys)}, "groups": {GroupsHead, GroupsRows([]Grouped{{2, f}})}} {
		for _, row := range table.rows {
			if len(row) != len(table.head) {
				t.Errorf("a row of %s has %d cells, its head %d", name, len(row), len(table.head))
			}
		}
	}
}

// Accuracies are those of the last three looks, and the unseen clients' are not the others'.
func TestAccuracy(t *testing.T) {
	f := invented() // looks after 0, 5 and 10 rounds
	for what, want := range map[string]float64{"global": 0.45, "local": 0.45, "worst": 0.35, "unseen": 0.42, "other": 0.25} {
		all := f.Accuracy("SGPT", what)
		if len(all) != 2 || math.Abs(all[0]-want) > 1e-12 || math.Abs(all[1]-want-0.01) > 1e-12 {
			t.Errorf("%s is %v, want %v and 0.01 more", what, all, want)
		}
	}
	f.Runs[0].Outcome.Global = []float64{0, 0.3, 0.6, 0.9}
	if got := f.Accuracy("Head", "global")[0]; math.Abs(got-0.6) > 1e-12 {
		t.Errorf("the mean of the last %d of four looks is %v, want 0.6", Last, got)
	}
}

// The comparison says what stands in the federations: SGPT is five points above FedVPT-D in
// each, and its two clients' picks, 3 to 1 and 1 to 3, have ln 2 − H(¼) nats.
func TestCompared(t *testing.T) {
	got := invented().Compared("SGPT", "FedVPT-D")
	want := "SGPT less FedVPT-D: 5.0 ± 0.0 points, worst client 5.0; federation 1: 5.0 points, 0.13 nats; federation 2: 5.0 points, 0.13 nats"
	if got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}

// Quantiles and shares, by hand.
func TestQuantile(t *testing.T) {
	x := []float64{4, 1, 3, 2}
	for q, want := range map[float64]float64{0.25: 1, 0.26: 2, 0.95: 4, 1: 4} {
		if got := Quantile(x, q); got != want {
			t.Errorf("the %v-quantile of 1 to 4 is %v, want %v", q, got, want)
		}
	}
	if got := Above(x, 2); got != 0.5 {
		t.Errorf("the share of 1 to 4 above 2 is %v", got)
	}
}

// The least of a parabola is at the mean of the groups, whatever their shares.
func TestLeastRisk(t *testing.T) {
	for _, x := range Mixtures(random.Stream(2, "least"), 50) {
		for i := range x.Alpha {
			if got, want := LeastRisk(x, i), x.Risk(i, x.At(x.Alpha[i])); math.Abs(got-want) > 1e-10 {
				t.Fatalf("least risk %v, at the mean it is %v", got, want)
			}
		}
	}
}

// The gradient of the mean cosine is its difference quotient, and shares of changes and decays
// are what they are by hand.
func TestPull(t *testing.T) {
	rng := random.Stream(3, "pull")
	q, keys, chosen := make([]float32, 5*4), make([]float64, 2*4), []int{0, 1, 1, 0, 1}
	for i := range q {
		q[i] = float32(rng.NormFloat64())
	}
	q = federated.Normalise(q, 4)
	for i := range keys {
		keys[i] = rng.NormFloat64()
	}
	mean := func(keys []float64) float64 {
		sum := 0.0
		for i, g := range chosen {
			dot, square := 0.0, 0.0
			for j := range 4 {
				dot, square = dot+keys[4*g+j]*float64(q[4*i+j]), square+keys[4*g+j]*keys[4*g+j]
			}
			sum += dot / math.Sqrt(square) / 5
		}
		return sum
	}
	for k, v := range pullOf(q, keys, chosen, 4) {
		up, down := append([]float64{}, keys...), append([]float64{}, keys...)
		up[k], down[k] = up[k]+1e-6, down[k]-1e-6
		if got := (mean(up) - mean(down)) / 2e-6; math.Abs(got-v) > 1e-8 {
			t.Errorf("coordinate %d: %v, by differences %v", k, v, got)
		}
	}
	if got := part([]float64{1, 1}, []float64{1.5, 1}, []float64{3, 1}); got != 0.25 {
		t.Errorf("half of a change by two is a share of %v", got)
	}
	if got := decayed(1, 0.1, 0.9, 0.5); math.Abs(got-0.05) > 1e-15 {
		t.Errorf("one step of decay takes %v, want 0.1 · 0.5", got)
	}
	if got := coarse([]float32{1, 2, 0, 0, 3, 4, 0, 8}, 4); len(got) != 1 || got[0][0] != 2.5 || got[0][1] != 2 {
		t.Errorf("means of four pixels are %v, want 2.5 and 2", got)
	}
	if got := most([]int{2, 1, 2, 1, 0}, 3); got != 1 {
		t.Errorf("of groups that tie the first is taken; got %d", got)
	}
}
