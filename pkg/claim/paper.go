package claim

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Kind says what sort of statement a claim is.
type Kind string

const (
	Identity    Kind = "identity"    // two sides are equal; the control is a wrong formula
	Inequality  Kind = "inequality"  // one side bounds the other
	Theorem     Kind = "theorem"     // a conclusion under assumptions; the control drops one
	Certificate Kind = "certificate" // a computed object proves itself, as a dual solution does
	Rate        Kind = "rate"        // a slope on logarithmic axes, or a constant of one
	Limit       Kind = "limit"       // a sequence approaches a value
	Order       Kind = "order"       // quantities come in an order
	Empirical   Kind = "empirical"   // what the paper observed in an experiment
)

var kinds = []Kind{Identity, Inequality, Theorem, Certificate, Rate, Limit, Order, Empirical}

// Known says how a statement is known to be the paper's.
type Known string

const (
	Read          Known = "read"          // it was read in the paper
	SecondHand    Known = "second-hand"   // it was read in a text about the paper
	Reconstructed Known = "reconstructed" // its form was worked out by us from less
	Ours          Known = "ours"          // it is no statement of the paper
)

var knowns = []Known{Read, SecondHand, Reconstructed, Ours}

// Statement is one refutable sentence of a paper.
type Statement struct {
	// ID names the claim for ever: C7, D2.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Title is the statement in a few words.
	Title string `json:"title"`
	// Statement is one line of text and LaTeX between dollars, in the form that is tested.
	Statement string `json:"tex"`
	// Printed is what the paper prints where Statement is a repair of it, otherwise "".
	Printed string `json:"printed,omitempty"`
	// Repair is, beside Printed, Corrected or Slip: the verdict where the repair holds.
	Repair Verdict `json:"repair,omitempty"`
	// Source is the paper's theorem, equation or figure, or the place of our derivation.
	Source string `json:"source"`
	Known  Known  `json:"known"`
	// Evidence marks a sentence that a run can support but not test: its best verdict is
	// the verdict Evidence.
	Evidence bool `json:"evidence,omitempty"`
	// Scale is "paper" for a statement that the quick scale cannot test, otherwise "".
	Scale string `json:"scale,omitempty"`
	// Reported is the number that the paper reports, where one was read in it.
	Reported string `json:"reported,omitempty"`
}

// Paper is a paper and its statements in the order of its table; see LoadPaper.
type Paper struct {
	Schema  string   `json:"$schema,omitempty"`
	Key     string   `json:"key"`
	Title   string   `json:"title"`
	Authors []string `json:"authors"`
	Venue   string   `json:"venue"`
	ArXiv   string   `json:"arxiv,omitempty"`
	// Learn says in a line what a reader learns.
	Learn string `json:"learn"`
	// Read says what of the paper was read by us.
	Read       string      `json:"read"`
	Statements []Statement `json:"statements"`
}

// Run says where the numbers of a ledger come from.
type Run struct {
	Scale    string            `json:"scale"`
	Backend  string            `json:"backend"`
	Device   string            `json:"device"`
	Seed     uint64            `json:"seed"`
	Versions map[string]string `json:"versions"`
	Plugin   string            `json:"plugin,omitempty"` // SHA-256 of the XLA plugin's bytes
	Flags    string            `json:"flags,omitempty"`  // of XLA, from XLA_FLAGS
}

// Scales that a run knows.
const (
	Quick      = "quick" // two CPU cores, minutes
	PaperSized = "paper" // the sizes of the paper
)

// The forms of fields, the same in paper.schema.json. One line of text and LaTeX holds
// an even number of dollars; a backslash takes the character behind it with it.
const (
	keyPattern   = `^[a-z0-9]+(-[a-z0-9]+)*$`
	idPattern    = `^[A-Za-z][A-Za-z0-9.-]*$`
	arxivPattern = `^([0-9]{4}\.[0-9]{4,5}|[a-z-]+(\.[A-Z]{2})?/[0-9]{7})$`
	linePattern  = `^([^$\\\n\r]|\\[^\n\r])*(\$([^$\\\n\r]|\\[^\n\r])*\$([^$\\\n\r]|\\[^\n\r])*)*$`
)

var (
	keyForm   = regexp.MustCompile(keyPattern)
	idForm    = regexp.MustCompile(idPattern)
	arxivForm = regexp.MustCompile(arxivPattern)
)

// validate reports everything that is wrong with the paper and its statements.
func (p Paper) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !keyForm.MatchString(p.Key) {
		bad("key %q: want lower-case words joined by hyphens, as in ntp-implicit-bias", p.Key)
	}
	for _, fault := range p.faults() {
		bad("%s", fault)
	}
	if len(p.Statements) == 0 {
		bad("there are no statements")
	}
	seen := map[string]int{}
	for i, s := range p.Statements {
		if first, twice := seen[s.ID]; twice {
			bad("id %s is used twice, by statements %d and %d: give one of them an id of its own", s.ID, first+1, i+1)
		}
		seen[s.ID] = i
		for _, fault := range s.faults() {
			bad("statement %d (%s): %s", i+1, s.ID, fault)
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("claim: paper %q: %w", p.Key, errors.Join(errs...))
	}
	return nil
}

