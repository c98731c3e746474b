package study

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/marginalia-ml/marginalia/pkg/embedding"
	"github.com/marginalia-ml/marginalia/pkg/encoder"
	"github.com/marginalia-ml/marginalia/pkg/metric"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

// measuring has all texts by which embedders are measured, and what the original makes of them.
type measuring struct {
	Experiment
	e         *embedding.Embedder
	reader    *embedding.Reader // of all texts
	texts     [][]string
	places    []place
	documents []string    // of the test triples
	groups    int         // K
	frozen    [][]float64 // f₀(x^n) of the test triples
	rho       float64     // of the posterior: the mean distance of the training triples
	direction []float64   // of the attribute, of the training triples

	fit, judge genre
	right      []float64        // of the original
	targets    []float64        // of the pairs
	seat, weat *embedding.Tests // nil for none
}

// place says where texts stand among all, and where their vectors are kept.
type place struct {
	begin, end int
	to         func(v *vectors) *[][]float64
}

// genre are sentences of fiction and information.
type genre struct {
	classes   []int
	documents []string
}

// add puts texts among all.
func (m *measuring) add(texts [][]string, to func(v *vectors) *[][]float64) {
	m.places = append(m.places, place{len(m.texts), len(m.texts) + len(texts), to})
	m.texts = append(m.texts, texts...)
}

func (x Experiment) measuring(b *xla.Backend, e *embedding.Embedder, corpus *encoder.Corpus, test []embedding.Triple, examples *embedding.Examples) (m *measuring, err error) {
	m = &measuring{Experiment: x, e: e, documents: embedding.Documents(test), groups: len(x.lists().Groups), rho: examples.Mean}
	if m.direction, _, err = embedding.Direction(examples.Train); err != nil {
		return nil, err
	}
	m.add(embedding.TripleTexts(test), func(v *vectors) *[][]float64 { return &v.flat })
	if x.Judge > 0 {
		if err := m.genres(corpus); err != nil {
			return nil, err
		}
	}
	if err := m.similarity(corpus); err != nil {
		return nil, err
	}
	if !x.Religion {
		m.add(embedding.TripleTexts(embedding.OccupationTriples()), func(v *vectors) *[][]float64 { return &v.flatOccupations })
	}
	if x.Partitions > 0 && !x.Religion {
		if m.seat, err = embedding.NewTests(e.Encoder, embedding.GenderTests, true); err != nil {
			return nil, err
		}
		if m.weat, err = embedding.NewTests(e.Encoder, embedding.GenderTests, false); err != nil {
			return nil, err
		}
		m.add(m.seat.Texts, func(v *vectors) *[][]float64 { return &v.seat })
		m.add(m.weat.Texts, func(v *vectors) *[][]float64 { return &v.weat })
	}
	m.reader, err = e.Reader(b, m.texts)
	return m, err
}

// genres are sentences of the documents for training, on which the probe is fitted, and of those
// for the test. A corpus has its largest part for training: each of them becomes that here.
func (m *measuring) genres(corpus *encoder.Corpus) error {
	for _, g := range []struct {
		part string
		most int
		of   *genre
		to   func(v *vectors) *[][]float64
	}{
		{encoder.Train, m.Fit, &m.fit, func(v *vectors) *[][]float64 { return &v.fit }},
		{encoder.Test, m.Judge, &m.judge, func(v *vectors) *[][]float64 { return &v.judge }},
	} {
		task, err := (&encoder.Corpus{Parts: map[string][]encoder.Sentence{encoder.Train: corpus.Parts[g.part]}, Vocab: corpus.Vocab}).Task("genre", m.Seed)
		if err != nil {
			return err
		}
		var texts [][]string
		for _, s := range task.Parts[encoder.Train] {
			if len(s.A) <= m.Words && len(texts) < g.most {
				texts = append(texts, s.A)
				g.of.classes, g.of.documents = append(g.of.classes, s.Class), append(g.of.documents, s.Document)
			}
		}
		m.add(texts, g.to)
	}
	return nil
}

// similarity are pairs whose targets are the shares of words that stayed.
func (m *measuring) similarity(corpus *encoder.Corpus) error {
	task, err := corpus.Task("sim", m.Seed)
	if err != nil {
		return err
	}
	var first, second [][]string
	for _, s := range task.Parts[encoder.Test] {
		if max(len(s.A), len(s.B)) <= m.Words && len(first) < m.Pairs {
			first, second = append(first, s.A), append(second, s.B)
			m.targets = append(m.targets, s.Target)
		}
	}
	m.add(first, func(v *vectors) *[][]float64 { return &v.first })
	m.add(second, func(v *vectors) *[][]float64 { return &v.second })
	return nil
}

