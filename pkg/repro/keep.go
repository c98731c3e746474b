package repro

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// Provenance says where a result comes from.
type Provenance struct {
	Kept    bool      `json:"-"`       // read from a file rather than computed now
	Key     string    `json:"key"`     // the paper's key, a slash and the result's name
	Seconds float64   `json:"seconds"` // that computing it took, over all runs that it went on in
	When    time.Time `json:"when"`
	Commit  string    `json:"commit"`
	Run     claim.Run `json:"run"`
	// Hash identifies function, configuration and source: what a result of the paper's
	// scale is a result of, whatever it ran on.
	Hash   string `json:"hash,omitempty"`
	Memory int64  `json:"memory,omitempty"` // most bytes that the process held at once, where the system tells
	Driver string `json:"driver,omitempty"` // of the GPU
	Path   string `json:"-"`                // of the file, relative to the checkout where it is inside
	Err    error  `json:"-"`                // why the result could not be kept; the result itself is sound
}

// String says in a line of Markdown whether the result was kept and how to compute it
// afresh. It is empty for a result that was just computed and stored.
func (p Provenance) String() string {
	switch {
	case p.Err != nil:
		return fmt.Sprintf("This result was computed but could not be kept: %v.", p.Err)
	case p.Kept && filepath.Ext(p.Path) == ".json":
		return p.saved()
	case p.Kept:
		return fmt.Sprintf("This is a kept result, computed earlier by the same code from the same configuration. To compute it afresh, delete `%s`.", anyHash.ReplaceAllString(p.Path, "-*.gob"))
	}
	return ""
}

// anyHash is the end of a kept file's name, which changes with the code and would change
// the text of a notebook with it.
var anyHash = regexp.MustCompile(`-[0-9a-f]{16}\.gob$`)

// Recall returns compute(ctx, config), from the run's folder if it is there and otherwise
// computed and stored under the name, as in "race".
//
// The function must be a plain function of a package other than a notebook's: a closure
// or method value would depend on values that the file's name does not show, and in a
// kernel the source of a cell is no file that could be hashed. What the result depends
// on belongs into config, whose fields must all be visible to encoding/json; the result
// is stored by encoding/gob, which keeps every float64 exactly.
//
// The work may keep how far it came in the folder of its context (progress.Folder), as
// package train does. An error then wraps [ErrBegun], and the next Recall goes on; the
// folder goes with the result, and with it those that earlier code has left for a day.
//
// It is no error if the result cannot be stored, as on a full disk: Provenance.Err then
// says so.
func Recall[C, R any](ctx context.Context, run Run, name string, config C, compute func(context.Context, C) (R, error)) (R, Provenance, error) {
	return recall(run, name, config, reflect.ValueOf(compute), func(folder string) (R, error) {
		return compute(progress.WithFolder(ctx, folder), config)
	})
}

// RecallPlain is Recall for a function that takes no context.
func RecallPlain[C, R any](run Run, name string, config C, compute func(C) (R, error)) (R, Provenance, error) {
	return recall(run, name, config, reflect.ValueOf(compute), func(string) (R, error) { return compute(config) })
}

func recall[R any](run Run, name string, config any, function reflect.Value, compute func(folder string) (R, error)) (r R, p Provenance, err error) {
	k, err := newKeeper(run, name, config, function)
	if err != nil {
		return r, p, err
	}
	if err := storable(reflect.TypeFor[R](), gobCodec, "the result"); err != nil {
		return r, p, fmt.Errorf("repro: %s: %w", k.key, err)
	}
	if p, ok := k.load(&r); ok {
		return r, p, nil
	}
	start := time.Now()
	w := begunAt(strings.TrimSuffix(k.path, ".gob")+".work", start)
	computed, err := compute(w.folder)
	w.stop()
	if err == nil && run.Verify != nil {
		err = run.Verify()
	}
	if err != nil {
		if w.kept() {
			return r, p, fmt.Errorf("repro: computing %s: %w; %w", k.key, err, ErrBegun)
		}
		return r, p, fmt.Errorf("repro: computing %s: %w", k.key, err)
	}
	defer w.remove(filepath.Join(filepath.Dir(k.path), name))
	p = Provenance{Key: k.key, Seconds: w.seconds(), When: start.UTC(), Commit: run.Code.commit(),
		Run: k.facts, Hash: k.hash, Path: k.shown()}
	payload, err := encode(&computed)
	if err != nil {
		return r, p, fmt.Errorf("repro: the result of %s cannot be stored: %w", k.key, err)
	}
	p.Err = k.store(payload, p)
	// What is returned went through the file's format: a first run and a kept one show
	// the same.
	var through R
	return through, p, fromGob(payload, &through)
}

// ErrBegun says that a result is not there, but how far it came: it goes on from there.
var ErrBegun = errors.New("how far it came is kept")

