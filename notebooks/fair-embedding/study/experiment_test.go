package study

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/embedding"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// row is what an experiment returns, with numbers of no meaning.
func row(name string, scale float64) Row {
	rng := random.Stream(1, "invented "+name)
	e := embedding.Estimate{Mean: scale, Error: 0.01, Low: scale - 0.02, High: scale + 0.02}
	r := Row{Plan: Plan{Name: name, Debiasing: Default(150, 1)}, Rho: 1.9, Probe: 0.9, ProbeRelative: 0.95, Utility: 0.8, Similarity: 0.9, Change: e,
		Measures: embedding.Measures{Contents: 200, Documents: 20, Distances: []float64{1.8, 1.9}, Gap: e, Relative: e, Closer: e, Posterior: e, Spread: 5, Drift: 0.1, OverRho: 1}}
	for range 200 {
		d := 1 + rng.Float64()
		r.D = append(r.D, []float64{d, d + scale*rng.NormFloat64()})
	}
	for i, step := range []int{0, 50, 100, 150} {
		r.Looks = append(r.Looks, step)
		r.Seen = append(r.Seen, embedding.Terms{Bias: 0.1 / float64(1+i), Rep: 0.1 * float64(i), Total: 0.1})
	}
	r.First, r.Chosen = r.Seen[0], r.Seen[3]
	for i := range embedding.Occupations {
		r.Occupations = append(r.Occupations, scale*math.Sin(float64(i)))
	}
	for range embedding.GenderTests {
		r.Seat, r.Weat = append(r.Seat, embedding.Result{Effect: scale, P: 0.5}), append(r.Weat, embedding.Result{Effect: -scale, P: 0.5})
	}
	return r
}

// Every figure can be drawn, and every table has rows of its head's length. With
// FAIR_EMBEDDING_FIGURES the pictures go to that folder.
func TestFiguresAndTables(t *testing.T) {
	before, after := row("original", 0.3), row("CCD", 0.02)
	r := Results{Mean: 1.9, Original: before, Rows: []Row{after, after, row("β = 0", 0.01), row("merge", 0.1), {Plan: Plan{Name: "projection", Project: true}, Measures: before.Measures, Seat: before.Seat, Weat: before.Weat}},
		Kinds: []Kind{{"pronouns alone", 10, before.Closer}}}
	for i, beta := range Betas {
		x := row("β", 0.02*float64(i+1))
		x.Debiasing.Loss.Beta = beta
		r.Rows = append(r.Rows, x)
	}
	for i, scale := range Scales {
		x := row("ρ", 0.02*float64(i+1))
		x.Debiasing.Scale = scale
		r.Rows = append(r.Rows, x)
	}
	for _, f := range []figure.Figure{DistanceFigure(before, after), DifferenceFigure(before, after), BetaFigure(r), ScaleFigure(r), OccupationFigure(before, after), TrainingFigure(r.Rows[:4]), BaselineFigure(r)} {
		svg, err := f.SVG()
		if err != nil {
			t.Errorf("%s: %v", f.ID, err)
			continue
		}
		if dir := os.Getenv("FAIR_EMBEDDING_FIGURES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, f.ID+".svg"), []byte(svg), 0o644); err != nil {
				t.Error(err)
			}
		}
	}
	triples := embedding.OccupationTriples()[:2]
	for name, table := range map[string]struct {
		head []string
		rows [][]string
	}{
		"bias": {BiasHead, BiasRows(r)}, "use": {UseHead, UseRows(r)}, "loss": {LossHead, LossRows(r)}, "kinds": {KindHead, KindRows(r)},
		"seat": {SeatHead(r.All()[:2]), SeatRows(r.All()[:2], false)}, "weat": {SeatHead(r.All()[:2]), SeatRows(r.All()[:2], true)},
		"triples":      {TripleHead(embedding.Gender), TripleRows(triples)},
		"pretrainings": {PretrainingHead, PretrainingRows(Sizes{Seeds: 1}.Pretrainings(2), []Results{r, r})},
	} {
		if len(table.rows) == 0 {
			t.Errorf("%s has no rows", name)
		}
		for _, cells := range table.rows {
			if len(cells) != len(table.head) {
				t.Errorf("%s: %d cells, want %d: %q", name, len(cells), len(table.head), cells)
			}
		}
	}
	if got := TripleRows(triples)[0][0]; got != "**he** is a doctor ." {
		t.Errorf("%q", got)
	}
	if got := digits(-0.25, 2); got != "−0.25" {
		t.Errorf("%q", got)
	}
	testkit.Near(t, "ratio", r.Ratio(after), 0.02/0.3, 1e-15)
	if n := len(r.Named("CCD")); n != 2 {
		t.Errorf("%d rows of CCD", n)
	}
}

