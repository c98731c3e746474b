// Package claim measures the statements of a paper and keeps the ledger of what
// came out.
//
// A paper.json lists Statements: each has an id that never changes, a kind, one line of
// LaTeX, its source and how it is known. LoadPaper reads it, paper.schema.json describes
// it. A notebook records, cell by cell,
//
//   - checks: one measured number against one Rule that could refute the statement;
//   - controls: the same quantity against the check's own rule, on an instance where an
//     assumption was dropped or a constant made wrong, which therefore must fail;
//   - counter-examples: the rule of the statement as printed, where the print needed
//     repair, which must fail as well.
//
// A cell records through its part of the ledger:
//
//	c := ledger.Part("C4").Claim("C4")
//	c.Check("slope", slope, claim.Within(-1, 0.02)).Control("margins shrunk by a tenth", wrong)
//	c.CheckAll("error", errs, claim.RoundOff(1e-12)).Control("without the second term", others...)
//	c.Bound("largest ratio to the bound", ratio, claim.AtMost(1), 1.25)
//	c.Check("largest norm", norm, claim.AtMost(3)).Control("without decay", free).Because("the theorem gives no lower bound")
//	c.Converges("angle to the limit", angles, 0, 1e-3, 5).Control("another start", elsewhere...).Because("the limit is 0")
//
// From these every statement gets one Verdict:
//
//	fails        some check does not hold, or its cell stopped (NaN and infinity hold nothing)
//	vacuous      all checks hold, but they could not have failed, or not as far as one
//	             thinks: see below
//	not checked  no check was recorded
//	paper scale  a statement of the paper's scale in a run at quick scale
//	evidence     all is well, for a statement that a run can support but not test
//	corrected    the printed form is refuted, the repaired one holds
//	slip         the same, where the author would mend the print at once
//	holds        everything else
//
// The first three are red. A claim is vacuous where
//
//   - a check has no control. Identities at round-off (RoundOff) and counts (Exactly) need
//     none of their own, but one of those that a claim has needs one: a wrong formula;
//   - a control holds, or is NaN or infinite. Of several instances all must fail (Control),
//     or one (ControlSome, shown as such);
//   - a check could be off by a fifth whatever is measured, and nobody said Because why that
//     is all one can ask: bounds of one side, unless they are a Bound that is broken when it
//     is made at most 1.25 times sharper, and tolerances wider than a fifth of the target;
//   - a Bound's number equals the bound to the last digit, or is 1 up to 10⁻⁶ beside a bound
//     of 1, as a ratio is where it was normalised, and nobody said why;
//   - a sequence lies on its target all along its tail, so that nothing converged, and nobody
//     said why;
//   - the printed form was not refuted.
//
// Nothing forgives a check that fails: verdicts depend on what was recorded, not on its
// order. They are computed again whenever a ledger is read, and Load refuses one whose
// verdicts, or what they follow from, were edited.
//
// # Cells are processes
//
// Every cell of a notebook runs in a process of its own, so a Ledger is a folder. A
// record is one line, appended with a single write to ledger.jsonl; two cells may
// write at once and a line torn by a kill is ignored. Records belong to a part, which is
// the cell that made them: when it runs again, in a new process, its earlier records are
// gone. A run without a reader, in which no cell runs twice, says so with Ledger.Once.
// Begin starts afresh, Close writes claims.json, which holds neither times nor paths and is
// equal byte for byte when the same numbers were measured. A program that runs many seeds
// in one process opens a ledger for each, in a folder or in memory.
//
// Measured numbers are kept with six significant digits, or as many more as it takes for
// the rule to say the same of them. Everything else follows from what is kept.
package claim
