package claim_test

import (
	"fmt"
	"log"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// A claim that holds, in a ledger in memory, and one whose control does not fail.
func Example() {
	paper, err := claim.ParsePaper([]byte(`{
 "key": "powers", "title": "Powers", "authors": ["Nobody"], "venue": "nowhere", "learn": "How fast powers grow.", "read": "all",
 "statements": [
  {"id": "C1", "kind": "rate", "title": "Slope", "tex": "$\\log x^2$ has the slope $2$ in $\\log x$", "source": "(1)", "known": "ours"},
  {"id": "C2", "kind": "inequality", "title": "Bound", "tex": "$x^2\\le x$ on $[0,1]$", "source": "(2)", "known": "ours"}]}`))
	if err != nil {
		log.Fatal(err)
	}
	ledger, err := claim.Open(paper, "", claim.Run{Scale: claim.Quick, Backend: "go", Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	c := ledger.Part("C1").Claim("C1")
	c.Check("slope", 1.98, claim.SlopeOf(2, 1.5, 3)).Control("of $x^3$", 3.01)
	c = ledger.Part("C2").Claim("C2")
	c.CheckAll("$x^2-x$", []float64{-0.09, -0.25, -0.09}, claim.AtMost(0)).Because("it vanishes at the ends").Control("on $[-1,0]$", 0.11, -0.05)
	fmt.Println(ledger.Close())
	// Output:
	// claim: 1 of the 2 claims of powers are red
	//   C2 is vacuous: control "on $[-1,0]$" of "$x^2-x$" was to fail, but −0.05 satisfies "at most 0"
}
