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
	triples   *embedding.TripleReader
	documents []string
	frozen    [][]float64 // f₀(x^n) of the test triples
	rho       float64     // of the posterior: the mean distance of the training triples
	direction []float64   // of the attribute, of the training triples

	fit, judge *genre
	right      []float64 // of the original
	pairs      *pairs

	occupations *embedding.TripleReader // nil where groups are no genders
	seat, weat  *embedding.Tests        // nil for none
	readers     []interface{ Close() }
}

// genre are sentences of fiction and information.
type genre struct {
	reader    *embedding.Reader
	classes   []int
	documents []string
}

// pairs are sentences in two versions.
type pairs struct {
	first, second *embedding.Reader
	targets       []float64
}

func (x Experiment) measuring(b *xla.Backend, e *embedding.Embedder, corpus *encoder.Corpus, sets map[string][]embedding.Triple) (m *measuring, err error) {
	m = &measuring{Experiment: x, e: e, documents: embedding.Documents(sets[encoder.Test])}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	if err := m.distances(b, sets); err != nil {
		return m, err
	}
	if m.fit, err = m.genre(b, corpus, encoder.Train, x.Fit); err != nil {
		return m, err
	}
	if m.judge, err = m.genre(b, corpus, encoder.Test, x.Judge); err != nil {
		return m, err
	}
	if m.pairs, err = m.similarity(b, corpus); err != nil || x.Religion {
		return m, err
	}
	if m.occupations, err = keep(m, func() (*embedding.TripleReader, error) { return e.TripleReader(b, embedding.OccupationTriples()) }); err != nil || x.Partitions == 0 {
		return m, err
	}
	if m.seat, err = keep(m, func() (*embedding.Tests, error) { return e.Tests(b, embedding.GenderTests, true) }); err != nil {
		return m, err
	}
	m.weat, err = keep(m, func() (*embedding.Tests, error) { return e.Tests(b, embedding.GenderTests, false) })
	return m, err
}

// keep has a reader closed at the end.
func keep[T interface{ Close() }](m *measuring, open func() (T, error)) (T, error) {
	r, err := open()
	if err == nil {
		m.readers = append(m.readers, r)
	}
	return r, err
}

func (m *measuring) close() {
	for _, r := range m.readers {
		r.Close()
	}
}

// distances reads the triples with the original.
func (m *measuring) distances(b *xla.Backend, sets map[string][]embedding.Triple) (err error) {
	if m.triples, err = keep(m, func() (*embedding.TripleReader, error) { return m.e.TripleReader(b, sets[encoder.Test]) }); err != nil {
		return err
	}
	test, err := m.triples.Read(m.e.Params)
	if err != nil {
		return err
	}
	m.frozen = test.Neutral
	reader, err := m.e.TripleReader(b, sets[encoder.Train])
	if err != nil {
		return err
	}
	defer reader.Close()
	fitted, err := reader.Read(m.e.Params)
	if err != nil {
		return err
	}
	m.rho = embedding.MeanDistance(fitted)
	m.direction, _, err = embedding.Direction(fitted)
	return err
}

// genre are at most n sentences of a part of the corpus. The corpus has its largest part for
// training: what is judged by becomes that here.
func (m *measuring) genre(b *xla.Backend, corpus *encoder.Corpus, part string, n int) (g *genre, err error) {
	task, err := (&encoder.Corpus{Parts: map[string][]encoder.Sentence{encoder.Train: corpus.Parts[part]}, Vocab: corpus.Vocab}).Task("genre", m.Seed)
	if err != nil {
		return nil, err
	}
	g = &genre{}
	var texts [][]string
	for _, s := range task.Parts[encoder.Train] {
		if len(s.A) <= m.Words && len(texts) < n {
			texts = append(texts, s.A)
			g.classes, g.documents = append(g.classes, s.Class), append(g.documents, s.Document)
		}
	}
	g.reader, err = keep(m, func() (*embedding.Reader, error) { return m.e.Reader(b, texts) })
	return g, err
}

// similarity are pairs whose targets are the shares of words that stayed.
func (m *measuring) similarity(b *xla.Backend, corpus *encoder.Corpus) (p *pairs, err error) {
	task, err := corpus.Task("sim", m.Seed)
	if err != nil {
		return nil, err
	}
	p = &pairs{}
	var first, second [][]string
	for _, s := range task.Parts[encoder.Test] {
		if max(len(s.A), len(s.B)) <= m.Words && len(first) < m.Pairs {
			first, second = append(first, s.A), append(second, s.B)
			p.targets = append(p.targets, s.Target)
		}
	}
	if p.first, err = keep(m, func() (*embedding.Reader, error) { return m.e.Reader(b, first) }); err != nil {
		return nil, err
	}
	p.second, err = keep(m, func() (*embedding.Reader, error) { return m.e.Reader(b, second) })
	return p, err
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
	triples, occupations embedding.Embedded
	fit, judge           [][]float64
	first, second        [][]float64
	seat, weat           [][]float64
}

// read has an embedder read all texts.
func (m *measuring) read(p model.Params) (v vectors, err error) {
	texts := func(to *[][]float64, r interface {
		Vectors(model.Params) ([][]float64, error)
	}) {
		if err == nil {
			*to, err = r.Vectors(p)
		}
	}
	if v.triples, err = m.triples.Read(p); err == nil && m.occupations != nil {
		v.occupations, err = m.occupations.Read(p)
	}
	texts(&v.fit, m.fit.reader)
	texts(&v.judge, m.judge.reader)
	texts(&v.first, m.pairs.first)
	texts(&v.second, m.pairs.second)
	if m.seat != nil {
		texts(&v.seat, m.seat)
		texts(&v.weat, m.weat)
	}
	return v, err
}

// dropped is how far dropout alone moves the neutral texts.
func (m *measuring) dropped() (mean float64, err error) {
	p, err := embedding.Dropout(m.e.Params, 0.1, random.Stream(m.Seed, "fair-embedding/dropout"))
	if err != nil {
		return 0, err
	}
	t, err := m.triples.Read(p)
	if err != nil {
		return 0, err
	}
	for c, x := range t.Neutral {
		mean += math.Sqrt(embedding.SquaredDistance(x, m.frozen[c])) / float64(len(m.frozen))
	}
	return mean, nil
}

// without are the vectors without their parts along u.
func (v vectors) without(u []float64) vectors {
	for _, list := range []*[][]float64{&v.fit, &v.judge, &v.first, &v.second, &v.seat, &v.weat} {
		*list = embedding.Remove(*list, u)
	}
	v.triples, v.occupations = v.triples.Remove(u), v.occupations.Remove(u)
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
	if m.occupations != nil {
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
	if row.Change, err = embedding.Bootstrap(change, m.judge.documents, random.Stream(m.Seed, "fair-embedding/utility")); err != nil {
		return err
	}
	cosines := make([]float64, len(v.first))
	for i := range cosines {
		cosines[i] = embedding.Cosine(v.first[i], v.second[i])
	}
	if row.Similarity = metric.Spearman(cosines, m.pairs.targets); math.IsNaN(row.Similarity) {
		row.Similarity = 0 // all cosines are one: nothing is told apart
	}
	return nil
}