// A share of the differences is in each bin: they sum to one.
func TestDifferencesSumToOne(t *testing.T) {
	for _, s := range DifferenceFigure(row("a", 0.3), row("b", 0.02)).Panels[0].Series {
		sum := 0.0
		for _, y := range s.Y {
			sum += y
		}
		testkit.Near(t, s.Name, sum, 1, 1e-12)
	}
}

// Kinds are told by what was swapped; their numbers are all triples.
func TestKinds(t *testing.T) {
	tag := func(words ...string) (s []data.Tagged) {
		for _, w := range words {
			word, tag, _ := strings.Cut(w, "/")
			s = append(s, data.Tagged{Word: word, Tag: tag})
		}
		return s
	}
	var docs []data.Document
	for i, s := range [][]data.Tagged{
		tag("he/pps", "left/vbd", "in/in", "rain/nn"), tag("his/pp$", "hat/nn", "was/bedz", "old/jj"), tag("the/at", "man/nn", "was/bedz", "old/jj"),
		tag("the/at", "man/nn", "and/cc", "her/pp$", "hat/nn"), tag("Mr./np", "Hill/np", "saw/vbd", "him/ppo"),
	} {
		docs = append(docs, data.Document{ID: fmt.Sprint("c", i), Sentences: [][]data.Tagged{s}})
	}
	triples := testkit.Must(embedding.Gender.Triples(docs))(t)
	got := kinds(embedding.Gender, triples, [][]float64{{1, 2}, {2, 1}, {1, 2}, {1, 2}, {2, 1}}, 1)
	want := []struct {
		n      int
		closer float64
	}{{2, 0.5}, {1, 1}, {1, 1}, {1, 0}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i, w := range want {
		if got[i].N != w.n || got[i].Closer.Mean != w.closer {
			t.Errorf("%+v, want %+v", got[i], w)
		}
	}
	if kinds(embedding.Religion, nil, nil, 1) != nil {
		t.Error("religions have kinds")
	}
}

// A small experiment on triples of the reader's own: the original has not drifted, the numbers
// are those of the test triples, and the projection leaves less of the attribute.
func TestExperiment(t *testing.T) {
	if _, err := encoder.Brown(t.Context()); err != nil {
		t.Skip(err)
	}
	t.Setenv(data.EnvDir, copied(t))
	var lines []string
	for i, verb := range strings.Fields("left came went saw said took found gave told kept held stood heard let began seemed turned ran moved lived") {
		for j, rest := range []string{"in the house", "in the morning", "with the others"} {
			lines = append(lines, fmt.Sprintf(`{"document": "d%d", "groups": {"male": "he %s it %s %d", "female": "she %s it %s %d"}, "neutral": "they %s it %s %d"}`, i, verb, rest, j, verb, rest, j, verb, rest, j))
		}
	}
	path := filepath.Join(t.TempDir(), "own.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv(embedding.EnvTriples, path)
	x := Experiment{Pretraining: encoder.Pretraining{Dim: 16, Layers: 1, Heads: 2, Steps: 4, Seed: 1}, Words: 8, Train: 30, Validation: 10, Test: 10, Fit: 60, Judge: 60, Pairs: 20, Splits: 1, Partitions: 20, Seed: 1,
		Plans: []Plan{with("CCD", Default(8, 1), func(c *embedding.Debiasing) { c.Batch, c.Warmup = 8, 2 }), {Name: "projection", Project: true}}}
	r := testkit.Must(Experiments(t.Context(), []Experiment{x}))(t)[0]
	c := r.Counts
	if c.All != 60 || c.Unreadable != 0 || c.Long != 0 || c.Train > 30 || c.Test == 0 || c.Test != r.Original.Contents || c.Words != 0 { // what was swapped is not known of a reader's own
		t.Errorf("%+v, %d contents", c, r.Original.Contents)
	}
	if r.Original.Drift != 0 || r.Original.Change.Mean != 0 || len(r.Original.D) != c.Test || len(r.Documents) != c.Test || r.Mean != r.Original.Rho {
		t.Errorf("the original: %+v", r.Original)
	}
	if len(r.Rows) != 2 || !(r.Rows[0].Chosen.Total <= r.Rows[0].First.Total) || r.Rows[0].Rho != r.Mean || len(r.Rows[0].Looks) != len(r.Rows[0].Seen) {
		t.Errorf("CCD: %+v", r.Rows)
	}
	if p := r.Rows[1]; !(p.Drift > 0) || !(p.Distances[0] < r.Original.Distances[0]) || p.Step != 0 || len(p.Seat) != len(embedding.GenderTests) || len(p.Weat) != len(embedding.GenderTests) {
		t.Errorf("projection: %+v", p)
	}
	if len(r.Original.Occupations) != len(embedding.Occupations) || len(r.Unknown) == 0 || len(r.Shown) != 5 {
		t.Errorf("%d occupations, %d unknown words, %d triples shown", len(r.Original.Occupations), len(r.Unknown), len(r.Shown))
	}
	if !(r.Dropped > 0) {
		t.Errorf("dropout moves a text by %g", r.Dropped)
	}
	bad := x
	bad.MiniLM, bad.Religion = false, true
	_, err := Experiments(t.Context(), []Experiment{bad})
	if err == nil || !strings.Contains(err.Error(), `no triples for "train"`) {
		t.Errorf("religion, whose words the Brown model does not know: %v", err)
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines[:3], "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Experiments(t.Context(), []Experiment{x})
	if err == nil || !strings.Contains(err.Error(), "1 documents, want 6") {
		t.Errorf("triples of one document: %v", err)
	}
}

// copied is a folder of data with Brown in it and no kept networks.
func copied(t *testing.T) string {
	t.Helper()
	from := testkit.Must(data.Dir())(t)
	to := t.TempDir()
	s := testkit.Must(data.Lookup("brown"))(t)
	if err := os.Symlink(filepath.Join(from, s.Name), filepath.Join(to, s.Name)); err != nil {
		t.Fatal(err)
	}
	return to
}

// Plans of the page: three seeds of the default, each other setting once; more at the paper's
// scale.
func TestPlans(t *testing.T) {
	quick, paper := Sizes{Seeds: 3, Steps: 9}.brown(7), Sizes{Seeds: 5, More: true}.brown(7)
	count := map[string]int{}
	seeds := map[uint64]bool{}
	for _, p := range quick.Plans {
		count[p.Name]++
		if p.Name == "CCD" {
			seeds[p.Debiasing.Seed] = true
		}
	}
	if len(quick.Plans) != 8 || count["CCD"] != 3 || len(seeds) != 3 || len(paper.Plans) != 13 {
		t.Errorf("%d and %d plans, %v, seeds %v", len(quick.Plans), len(paper.Plans), count, seeds)
	}
	sweeps := Sizes{Seeds: 3}.Sweeps()[0]
	if len(sweeps.Plans) != len(Betas)+len(Scales) || sweeps.Plans[1].Debiasing.Loss.Beta != Betas[1] || sweeps.Plans[len(Betas)].Debiasing.Scale != Scales[0] {
		t.Errorf("%+v", sweeps.Plans)
	}
	for i, x := range (Sizes{Seeds: 3}).Pretrainings(3) {
		if x.Pretraining.Seed != uint64(i+1) || len(x.Plans) != 2 || x.Plans[0].Name != "CCD" || !x.Plans[1].Project {
			t.Errorf("%+v", x)
		}
	}
	// What is kept of a reader's own triples is not taken for the page's.
	path := filepath.Join(t.TempDir(), "own.jsonl")
	if err := os.WriteFile(path, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv(embedding.EnvTriples, path)
	if own := (Sizes{Seeds: 1}).brown(7); quick.Given != "" || own.Given == "" || own.Given != MiniLM(1, 1, 1, 1, 1)[0].Given {
		t.Errorf("given %q, without %q", own.Given, quick.Given)
	}
	t.Setenv(embedding.EnvTriples, "")
	religion := MiniLMReligion(5, 2)[0]
	if !religion.Religion || religion.Partitions != 0 || len(religion.Plans) != 3 || religion.lists().Attribute != "religion" {
		t.Errorf("%+v", religion)
	}
}
