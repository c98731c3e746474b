package train

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/progress"
	"github.com/marginalia-ml/marginalia/pkg/weights"
)

// kinds are jobs whose whole state must come back: momentum, Adam with a schedule,
// warm-up, clipping and a mask, AdamR on bound batches.
func kinds() map[string]Job {
	sgd, adam, adamr := small(), small(), small()
	adam.Config.Optimizer = optim.Spec{Method: "adamw", Rate: 0.05, Decay: 0.1, Clip: 0.5,
		Schedule: optim.ScheduleSpec{Kind: "cosine", Warmup: 3}, NoDecay: []string{"*.b"}}
	adamr.Config.Optimizer = optim.Spec{Method: "adamr", Rate: 0.05, Decay: 0.2, Frozen: []string{"0.b"},
		Schedule: optim.ScheduleSpec{Kind: "milestones", Milestones: []int{4, 8}, Gamma: 0.3}}
	adamr.Config.Order = OrderOf{Kind: "bound", Bind: []int{1}}
	return map[string]Job{"momentum": sgd, "adamw": adam, "adamr": adamr}
}

// A run that is stopped after any step and goes on ends with the bits of one that
// was not stopped, and says so; one that goes on with another order would not.
func TestResumeAfterAnyStep(t *testing.T) {
	for _, spec := range []string{"", "go"} {
		p := pool(t, spec)
		for name, j := range kinds() {
			want := bits(fit(t, p, j))
			for k := range j.Config.Steps {
				j.Checkpoint.Path = filepath.Join(t.TempDir(), "run.safetensors")
				half, _ := stopAfter(t, spec, p, j, k)
				if len(half.Last.Values) == 0 || k > 0 && bits(half) == want {
					t.Errorf("%s, %s: stopped after step %d: %v", spec, name, k, half.Steps)
				}
				said()
				j.Checkpoint.Every = 0
				run := fit(t, p, j)
				if got := bits(run); got != want || run.Resumed != k {
					t.Errorf("%s, %s: stopped after step %d, resumed after %d:\n%s\nuninterrupted\n%s", spec, name, k, run.Resumed, got, want)
				}
				if text := said(); !strings.Contains(text, fmt.Sprintf("small goes on from step %d of 11", k)) || !strings.Contains(text, j.Checkpoint.Path) {
					t.Errorf("it said %q", text)
				}
				if again := fit(t, p, j); bits(again) != want || !strings.Contains(said(), "had come to its end") {
					t.Errorf("%s, %s: a finished run is not read as it was", spec, name)
				}
			}
		}
	}
}

// The other methods that a specification can name, each under another schedule, keep all of their state, too.
func TestResumeOfOtherMethods(t *testing.T) {
	for _, spec := range []string{"", "go"} {
		p := pool(t, spec)
		for i, method := range optim.Methods {
			if kinds()[method].Task.Name != "" {
				continue
			}
			j := small()
			j.Task.Name = method
			j.Config.Optimizer = optim.Spec{Method: method, Rate: 0.05}
			if method != "polyak" { // which sets its own step
				j.Config.Optimizer.Schedule = optim.ScheduleSpec{Kind: optim.Schedules[i%len(optim.Schedules)], Warmup: 2}
			}
			switch {
			case j.Config.Optimizer.Schedule.Kind == "power":
				j.Config.Optimizer.Schedule.Power = 0.7
			case method == "nesterov":
				j.Config.Optimizer.Momentum = 0.9
			}
			want := bits(fit(t, p, j))
			j.Checkpoint.Path = filepath.Join(t.TempDir(), "run.safetensors")
			if half, _ := stopAfter(t, spec, p, j, 6); bits(half) == want {
				t.Errorf("%s, %s: was not stopped", spec, method)
			}
			j.Checkpoint.Every = 0
			if run := fit(t, p, j); bits(run) != want || run.Resumed != 6 {
				t.Errorf("%s, %s: resumed after step %d, to other bits: %t", spec, method, run.Resumed, bits(run) != want)
			}
		}
	}
}

// envResume is a folder of checkpoints from which the test binary goes on.
const envResume = "MARGINALIA_TEST_RESUME"

func hashOf(r *Run) string {
	h := fnv.New64a()
	fmt.Fprint(h, bits(r))
	return fmt.Sprintf("bits %x", h.Sum64())
}

