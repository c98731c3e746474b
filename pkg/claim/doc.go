// Package claim measures the statements of a paper and keeps the ledger of what
// came out.
//
// A Paper lists Statements: each has an id that never changes, a kind, one line of
// LaTeX and its source. A notebook records, cell by cell,
//
//   - checks: one measured number against one Rule that could refute the statement;
//   - controls: the same kind of rule on an instance where an assumption was dropped
//     or a constant made wrong, which therefore must fail;
//   - counter-examples: the rule of the statement as printed, where the print needed
//     repair, which must fail as well.
//
// From these every statement gets one Verdict:
//
//	fails        some check does not hold (NaN holds nothing)
//	vacuous      all checks hold, but nothing shows that they could have failed:
//	             a control is missing, passes, measured NaN, or uses another kind of
//	             rule than the checks; or the printed form was not refuted
//	not checked  no check was recorded
//	paper scale  a statement of the paper's scale in a run at quick scale
//	corrected    the printed form is refuted, the repaired one holds
//	holds        everything else
//
// The first three are red. Identities, inequalities, theorems, rates, limits and
// orders need at least one control; certificates and empirical statements may have
// one.
//
// # Cells are processes
//
// Every cell of a notebook runs in a process of its own, so a Ledger is a folder. A
// record is one line, appended with a single write to ledger.jsonl; two cells may
// write at once and a line torn by a kill is ignored. Records belong to the function
// of the cell that made them: when this function runs again, in a new process, its
// earlier records are gone. (Records made straight in a main function, which all
// cells call by the same name, are replaced claim by claim.) Begin starts afresh,
// Close writes claims.json, which holds neither times nor paths and is equal byte for
// byte when the same numbers were measured.
package claim
