package study

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/embedding"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

// Experiment is what is trained on one encoder, and measured of it. All of it is JSON.
type Experiment struct {
	MiniLM      bool // the published encoder, in place of one that is pre-trained here
	Pretraining encoder.Pretraining
	Religion    bool // three groups, in place of the two of gender
	Words       int  // of the longest text
	Train       int  // triples, at most
	Validation  int
	Test        int
	Fit         int // sentences on which the probe of genre is fitted
	Judge       int // sentences on which it is judged; 0 for no probe of genre
	Pairs       int // pairs of sentences whose similarity is judged
	Splits      int // of the probe of the attribute
	Partitions  int // of the association tests; 0 for none of them
	Plans       []Plan
	Seed        uint64 // of what is drawn from the data
	Given       string `json:",omitempty"` // the reader's own triples: see [embedding.Given]
	Backend     string
}

// Plan is an embedder of an experiment: fine-tuned, or without its direction of the attribute.
type Plan struct {
	Name      string
	Project   bool // hard debiasing, without training
	Debiasing embedding.Debiasing
}

// Row is what was measured of an embedder.
type Row struct {
	Plan
	embedding.Measures
	Rho            float64
	Step           int                // after which the validation loss was least; 0 for f₀
	First, Chosen  embedding.Terms    // losses on all validation triples, of f₀ and of what was chosen
	Looks          []int              // steps
	Seen           []embedding.Terms  // the losses there
	D              [][]float64        // d_i of each test triple
	Probe          float64            // the attribute from f(x)
	ProbeRelative  float64            // the attribute from f(x) − f(x^n)
	Utility        float64            // genre, accuracy
	Change         embedding.Estimate // of it against the original, paired by sentence
	Similarity     float64            // rank correlation of cosines with the share of words in common
	Occupations    []float64          // d_m − d_f of embedding.Occupations; nil where groups are no genders
	OccupationMean float64
	Seat, Weat     []embedding.Result // of embedding.GenderTests
}

// Counts say what became of the sentences.
type Counts struct {
	All        int // triples
	Unreadable int // with a swapped word that the encoder does not know
	Long       int // of the readable ones, with more words than Experiment.Words
	Train      int // used
	Validation int
	Test       int
	Words      float64 // swapped, of a triple
}

// Kind is a kind of test triples by the words that are swapped, under the original embedder.
type Kind struct {
	Name   string
	N      int
	Closer embedding.Estimate
}

// Results are those of an experiment.
type Results struct {
	Encoder   string
	Loss      float64 // of the masked language model on validation sentences; 0 of MiniLM
	Mean      float64 // distance of the training triples: ρ
	Dropped   float64 // mean distance of f₀(x^n) to itself with a tenth of the word embeddings' entries dropped
	Counts    Counts
	Original  Row
	Rows      []Row    // of the plans
	Documents []string // of the test triples
	Kinds     []Kind
	Unknown   []string           // words of the association tests that the encoder does not know
	Shown     []embedding.Triple // some of the training triples
}

// lists are those of the experiment.
func (x Experiment) lists() embedding.Lists {
	if x.Religion {
		return embedding.Religion
	}
	return embedding.Gender
}