// Runs go on in another process, with momentum, Adam and AdamR, on both backends.
func TestResumeInAnotherProcess(t *testing.T) {
	folder, child := os.LookupEnv(envResume)
	if !child {
		folder = t.TempDir()
	}
	var want []string
	for at, spec := range []string{"", "go"} {
		p := pool(t, spec)
		for name, j := range kinds() {
			path := filepath.Join(folder, fmt.Sprintf("%s %d.safetensors", name, at))
			if child {
				j.Checkpoint.Path = path
				run := fit(t, p, j)
				fmt.Printf("%s %d: %s, from step %d\n", name, at, hashOf(run), run.Resumed)
				continue
			}
			want = append(want, fmt.Sprintf("%s %d: %s, from step 6\n", name, at, hashOf(fit(t, p, j))))
			j.Checkpoint.Path = path
			stopAfter(t, spec, p, j, 6)
		}
	}
	if child {
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestResumeInAnotherProcess$", "-test.count=1")
	cmd.Env = append(os.Environ(), envResume+"="+folder)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, line := range want {
		if !strings.Contains(string(out), line) {
			t.Errorf("another process says %q, this one %s", out, line)
		}
	}
}

// A checkpoint that is torn, damaged or of another run is an error that names it and
// what differs; the file stays.
func TestForeignCheckpoints(t *testing.T) {
	p := pool(t, "go")
	good := small()
	good.Checkpoint.Path = filepath.Join(t.TempDir(), "run.safetensors")
	stopAfter(t, "go", p, good, 5)
	whole, err := os.ReadFile(good.Checkpoint.Path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what, want string, data []byte, change func(j *Job)) {
		t.Helper()
		j := small()
		j.Checkpoint.Path = filepath.Join(t.TempDir(), "run.safetensors")
		if err := os.WriteFile(j.Checkpoint.Path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(&j)
		}
		_, err := fails(t, p, j)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), j.Checkpoint.Path) {
			t.Errorf("%s: error %v, want one with %q and the path", what, err, want)
		}
		if after, _ := os.ReadFile(j.Checkpoint.Path); string(after) != string(data) {
			t.Errorf("%s: the file was changed", what)
		}
	}
	for n := 0; n < len(whole); n += 1 + len(whole)/40 {
		refused(fmt.Sprintf("cut to %d bytes", n), "torn or no checkpoint", whole[:n], nil)
	}
	for at := len(whole) - 7; at > len(whole)*4/5; at -= len(whole) / 30 { // among the numbers
		data := append([]byte{}, whole...)
		data[at] ^= 4
		refused(fmt.Sprintf("byte %d changed", at), "damaged", data, nil)
	}
	step := strings.Replace(string(whole), `\"Step\":5`, `\"Step\":4`, 1)
	if step == string(whole) {
		t.Error("the step is not where it was looked for")
	}
	refused("another step", "damaged", []byte(step), nil)

	other := filepath.Join(t.TempDir(), "weights.safetensors")
	if err := weights.Write(other, good.From, weights.F32, nil); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	refused("weights", "not of a training run", data, nil)

	for want, change := range map[string]func(j *Job){
		"Optimizer.Rate is 0.3, want 0.31": func(j *Job) { j.Config.Optimizer.Rate = 0.31 },
		"Batch is 5, want 6":               func(j *Job) { j.Config.Batch = 6 },
		"Steps is 11, want 12":             func(j *Job) { j.Config.Steps = 12 },
		"Seed is 3, want 4":                func(j *Job) { j.Config.Seed = 4 },
		`Config.At is [0,3,4,11]`:          func(j *Job) { j.Config.At = nil },
		`Task is "small", want "large"`:    func(j *Job) { j.Task.Name = "large" },
		`Key is "", want "v2"`:             func(j *Job) { j.Checkpoint.Key = "v2" },
		"Data is":                          func(j *Job) { j.Sets["test"] = points(16, "other") },
		"Graph is": func(j *Job) {
			was := j.Task.Loss
			j.Task.Loss = func(params, batch []*Node) *Node { return MulScalar(was(params, batch), 2) }
		},
		`Order is "", want "`: func(j *Job) { j.Task.Order = Fixed },
		"From is":             func(j *Job) { j.From = model.Draw(net.Params(), 2, "start") },
		`Looks is ["loss, accuracy of \"test\"","bias of \"\""], want ["loss, accuracy of \"test\"","bias of \"\"","norm of \"train\""]`: func(j *Job) {
			j.Task.Looks = append(j.Task.Looks, Look{Names: []string{"norm"}, Set: Train, At: func(params, _ []*Node) []*Node { return params[3:4] }})
		},
		`Looks is ["loss, accuracy of \"test\"","bias of \"\""], want ["loss, accuracy of \"test\""]`: func(j *Job) { j.Task.Looks = j.Task.Looks[:1] },
		`Layout is ["0.w [2 5]","0.b [5]",`: func(j *Job) { wider(j) },
	} {
		refused(want, want, whole, change)
	}
	if b := backend(t, ""); b.Kind != "go" {
		j := good
		if _, err := j.Fit(t.Context(), b); err == nil || !strings.Contains(err.Error(), `Backend is "go"`) {
			t.Errorf("another backend: error %v", err)
		}
	}
}

