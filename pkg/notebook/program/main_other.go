//go:build !js

package program

import "os"

// Main runs the program as its flags say and ends the process: with 0 if every claim that
// the chosen cells measure is green on every seed, with 1 if one is red or a cell failed,
// with 2 for flags that say nothing, with 130 when it was interrupted. In a browser there are
// neither flags nor an end: it answers the page, as [Program.Serve] does.
func (p Program) Main() { os.Exit(p.main(os.Args[1:], os.Stdout, os.Stderr)) }
