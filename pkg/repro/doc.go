// Package repro makes a run repeatable: it knows the run's scale, seed and folder,
// draws named streams of random numbers, writes the run's header, opens its ledger and
// keeps long results between cells.
//
// Cells are processes, so what one knows of the run comes from the environment:
//
//	MARGINALIA_SCALE   quick (the default) or paper
//	MARGINALIA_SEED    master seed, 1 by default
//	MARGINALIA_RUN     folder of the run, by default build/<paper>/lab in the checkout
//	MARGINALIA_ROOT    the checkout, by default found upwards from the working folder
//
// and from the file run.json that Begin leaves in the run's folder for the cells after
// it. The functions that cells call (Scale, Seed, RunDir, Ledger, Keep and the like)
// panic with an error that says what was found, what was expected and what to do: a
// panic is what turns a cell red.
//
// # Randomness
//
// Stream(name) is a PCG generator with the state (seed, FNV-1a(name)). A stream
// depends on nothing but these two, so that drawing more numbers in one place changes
// none elsewhere.
//
// # Kept results
//
// Keep computes a result once and reads it from the run's folder afterwards. The file
// is found by a hash of everything that the result may depend on: the function's name,
// the configuration, scale, seed, backend, Go version and architecture, go.mod and the
// sources of all rooms below the notebooks (every Go file in pkg, xla and data but for
// tests). Changed code therefore never shows an old number. To keep this true Keep
// refuses functions whose source or inputs it cannot see: those of a notebook cell, and
// closures.
package repro
