package embedding

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

// The exact test counts every partition, as going through all subsets does with both sums.
func TestAssociationExact(t *testing.T) {
	rng := testkit.Rand(70)
	for range 20 {
		n := 1 + rng.IntN(5)
		a := Association{vectors(rng, n, 3), vectors(rng, n, 3), vectors(rng, 3, 3), vectors(rng, 2, 3)}
		if n > 2 {
			a.Y[0] = slices.Clone(a.X[0]) // a tie
		}
		all := append(slices.Clone(a.X), a.Y...)
		difference := func(subset uint) (d float64) {
			for i, w := range all {
				if subset>>i&1 == 1 {
					d += a.Score(w)
				} else {
					d -= a.Score(w)
				}
			}
			return d
		}
		count, partitions, own := 0, 0, difference(1<<n-1)
		for s := range uint(1) << (2 * n) {
			if bits.OnesCount(s) == n {
				partitions++
				if difference(s) >= own-1e-12 {
					count++
				}
			}
		}
		r := testkit.Must(a.Test(1000, rng))(t)
		if !r.Exact || r.Partitions != partitions || r.P != float64(count)/float64(partitions) {
			t.Errorf("n = %d: %+v, want %d of %d", n, r, count, partitions)
		}
	}
}

// The effect by hand; it changes its sign with the targets and with the attributes, and is
// between −2 and 2.
func TestAssociationEffect(t *testing.T) {
	rng := testkit.Rand(71)
	e1, e2 := []float64{1, 0}, []float64{0, 1}
	a := Association{X: [][]float64{{2, 0}, {3, 4}}, Y: [][]float64{{0, 1}, {4, 3}}, A: [][]float64{e1}, B: [][]float64{e2}}
	// s = 1, −.2; −1, .2: means .4 and −.4, variance (1 + .04 + 1 + .04)/3
	r := testkit.Must(a.Test(6, rng))(t)
	testkit.Near(t, "effect", r.Effect, 0.8/math.Sqrt(2.08/3), 1e-14)
	if r.P != 2./6 || !r.Exact { // .8 of {1, −.2}, and 1.2 of {1, .2}
		t.Errorf("%+v, want p = 1/3", r)
	}
	two := Association{A: [][]float64{{1, 0}, {0, 3}}, B: [][]float64{{-2, 0}}}
	testkit.Near(t, "score", two.Score([]float64{5, 0}), (1+0)/2.+1, 1e-15)
	for range 200 {
		n := 2 + rng.IntN(4)
		a := Association{vectors(rng, n, 4), vectors(rng, n, 4), vectors(rng, 3, 4), vectors(rng, 3, 4)}
		one := testkit.Must(a.Test(1, rng))(t)
		targets := testkit.Must(Association{a.Y, a.X, a.A, a.B}.Test(1, rng))(t)
		attributes := testkit.Must(Association{a.X, a.Y, a.B, a.A}.Test(1, rng))(t)
		testkit.Near(t, "targets", targets.Effect, -one.Effect, 1e-12)
		testkit.Near(t, "attributes", attributes.Effect, -one.Effect, 1e-12)
		if !(math.Abs(one.Effect) <= 2) {
			t.Errorf("the effect is %g", one.Effect)
		}
	}
	same := Association{X: [][]float64{e1}, Y: [][]float64{e1}, A: [][]float64{e1}, B: [][]float64{e2}}
	if r := testkit.Must(same.Test(10, rng))(t); r.Effect != 0 || r.P != 1 {
		t.Errorf("equal targets: %+v", r)
	}
}

