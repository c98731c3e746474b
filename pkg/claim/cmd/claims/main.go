// Command claims shows, compares and counts ledgers, and checks the statements of papers:
//
//	go run ./pkg/claim/cmd/claims brief claims.json      statement and verdict of every claim, in Markdown
//	go run ./pkg/claim/cmd/claims full claims.json       measured values and controls as well
//	go run ./pkg/claim/cmd/claims diff [flags] A B       where two ledgers differ
//	    -verdicts          compare verdicts alone
//	    -tolerance LIST    relative errors of measured values: 1e-4, or cpu=1e-3,cuda=1e-2;
//	                       the defaults and their reasons are those of claim.Tolerance
//	    -slack             print the slack of every check of B as well
//	go run ./pkg/claim/cmd/claims counts claims.json ... counts by verdict and source, as JSON
//	go run ./pkg/claim/cmd/claims check paper.json [claims.json]
//	                                                     whether the statements are well formed, and those of the ledger
//	go run ./pkg/claim/cmd/claims boxes paper.json       JSON: the box of every statement in Markdown, by id
//
// A ledger is judged again when it is read; one that was edited is refused. diff exits with
// 1 where there is a difference, and every subcommand with 2 where something is wrong.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

const usage = "usage: claims brief FILE | claims full FILE | claims diff [-verdicts] [-tolerance LIST] [-slack] FILE FILE" +
	" | claims counts FILE ... | claims check PAPER [FILE] | claims boxes PAPER"

func main() {
	text, code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "claims:", err)
		os.Exit(2)
	}
	fmt.Print(text)
	os.Exit(code)
}

func run(args []string) (text string, code int, err error) {
	if len(args) == 0 {
		return "", 0, errors.New(usage)
	}
	name, args := args[0], args[1:]
	switch n := len(args); {
	case name == "brief" && n == 1, name == "full" && n == 1:
		r, err := claim.Load(args[0])
		if err != nil {
			return "", 0, err
		}
		if name == "brief" {
			return brief(r), 0, nil
		}
		return r.Table(), 0, nil
	case name == "diff":
		return diff(args)
	case name == "counts" && n > 0:
		text, err := counts(args)
		return text, 0, err
	case name == "check" && (n == 1 || n == 2):
		text, err := check(args)
		return text, 0, err
	case name == "boxes" && n == 1:
		text, err := boxes(args[0])
		return text, 0, err
	}
	return "", 0, errors.New(usage)
}

func load(paths []string) ([]*claim.Record, error) {
	var records []*claim.Record
	for _, path := range paths {
		r, err := claim.Load(path)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

func diff(args []string) (text string, code int, err error) {
	flags := flag.NewFlagSet("diff", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	verdicts := flags.Bool("verdicts", false, "")
	tolerance := flags.String("tolerance", "", "")
	slack := flags.Bool("slack", false, "")
	if err := flags.Parse(args); err != nil {
		return "", 0, fmt.Errorf("%w; %s", err, usage)
	}
	if flags.NArg() != 2 {
		return "", 0, errors.New(usage)
	}
	records, err := load(flags.Args())
	if err != nil {
		return "", 0, err
	}
	a, b := records[0], records[1]
	allowed := 0.0
	for _, r := range records {
		t, err := toleranceOf(*tolerance, r.Run.Backend)
		if err != nil {
			return "", 0, err
		}
		allowed = max(allowed, t)
	}
	differences := claim.DiffVerdicts(a, b)
	if !*verdicts {
		differences = claim.Diff(a, b, allowed)
	}
	if len(differences) > 0 {
		code = 1
	}
	if *slack {
		differences = append(differences, b.Slacks()...)
	}
	return lines(differences), code, nil
}

// toleranceOf reads one number, or a list of backends with theirs; a backend that is not
// in the list has its default.
func toleranceOf(list, backend string) (float64, error) {
	if list == "" {
		return claim.Tolerance(backend), nil
	}
	for item := range strings.SplitSeq(list, ",") {
		name, text, named := strings.Cut(strings.TrimSpace(item), "=")
		if !named {
			text = name
		}
		t, err := strconv.ParseFloat(text, 64)
		if err != nil || !(t > 0 && t < 1) {
			return 0, fmt.Errorf("tolerance %q: want a number between 0 and 1, as in 1e-4, or numbers by backend, as in cpu=1e-3,cuda=1e-2", item)
		}
		if !named || backend == name || strings.HasSuffix(backend, " "+name) {
			return t, nil
		}
	}
	return claim.Tolerance(backend), nil
}

func lines(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return strings.Join(texts, "\n") + "\n"
}

// counts is {"papers": {key: counts}, "total": counts}.
func counts(paths []string) (string, error) {
	records, err := load(paths)
	if err != nil {
		return "", err
	}
	papers := map[string]claim.Counts{}
	for i, r := range records {
		if _, twice := papers[r.Paper.Key]; twice {
			return "", fmt.Errorf("%s is a second ledger of paper %s", paths[i], r.Paper.Key)
		}
		papers[r.Paper.Key] = claim.Count(r)
	}
	return asJSON(map[string]any{"papers": papers, "total": claim.Count(records...)})
}

func check(args []string) (string, error) {
	p, err := claim.LoadPaper(args[0])
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%s: %d statements of %s\n", args[0], len(p.Statements), p.Key)
	if len(args) == 1 {
		return text, nil
	}
	r, err := claim.Load(args[1])
	if err != nil {
		return "", err
	}
	if err := r.Of(p); err != nil {
		return "", fmt.Errorf("%s is not the ledger of %s: %w", args[1], args[0], err)
	}
	return text + fmt.Sprintf("%s: %s\n", args[1], r.Summary()), nil
}

func boxes(path string) (string, error) {
	p, err := claim.LoadPaper(path)
	if err != nil {
		return "", err
	}
	byID := map[string]string{}
	for _, s := range p.Statements {
		byID[s.ID] = s.Box()
	}
	return asJSON(byID)
}

func asJSON(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(v)
	return b.String(), err
}

// brief is the table at the head of a notebook and in the README.
func brief(r *claim.Record) string {
	var b strings.Builder
	b.WriteString("| Claim | Statement | Source | Verdict |\n| --- | --- | --- | --- |\n")
	for _, o := range r.Claims {
		statement := "*" + claim.Cell(o.Title) + ".* " + claim.Cell(o.Statement)
		verdict := string(o.Verdict)
		if o.Verdict.Red() {
			verdict = "**" + verdict + "**"
		}
		source := claim.Cell(o.Source) + " (" + string(o.Known) + ")"
		fmt.Fprintf(&b, "| **%s** | %s | %s | %s |\n", o.ID, statement, source, verdict)
	}
	return b.String()
}
