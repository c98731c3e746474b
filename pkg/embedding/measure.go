package embedding

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Measures are what is to be reported of embedded triples together: each of them alone can be
// had without less bias. Means are over contents; of more than two groups, over pairs, too.
type Measures struct {
	Contents, Documents int
	Distances           []float64 // mean d_i of each group
	Gap                 Estimate  // |d_i − d_j|: the CCED gap
	Relative            Estimate  // 2|d_i − d_j|/(d_i + d_j), zero where both are
	Closer              Estimate  // share of contents whose neutral text is closer to the first group's than to the second's; a tie is half
	Posterior           Estimate  // max_i |P(i | x^n) − 1/K| at ρ
	Spread              float64   // mean distance between neutral texts of different documents, of all if there is one
	Drift               float64   // mean ‖f(x^n) − f₀(x^n)‖
	OverRho             float64   // mean d/ρ
}

// Measure measures embedded triples of documents; frozen are the f₀(x^n), and ρ is that of the
// posterior. Errors of estimates are of the bootstrap over documents, from rng.
func Measure(t Embedded, documents []string, frozen [][]float64, rho float64, rng *rand.Rand) (m Measures, err error) {
	n, K := len(t.Neutral), len(t.Groups)
	if n == 0 || K < 2 || len(documents) != n || len(frozen) != n || !(rho > 0) {
		return m, fmt.Errorf("embedding: measures of %d contents of %d groups, %d documents, %d frozen vectors, ρ = %g: want equally many, two groups or more and ρ > 0", n, K, len(documents), len(frozen), rho)
	}
	m.Contents, m.Distances = n, make([]float64, K)
	gap, relative, closer, posterior := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	pairs := float64(K * (K - 1) / 2)
	for c, d := range t.Distances() {
		for i := range d {
			m.Distances[i] += d[i] / float64(n)
			m.OverRho += d[i] / (rho * float64(n*K))
			for j := range i {
				if d[i]+d[j] > 0 {
					relative[c] += 2 * math.Abs(d[i]-d[j]) / (d[i] + d[j]) / pairs
				}
			}
		}
		gap[c] = PairGap(d)
		switch {
		case d[0] < d[1]:
			closer[c] = 1
		case d[0] == d[1]:
			closer[c] = 0.5
		}
		if posterior[c], err = Deviation(even(K), d, rho); err != nil {
			return m, err
		}
		m.Drift += math.Sqrt(SquaredDistance(t.Neutral[c], frozen[c])) / float64(n)
	}
	samples := newSamples(documents, rng)
	m.Documents = len(samples.documents)
	m.Gap, m.Relative, m.Closer, m.Posterior = samples.of(gap), samples.of(relative), samples.of(closer), samples.of(posterior)
	m.Spread = Spread(t.Neutral, documents)
	return m, nil
}

// even is the prior of equal probabilities.
func even(K int) []float64 {
	p := make([]float64, K)
	for i := range p {
		p[i] = 1 / float64(K)
	}
	return p
}

// Spread is the mean distance between vectors of different documents; between all, if there is
// one document alone.
func Spread(v [][]float64, documents []string) float64 {
	one := !slices.ContainsFunc(documents, func(d string) bool { return d != documents[0] })
	sum, n := 0.0, 0
	for i := range v {
		for j := range i {
			if one || documents[i] != documents[j] {
				sum += math.Sqrt(SquaredDistance(v[i], v[j]))
				n++
			}
		}
	}
	return sum / float64(n)
}

// Estimate is a mean with its standard error and its central 95 % interval, both of a bootstrap
// over documents.
type Estimate struct{ Mean, Error, Low, High float64 }

// resamples is how many times documents are drawn; the ends of the interval are then known to
// about a tenth of the error.
const resamples = 400

// Bootstrap returns the mean of values, one for each content, and how far it is known, by
// drawing whole documents with replacement: contents of one document share words and author.
func Bootstrap(values []float64, documents []string, rng *rand.Rand) (Estimate, error) {
	if len(values) == 0 || len(values) != len(documents) {
		return Estimate{}, fmt.Errorf("embedding: %d values of %d documents, want equally many, and some", len(values), len(documents))
	}
	return newSamples(documents, rng).of(values), nil
}

// samples are draws of documents, the same for all measures.
type samples struct {
	documents [][]int // the contents of each
	drawn     [][]int // documents of each resample
}

func newSamples(documents []string, rng *rand.Rand) samples {
	var s samples
	at := map[string]int{}
	for c, name := range documents {
		i, ok := at[name]
		if !ok {
			i = len(s.documents)
			at[name] = i
			s.documents = append(s.documents, nil)
		}
		s.documents[i] = append(s.documents[i], c)
	}
	for range resamples {
		drawn := make([]int, len(s.documents))
		for i := range drawn {
			drawn[i] = rng.IntN(len(s.documents))
		}
		s.drawn = append(s.drawn, drawn)
	}
	return s
}

// of returns the mean of values with its error.
func (s samples) of(values []float64) (e Estimate) {
	sums := make([]float64, len(s.documents))
	for i, contents := range s.documents {
		for _, c := range contents {
			sums[i] += values[c]
			e.Mean += values[c] / float64(len(values))
		}
	}
	means := make([]float64, len(s.drawn))
	mean, squares := 0.0, 0.0
	for r, drawn := range s.drawn {
		sum, n := 0.0, 0
		for _, i := range drawn {
			sum += sums[i]
			n += len(s.documents[i])
		}
		means[r] = sum / float64(n)
		mean += means[r] / resamples
	}
	for _, x := range means {
		squares += (x - mean) * (x - mean)
	}
	e.Error = math.Sqrt(squares / (resamples - 1))
	slices.Sort(means)
	e.Low, e.High = means[resamples/40], means[resamples-1-resamples/40]
	return e
}
