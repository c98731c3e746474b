// Command claims shows ledgers in Markdown:
//
//	go run ./pkg/claim/cmd/claims brief claims.json      statement and verdict of every claim
//	go run ./pkg/claim/cmd/claims full claims.json       measured values and controls as well
//	go run ./pkg/claim/cmd/claims diff A B               where two ledgers differ in verdicts
//
// diff exits with 1 where there is a difference.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

const usage = "usage: claims brief FILE | claims full FILE | claims diff FILE FILE"

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
	files := map[string]int{"brief": 1, "full": 1, "diff": 2}
	if len(args) == 0 || files[args[0]] == 0 || len(args) != 1+files[args[0]] {
		return "", 0, errors.New(usage)
	}
	var records []*claim.Record
	for _, path := range args[1:] {
		r, err := claim.Load(path)
		if err != nil {
			return "", 0, err
		}
		records = append(records, r)
	}
	switch args[0] {
	case "brief":
		return brief(records[0]), 0, nil
	case "full":
		return records[0].Table(), 0, nil
	}
	differences := claim.Diff(records[0], records[1])
	if len(differences) > 0 {
		return strings.Join(differences, "\n") + "\n", 1, nil
	}
	return "", 0, nil
}

// brief is the table at the head of a notebook and in the README.
func brief(r *claim.Record) string {
	var b strings.Builder
	b.WriteString("| Claim | Statement | Source | Verdict |\n| --- | --- | --- | --- |\n")
	for _, o := range r.Claims {
		statement := claim.Cell(o.Statement)
		if o.Title != "" {
			statement = "*" + claim.Cell(o.Title) + ".* " + statement
		}
		verdict := string(o.Verdict)
		if o.Verdict.Red() {
			verdict = "**" + verdict + "**"
		}
		fmt.Fprintf(&b, "| **%s** | %s | %s | %s |\n", o.ID, statement, claim.Cell(o.Source), verdict)
	}
	return b.String()
}
