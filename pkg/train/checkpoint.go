package train

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/atomicfile"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/weights"
	"github.com/marginalia-ml/marginalia/xla"
)

// Checkpoint has a run kept in a file, so that it goes on where it stood.
type Checkpoint struct {
	Path  string // "" for none
	Every int    // steps between two writes; 0 for half a minute
	Key   string // what else the run depends on, as a hash of the sources of its task
}

// pause is the time between two writes of a checkpoint.
const pause = 30 * time.Second

func (c Checkpoint) check() error {
	if c.Every < 0 || c.Path == "" && (c.Every != 0 || c.Key != "") {
		return fmt.Errorf("train: a checkpoint %q every %d steps: want a path, and steps from 0 on", c.Path, c.Every)
	}
	return nil
}

// identity is what a checkpoint must have in common with the run that goes on.
type identity struct {
	Format  string
	Key     string
	Task    string
	Backend string
	DType   string
	Layout  []string // name and shape
	Looks   []string // their names, and at which set
	Config  Config
	Data    string // SHA-256 of the sets
	From    string // SHA-256 of the parameters that the run began from
	Graph   string // of a step and of the looks: see xla.Fingerprint
	Order   string // SHA-256 of the examples of all steps, where the task has an order of its own
	State   []string
}

const format = "marginalia training run 2"

// saved is the text beside the numbers of a checkpoint.
type saved struct {
	Of       identity
	Step     int
	Done     bool // the run has come to its end
	Steps    []int
	Seconds  float64 // of the run, over all processes that it took
	BestStep int
	Best     uint64 // the bits of the least value, which may be infinite
}

// saver writes the checkpoints of a run.
type saver struct {
	r     *running
	of    identity
	begun time.Time
	least time.Duration // which a run takes whose end is worth a file
	// forgiving: nobody asked for the file, so that a full disk ends the keeping, not the run
	forgiving bool
	last      time.Time // of writing
	write     func(path string, write func(io.Writer) error) error
}

func newSaver(r *running, b *xla.Backend, begin []*tensors.Tensor) (*saver, error) {
	of, err := r.identity(r.program, b, begin)
	return &saver{r: r, of: of, begun: time.Now(), last: time.Now(), write: writeFile}, err
}

// identity is the job's on a backend. begin is the state at the beginning.
func (j *Job) identity(p *program, b *xla.Backend, begin []*tensors.Tensor) (of identity, err error) {
	of = identity{Format: format, Key: j.Checkpoint.Key, Task: j.Task.Name, Backend: b.Kind,
		DType: j.Task.dtype().String(), Config: j.Config, From: sum(func(h hash.Hash) {
			for _, values := range j.From.Values {
				for _, v := range values {
					fmt.Fprintf(h, "%x ", math.Float64bits(v))
				}
			}
		})}
	for _, p := range j.Task.Layout {
		of.Layout = append(of.Layout, fmt.Sprint(p.Name, " ", p.Shape))
	}
	for _, l := range j.Task.Looks {
		of.Looks = append(of.Looks, fmt.Sprintf("%s of %q", strings.Join(l.Names, ", "), l.Set))
	}
	of.Data = sum(func(h hash.Hash) {
		for _, name := range p.sets {
			for _, column := range j.Sets[name] {
				fmt.Fprintf(h, "%s %s\n", name, column.Shape())
				column.ConstBytes(func(data []byte) { h.Write(data) })
			}
		}
	})
	if of.Graph, err = p.fingerprint(j, b, begin); err == nil && p.batched && j.Task.Order != nil {
		of.Order, err = j.examples()
	}
	return of, err
}

// examples returns the SHA-256 of the examples of all steps.
func (j *Job) examples() (string, error) {
	batches, err := j.order()
	if err != nil {
		return "", err
	}
	return sum(func(h hash.Hash) {
		for k := 0; k < j.Config.Steps && err == nil; k++ {
			var row []int
			row, err = batches.step()
			fmt.Fprintln(h, row)
		}
	}), err
}

// brief is the time within which a run is as soon made again as it is read. Tests change it.
var brief = time.Second

// saverIn has the run kept in a file of a folder that is its own, so that the runs of one
// piece of work do not meet there.
func saverIn(folder string, r *running, b *xla.Backend, begin []*tensors.Tensor) (*saver, error) {
	s, err := newSaver(r, b, begin)
	if err != nil {
		return nil, err
	}
	r.Checkpoint.Path = filepath.Join(folder, s.of.file())
	s.least, s.forgiving = brief, true
	s.write = func(path string, write func(io.Writer) error) error {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		return writeFile(path, write)
	}
	return s, nil
}