// The sampled test is near the exact one, counts its own partition, and never says zero.
func TestAssociationSampled(t *testing.T) {
	rng := testkit.Rand(72)
	a := Association{vectors(rng, 5, 3), vectors(rng, 5, 3), vectors(rng, 4, 3), vectors(rng, 4, 3)}
	exact := testkit.Must(a.Test(252, rng))(t)
	const most = 251 // one less than there are
	mean := 0.0
	for range 40 {
		r := testkit.Must(a.Test(most, rng))(t)
		if r.Exact || r.Partitions != most || !(r.P >= 1./most) {
			t.Fatalf("%+v", r)
		}
		mean += r.P / 40
	}
	// (1 + 250 p)/251 on the average, with the error √(p(1−p)/10⁴) ≤ .005
	testkit.Near(t, "p", mean, (1+250*exact.P)/251, 0.025)
	far := Association{X: [][]float64{{1, 0}, {1, .1}, {1, .2}}, Y: [][]float64{{0, 1}, {.1, 1}, {.2, 1}}, A: [][]float64{{1, 0}}, B: [][]float64{{0, 1}}}
	if r := testkit.Must(far.Test(20, rng))(t); r.P != 1./20 || !r.Exact {
		t.Errorf("the most extreme of 20: %+v", r)
	}
	if r := testkit.Must(far.Test(1, rng))(t); r.P != 1 {
		t.Errorf("the partition alone: %+v", r)
	}
	_, err := Association{a.X, a.Y[1:], a.A, a.B}.Test(10, rng)
	fails(t, err, "5 and 4 targets")
}

// The binomials are exact, of sixteen words too.
func TestBinomial(t *testing.T) {
	for n := range 60 {
		if got := binomial(n, n); got != 1 {
			t.Errorf("%d over %d is %g", n, n, got)
		}
	}
	if got := binomial(16, 8); got != 12870 {
		t.Errorf("16 over 8 is %g", got)
	}
}

// The lists are those of the tests: eight words of each, different ones.
func TestGenderTests(t *testing.T) {
	for _, w := range GenderTests {
		for _, list := range [][]string{w.X, w.Y, w.A, w.B} {
			sorted := slices.Clone(list)
			slices.Sort(sorted)
			if len(slices.Compact(sorted)) != 8 {
				t.Errorf("test %s has %q", w.Name, list)
			}
		}
	}
	for word, says := range map[string]string{"john": "this is john .", "man": "this is a man .", "uncle": "this is an uncle .", "he": "this is he ."} {
		if all := Templates(word); len(all) != 6 || strings.Join(all[0], " ") != says {
			t.Errorf("%s: %q", word, all)
		}
	}
	if got := strings.Join(Templates("man")[4], " "); got != "the man is here ." {
		t.Errorf("%q", got)
	}
}

// Words that the encoder does not know go, with as many of the other side; the vectors are those
// of the words, or of all their sentences.
func TestTests(t *testing.T) {
	b := open(t)
	e, _ := small(t)
	list := []WordTest{{"t", []string{"he", "zebra", "man", "him"}, []string{"she", "woman", "giraffe", "her", "their"}, []string{"town", "rain"}, []string{"old", "late"}}}
	for _, sentences := range []bool{false, true} {
		tests := testkit.Must(NewTests(e.Encoder, list, sentences))(t)
		if !slices.Equal(tests.Unknown, []string{"zebra", "giraffe"}) {
			t.Errorf("unknown are %q", tests.Unknown)
		}
		reader := testkit.Must(e.Reader(b, tests.Texts))(t)
		v := testkit.Must(reader.Vectors(e.Params))(t)
		reader.Close()
		r := testkit.Must(tests.Run(v, 1_000_000, testkit.Rand(1)))(t)[0]
		x, y := []string{"he", "man", "him"}, []string{"she", "woman", "her"}
		var a Association
		read := func(words []string) (all [][]float64) {
			var texts [][]string
			for _, w := range words {
				if sentences {
					texts = append(texts, Templates(w)...)
				} else {
					texts = append(texts, []string{w})
				}
			}
			r := testkit.Must(e.Reader(b, texts))(t)
			defer r.Close()
			return testkit.Must(r.Vectors(e.Params))(t)
		}
		a.X, a.Y, a.A, a.B = read(x), read(y), read(list[0].A), read(list[0].B)
		want := testkit.Must(a.Test(1, testkit.Rand(1)))(t)
		testkit.Near(t, "effect", r.Effect, want.Effect, 1e-4)
		u := units(read([]string{"he"}))[0]
		along := testkit.Must(tests.Run(Remove(v, u), 10, testkit.Rand(1)))(t)[0]
		if math.Abs(along.Effect-r.Effect) < 1e-6 {
			t.Error("removing a direction changes nothing")
		}
		if _, err := tests.Run(v[1:], 10, testkit.Rand(1)); err == nil {
			t.Error("a vector is missing")
		}
		if sentences == r.Exact { // 20 partitions of words, 36 over 18 of sentences
			t.Errorf("%+v", r)
		}
	}
	_, err := NewTests(e.Encoder, []WordTest{{"u", []string{"zebra"}, []string{"she"}, []string{"town"}, []string{"rain"}}}, false)
	fails(t, err, "test u", "0 and 1 targets")
}