// A path that cannot be a checkpoint says why, and not to delete it.
func TestCheckpointPaths(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir:                      dir + " is a folder: give the path of a file in it",
		filepath.Join(file, "a"): "not a directory",
		os.DevNull:               "no regular file",
	} {
		j := small()
		j.Checkpoint.Path = path
		_, err := fails(t, pool(t, "go"), j)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "delete") {
			t.Errorf("%s: error %v, want one with %q", path, err, want)
		}
	}
}

// wider makes a job's network another.
func wider(j *Job) {
	n := net
	n.Widths = []int{2, 6, 2}
	w := smallOf(n)
	j.Task, j.From = w.Task, w.From
}

// A disk that is full while a checkpoint is written leaves the one before it, from
// which the run goes on; a folder that cannot be written is an error at once.
func TestFullDisk(t *testing.T) {
	p := pool(t, "")
	j := small()
	want := bits(fit(t, p, j))
	dir := t.TempDir()
	j.Checkpoint = Checkpoint{Path: filepath.Join(dir, "run.safetensors"), Every: 3}
	count := 0
	writing(t, func(path string, write func(io.Writer) error) error {
		count++
		if count < 3 {
			return atomically(path, write)
		}
		return atomically(path, func(w io.Writer) error { return write(&full{w: w, left: 700}) })
	})
	run, err := fails(t, p, j)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), j.Checkpoint.Path) || run == nil {
		t.Errorf("error %v, want one of the full disk and the path", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v (%v), want the checkpoint alone", entries, err)
	}
	writing(t, atomically)
	if run := fit(t, p, j); bits(run) != want || run.Resumed != 6 {
		t.Errorf("went on from step %d, want 6, to other bits: %t", run.Resumed, bits(run) != want)
	}
}

// Where nobody asked for the file, a full disk ends the keeping and not the run.
func TestFullDiskInAFolder(t *testing.T) {
	b := backend(t, "go")
	j := small()
	j.Config.Steps, j.Config.At, j.Config.Keep = 10_000, nil, nil
	writing(t, func(path string, write func(io.Writer) error) error {
		return atomically(path, func(w io.Writer) error { return write(&full{w: w, left: 700}) })
	})
	ctx, cancel := context.WithCancel(progress.WithFolder(t.Context(), filepath.Join(t.TempDir(), "work")))
	defer cancel()
	said()
	_, err := j.Fit(progress.With(ctx, func(fraction float64) {
		if fraction > 0 {
			cancel()
		}
	}), b)
	if !errors.Is(err, context.Canceled) || errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "it goes on from") {
		t.Errorf("stopped on a full disk: %v", err)
	}
	if text := said(); !strings.Contains(text, "small is not kept on its way: writing the checkpoint") {
		t.Errorf("it said %q", text)
	}
	j.Config.Steps = 11
	want := bits(fit(t, pool(t, "go"), j))
	brief = 0
	defer func() { brief = time.Second }()
	run, err := j.Fit(progress.WithFolder(t.Context(), filepath.Join(t.TempDir(), "work")), b)
	if err != nil || bits(run) != want {
		t.Errorf("a run whose end cannot be written: %v", err)
	}
}