var keyForm = regexp.MustCompile(`^([a-z0-9]+(?:-[a-z0-9]+)*)/([a-z0-9]+(?:-[a-z0-9]+)*)$`)

// resultKey returns paper/name if both are well formed.
func resultKey(paper, name string) (string, error) {
	key := paper + "/" + name
	if !keyForm.MatchString(key) {
		return "", fmt.Errorf("repro: key %q: want the paper's key, a slash and a name in lower case, as in ntp-implicit-bias/gd", key)
	}
	return key, nil
}

// keeper is one result's place, and the run that it belongs to.
type keeper struct {
	root, key, path string
	hash            string // of function, configuration and source
	facts           claim.Run
}

func newKeeper(run Run, name string, config any, compute reflect.Value) (keeper, error) {
	k := keeper{root: run.Code.Root}
	var err error
	if k.key, err = resultKey(run.Paper, name); err != nil {
		return k, err
	}
	if k.hash, err = identity(run, k.key, config, compute); err != nil {
		return k, err
	}
	if k.facts, err = run.Facts(); err != nil {
		return k, err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\nscale %s\nseed %d\nbackend %s, %s\n%s %s\n",
		k.hash, k.facts.Scale, k.facts.Seed, k.facts.Backend, k.facts.Device, runtime.Version(), runtime.GOARCH)
	fmt.Fprintf(h, "plugin %s\nXLA_FLAGS %s\n", k.facts.Plugin, k.facts.Flags)
	k.path = filepath.Join(run.Dir, "kept", name+"-"+hex.EncodeToString(h.Sum(nil))[:16]+".gob")
	return k, nil
}

// identity hashes what a result is a result of: key, function, configuration, source.
func identity(run Run, key string, config any, compute reflect.Value) (string, error) {
	function, err := visible(compute)
	if err != nil {
		return "", fmt.Errorf("repro: %s: %w", key, err)
	}
	if err := storable(reflect.TypeOf(config), jsonCodec, "the configuration"); err != nil {
		return "", fmt.Errorf("repro: %s: %w", key, err)
	}
	settings, err := json.Marshal(config)
	if err != nil {
		return "", fmt.Errorf("repro: %s: the configuration cannot be part of a key: %w", key, err)
	}
	source, err := run.Code.source(packageOf(function))
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%s\n%s\n%s\nsource %s\n", key, function, settings, source)
	if files := given(); files != "" {
		text += "given " + files + "\n"
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:]), nil
}

// packageOf cuts "a/b.F[...]" to "a/b".
func packageOf(function string) string {
	function, _, _ = strings.Cut(function, "[")
	slash := strings.LastIndexByte(function, '/') + 1
	return function[:slash+strings.IndexByte(function[slash:], '.')]
}

var (
	literal  = regexp.MustCompile(`\.func\d+(\.\d+)*$|-fm$`)
	notebook = regexp.MustCompile(`^main\.|^` + regexp.QuoteMeta(modulePath) + `/notebooks/[^/]+\.`)
)

// visible returns the name of a function whose source and inputs Recall can see.
func visible(f reflect.Value) (string, error) {
	if f.IsNil() {
		return "", fmt.Errorf("no function to compute the result with")
	}
	name := runtime.FuncForPC(f.Pointer()).Name()
	switch {
	case literal.MatchString(name):
		return "", fmt.Errorf("%s is a closure or a method value, which depends on values that are not part of the key: pass a plain function and put what it needs into the configuration", name)
	case notebook.MatchString(name):
		return "", fmt.Errorf("%s is a function of a notebook cell, whose source is not part of the key, so that a change of it would show an old number: move it to a package under pkg, or to the notebook's folder study", name)
	case !strings.HasPrefix(name, modulePath):
		return "", fmt.Errorf("%s is no function of %s, so that its source is not part of the key", name, modulePath)
	}
	return name, nil
}

// load reads the result into r. A file that is missing, torn, damaged, edited or of another
// result is no result.
func (k keeper) load(r any) (Provenance, bool) {
	var p Provenance
	payload, err := readSealed(k.path, &p)
	if err != nil || p.Key != k.key || p.Hash != k.hash || !reflect.DeepEqual(p.Run, k.facts) {
		return Provenance{}, false
	}
	if fromGob(payload, r) != nil {
		return Provenance{}, false
	}
	p.Kept, p.Path = true, k.shown()
	return p, true
}

func (k keeper) store(payload []byte, p Provenance) error { return writeSealed(k.path, p, payload) }

// shown is the path as a reader of the checkout types it.
func (k keeper) shown() string {
	if k.root == "" {
		return k.path
	}
	if rel, err := filepath.Rel(k.root, k.path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return k.path
}

func encode(r any) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(r)
	return b.Bytes(), err
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
