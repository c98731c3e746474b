package bundle

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/atomicfile"
	"github.com/marginalia-ml/marginalia/pkg/claim"
)

const (
	resultFile = "result.json"
	sealFile   = "result.sha256" // of result.json
)

// Result is result.json, the first entry of a result: where its numbers come from.
type Result struct {
	Format     int      `json:"format"`
	Key        string   `json:"key"`
	Scale      string   `json:"scale"`
	Seed       uint64   `json:"seed"`
	Only       []string `json:"only"`     // the choice of cells, null for all
	Complete   bool     `json:"complete"` // all chosen cells came to their end
	Bundle     string   `json:"bundle"`
	Commit     string   `json:"commit"`
	When       string   `json:"when"`
	Code       string   `json:"code"`       // as in bundle.json
	Statements string   `json:"statements"` // as in bundle.json
	Go         string   `json:"go"`
	Backend    string   `json:"backend"` // as in the ledger
	Device     string   `json:"device"`
	Driver     string   `json:"driver"`
	Plugin     *Plugin  `json:"plugin"`
	Minutes    float64  `json:"minutes"` // over all sessions, cut cells included
	Memory     int64    `json:"memory"`  // of the cell that held most
	// Cells are the chosen ones in order.
	Cells []CellResult      `json:"cells"`
	Files map[string]string `json:"files"` // SHA-256 of every other entry
}

// CellResult is what became of a cell.
type CellResult struct {
	Name    string  `json:"name"`
	Done    bool    `json:"done"`
	Seconds float64 `json:"seconds"`
	Memory  int64   `json:"memory"`
	Failure string  `json:"failure,omitempty"`
}

// result collects what a run has come to.
func (r *runner) result(ledger *claim.Record) (Result, error) {
	packed := r.about.Papers[r.Key]
	res := Result{Format: Format, Key: r.Key, Scale: r.Scale, Seed: r.Seed, Only: r.Only, Complete: true, Bundle: r.Bundle, Commit: r.Commit,
		When: time.Now().UTC().Format(time.DateOnly), Code: packed.Code, Statements: packed.Statements, Go: r.about.Go,
		Backend: ledger.Run.Backend, Device: ledger.Run.Device, Driver: driver(), Plugin: r.Plugin, Files: map[string]string{}}
	seconds := r.Cut
	for _, name := range append([]string{stepBegin}, r.Cells...) {
		var s spent
		c := CellResult{Name: name, Done: readJSON(donePath(r.folder, name), &s) == nil, Seconds: s.Seconds, Memory: s.Memory}
		if !c.Done {
			res.Complete = false
			why, _ := os.ReadFile(failedPath(r.folder, name))
			c.Failure = strings.TrimSpace(string(why))
		}
		seconds += s.Seconds
		res.Memory = max(res.Memory, s.Memory)
		if name != stepBegin {
			res.Cells = append(res.Cells, c)
		}
	}
	res.Minutes = float64(int(seconds/6+0.5)) / 10
	return res, nil
}

// entries lists the files of a result, by the name that they have in it.
func (r *runner) entries() (map[string]string, error) {
	files := map[string]string{"claims.json": filepath.Join(r.folder, runDir, "claims.json")}
	for _, name := range append([]string{stepBegin, stepClose}, r.Cells...) {
		if path := shownPath(r.folder, name); there(path) && (name == stepClose || there(donePath(r.folder, name))) {
			files[shownDir+"/"+name+".json"] = path
		}
	}
	kept, err := filepath.Glob(filepath.Join(r.folder, runDir, "results", "*.json"))
	for _, path := range kept {
		files["results/"+filepath.Base(path)] = path
	}
	return files, err
}

// write writes the result beside the folder of the run, and returns its path.
func (r *runner) write(res Result) (string, error) {
	files, err := r.entries()
	if err != nil {
		return "", err
	}
	for name, path := range files {
		if res.Files[name], err = fileHash(path); err != nil {
			return "", fmt.Errorf("the result: %w", err)
		}
	}
	b, err := json.MarshalIndent(res, "", " ")
	if err != nil {
		return "", err
	}
	b = append(b, '\n')
	path := r.folder + ".tar.gz"
	err = atomicfile.Write(path, func(w io.Writer) error {
		z := gzip.NewWriter(w)
		t := tar.NewWriter(z)
		add := func(name string, b []byte) error {
			if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(b))}); err != nil {
				return err
			}
			_, err := t.Write(b)
			return err
		}
		if err := add(resultFile, b); err != nil {
			return err
		}
		if err := add(sealFile, []byte(hashOf(b)+"\n")); err != nil {
			return err
		}
		names := make([]string, 0, len(files))
		for name := range files {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			content, err := os.ReadFile(files[name])
			if err != nil {
				return err
			}
			if err := add(name, content); err != nil {
				return err
			}
		}
		if err := t.Close(); err != nil {
			return err
		}
		return z.Close()
	})
	if err != nil {
		return "", fmt.Errorf("the result was not written: %w", err)
	}
	return path, nil
}
