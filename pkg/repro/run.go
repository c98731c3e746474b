package repro

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/marginalia-ml/marginalia/pkg/atomicfile"
	"github.com/marginalia-ml/marginalia/pkg/claim"
)

const runFile = "run.json"

// Run is one execution of a paper's notebook: what its numbers may depend on besides the
// code of its cells. [FromEnv] makes the one that the cells of a kernel share; a program
// makes as many as it likes.
type Run struct {
	Paper   string // the paper's key
	Scale   string // claim.Quick or claim.PaperSized
	Seed    uint64
	Backend string // as xla.Open takes it; "" is the best there is
	Dir     string // ledger, kept results
	Once    bool   // nobody runs a cell again: what a second process records for one is misuse
	Code    Code
	// Verify, where it is given, says whether what has been computed so far was computed on
	// what the run began on. A result is not kept where it fails.
	Verify func() error
}

// Code says what is executed: a checkout, from which the rest is read, or, where there
// is none, hashes and versions that were taken when a program was built.
type Code struct {
	Root     string            // the checkout, "" for none
	Source   string            // without a checkout: a hash of all sources
	Versions map[string]string // without a checkout: as run.json has them
	Commit   string            // where it is given, git is not asked
}

// Machine is what the numbers of a run are computed on, in the words of the backend.
type Machine struct {
	Backend string // "xla cpu", "xla cuda", "go"
	Device  string // the model of the CPU or GPU
	Plugin  string // SHA-256 of the XLA plugin's bytes, "" without one
	Flags   string // of XLA, from XLA_FLAGS
	File    string // tells cheaply whether the plugin's file is still the one of the hash
}

// begunRun is what lies in run.json: the facts of the ledger, and what only this machine can
// make use of.
type begunRun struct {
	claim.Run
	File string `json:"file,omitempty"`
}

// FromEnv returns the run of the paper that the environment describes. The package's
// overview lists the variables.
func FromEnv(paper string) (Run, error) {
	r := Run{Paper: paper, Backend: os.Getenv("MARGINALIA_BACKEND"), Once: os.Getenv("MARGINALIA_ONCE") != ""}
	var err error
	if r.Scale, err = scale(os.Getenv("MARGINALIA_SCALE")); err != nil {
		return r, err
	}
	if r.Seed, err = seed(os.Getenv("MARGINALIA_SEED")); err != nil {
		return r, err
	}
	if r.Code.Root, err = root(os.Getenv("MARGINALIA_ROOT")); err != nil {
		return r, err
	}
	r.Dir, err = runDir(paper)
	return r, err
}

// Begin starts the run: its ledger and the facts that later cells need are made afresh.
// Kept results stay.
func (r Run) Begin(m Machine) error {
	if err := claim.Begin(r.Dir); err != nil {
		return err
	}
	v, err := r.Code.versions()
	if err != nil {
		return err
	}
	facts := claim.Run{Scale: r.Scale, Backend: m.Backend, Device: m.Device, Seed: r.Seed, Versions: v, Plugin: m.Plugin, Flags: m.Flags}
	b, err := json.MarshalIndent(begunRun{facts, m.File}, "", " ")
	if err == nil {
		err = atomicfile.Write(filepath.Join(r.Dir, runFile), func(w io.Writer) error {
			_, err := w.Write(append(b, '\n'))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("repro: beginning a run: %w", err)
	}
	return nil
}

// ErrNotBegun says that the run has no facts yet.
var ErrNotBegun = errors.New("run the set-up cell first")

// Facts returns what Begin left in the run's folder. It fails, with an error that wraps
// [ErrNotBegun] where nothing has begun, if that is not a run of this scale and seed.
func (r Run) Facts() (claim.Run, error) {
	begun, err := r.begun()
	return begun.Run, err
}

// Machine returns what the run began on.
func (r Run) Machine() (Machine, error) {
	b, err := r.begun()
	return Machine{b.Backend, b.Device, b.Plugin, b.Flags, b.File}, err
}

func (r Run) begun() (begunRun, error) {
	var facts begunRun
	b, err := os.ReadFile(filepath.Join(r.Dir, runFile))
	if errors.Is(err, fs.ErrNotExist) {
		return facts, fmt.Errorf("repro: no run has begun in %s: %w", r.Dir, ErrNotBegun)
	}
	if err == nil {
		err = json.Unmarshal(b, &facts)
	}
	if err != nil {
		return facts, fmt.Errorf("repro: reading the run in %s: %w; run the set-up cell again", r.Dir, err)
	}
	if facts.Scale != r.Scale || facts.Seed != r.Seed {
		return facts, fmt.Errorf("repro: the run in %s began at scale %s with seed %d, but this cell is at scale %s with seed %d: run the set-up cell again",
			r.Dir, facts.Scale, facts.Seed, r.Scale, r.Seed)
	}
	return facts, nil
}

// Ledger opens the ledger of the run, which must have begun.
func (r Run) Ledger(p claim.Paper) (*claim.Ledger, error) {
	facts, err := r.Facts()
	if err != nil {
		return nil, err
	}
	l, err := claim.Open(p, r.Dir, facts)
	if err == nil && r.Once {
		l = l.Once()
	}
	return l, err
}

// Stream returns the random stream of the given name under the run's seed.
func (r Run) Stream(name string) *rand.Rand { return rand.New(Source(r.Seed, name)) }
