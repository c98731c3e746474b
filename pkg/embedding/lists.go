package embedding

import (
	"fmt"
	"slices"
	"strings"
)

// Lists say which words belong to which group, and what is said of nobody in particular.
type Lists struct {
	Attribute string
	Groups    []string // their names, K of them
	Rows      []Row
}

// Row is a word in all its forms.
type Row struct {
	Words   []string // of each group, in lower case
	Neutral string
	Tag     string // the part of speech, as Brown tags it; "" for any
}

// The words of [Gender] and [Religion]: a form of each group, the neutral one, the tag. Nouns
// have their possessives, too.
const (
	genderRows = `
		he she they pps
		him her them ppo
		his her their pp$
		his hers theirs pp$$
		himself herself oneself ppl
		he's she's they're pps+bez
		he's she's they've pps+hvz
		he'd she'd they'd pps+hvd
		he'd she'd they'd pps+md
		he'll she'll they'll pps+md
		mr. mrs. person np
		man woman person nn
		men women people nns
		boy girl child nn
		boys girls children nns
		brother sister sibling nn
		brothers sisters siblings nns
		father mother parent nn
		fathers mothers parents nns
		son daughter child nn
		sons daughters children nns
		husband wife partner nn
		husbands wives partners nns
		uncle aunt relative nn
		uncles aunts relatives nns
		nephew niece relative nn
		nephews nieces relatives nns
		grandfather grandmother grandparent nn
		grandfathers grandmothers grandparents nns
		king queen ruler nn
		kings queens rulers nns
		prince princess heir nn
		princes princesses heirs nns
		gentleman lady person nn
		gentlemen ladies people nns
		actor actress performer nn
		actors actresses performers nns
		waiter waitress server nn
		waiters waitresses servers nns
		policeman policewoman officer nn
		policemen policewomen officers nns
		chairman chairwoman chair nn
		chairmen chairwomen chairs nns
		businessman businesswoman executive nn
		businessmen businesswomen executives nns
		salesman saleswoman seller nn
		salesmen saleswomen sellers nns
		spokesman spokeswoman representative nn
		spokesmen spokeswomen representatives nns
		congressman congresswoman legislator nn
		congressmen congresswomen legislators nns
		dad mom parent nn
		papa mama parent nn
		papa mama parent np
		hero heroine champion nn
		heroes heroines champions nns
		schoolboy schoolgirl pupil nn
		schoolboys schoolgirls pupils nns
		cowboy cowgirl rider nn
		cowboys cowgirls riders nns`

	religionRows = `
		christian muslim jewish religious jj
		christian muslim jew believer np
		christians muslims jews believers nps
		bible quran torah scripture np
		church mosque synagogue temple nn
		churches mosques synagogues temples nns
		priest imam rabbi cleric nn
		priests imams rabbis clerics nns
		christianity islam judaism religion np`
)

// The lists of this package.
var (
	Gender   = mustLists("gender", []string{"male", "female"}, genderRows)
	Religion = mustLists("religion", []string{"christian", "muslim", "jewish"}, religionRows)
)

func mustLists(attribute string, groups []string, table string) Lists {
	l, err := NewLists(attribute, groups, table)
	if err != nil {
		panic(err)
	}
	return l
}

// NewLists reads lists from a table: in each line a word of each group, the neutral one and,
// if there is a further word, the tag. A word that stands in two groups, or is both neutral and
// a group's, or has two counterparts, is an error that names the lines.
func NewLists(attribute string, groups []string, table string) (Lists, error) {
	l := Lists{Attribute: attribute, Groups: groups}
	n := 0
	for line := range strings.Lines(table) {
		n++
		f := strings.Fields(strings.ToLower(line))
		switch K := len(groups); {
		case len(f) == 0:
			continue
		case len(f) != K+1 && len(f) != K+2:
			return l, fmt.Errorf("embedding: line %d of the lists of %s has %d words, want %d of the groups %q, a neutral one and perhaps a tag: %q", n, attribute, len(f), K, groups, strings.TrimSpace(line))
		default:
			row := Row{Words: f[:K:K], Neutral: f[K]}
			if len(f) > K+1 {
				row.Tag = f[K+1]
			}
			l.Rows = append(l.Rows, row)
			if p, ok := row.possessive(); ok {
				l.Rows = append(l.Rows, p)
			}
		}
	}
	return l, l.Check()
}

// possessive is the row of a noun's possessives.
func (r Row) possessive() (Row, bool) {
	if r.Tag != "nn" && r.Tag != "nns" && r.Tag != "np" {
		return r, false
	}
	of := func(w string) string {
		if r.Tag == "nns" && strings.HasSuffix(w, "s") {
			return w + "'"
		}
		return w + "'s"
	}
	p := Row{Neutral: of(r.Neutral), Tag: r.Tag + "$"}
	for _, w := range r.Words {
		p.Words = append(p.Words, of(w))
	}
	return p, true
}

// Check reports lists of fewer than two groups or no rows, rows of another number of words, and
// words that overlap.
func (l Lists) Check() error {
	if len(l.Groups) < 2 || len(l.Rows) == 0 {
		return fmt.Errorf("embedding: lists of %s with %d groups and %d rows, want at least two groups and a row", l.Attribute, len(l.Groups), len(l.Rows))
	}
	type place struct{ group, row int }
	groups := map[string]place{} // group K are the neutral words
	forms := map[string]int{}    // a group's word with its tag: the row
	for i, r := range l.Rows {
		if len(r.Words) != len(l.Groups) {
			return fmt.Errorf("embedding: row %d of the lists of %s has %d words, want one for each of %q", i+1, l.Attribute, len(r.Words), l.Groups)
		}
		for g, w := range append(slices.Clone(r.Words), r.Neutral) {
			if was, ok := groups[w]; ok && was.group != g {
				return fmt.Errorf("embedding: the lists of %s overlap: %q is %s in row %d and %s in row %d: leave it out of one", l.Attribute, w, l.name(was.group), was.row+1, l.name(g), i+1)
			}
			groups[w] = place{g, i}
			if g == len(l.Groups) {
				continue
			}
			form := fmt.Sprint(g, " ", w, "/", r.Tag)
			if was, ok := forms[form]; ok && !r.same(l.Rows[was]) {
				return fmt.Errorf("embedding: the lists of %s overlap: %q with the tag %q is in row %d and, with other counterparts, in row %d: leave it out of one", l.Attribute, w, r.Tag, was+1, i+1)
			}
			forms[form] = i
		}
	}
	return nil
}

// same reports equal words.
func (r Row) same(s Row) bool { return r.Neutral == s.Neutral && slices.Equal(r.Words, s.Words) }

func (l Lists) name(group int) string {
	if group == len(l.Groups) {
		return "neutral"
	}
	return l.Groups[group]
}

// Of returns the group to which a word belongs by its spelling, or -1. The neutral words belong
// to none.
func (l Lists) Of(word string) int {
	word = strings.ToLower(word)
	for _, r := range l.Rows {
		if g := slices.Index(r.Words, word); g >= 0 {
			return g
		}
	}
	return -1
}

// find returns the row of a word with a tag, as her/pp$ and her/ppo are of two. A tag of Brown
// ends in signs as -tl, of a title, that say nothing here.
func (l Lists) find(word, tag string) (Row, bool) {
	for _, r := range l.Rows {
		if slices.Contains(r.Words, word) && (r.Tag == "" || tag == r.Tag || strings.HasPrefix(tag, r.Tag+"-")) {
			return r, true
		}
	}
	return Row{}, false
}
