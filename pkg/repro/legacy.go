package repro

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// The functions of this file are those of notebooks whose cells take no
// *notebook.Cell: they read the environment and panic with the error. The file goes with
// the last of these notebooks.

// Must returns v, or panics with err as the readable end of a cell.
func Must[T any](v T, err error) T {
	Check(err)
	return v
}

// Check panics with err unless it is nil.
func Check(err error) {
	if err != nil {
		panic(err)
	}
}

// Scale returns the scale of the run, claim.Quick or claim.PaperSized.
func Scale() string { return Must(scale(os.Getenv("MARGINALIA_SCALE"))) }

// Quick returns its first argument at quick scale and its second one at the paper's.
func Quick[T any](quick, paper T) T {
	if Scale() == claim.Quick {
		return quick
	}
	return paper
}

// Seed returns the master seed of the run.
func Seed() uint64 { return Must(seed(os.Getenv("MARGINALIA_SEED"))) }

// Root returns the folder of the checkout.
func Root() string { return Must(root(os.Getenv("MARGINALIA_ROOT"))) }

// RunDir returns the folder of the run of the paper with the given key.
func RunDir(key string) string { return Must(runDir(key)) }

// Stream returns the random stream of the given name under the run's master seed.
func Stream(name string) *rand.Rand { return rand.New(Source(Seed(), name)) }

// Begin starts a run of the paper and returns its header.
func Begin(p claim.Paper, m Machine, expect Expect) (header string) {
	run := Must(FromEnv(p.Key))
	Check(run.Begin(m))
	ledgers.Delete(run.Dir)
	return Must(run.Header(expect))
}

// Header returns the run's header in Markdown.
func Header(p claim.Paper, expect Expect) string {
	return Must(Must(FromEnv(p.Key)).Header(expect))
}

// ledgers holds the ledger of each run's folder that this process has opened: what one
// process records belongs together.
var ledgers sync.Map // string to *claim.Ledger

// Ledger returns the ledger of the paper's run.
func Ledger(p claim.Paper) *claim.Ledger {
	run := Must(FromEnv(p.Key))
	if l, open := ledgers.Load(run.Dir); open {
		return l.(*claim.Ledger)
	}
	first, _ := ledgers.LoadOrStore(run.Dir, Must(run.Ledger(p)))
	return first.(*claim.Ledger)
}

// Keep is RecallPlain for the run of the environment; the key is paper/name.
func Keep[C, R any](key string, config C, compute func(C) (R, error)) (R, Provenance) {
	paper, name, _ := strings.Cut(key, "/")
	Must(resultKey(paper, name))
	r, p, err := RecallPlain(Must(FromEnv(paper)), name, config, compute)
	Check(err)
	return r, p
}

// Forget deletes all kept results of the key, whatever configuration they belong to.
func Forget(key string) {
	paper, name, _ := strings.Cut(key, "/")
	Check(Must(FromEnv(paper)).Forget(name))
}

// Publish writes a result of the paper's scale into the run's folder. At quick scale it
// does nothing.
func Publish[T any](key string, value T, took time.Duration) error {
	if Scale() != claim.PaperSized {
		return nil
	}
	paper, name, _ := strings.Cut(key, "/")
	run, err := FromEnv(paper)
	if err != nil {
		return err
	}
	facts, err := run.Facts()
	if err != nil {
		return err
	}
	return save(run, name, value, Provenance{Key: filepath.ToSlash(key), Seconds: took.Seconds(), When: time.Now().UTC(), Commit: run.Code.commit(), Run: facts})
}

// Published returns the committed result of the paper's scale, or an error that wraps
// ErrNotPublished.
func Published[T any](key string) (T, Provenance, error) {
	paper, name, _ := strings.Cut(key, "/")
	if _, err := resultKey(paper, name); err != nil {
		var none T
		return none, Provenance{}, err
	}
	return read[T](Must(FromEnv(paper)), name)
}