// file is the name of a file for runs of the identity alone.
func (of identity) file() string {
	text, _ := json.Marshal(of) // plain data
	return sum(func(h hash.Hash) { h.Write(text) })[:16] + ".safetensors"
}

// KeptIn returns the job with a checkpoint in a folder, which is made, under a name that
// follows from all that the run depends on, its graphs included: to be gone on from, or read
// where it has come to its end, by whoever makes the same run on a backend of this kind.
func (j Job) KeptIn(folder string, b *xla.Backend) (Job, error) {
	if err := j.check(); err != nil {
		return j, err
	}
	p, err := j.program()
	if err != nil {
		return j, j.wrap(err)
	}
	begin, err := p.start(&j)
	if err != nil {
		return j, j.wrap(err)
	}
	of, err := j.identity(p, b, begin)
	if err != nil {
		return j, j.wrap(err)
	}
	j.Checkpoint.Path = filepath.Join(folder, of.file())
	return j, os.MkdirAll(folder, 0o755)
}

// writeFile is replaced by tests.
var writeFile = atomicfile.Write

func sum(of func(h hash.Hash)) string {
	h := sha256.New()
	of(h)
	return hex.EncodeToString(h.Sum(nil))
}

// next returns the step at which to pause on the way from k to end.
func (s *saver) next(k, end int) int {
	if s == nil || s.r.Checkpoint.Every == 0 {
		return end
	}
	return min(end, (k/s.r.Checkpoint.Every+1)*s.r.Checkpoint.Every)
}

// deadline is when to pause.
func (s *saver) deadline() time.Time {
	if s.r.Checkpoint.Every > 0 {
		return time.Now().Add(math.MaxInt64)
	}
	return s.last.Add(pause)
}

// due reports whether it is time to write, after k steps.
func (s *saver) due(k int) bool {
	switch {
	case s == nil:
		return false
	case s.r.Checkpoint.Every > 0:
		return k%s.r.Checkpoint.Every == 0
	}
	return time.Since(s.last) >= pause
}

// save writes the checkpoint.
func (s *saver) save(done bool) error {
	r := s.r
	state, err := r.loop.State()
	if err != nil {
		return err
	}
	of := s.of
	of.State = shapesOf(state)
	text, err := json.Marshal(saved{of, r.loop.Steps(), done, r.run.Steps, r.seconds(), r.run.BestStep, math.Float64bits(r.best)})
	if err != nil {
		return err
	}
	var all model.Params
	add := func(name string, shape []int, values []float64) {
		all.Layout = append(all.Layout, model.Param{Name: name, Shape: shape})
		all.Values = append(all.Values, values)
	}
	for i, t := range state {
		values, err := float64s(t)
		if err != nil {
			return err
		}
		add(fmt.Sprint("state/", i), t.Shape().Dimensions, values)
	}
	for _, name := range slices.Sorted(maps.Keys(r.run.Seen)) {
		add("seen/"+name, []int{len(r.run.Seen[name])}, r.run.Seen[name])
	}
	params := func(prefix string, p model.Params) {
		for i, q := range p.Layout {
			add(prefix+q.Name, q.Shape, p.Values[i])
		}
	}
	params("best/", r.run.Best)
	for _, k := range slices.Sorted(maps.Keys(r.run.Kept)) {
		params(fmt.Sprintf("kept/%d/", k), r.run.Kept[k])
	}
	metadata := map[string]string{"run": string(text)}
	h := sha256.New()
	if err := weights.Encode(h, all, weights.F64, metadata); err != nil {
		return err
	}
	metadata["sha256"] = hex.EncodeToString(h.Sum(nil))
	err = s.write(r.Checkpoint.Path, func(w io.Writer) error { return weights.Encode(w, all, weights.F64, metadata) })
	s.last = time.Now()
	if err == nil {
		return nil
	}
	err = fmt.Errorf("writing the checkpoint %s: %w", r.Checkpoint.Path, err)
	if s.forgiving {
		fmt.Fprintf(notices, "marginalia: %s is not kept on its way: %v\n", r.Task.Name, err)
		r.saver = nil
		return nil
	}
	return err
}

// resumed is a run as a checkpoint has it.
type resumed struct {
	step  int
	done  bool
	state []*tensors.Tensor
	run   *Run
	best  float64
}

