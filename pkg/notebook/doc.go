// Package notebook is what every paper's notebook begins and ends with, and what its
// cells are written against.
//
// A cell is a function of settings, seed and sinks:
//
//	var paper = notebook.Open("self-attention") // reads nothing
//
//	//gonb:%exec paper.Cell(C4)
//
//	// C4, Theorem 1: the direction converges.
//	func C4(cell *notebook.Cell) {
//		...
//		cell.Claim().Check("largest 1 − corr", far, claim.AtMost(limitTol))
//		cell.Show(figure)
//	}
//
// In a kernel, where each cell is a process, paper.Begin, paper.Cell(C4) and paper.Close
// run it with the seed and scale of the environment and show what it shows. The same
// functions make a program: a [Session] runs them one after the other, or many sessions
// with a seed each side by side, and a [Sink] takes what they show. Both write the same
// claims.json.
//
// # Failing
//
// A cell ends at the first error that [Must] or [Check] meets: a sentence, without the
// stack of the process. What is a mistake in the code (an index out of range) keeps its
// stack. A cell that is interrupted says what it had kept; what [KeepContext] was computing
// goes on where it stood, if the work keeps how far it came, as training does (pkg/train).
package notebook