// Scores by hand: of two terms, by the formulas of Nadeem et al.
func TestStereoSet(t *testing.T) {
	all := []Preference{
		{"nurse", 3, 2, 1}, {"nurse", 2, 3, 1}, {"nurse", 3, 1, 2}, {"nurse", 1, 1, 1},
		{"chief", 2, 1, 0}, {"chief", 1, 2, 3},
	}
	p := testkit.Must(StereoSet(all))(t)
	// nurse: 2 of 4 stereotypes; meaningful 2 + 2 + 1 + 0 of 8. chief: 1 of 2; 2 + 0 of 4.
	testkit.Near(t, "SS", p.SS, 50, 1e-13)
	testkit.Near(t, "LMS", p.LMS, (62.5+50)/2, 1e-13)
	testkit.Near(t, "ICAT", p.ICAT, p.LMS, 1e-13)
	ideal := testkit.Must(StereoSet([]Preference{{"a", 2, 1, 0}, {"a", 1, 2, 0}}))(t)
	if ideal != (Preferences{100, 50, 100}) {
		t.Errorf("an ideal model has %+v", ideal)
	}
	biased := testkit.Must(StereoSet([]Preference{{"a", 2, 1, 0}, {"b", 2, 1, 0}, {"b", 2, 1, 0}, {"b", 1, 2, 0}}))(t)
	testkit.Near(t, "SS", biased.SS, (100+200./3)/2, 1e-13) // a mean over terms, not over contexts
	testkit.Near(t, "ICAT", biased.ICAT, 100*(100-biased.SS)/50, 1e-12)
	_, err := StereoSet(nil)
	fails(t, err, "no scores")
}

// Gaps of occupations are means over templates in the order of the list.
func TestOccupations(t *testing.T) {
	all := OccupationTriples()
	if len(all) != 3*len(Occupations) {
		t.Fatalf("%d triples", len(all))
	}
	x := Embedded{Groups: make([][][]float64, 2)}
	for c, triple := range all {
		if triple.Document != Occupations[c/3] || triple.Groups[0][0] != "he" || triple.Groups[1][0] != "she" || triple.Neutral[0] != "they" {
			t.Errorf("triple %d is %v", c, triple)
		}
		if !slices.Equal(triple.Groups[0][1:], triple.Neutral[1:]) || !slices.Contains(triple.Neutral, triple.Document) {
			t.Errorf("triple %d is %v", c, triple)
		}
		x.Neutral = append(x.Neutral, []float64{0})
		x.Groups[0], x.Groups[1] = append(x.Groups[0], []float64{float64(c)}), append(x.Groups[1], []float64{float64(2 * c % 3)})
	}
	for i, g := range OccupationGaps(x) {
		testkit.Near(t, Occupations[i], g, float64(3*i+1)-1, 1e-12)
	}
	if corpus, err := encoder.Brown(t.Context()); err == nil {
		for _, o := range Occupations {
			if corpus.Vocab.Encode([]string{o})[0] == corpus.Vocab.Special().Unknown {
				t.Errorf("the Brown model does not know a %s", o)
			}
		}
	}
	if got := strings.Join(all[slices.Index(Occupations, "artist")*3].Neutral, " "); got != "they is an artist ." {
		t.Errorf("%q", got)
	}
}