// unknown are the words of the association tests that the encoder does not know.
func (m *measuring) unknown() []string {
	if m.seat == nil {
		return nil
	}
	return m.seat.Unknown
}

// vectors are those of all texts under one embedder.
type vectors struct {
	triples, occupations  embedding.Embedded
	flat, flatOccupations [][]float64 // the same, one after the other
	fit, judge            [][]float64
	first, second         [][]float64
	seat, weat            [][]float64
}

// read has an embedder read all texts.
func (m *measuring) read(p model.Params) (v vectors, err error) {
	all, err := m.reader.Vectors(p)
	if err != nil {
		return v, err
	}
	return m.sorted(all), nil
}

// sorted are all vectors, where they belong.
func (m *measuring) sorted(all [][]float64) (v vectors) {
	for _, p := range m.places {
		*p.to(&v) = all[p.begin:p.end]
	}
	v.triples = embedding.Grouped(v.flat, m.groups)
	if v.flatOccupations != nil {
		v.occupations = embedding.Grouped(v.flatOccupations, m.groups)
	}
	return v
}

// dropped is how far dropout alone moves the neutral texts.
func (m *measuring) dropped() (mean float64, err error) {
	p, err := embedding.Dropout(m.e.Params, 0.1, random.Stream(m.Seed, "fair-embedding/dropout"))
	if err != nil {
		return 0, err
	}
	v, err := m.read(p)
	if err != nil {
		return 0, err
	}
	for c, x := range v.triples.Neutral {
		mean += math.Sqrt(embedding.SquaredDistance(x, m.frozen[c])) / float64(len(m.frozen))
	}
	return mean, nil
}

// without are the vectors without their parts along u.
func (m *measuring) without(v vectors, u []float64) vectors {
	for _, p := range m.places {
		list := p.to(&v)
		*list = embedding.Remove(*list, u)
	}
	v.triples = embedding.Grouped(v.flat, m.groups)
	if v.flatOccupations != nil {
		v.occupations = embedding.Grouped(v.flatOccupations, m.groups)
	}
	return v
}

// measure fills a row with what is measured of vectors.
func (m *measuring) measure(row *Row, v vectors) (err error) {
	row.D = v.triples.Distances()
	if row.Measures, err = embedding.Measure(v.triples, m.documents, m.frozen, m.rho, random.Stream(m.Seed, "fair-embedding/bootstrap")); err != nil {
		return err
	}
	for relative, to := range map[bool]*float64{false: &row.Probe, true: &row.ProbeRelative} {
		if *to, err = embedding.AttributeProbe(v.triples, m.documents, relative, m.Splits, random.Stream(m.Seed, "fair-embedding/probe")); err != nil {
			return err
		}
	}
	if err := m.utility(row, v); err != nil {
		return err
	}
	if v.flatOccupations != nil {
		row.Occupations = embedding.OccupationGaps(v.occupations)
		row.OccupationMean = stat.Mean(row.Occupations, nil)
	}
	if m.seat == nil {
		return nil
	}
	if row.Seat, err = m.seat.Run(v.seat, m.Partitions, random.Stream(m.Seed, "fair-embedding/partitions")); err != nil {
		return err
	}
	row.Weat, err = m.weat.Run(v.weat, exact, random.Stream(m.Seed, "fair-embedding/partitions"))
	return err
}

// exact are the partitions of sixteen words into halves.
const exact = 12870

// utility are the probe of genre and the similarity of pairs.
func (m *measuring) utility(row *Row, v vectors) error {
	cosines := make([]float64, len(v.first))
	for i := range cosines {
		cosines[i] = embedding.Cosine(v.first[i], v.second[i])
	}
	if row.Similarity = metric.Spearman(cosines, m.targets); math.IsNaN(row.Similarity) {
		row.Similarity = 0 // all cosines are one: nothing is told apart
	}
	if v.judge == nil {
		return nil
	}
	right, err := embedding.Probe(v.fit, m.fit.classes, v.judge, m.judge.classes, 2)
	if err != nil {
		return err
	}
	if m.right == nil {
		m.right = right
	}
	row.Utility = stat.Mean(right, nil)
	change := make([]float64, len(right))
	for i, r := range right {
		change[i] = r - m.right[i]
	}
	row.Change, err = embedding.Bootstrap(change, m.judge.documents, random.Stream(m.Seed, "fair-embedding/utility"))
	return err
}
