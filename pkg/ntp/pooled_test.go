package ntp

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
	"github.com/marginalia-ml/marginalia/pkg/testkit"
	"github.com/marginalia-ml/marginalia/pkg/text"
)

// The loss over all positions of all sequences, Appendix C's, is that of the pooled instance.
func TestFromPooled(t *testing.T) {
	const T = 5
	windows := must(text.Windows(testkit.Chain(80), T))(t)
	p := must(softlabel.Pool(windows, 6, 1))(t)
	m := len(p.Contexts)
	H := matrix.Orthonormal(m, m, newRand(51))
	in := must(FromPooled(p, H, strings.Fields("a b c d e f")))(t)
	if in.Contexts[m-1] == "" || len(strings.Fields(in.Contexts[m-1])) != 4 {
		t.Errorf("last context is %q, want four words", in.Contexts[m-1])
	}
	var pairs []softlabel.Pair
	for j, c := range p.Counts {
		for z, n := range c {
			pairs = append(pairs, slices.Repeat([]softlabel.Pair{{Context: j, Token: z}}, n)...)
		}
	}
	if len(pairs) != 80*(T-1) {
		t.Fatalf("%d positions", len(pairs))
	}
	W := in.Start(newRand(52))
	near(t, "autoregressive loss", in.SampleCE(W, pairs), in.CE(W), identityTol)
	if _, err := FromPooled(p, H, []string{"a"}); !errors.Is(err, ErrInstance) {
		t.Errorf("too few words: %v", err)
	}
}
