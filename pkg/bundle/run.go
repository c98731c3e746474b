package bundle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/notebook/program"
	"github.com/marginalia-ml/marginalia/pkg/repro"
	"github.com/marginalia-ml/marginalia/xla"
)

// grace is the time that a cell has to keep how far it came when the run is cut.
var grace = 10 * time.Second

// options are the flags of run.
type options struct {
	scale, backend, dir, unpack string
	seed                        uint64
	only                        []string
	minutes                     float64
	resume                      bool
}

func parseRun(key string, arguments []string, complain io.Writer) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("run "+key, flag.ContinueOnError)
	flags.SetOutput(complain)
	flags.StringVar(&o.scale, "scale", claim.Quick, "quick or paper")
	flags.StringVar(&o.backend, "backend", "", "cpu, cuda, go or the path of a PJRT plugin (default: the best there is)")
	only := flags.String("only", "", "names of `cells` or ids of claims, with commas between them (default: all)")
	flags.Uint64Var(&o.seed, "seed", 1, "the master seed")
	flags.Float64Var(&o.minutes, "minutes", 0, "end after so many minutes, with exit status 75; -resume goes on (default: no limit)")
	flags.BoolVar(&o.resume, "resume", false, "go on with a run that was cut or killed; begin it where there is none")
	flags.StringVar(&o.dir, "dir", "", "folder of the run; the result is DIR.tar.gz (default: KEY-SCALE-SEED below the working folder)")
	flags.StringVar(&o.unpack, "unpack", "", "folder in which the bundle is unpacked, once (default: the user's cache folder)")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is no flag", flags.Arg(0))
	case o.scale != claim.Quick && o.scale != claim.PaperSized:
		return o, fmt.Errorf("unknown scale %q: known are %s and %s", o.scale, claim.Quick, claim.PaperSized)
	case o.minutes < 0:
		return o, fmt.Errorf("-minutes %g: more than 0 is expected", o.minutes)
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	if o.dir == "" {
		o.dir = fmt.Sprintf("%s-%s-%d", key, o.scale, o.seed)
	}
	if o.unpack == "" {
		o.unpack = unpackDir()
	}
	var err error
	if o.dir, err = filepath.Abs(o.dir); err == nil {
		o.unpack, err = filepath.Abs(o.unpack)
	}
	return o, err
}

// runner executes the cells of one job.
type runner struct {
	job
	paper   Paper
	about   About
	exe     string
	folder  string
	working string // of the cells: the notebook's folder in the bundle
	env     []string
	lock    *os.File
	out     io.Writer
	errs    io.Writer
}

// errCut says that the run was cut by its limit or by a signal.
var errCut = errors.New("cut")

// start unpacks, opens the device and makes or finds the folder of the run.
func start(a archive, p Paper, o options, out, complain io.Writer) (*runner, error) {
	cells, err := program.Choose(p.Key, p.Cells, o.only)
	if err != nil {
		return nil, err
	}
	home, err := a.unpack(o.unpack)
	if err != nil {
		return nil, err
	}
	d, err := a.choose(o.backend, home)
	if err != nil {
		return nil, err
	}
	r := &runner{paper: p, about: a.About, exe: a.path, folder: o.dir, out: out, errs: complain,
		working: filepath.Join(home, rootDir, "notebooks", p.Key),
		job: job{Format: Format, Bundle: a.id, Commit: a.Commit, Key: p.Key, Scale: o.scale, Seed: o.seed, Only: o.only,
			Backend: d.spec, Plugin: d.plugin}}
	if r.Backend == d.path && d.path != "" {
		r.Backend = "path" // the file may lie elsewhere on the next machine; its hash tells
	}
	for _, c := range cells {
		r.Cells = append(r.Cells, c.Name)
	}
	set := map[string]string{"MARGINALIA_ROOT": filepath.Join(home, rootDir), "MARGINALIA_RUN": filepath.Join(o.dir, runDir),
		"MARGINALIA_SCALE": o.scale, "MARGINALIA_SEED": strconv.FormatUint(o.seed, 10), xla.EnvBackend: d.spec}
	if packed := filepath.Join(home, dataDir); os.Getenv(data.EnvDir) == "" && there(packed) {
		set[data.EnvDir] = packed
	}
	for _, v := range d.env {
		name, value, _ := strings.Cut(v, "=")
		set[name] = value
	}
	r.env = environment(os.Environ(), set)
	if r.lock, err = lock(o.dir); err != nil {
		return nil, err
	}
	var m repro.Machine
	probe, err := r.process(context.Background(), stepProbe)
	if err == nil {
		err = json.Unmarshal(probe.out, &m)
	}
	if err != nil {
		return nil, fmt.Errorf("backend %s: %w", d.spec, err)
	}
	r.Device = m.Backend + ", " + m.Device
	return r, r.begin(o.dir, o.resume)
}

