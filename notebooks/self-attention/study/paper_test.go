package study

import (
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// TestPaper: the statements are well formed.
func TestPaper(t *testing.T) {
	p, err := claim.LoadPaper("../paper.json")
	if err != nil {
		t.Fatal(err)
	}
	if p.Key != "self-attention" {
		t.Errorf("key %q", p.Key)
	}
}
