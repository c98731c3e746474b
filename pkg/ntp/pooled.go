package ntp

import (
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// FromPooled returns the pooled contexts as one instance with embeddings H, a column for
// each context: the training set of the autoregressive loss (Appendix C). Words may be
// nil; with it contexts get names.
func FromPooled(p *softlabel.Pooled, H *mat.Dense, words []string) (*Instance, error) {
	if words != nil && len(words) != p.V {
		return nil, malformed("%d words for a vocabulary of %d", len(words), p.V)
	}
	P, pi := p.Frequencies()
	in, err := New(H, P, pi, nil)
	if err != nil || words == nil {
		return in, err
	}
	in.Words, in.Contexts = words, p.Names(words)
	return in, nil
}
