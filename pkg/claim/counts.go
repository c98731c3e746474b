package claim

import (
	"fmt"
	"strings"
)

// Counts keeps apart what a paper claims and what is ours.
type Counts struct {
	Paper    map[Verdict]int `json:"paper"` // the paper's claims by verdict; slips are a verdict
	Ours     map[Verdict]int `json:"ours"`  // claims that are no statements of the paper
	Known    map[Known]int   `json:"known"` // all claims by how they are known
	Checks   int             `json:"checks"`
	Controls int             `json:"controls"`
}

func newCounts() Counts {
	c := Counts{Paper: map[Verdict]int{}, Ours: map[Verdict]int{}, Known: map[Known]int{}}
	for _, v := range verdicts {
		c.Paper[v], c.Ours[v] = 0, 0
	}
	for _, k := range knowns {
		c.Known[k] = 0
	}
	return c
}

// Count counts the claims of all records together.
func Count(records ...*Record) Counts {
	c := newCounts()
	for _, r := range records {
		for _, o := range r.Claims {
			c.Known[o.Known]++
			if o.Known == Ours {
				c.Ours[o.Verdict]++
			} else {
				c.Paper[o.Verdict]++
			}
			c.Checks += len(o.Checks)
			for _, check := range o.Checks {
				c.Controls += len(check.Controls)
			}
		}
	}
	return c
}

// Summary counts the verdicts, the paper's claims before ours: "12 claims of the paper: 10
// hold, 1 corrected, 1 slip; 5 of ours: 5 hold".
func (r *Record) Summary() string {
	if len(r.Claims) == 0 {
		return "no claims"
	}
	c := Count(r)
	noun := "claims"
	if total(c.Paper) == 1 {
		noun = "claim"
	}
	var parts []string
	if n := total(c.Paper); n > 0 {
		parts = append(parts, fmt.Sprintf("%d %s of the paper: %s", n, noun, verdictsInWords(c.Paper)))
	}
	if n := total(c.Ours); n > 0 {
		parts = append(parts, fmt.Sprintf("%d of ours: %s", n, verdictsInWords(c.Ours)))
	}
	return strings.Join(parts, "; ")
}

func total(counts map[Verdict]int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}

func verdictsInWords(counts map[Verdict]int) string {
	var parts []string
	for _, v := range verdicts {
		n := counts[v]
		if n == 0 {
			continue
		}
		word := string(v)
		switch {
		case n == 1:
		case v == Holds:
			word = "hold"
		case v == Fails:
			word = "fail"
		case v == Slip:
			word = "slips"
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, word))
	}
	return strings.Join(parts, ", ")
}