// faults lists what is wrong with the paper itself.
func (p Paper) faults() []string {
	var f []string
	lines := []struct{ name, text string }{{"title", p.Title}, {"venue", p.Venue}, {"learn", p.Learn}, {"read", p.Read}}
	for i, a := range p.Authors {
		lines = append(lines, struct{ name, text string }{fmt.Sprintf("author %d", i+1), a})
	}
	if len(p.Authors) == 0 {
		f = append(f, "authors: there are none")
	}
	for _, line := range lines {
		if fault := lineFault(line.text); fault != "" {
			f = append(f, fmt.Sprintf("%s: %s", line.name, fault))
		}
	}
	if p.ArXiv != "" && !arxivForm.MatchString(p.ArXiv) {
		f = append(f, fmt.Sprintf("arxiv %q: want a number as 2402.05738 or cs.LG/0101001, or no such field", p.ArXiv))
	}
	return f
}

// faults lists what is wrong with one statement.
func (s Statement) faults() []string {
	var f []string
	if !idForm.MatchString(s.ID) {
		f = append(f, fmt.Sprintf("id %q: want a letter, then letters, digits, dots or hyphens", s.ID))
	}
	if !slices.Contains(kinds, s.Kind) {
		f = append(f, fmt.Sprintf("unknown kind %q: the kinds are %v", s.Kind, kinds))
	}
	if s.Statement == "" {
		f = append(f, "the statement is empty")
	}
	if s.Source == "" {
		f = append(f, `the source is empty: name the theorem or figure, or "ours"`)
	}
	if s.Scale != "" && s.Scale != PaperSized {
		f = append(f, fmt.Sprintf("unknown scale %q: want %q or nothing", s.Scale, PaperSized))
	}
	for _, text := range []string{s.Title, s.Statement, s.Printed, s.Source, s.Reported} {
		if fault := lineFault(text); text != "" && fault != "" {
			f = append(f, fault)
		}
	}
	if s.Title == "" {
		f = append(f, "the title is empty")
	}
	if !slices.Contains(knowns, s.Known) {
		f = append(f, fmt.Sprintf("known %q: want one of %v", s.Known, knowns))
	}
	switch {
	case s.Printed == "" && s.Repair != "":
		f = append(f, fmt.Sprintf("repair %q without printed: say what the paper prints, or leave repair out", s.Repair))
	case s.Printed != "" && s.Repair != Corrected && s.Repair != Slip:
		f = append(f, fmt.Sprintf("repair %q beside printed: want %q, or %q where the author would mend it at once", s.Repair, Corrected, Slip))
	}
	if s.Printed != "" && s.Known == Ours {
		f = append(f, "printed, but known says that the statement is ours: the paper cannot have printed it")
	}
	if s.Reported != "" && s.Known != Read {
		f = append(f, fmt.Sprintf("reported, but known is %q: a reported number needs %q", s.Known, Read))
	}
	return f
}

// lineFault says what keeps text from being one line of text and LaTeX, or "".
func lineFault(text string) string {
	if !nonBlank.MatchString(text) {
		return "it is empty"
	}
	if strings.ContainsAny(text, "\n\r") {
		return fmt.Sprintf("%q has more than one line", text)
	}
	pieces, whole := splitDollars(text)
	if len(pieces)%2 == 0 {
		return fmt.Sprintf(`%q: a dollar without its partner (write \$ for one that opens no mathematics)`, text)
	}
	if !whole {
		return fmt.Sprintf("%q ends in a backslash with nothing behind it", text)
	}
	return ""
}

var nonBlank = regexp.MustCompile(`\S`)

// find returns the statement with the given id, or an error that names the known ids and the nearest of them.
func (p Paper) find(id string) (Statement, error) {
	known := make([]string, len(p.Statements))
	for i, s := range p.Statements {
		if s.ID == id {
			return s, nil
		}
		known[i] = s.ID
	}
	return Statement{}, fmt.Errorf("claim: paper %s has no claim %q; it has %s.%s", p.Key, id, strings.Join(known, ", "), didYouMean(id, known))
}

// didYouMean names the one of known that is nearest to name, or nothing.
func didYouMean(name string, known []string) string {
	nearest, best := "", len(name)
	for _, k := range known {
		if d := editDistance(name, k); d < best {
			nearest, best = k, d
		}
	}
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %s?", nearest)
}

// editDistance is the number of insertions, deletions and substitutions (Levenshtein)
// that turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
