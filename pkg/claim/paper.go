package claim

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Kind says what sort of statement a claim is, and with it whether it needs a control.
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

// needsControl reports whether a claim of kind k is vacuous without a control.
func (k Kind) needsControl() bool { return k != Certificate && k != Empirical }

func (k Kind) known() bool {
	for _, have := range kinds {
		if k == have {
			return true
		}
	}
	return false
}

// Statement is one refutable sentence of a paper.
type Statement struct {
	// ID names the claim for ever: C7, D2.
	ID   string
	Kind Kind
	// Title is the statement in a few words.
	Title string
	// Statement is one line of text and LaTeX between dollars, in the form that is tested.
	Statement string
	// Printed is what the paper prints where Statement is a repair of it, otherwise "".
	Printed string
	// Source is the paper's theorem, equation or figure, or "ours".
	Source string
	// Scale is "paper" for a statement that the quick scale cannot test, otherwise "".
	Scale string
	// Reported is the number that the paper reports, where one was read in it.
	Reported string
}

// Paper is a paper and its statements in the order of its table.
type Paper struct {
	Key, Title   string
	Authors      []string
	Venue, ArXiv string
	Statements   []Statement
}

// Run says where the numbers of a ledger come from.
type Run struct {
	Scale    string            `json:"scale"`
	Backend  string            `json:"backend"`
	Device   string            `json:"device"`
	Seed     uint64            `json:"seed"`
	Versions map[string]string `json:"versions"`
}

// Scales that a run knows.
const (
	Quick      = "quick" // two CPU cores, minutes
	PaperSized = "paper" // the sizes of the paper
)

var (
	keyForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	idForm  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.-]*$`)
)

// validate reports everything that is wrong with the paper's statements.
func (p Paper) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !keyForm.MatchString(p.Key) {
		bad("key %q: want lower-case words joined by hyphens, as in ntp-implicit-bias", p.Key)
	}
	if p.Title == "" {
		bad("the title is empty")
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

// faults lists what is wrong with one statement.
func (s Statement) faults() []string {
	var f []string
	if !idForm.MatchString(s.ID) {
		f = append(f, fmt.Sprintf("id %q: want a letter, then letters, digits, dots or hyphens", s.ID))
	}
	if !s.Kind.known() {
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
		if strings.ContainsAny(text, "\n\r") {
			f = append(f, fmt.Sprintf("%q has more than one line", text))
		}
		if dollars(text)%2 == 1 {
			f = append(f, fmt.Sprintf("%q: a dollar without its partner", text))
		}
	}
	return f
}

// dollars counts the dollar signs that open or close mathematics.
func dollars(text string) int { return strings.Count(text, "$") - strings.Count(text, `\$`) }

// find returns the statement with the given id, or an error that names the known ids and the nearest of them.
func (p Paper) find(id string) (Statement, error) {
	known := make([]string, len(p.Statements))
	nearest, best := "", len(id)+1
	for i, s := range p.Statements {
		if s.ID == id {
			return s, nil
		}
		known[i] = s.ID
		if d := editDistance(id, s.ID); d < best {
			nearest, best = s.ID, d
		}
	}
	hint := ""
	if best < len(id) {
		hint = fmt.Sprintf(" Did you mean %s?", nearest)
	}
	return Statement{}, fmt.Errorf("claim: paper %s has no claim %q; it has %s.%s", p.Key, id, strings.Join(known, ", "), hint)
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
