package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/notebook/program"
)

// Format is the version of bundle.json and result.json.
const Format = 1

// About is bundle.json: what was packed. tools/nb/pack.py writes it.
type About struct {
	Format int               `json:"format"`
	Commit string            `json:"commit"` // of the checkout, with "+changes" where files differed
	When   string            `json:"when"`   // of packing, a date
	Go     string            `json:"go"`     // that the program was built with
	Papers map[string]Packed `json:"papers"`
	// Plugin is the CPU plugin below root/, "" where none was packed.
	Plugin string `json:"plugin,omitempty"`
	// Plugins are the pinned plugins: the end of the path in site-packages, and its SHA-256.
	Plugins map[string]string `json:"plugins"`
	// Files are all other entries of the zip with their SHA-256.
	Files map[string]string `json:"files"`
}

// Packed says of a paper what its results are results of.
type Packed struct {
	Title      string `json:"title"`
	Code       string `json:"code"`       // hash of cells and packages that the numbers depend on
	Statements string `json:"statements"` // SHA-256 of paper.json
}

// Paper is a paper's key and what its cells execute.
type Paper struct {
	Key   string
	Cells []program.Cell
}

// cell returns the cell of that name.
func (p Paper) cell(name string) (program.Cell, error) {
	for _, c := range p.Cells {
		if c.Name == name {
			return c, nil
		}
	}
	return program.Cell{}, fmt.Errorf("%s has no cell %q: there are %s", p.Key, name, strings.Join(program.Names(p.Cells), ", "))
}

// fileHash returns the SHA-256 of a file in hexadecimal digits.
func fileHash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