// run carries out an experiment: the fine-tunings at once, then what is measured.
func (x Experiment) run(ctx context.Context) (r Results, err error) {
	corpus, err := encoder.Brown(ctx)
	if err != nil {
		return r, err
	}
	b, err := xla.Open(x.Backend)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	e, err := x.embedder(ctx, b, corpus, &r)
	if err != nil {
		return r, err
	}
	sets, err := x.triples(ctx, e, corpus, &r)
	if err != nil {
		return r, err
	}
	var debiasings []embedding.Debiasing
	for _, p := range x.Plans {
		if !p.Project {
			debiasings = append(debiasings, p.Debiasing)
		}
	}
	examples, err := e.Examples(b, sets)
	if err != nil {
		return r, err
	}
	tuned, err := e.DebiasAll(ctx, x.Backend, examples, debiasings)
	if err != nil {
		return r, err
	}
	m, err := x.measuring(b, e, corpus, sets[encoder.Test], examples)
	if err != nil {
		return r, err
	}
	defer m.reader.Close()
	r.Mean, r.Unknown = m.rho, m.unknown()
	before, err := m.read(e.Params)
	if err != nil {
		return r, err
	}
	m.frozen = before.triples.Neutral
	r.Original = Row{Plan: Plan{Name: "original"}, Rho: m.rho}
	if err := m.measure(&r.Original, before); err != nil {
		return r, err
	}
	if r.Dropped, err = m.dropped(); err != nil {
		return r, err
	}
	r.Kinds = kinds(x.lists(), sets[encoder.Test], r.Original.D, x.Seed)
	for _, p := range x.Plans {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		row := Row{Plan: p, Rho: m.rho}
		var v vectors
		if p.Project {
			v = m.without(before, m.direction)
		} else {
			d := tuned[0]
			tuned = tuned[1:]
			row.Step, row.Looks, row.Seen, row.First, row.Chosen = d.Step, d.Looks, d.Seen, d.Seen[0], d.At()
			if d.Loss.Rho > 0 {
				row.Rho = d.Loss.Rho
			}
			if v, err = m.read(d.Params); err != nil {
				return r, fmt.Errorf("%s: %w", p.Name, err)
			}
		}
		if err := m.measure(&row, v); err != nil {
			return r, fmt.Errorf("%s: %w", p.Name, err)
		}
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

// embedder is what the plans begin with. What was pre-trained in an earlier run is kept.
func (x Experiment) embedder(ctx context.Context, b *xla.Backend, corpus *encoder.Corpus, r *Results) (*embedding.Embedder, error) {
	if x.MiniLM {
		e, err := encoder.MiniLM(ctx)
		if err != nil {
			return nil, err
		}
		r.Encoder = "MiniLM"
		return embedding.Sentences(e), nil
	}
	e, run, err := encoder.Pretrained(ctx, b, corpus, x.Pretraining)
	if err != nil {
		return nil, err
	}
	r.Encoder, r.Loss = "the Brown model", run.End("loss")
	return embedding.Words(e), nil
}

// fewest are the documents of a reader's own triples of which two are for the test: the probe of the
// attribute is fitted on one and judged on the other.
const fewest = 6

// given are triples of the reader's own, which are of gender.
func (x Experiment) given() ([]embedding.Triple, bool, error) {
	if x.Religion {
		return nil, false, nil
	}
	return embedding.GivenTriples(embedding.Gender)
}

// triples are those of the three parts of the corpus, or of the reader's own file, whose
// documents are then split three to one to one.
func (x Experiment) triples(ctx context.Context, e *embedding.Embedder, corpus *encoder.Corpus, r *Results) (map[string][]embedding.Triple, error) {
	all, given, err := x.given()
	if err != nil {
		return nil, err
	}
	var sets map[string][]embedding.Triple
	if given {
		if err := embedding.Fit(e.Encoder, all); err != nil {
			return nil, err
		}
		names := map[string]bool{}
		for _, t := range all {
			names[t.Document] = true
		}
		if len(names) < fewest {
			return nil, fmt.Errorf("study: triples of %d documents, want %d or more: they are split by document; a line that names none is a document of its own", len(names), fewest)
		}
		sets = embedding.Fifths(all, random.Stream(x.Seed, "fair-embedding/documents"))
	} else {
		documents, err := data.Brown(ctx)
		if err != nil {
			return nil, err
		}
		if all, err = x.lists().Triples(documents); err != nil {
			return nil, err
		}
		if sets, err = embedding.Parts(all, corpus); err != nil {
			return nil, err
		}
	}
	r.Counts.All = len(all)
	swapped := 0
	for part, most := range map[string]int{encoder.Train: x.Train, encoder.Validation: x.Validation, encoder.Test: x.Test} {
		readable, left := embedding.Readable(e.Encoder, sets[part])
		short := embedding.AtMost(readable, x.Words)
		r.Counts.Unreadable += left
		r.Counts.Long += len(readable) - len(short)
		random.Stream(x.Seed, "fair-embedding/"+part).Shuffle(len(short), func(i, j int) { short[i], short[j] = short[j], short[i] })
		sets[part] = short[:min(most, len(short))]
		for _, t := range sets[part] {
			swapped += len(t.Swapped)
		}
	}
	c := &r.Counts
	c.Train, c.Validation, c.Test = len(sets[encoder.Train]), len(sets[encoder.Validation]), len(sets[encoder.Test])
	c.Words = float64(swapped) / float64(c.Train+c.Validation+c.Test)
	r.Shown = sets[encoder.Train][:min(5, c.Train)]
	r.Documents = embedding.Documents(sets[encoder.Test])
	return sets, nil
}

// kinds are the shares by what is swapped: pronouns alone, nouns alone, titles with or without
// others.
func kinds(l embedding.Lists, triples []embedding.Triple, d [][]float64, seed uint64) (all []Kind) {
	if len(l.Groups) != 2 {
		return nil
	}
	names := []string{"pronouns alone", "nouns alone", "both", "with Mr. or Mrs."}
	closer, documents := make([][]float64, len(names)), make([][]string, len(names))
	for c, t := range triples {
		if len(t.Swapped) == 0 { // of a reader's own
			continue
		}
		pronoun, noun, title := false, false, false
		for _, i := range t.Swapped {
			switch w := t.Groups[0][i]; {
			case w == "mr.":
				title = true
			case slices.Contains([]string{"they", "them", "their", "theirs", "oneself", "they're", "they've", "they'd", "they'll"}, t.Neutral[i]):
				pronoun = true
			default:
				noun = true
			}
		}
		k := 2
		switch {
		case title:
			k = 3
		case !noun:
			k = 0
		case !pronoun:
			k = 1
		}
		share := 0.0
		if d[c][0] < d[c][1] {
			share = 1
		}
		closer[k], documents[k] = append(closer[k], share), append(documents[k], t.Document)
	}
	for k, name := range names {
		if e, err := embedding.Bootstrap(closer[k], documents[k], random.Stream(seed, "fair-embedding/kinds")); err == nil {
			all = append(all, Kind{name, len(closer[k]), e})
		}
	}
	return all
}

// Experiments carries out several experiments, one after the other.
func Experiments(ctx context.Context, list []Experiment) (all []Results, err error) {
	for _, x := range list {
		r, err := x.run(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
