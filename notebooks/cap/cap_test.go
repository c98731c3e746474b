package cap

import (
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// "Change this and see": fewer dimensions than it takes to separate the classes.
func TestNotSeparable(t *testing.T) {
	d, as := sampleD, sample
	defer func() { sampleD, sample = d, as }()
	sampleD, sample.S = 5, 0.3
	if _, _, err := paper.Try(t.TempDir(), 1, C1); err == nil || !strings.Contains(err.Error(), "separable") {
		t.Errorf("d = 5: %v", err)
	}
}

// "Change this and see": means that are close together, where the noise does not matter.
func TestCloseMeans(t *testing.T) {
	s := lawS
	defer func() { lawS = s }()
	lawS = 1
	if o := paper.Outcome(t, "C6", C6); o.Verdict != claim.Fails {
		t.Errorf("s = 1: C6 is %s: %s", o.Verdict, o.Reason)
	}
}

// "Change this and see": ten classes of nearly one size have validation examples enough.
func TestNoTail(t *testing.T) {
	as := tail
	defer func() { tail = as }()
	tail.Quick.Classes, tail.Quick.Imbalance, tail.Quick.Draws = 10, 2, 2
	if o := paper.Outcome(t, "C10", C10); o.Verdict != claim.Fails {
		t.Errorf("no tail: C10 is %s: %s", o.Verdict, o.Reason)
	}
}
