package study

import (
	"math"
	"math/rand/v2"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
)

// RandomCorpus counts documents of uniform tokens, and their contexts from a length on.
func RandomCorpus(documents, length, zeta, shortest int, rng *rand.Rand) (*capacity.Corpus, error) {
	list := make([][]int, documents)
	for i := range list {
		for range length {
			list[i] = append(list[i], rng.IntN(zeta))
		}
	}
	return capacity.NewCorpus(list, zeta, shortest)
}

// Divergences compares a model with the observed distributions of all contexts, term by term
// from the definition.
type Divergences struct {
	Weighted, Unweighted float64 // Σ c(α) KL(p̂ ‖ q), and without c(α)
	Least                float64 // KL(p̂ ‖ q) of a context
	Improper             float64 // the least Σ p̂ log(p̂/e^l): q that is not divided by its sum
}

// Diverge takes the model by its logits.
func Diverge(c *capacity.Corpus, logits [][]float64) Divergences {
	d := Divergences{Least: math.Inf(1), Improper: math.Inf(1)}
	for j := range c.Contexts {
		kl, raw := 0.0, 0.0
		empirical := c.Empirical(j)
		for z, q := range capacity.Softmax(logits[j]) {
			if p := empirical[z]; p > 0 {
				kl += p * math.Log(p/q)
				raw += p * (math.Log(p) - logits[j][z])
			}
		}
		d.Weighted += float64(c.Total(j)) * kl
		d.Unweighted += kl
		d.Least, d.Improper = min(d.Least, kl), min(d.Improper, raw)
	}
	return d
}

// Interior is what models that reach y = (1-ε)p̂ + ε/ζ on all contexts of a corpus lose.
type Interior struct {
	Eps    []float64
	Excess []float64 // L - L(p̂) of transformers with as many neurons as contexts
	Short  []float64 // of those with one neuron fewer
	Bound  []float64 // -Σ c(α) log(1-ε)
}

// Interiors draws random features for each ε, from one stream with as many neurons as contexts
// and from the other with one fewer.
func Interiors(c *capacity.Corpus, eps []float64, reach float64, rng, short *rand.Rand) (s Interior, err error) {
	excess := func(task *capacity.Task, m int, rng *rand.Rand) float64 {
		p, wrong := Features(task, m, capacity.GELU, reach, rng)
		if wrong != nil {
			err = wrong
			return math.NaN()
		}
		return c.Excess(func(j int) []float64 { return p.Logits(c.Contexts[j]) })
	}
	for _, e := range eps {
		task, weight := &capacity.Task{Zeta: c.Zeta, Contexts: c.Contexts}, 0.0
		for j := range c.Contexts {
			y := c.Empirical(j)
			for z := range y {
				y[z] = (1-e)*y[z] + e/float64(c.Zeta)
			}
			task.Targets = append(task.Targets, y)
			weight += float64(c.Total(j))
		}
		n := len(task.Contexts)
		s.Eps, s.Bound = append(s.Eps, e), append(s.Bound, -weight*math.Log1p(-e))
		s.Excess, s.Short = append(s.Excess, excess(task, n, rng)), append(s.Short, excess(task, n-1, short))
	}
	return s, err
}