// environment returns old with some variables set, and without the one that would make a
// cell that runs again an error.
func environment(old []string, set map[string]string) []string {
	env := slices.DeleteFunc(slices.Clone(old), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		_, replaced := set[name]
		return replaced || name == "MARGINALIA_ONCE" || name == stepVariable
	})
	for name, value := range set {
		env = append(env, name+"="+value)
	}
	return env
}

// ended is what a process of a run leaves behind.
type ended struct {
	spent
	out []byte
}

// process executes a step or a cell in a process of its own. When ctx ends it has grace to
// end by itself.
func (r *runner) process(ctx context.Context, name string) (ended, error) {
	runtime.LockOSThread() // the process is to end with this one, which Linux ties to the thread
	defer runtime.UnlockOSThread()
	if ctx.Err() != nil {
		return ended{}, errCut
	}
	var out bytes.Buffer
	tail := &tail{}
	cmd := exec.CommandContext(ctx, r.exe, r.Key, name, shownPath(r.folder, name), r.Commit)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = grace
	cmd.Dir, cmd.Env = r.working, append(slices.Clone(r.env), stepVariable+"=1")
	cmd.Stdout, cmd.Stderr = &out, io.MultiWriter(r.errs, tail)
	cmd.ExtraFiles = []*os.File{r.lock}
	cmd.SysProcAttr = child()
	begun := time.Now()
	err := cmd.Run()
	e := ended{spent{Seconds: time.Since(begun).Seconds()}, out.Bytes()}
	if cmd.ProcessState != nil {
		e.Memory = peak(cmd.ProcessState)
	}
	switch {
	case err == nil:
		return e, nil
	case ctx.Err() != nil:
		return e, errCut
	}
	if said := tail.last(); said != "" {
		return e, fmt.Errorf("%s (%w)", said, err)
	}
	return e, err
}

// run executes what is not done yet. Cells that fail are told and left behind; the error is
// errCut, or what makes going on pointless.
func (r *runner) run(ctx context.Context) error {
	if !there(donePath(r.folder, stepBegin)) {
		if err := r.step(ctx, stepBegin); err != nil {
			return err
		}
	}
	for _, name := range r.Cells {
		if there(donePath(r.folder, name)) {
			continue
		}
		if err := r.step(ctx, name); errors.Is(err, errCut) {
			return err
		}
	}
	return nil
}

// step executes one step and leaves a mark: done, or failed with the reason.
func (r *runner) step(ctx context.Context, name string) error {
	os.Remove(failedPath(r.folder, name))
	e, err := r.process(ctx, name)
	if err != nil {
		r.Cut += e.Seconds
		why := err.Error()
		if errors.Is(err, errCut) {
			why = "the run was cut"
		}
		return errors.Join(err, writeText(failedPath(r.folder, name), why), writeJSON(filepath.Join(r.folder, jobFile), r.job))
	}
	fmt.Fprintf(r.out, "  %-20s %7.1f s\n", name, e.Seconds)
	return writeJSON(donePath(r.folder, name), e.spent)
}

// tail keeps the end of what is written to it.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if over := len(t.b) - 4096; over > 0 {
		t.b = t.b[over:]
	}
	return len(p), nil
}

// last is the last line that is no part of a stack.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(string(t.b)), "\n")
	for _, line := range lines {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line)
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}