// load reads the checkpoint, nil if there is none. begin is the state that the run
// would begin from.
func (s *saver) load(begin []*tensors.Tensor) (*resumed, error) {
	path := s.r.Checkpoint.Path
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("train: the checkpoint: %w", err)
	case info.IsDir():
		return nil, fmt.Errorf("train: the checkpoint %s is a folder: give the path of a file in it, as run.safetensors", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("train: the checkpoint %s is no regular file but %s: give another path", path, info.Mode().Type())
	}
	file, err := weights.Read(path)
	if unreadable := new(fs.PathError); errors.As(err, &unreadable) {
		return nil, fmt.Errorf("train: the checkpoint cannot be read: %w", unreadable)
	}
	if err != nil {
		return nil, fmt.Errorf("train: the checkpoint %s is torn or no checkpoint: %w; delete it to begin anew", path, err)
	}
	r, err := s.take(file, begin)
	if err != nil {
		return nil, fmt.Errorf("train: the checkpoint %s %w; delete it to begin anew, or give this run another path", path, err)
	}
	return r, nil
}

// take makes a run of a file.
func (s *saver) take(file *weights.File, begin []*tensors.Tensor) (*resumed, error) {
	text, ok := file.Metadata["run"]
	if !ok {
		return nil, errors.New("is a file of tensors, but not of a training run")
	}
	h := sha256.New()
	if err := weights.Encode(h, file.Params, weights.F64, map[string]string{"run": text}); err != nil {
		return nil, err
	}
	if found := hex.EncodeToString(h.Sum(nil)); found != file.Metadata["sha256"] {
		return nil, fmt.Errorf("is damaged: its SHA-256 is %s, it says %q", found, file.Metadata["sha256"])
	}
	var is saved
	if err := json.Unmarshal([]byte(text), &is); err != nil {
		return nil, fmt.Errorf("has an unreadable text: %w", err)
	}
	of := s.of
	of.State = shapesOf(begin)
	if what := difference(is.Of, of); what != "" {
		return nil, fmt.Errorf("is of another run: %s", what)
	}
	r := &resumed{step: is.Step, done: is.Done, best: math.Inf(1)}
	r.run = &Run{Steps: is.Steps, Seconds: is.Seconds, Seen: map[string][]float64{}, Kept: map[int]model.Params{}}
	var missing []string
	get := func(name string) []float64 {
		i := file.Params.Layout.Index(name)
		if i < 0 {
			missing = append(missing, name)
			return nil
		}
		return file.Params.Values[i]
	}
	for i, t := range begin {
		name := fmt.Sprint("state/", i)
		held := get(name)
		if n := t.Shape().Size(); len(held) != n {
			return nil, fmt.Errorf("has %d numbers in %s, want %d", len(held), name, n)
		}
		values, err := tensorOf(t, held)
		if err != nil {
			return nil, err
		}
		r.state = append(r.state, values)
	}
	layout := s.r.Task.Layout
	params := func(prefix string) model.Params {
		p := model.Params{Layout: layout}
		for _, q := range layout {
			p.Values = append(p.Values, get(prefix+q.Name))
		}
		return p
	}
	for _, name := range s.r.Task.looked() {
		if len(is.Steps) > 0 {
			r.run.Seen[name] = get("seen/" + name)
		}
	}
	if file.Params.Layout.Index("best/"+layout[0].Name) >= 0 {
		r.run.Best, r.run.BestStep, r.best = params("best/"), is.BestStep, math.Float64frombits(is.Best)
	}
	for _, k := range s.r.Config.Keep {
		if prefix := fmt.Sprintf("kept/%d/", k); file.Params.Layout.Index(prefix+layout[0].Name) >= 0 {
			r.run.Kept[k] = params(prefix)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("lacks %q", missing)
	}
	return r, nil
}

func shapesOf(state []*tensors.Tensor) (all []string) {
	for _, t := range state {
		all = append(all, t.Shape().String())
	}
	return all
}

// difference names what tells a file's identity from the run's; "" if nothing does.
func difference(file, run any) string {
	a, b := reflect.ValueOf(file), reflect.ValueOf(run)
	var all []string
	for i := range a.NumField() {
		x, y := a.Field(i).Interface(), b.Field(i).Interface()
		was, _ := json.Marshal(x) // plain data
		is, _ := json.Marshal(y)
		name := a.Type().Field(i).Name
		switch {
		case string(was) == string(is):
		case a.Field(i).Kind() == reflect.Struct:
			all = append(all, name+"."+difference(x, y))
		default:
			all = append(all, fmt.Sprintf("%s is %.200s, want %.200s", name, was, is))
		}
	}
	return strings.Join(all, "; ")
}
