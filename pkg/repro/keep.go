package repro

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// Provenance says where a result comes from.
type Provenance struct {
	Kept    bool      `json:"-"`       // read from a file rather than computed now
	Key     string    `json:"key"`     // as given to Keep
	Seconds float64   `json:"seconds"` // that computing it took
	When    time.Time `json:"when"`
	Commit  string    `json:"commit"`
	Run     claim.Run `json:"run"`
	Path    string    `json:"-"` // of the file, relative to the checkout where it is inside
	Err     error     `json:"-"` // why the result could not be kept; the result itself is sound
}

// String says in a line of Markdown whether the result was kept and how to compute it
// afresh. It is empty for a result that was just computed and stored.
func (p Provenance) String() string {
	switch {
	case p.Err != nil:
		return fmt.Sprintf("This result was computed but could not be kept: %v.", p.Err)
	case p.Kept && filepath.Ext(p.Path) == ".json":
		return p.published()
	case p.Kept:
		return fmt.Sprintf("This is a kept result, computed earlier by the same code from the same configuration. To compute it afresh, delete `%s`, or call `repro.Forget(%q)`.", anyHash.ReplaceAllString(p.Path, "-*.gob"), p.Key)
	}
	return ""
}

// anyHash is the end of a kept file's name, which changes with the code and would change
// the text of a notebook with it.
var anyHash = regexp.MustCompile(`-[0-9a-f]{16}\.gob$`)

// Keep returns compute(config), from the run's folder if it is there and otherwise
// computed and stored. The key is paper/name, as in "ntp-implicit-bias/gd".
//
// The function must be a plain function of one of the rooms below the notebooks: a
// closure or method value would depend on values that the file's name does not show, and
// the source of a cell is not hashed. What the result depends on belongs into config,
// whose fields must all be visible to encoding/json; the result is stored by
// encoding/gob, which keeps every float64 exactly.
//
// Keep panics if compute fails. It does not if the result cannot be stored, as on a full
// disk: Provenance.Err then says so.
func Keep[C, R any](key string, config C, compute func(C) (R, error)) (R, Provenance) {
	k := Must(newKeeper(key, config, reflect.ValueOf(compute)))
	var zero R
	Check(storable(reflect.TypeOf(&zero).Elem(), gobCodec, "the result"))
	var r R
	if p, ok := k.load(&r); ok {
		return r, p
	}
	start := time.Now()
	computed, err := compute(config)
	if err != nil {
		panic(fmt.Errorf("repro: computing %s: %w", key, err))
	}
	p := Provenance{Key: key, Seconds: time.Since(start).Seconds(), When: start.UTC(), Commit: commit(k.root), Run: k.run, Path: k.shown()}
	payload, err := encode(&computed)
	if err != nil {
		panic(fmt.Errorf("repro: the result of %s cannot be stored: %w", key, err))
	}
	p.Err = k.store(payload, p)
	// What is returned went through the file's format: a first run and a kept one show
	// the same.
	Check(gob.NewDecoder(bytes.NewReader(payload)).Decode(&r))
	return r, p
}

// Forget deletes all kept results of the key, whatever configuration they belong to.
func Forget(key string) {
	dir, name, err := place(key)
	Check(err)
	files := Must(filepath.Glob(filepath.Join(dir, name+"-*.gob")))
	for _, f := range files {
		Check(os.Remove(f))
	}
}

var keyForm = regexp.MustCompile(`^([a-z0-9]+(?:-[a-z0-9]+)*)/([a-z0-9]+(?:-[a-z0-9]+)*)$`)

// place returns the folder of the key's files and the start of their names.
func place(key string) (dir, name string, err error) {
	m := keyForm.FindStringSubmatch(key)
	if m == nil {
		return "", "", fmt.Errorf("repro: key %q: want the paper's key, a slash and a name in lower case, as in ntp-implicit-bias/gd", key)
	}
	dir, err = runDir(m[1])
	return filepath.Join(dir, "kept"), m[2], err
}

// keeper is one result's place, and the run that it belongs to.
type keeper struct {
	root, key, path string
	run             claim.Run
}

func newKeeper(key string, config any, compute reflect.Value) (keeper, error) {
	k := keeper{key: key}
	dir, name, err := place(key)
	if err != nil {
		return k, err
	}
	function, err := visible(compute)
	if err != nil {
		return k, fmt.Errorf("repro: %s: %w", key, err)
	}
	if err := storable(reflect.TypeOf(config), jsonCodec, "the configuration"); err != nil {
		return k, fmt.Errorf("repro: %s: %w", key, err)
	}
	settings, err := json.Marshal(config)
	if err != nil {
		return k, fmt.Errorf("repro: %s: the configuration cannot be part of a key: %w", key, err)
	}
	if k.root, err = root(os.Getenv("MARGINALIA_ROOT")); err != nil {
		return k, err
	}
	source, err := sourceHash(k.root)
	if err != nil {
		return k, err
	}
	if k.run, err = current(filepath.Dir(dir)); err != nil {
		return k, err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\nscale %s\nseed %d\nbackend %s, %s\n%s %s\nsource %s\n",
		key, function, settings, k.run.Scale, k.run.Seed, k.run.Backend, k.run.Device, runtime.Version(), runtime.GOARCH, source)
	k.path = filepath.Join(dir, name+"-"+hex.EncodeToString(h.Sum(nil))[:16]+".gob")
	return k, nil
}

var literal = regexp.MustCompile(`\.func\d+(\.\d+)*$|-fm$`)

// visible returns the name of a function whose source and inputs Keep can see.
func visible(f reflect.Value) (string, error) {
	if f.IsNil() {
		return "", fmt.Errorf("no function to compute the result with")
	}
	name := runtime.FuncForPC(f.Pointer()).Name()
	switch {
	case strings.HasPrefix(name, "main."):
		return "", fmt.Errorf("%s is a function of a notebook cell, whose source is not part of the key, so that a change of it would show an old number: move it to a package under pkg", name)
	case literal.MatchString(name):
		return "", fmt.Errorf("%s is a closure or a method value, which depends on values that are not part of the key: pass a plain function and put what it needs into the configuration", name)
	case !strings.HasPrefix(name, modulePath):
		return "", fmt.Errorf("%s is no function of %s, so that its source is not part of the key", name, modulePath)
	}
	return name, nil
}

// A kept file is a line of JSON, its provenance and the hash of the rest, and the result
// as a gob.
type keptHead struct {
	Provenance
	Payload string `json:"payload"` // SHA-256 of the gob
}

// load reads the result into r. A file that is missing, torn or damaged is no result.
func (k keeper) load(r any) (Provenance, bool) {
	b, err := os.ReadFile(k.path)
	if err != nil {
		return Provenance{}, false
	}
	line, payload, _ := bytes.Cut(b, []byte("\n"))
	var head keptHead
	if json.Unmarshal(line, &head) != nil || head.Payload != hash(payload) {
		return Provenance{}, false
	}
	if gob.NewDecoder(bytes.NewReader(payload)).Decode(r) != nil {
		return Provenance{}, false
	}
	p := head.Provenance
	p.Kept, p.Path = true, k.shown()
	return p, true
}

func (k keeper) store(payload []byte, p Provenance) error {
	head, err := json.Marshal(keptHead{p, hash(payload)})
	if err != nil {
		return err
	}
	return writeWhole(k.path, func(f *os.File) error {
		w := bufio.NewWriter(f)
		w.Write(head)
		w.WriteByte('\n')
		w.Write(payload)
		return w.Flush() // returns the first error of the writes before it
	})
}

// shown is the path as a reader of the checkout types it.
func (k keeper) shown() string {
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
