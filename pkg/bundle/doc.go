// Package bundle is the one file in which papers travel to a machine that has neither Go
// nor a network: their cells as one program, and behind it, in the same file, a zip.
//
// scripts/pack builds it. Its main function is generated: it lists the papers and their
// cells and calls [Main]. The zip holds bundle.json ([About]: commit, hashes of the code,
// of the plugins, of the data), the sources and kept results that cells and hashes refer
// to, and, as one likes, a PJRT plugin and data sets. It is unpacked once into a folder
// that is named after the hash of bundle.json, and every file is compared with its hash.
//
//	./marginalia                      what is in the file
//	./marginalia run KEY              the cells of a paper in order, a process each
//	./marginalia check                the device against pure Go, twice, and its memory
//
// A run has a folder:
//
//	run.json     what is run: bundle, paper, scale, seed, backend, cells
//	run/         MARGINALIA_RUN of the cells: ledger, kept results
//	shown/       what cells showed, a JSON file of notebook outputs each
//	done/        a file for each cell that came to its end: seconds, memory
//	lock         held by the run and its cells
//
// A run that was killed, or cut by its time limit, goes on with -resume: cells that are
// done stay, the cell that was cut runs again and finds what its work had kept. Each cell
// records in the ledger as a process of its own, and its newest process counts, so the
// ledger is that of a run that nobody cut, byte for byte.
//
// The result is a file .tar.gz whose first entry is result.json ([Result]): provenance and
// the hash of every other entry. scripts/run KEY --take FILE checks it and shows it.
package bundle