// Notices go to the file that the environment names.
func TestNotices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notices.txt")
	t.Setenv(EnvNotices, path)
	for _, text := range []string{"one\n", "two\n"} {
		if _, err := io.WriteString(noticer{}, text); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "one\ntwo\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// The seconds of a run are those of all its processes.
func TestSeconds(t *testing.T) {
	b, j := backend(t, "go"), small()
	j.Config.Steps, j.Config.At, j.Config.Keep = 10_000, []int{0, 10_000}, nil // longer than it takes to be heard of
	j.Checkpoint.Path = filepath.Join(t.TempDir(), "run.safetensors")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const pause = 300 * time.Millisecond
	_, err := j.Fit(progress.With(ctx, func(fraction float64) {
		if fraction > 0 {
			time.Sleep(pause)
			cancel()
		}
	}), b)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for range 2 { // goes on, and is read
		begun := time.Now()
		run, err := j.Fit(t.Context(), b)
		if err != nil || run.Resumed == 0 || run.Seconds < max(pause, time.Since(begun)).Seconds() {
			t.Errorf("%v: from step %d, %g s", err, run.Resumed, run.Seconds)
		}
	}
}

// full is a writer that fails after some bytes, as one on a full disk.
type full struct {
	w    io.Writer
	left int
}

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.left {
		n, _ := f.w.Write(p[:f.left])
		f.left = 0
		return n, syscall.ENOSPC
	}
	f.left -= len(p)
	return f.w.Write(p)
}

// A run without a checkpoint is kept in the folder of its context, apart from others there.
func TestFolderOfTheContext(t *testing.T) {
	short, j := small(), small()
	j.Config.Steps, j.Config.At, j.Config.Keep = 10_000, []int{0, 10_000}, nil // longer than it takes to be heard of
	other := j
	other.Config.Seed++
	b := backend(t, "go")
	folder := filepath.Join(t.TempDir(), "work")
	whole := func(j Job) *Run {
		t.Helper()
		run, err := j.Fit(progress.WithFolder(t.Context(), folder), b)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	p := pool(t, "go")
	if run := whole(short); bits(run) != bits(fit(t, p, short)) || run.Resumed != 0 {
		t.Errorf("in a folder: from step %d, %s", run.Resumed, bits(run))
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("a run of an instant has left a file")
	}
	ctx, cancel := context.WithCancel(progress.WithFolder(t.Context(), folder))
	defer cancel()
	want := bits(fit(t, p, j))
	half, err := j.Fit(progress.With(ctx, func(fraction float64) {
		if fraction > 0 {
			cancel()
		}
	}), b)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "it goes on from "+folder) || bits(half) == want {
		t.Fatalf("stopped: %v", err)
	}
	other.Config.Steps = 11
	other.Config.At = nil
	if run := whole(other); run.Resumed != 0 {
		t.Errorf("another run goes on from step %d", run.Resumed)
	}
	// Of equal names, data and configuration, but not of one loss, one constant in it, one
	// look or one order of the caller's own.
	for what, change := range map[string]func(*Job){
		"loss": func(j *Job) {
			was := j.Task.Loss
			j.Task.Loss = func(params, batch []*Node) *Node { return Add(was(params, batch), ReduceAllMean(params[0])) }
		},
		"constant": func(j *Job) {
			was := j.Task.Loss
			j.Task.Loss = func(params, batch []*Node) *Node { return MulScalar(was(params, batch), 1.5) }
		},
		"table": func(j *Job) {
			was, table := j.Task.Loss, make([]float32, 40)
			table[39] = 1
			j.Task.Loss = func(params, batch []*Node) *Node {
				f := was(params, batch)
				return Add(f, ConvertDType(ReduceAllMean(Const(f.Graph(), table)), f.DType()))
			}
		},
		"order": func(j *Job) { j.Task.Order = Fixed },
	} {
		with := j
		change(&with)
		if run := whole(with); run.Resumed != 0 {
			t.Errorf("another %s: goes on from step %d", what, run.Resumed)
		}
	}
	if run := whole(j); run.Resumed == 0 || bits(run) != want {
		t.Errorf("it goes on from step %d to other bits", run.Resumed)
	}
}
