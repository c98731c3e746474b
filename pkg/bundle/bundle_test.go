package bundle

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/figure"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/notebook/program"
)

const statements = `{"key": "test-paper", "title": "A test", "authors": ["Nobody"], "venue": "here", "learn": "nothing", "read": "all", "statements": [
	{"id": "C1", "kind": "identity", "title": "Zero", "tex": "$0=0$", "source": "here", "known": "ours"},
	{"id": "C2", "kind": "order", "title": "A draw", "tex": "$a<b$", "source": "here", "known": "ours"},
	{"id": "C3", "kind": "identity", "title": "Zero again", "tex": "$0=0$", "source": "here", "known": "ours"}]}`

// Zero measures C1 and draws.
func Zero(cell *notebook.Cell) {
	cell.Claim("C1").Check("zero", 0, claim.RoundOff(1e-9)).Control("one", 1)
	x := []float64{1, 2}
	cell.Show(figure.Figure{ID: "f", Title: "F", Caption: "F.", Alt: "F.", Panels: []figure.Panel{{
		X: figure.Axis{Name: "x"}, Y: figure.Axis{Name: "y"}, Series: []figure.Series{figure.Line("a", x, x)}}}})
}

// Slow records one check, waits as long as the file that WAIT names is there, and records
// another one. HANG has it wait without hearing of its interruption, EXIT end its process.
func Slow(cell *notebook.Cell) {
	c := cell.Claim("C2")
	c.Check("a draw", cell.Stream("slow").Float64(), claim.Between(0, 1)).Control("two", 2).Because("a test")
	if os.Getenv("EXIT") != "" {
		os.Exit(9)
	}
	for there(os.Getenv("WAIT")) {
		if os.WriteFile(os.Getenv("WAIT")+".reached", nil, 0o644) != nil || cell.Context().Err() != nil && os.Getenv("HANG") == "" {
			notebook.Check(cell.Context().Err())
		}
		time.Sleep(2 * time.Millisecond)
	}
	c.Check("another", cell.Stream("other").Float64(), claim.Between(0, 1)).Control("three", 3).Because("a test")
}

// Third measures C3.
func Third(cell *notebook.Cell) {
	cell.Claim("C3").Check("zero", 0, claim.RoundOff(1e-9)).Control("one", 1)
	cell.Markdown("The end.")
}

func testPaper() Paper {
	return Paper{Key: "test-paper", Cells: []program.Cell{
		{Name: "Zero", Claims: []string{"C1"}, Run: Zero}, {Name: "Slow", Claims: []string{"C2"}, Run: Slow}, {Name: "Third", Claims: []string{"C3"}, Run: Third}}}
}

// The test's own program is the bundle's: with an archive behind it, it runs test-paper.
func TestMain(m *testing.M) {
	if os.Getenv("BUNDLE_UNDER_TEST") != "" {
		if d, err := time.ParseDuration(os.Getenv("GRACE")); err == nil {
			grace = d
		}
		Main(testPaper())
	}
	os.Exit(m.Run())
}

// made is a bundle of test-paper. spoil, where given, changes what is packed.
func made(t *testing.T, spoil func(a *About, files map[string]string)) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"root/go.mod": "module github.com/marginalia-ml/marginalia\n", "root/notebooks/test-paper/paper.json": statements}
	a := About{Format: Format, Commit: "abc", When: "2026-01-02", Go: "1.26", Files: map[string]string{},
		Papers:  map[string]Packed{"test-paper": {Title: "A test", Code: "c0de", Statements: hashOf([]byte(statements))}},
		Plugins: map[string]string{"cpu.so": strings.Repeat("0", 64)}}
	for name, text := range files {
		a.Files[name] = hashOf([]byte(text))
	}
	if spoil != nil {
		spoil(&a, files)
	}
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	files[aboutFile] = string(b)
	var behind bytes.Buffer
	z := zip.NewWriter(&behind)
	z.SetOffset(int64(len(program)))
	for name, text := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "marginalia")
	if err := os.WriteFile(path, append(program, behind.Bytes()...), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// started starts a bundle in a folder of its own, with nothing but a few variables.
func started(t *testing.T, bundle, dir string, env []string, words ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.Command(bundle, words...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &out, dir
	cmd.Env = append([]string{"BUNDLE_UNDER_TEST=1", "HOME=" + dir, "XDG_CACHE_HOME=" + dir + "/cache", "TMPDIR=" + dir}, env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &out
}

func ran(t *testing.T, bundle, dir string, env []string, words ...string) (int, string) {
	t.Helper()
	cmd, out := started(t, bundle, dir, env, words...)
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// result reads a result: its entries, and result.json, every byte as its hashes say.
func result(t *testing.T, path string) (Result, map[string][]byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if entries[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	var res Result
	if err := json.Unmarshal(entries[resultFile], &res); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(entries[sealFile])); got != hashOf(entries[resultFile]) {
		t.Errorf("the seal is %s", got)
	}
	if len(entries) != len(res.Files)+2 {
		t.Errorf("%d entries, %d hashes", len(entries), len(res.Files))
	}
	for name, want := range res.Files {
		if hashOf(entries[name]) != want {
			t.Errorf("%s is not what its hash says", name)
		}
	}
	return res, entries
}

var onGo = []string{"run", "test-paper", "--backend", "go"}

// A run that was killed with everything, its cell included, and one that was cut, go on and
// leave the bits of a run that nobody cut.
func TestResumedIsWhole(t *testing.T) {
	bundle, dir := made(t, nil), t.TempDir()
	if code, said := ran(t, bundle, dir, nil, append(onGo, "--dir", "whole")...); code != 0 || !strings.Contains(said, "3 hold") {
		t.Fatalf("left with %d:\n%s", code, said)
	}
	whole, entries := result(t, filepath.Join(dir, "whole.tar.gz"))
	if !whole.Complete || whole.Commit != "abc" || whole.Code != "c0de" || whole.Backend != "go" || whole.Plugin != nil || len(whole.Cells) != 3 || whole.Memory == 0 {
		t.Errorf("result.json: %+v", whole)
	}
	if shown := string(entries["shown/Zero.json"]); !strings.Contains(shown, `"text/html": "<figure`) || !strings.Contains(shown, `"text/markdown"`) {
		t.Errorf("what Zero showed: %s", shown)
	}
	wait := filepath.Join(dir, "wait")
	for name, cut := range map[string]func(*os.Process){
		"killed": func(p *os.Process) { p.Kill() },
		"cut":    func(p *os.Process) { p.Signal(syscall.SIGTERM) },
	} {
		os.Remove(wait + ".reached")
		if err := os.WriteFile(wait, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		words := append(onGo, "--dir", name)
		cmd, out := started(t, bundle, dir, []string{"WAIT=" + wait}, words...)
		for !there(wait + ".reached") {
			time.Sleep(2 * time.Millisecond)
		}
		if code, said := ran(t, bundle, dir, nil, append(words, "--resume")...); code != exitUsage || !strings.Contains(said, "another process") {
			t.Errorf("%s: a second run beside the first leaves with %d:\n%s", name, code, said)
		}
		cut(cmd.Process)
		cmd.Wait()
		if name == "cut" {
			if code := cmd.ProcessState.ExitCode(); code != exitCut || !strings.Contains(out.String(), "-resume goes on") {
				t.Errorf("cut: left with %d:\n%s", code, out)
			}
			part, _ := result(t, filepath.Join(dir, "cut.tar.gz"))
			if part.Complete || !part.Cells[0].Done || part.Cells[1].Done || part.Cells[2].Done {
				t.Errorf("the result of a run that was cut: %+v", part)
			}
			l, err := claim.Load(filepath.Join(dir, "cut", "run", "claims.json"))
			if err != nil || l.Claims[0].Verdict != claim.Holds || l.Claims[1].Verdict != claim.Fails || l.Claims[2].Verdict != claim.Fails {
				t.Errorf("the ledger of a run that was cut: %+v, %v", l, err)
			}
		}
		os.Remove(wait)
		if code, said := ran(t, bundle, dir, nil, words...); code != exitUsage || !strings.Contains(said, "-resume goes on") {
			t.Errorf("%s: begun again without -resume: left with %d:\n%s", name, code, said)
		}
		for start := time.Now(); ; time.Sleep(5 * time.Millisecond) { // the killed run's cell holds the lock as it ends
			code, said := ran(t, bundle, dir, nil, append(words, "--resume")...)
			if strings.Contains(said, "another process") && time.Since(start) < 10*time.Second {
				continue
			}
			if code != 0 || strings.Contains(said, "  Zero ") {
				t.Errorf("%s, resumed: left with %d, or ran again what was done:\n%s", name, code, said)
			}
			break
		}
		_, again := result(t, filepath.Join(dir, name+".tar.gz"))
		for file, want := range entries {
			if file != resultFile && file != sealFile && !bytes.Equal(again[file], want) {
				t.Errorf("%s, resumed: %s is another:\n%s", name, file, again[file])
			}
		}
	}
}

// A cell that ends its process leaves its claims red, whatever it had recorded; the others run.
func TestCellThatDies(t *testing.T) {
	bundle, dir := made(t, nil), t.TempDir()
	code, said := ran(t, bundle, dir, []string{"EXIT=1"}, onGo...)
	if code != exitFault || !strings.Contains(said, "Slow failed") || !strings.Contains(said, "C2 fails") || !strings.Contains(said, "  Third ") {
		t.Errorf("left with %d:\n%s", code, said)
	}
	res, _ := result(t, filepath.Join(dir, "test-paper-quick-1.tar.gz"))
	if res.Complete || res.Cells[1].Done || !strings.Contains(res.Cells[1].Failure, "9") || !res.Cells[2].Done {
		t.Errorf("result.json: %+v", res.Cells)
	}
	if code, said := ran(t, bundle, dir, nil, append(onGo, "--resume")...); code != 0 {
		t.Errorf("resumed without what killed it: left with %d:\n%s", code, said)
	}
}

// The time limit ends a cell, also one that does not hear of it.
func TestMinutes(t *testing.T) {
	bundle, dir := made(t, nil), t.TempDir()
	wait := filepath.Join(dir, "wait")
	if err := os.WriteFile(wait, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	code, said := ran(t, bundle, dir, []string{"WAIT=" + wait, "HANG=1", "GRACE=100ms"}, append(onGo, "--minutes", "0.02")...)
	if code != exitCut || time.Since(begun) > 20*time.Second {
		t.Errorf("left with %d after %v:\n%s", code, time.Since(begun), said)
	}
}

// Another bundle, seed or device does not go on with a run; a choice of cells runs these alone.
func TestRefused(t *testing.T) {
	bundle, dir := made(t, nil), t.TempDir()
	if code, said := ran(t, bundle, dir, nil, append(onGo, "--dir", "d", "--only", "C1,Third")...); code != 0 || strings.Contains(said, "Slow") || strings.Contains(said, "C2") {
		t.Errorf("--only: left with %d:\n%s", code, said)
	}
	other := made(t, func(a *About, _ map[string]string) { a.Commit = "def" })
	cases := []struct {
		bundle, said string
		words        []string
	}{
		{bundle, `its seed is "1", this one's "2"`, append(onGo, "--dir", "d", "--only", "C1,Third", "--resume", "--seed", "2")},
		{bundle, `its choice of cells is "C1,Third"`, append(onGo, "--dir", "d", "--resume")},
		{other, "its bundle is", append(onGo, "--dir", "d", "--only", "C1,Third", "--resume")},
		{bundle, "no cell of test-paper", append(onGo, "--only", "C9")},
		{bundle, `"paper-x" is not in this bundle: there are test-paper`, []string{"run", "paper-x"}},
		{bundle, `unknown scale "large"`, append(onGo, "--scale", "large")},
		{bundle, "no CPU plugin was packed", []string{"run", "test-paper", "--backend", "cpu"}},
		{bundle, "no CUDA plugin: there is no python3", []string{"run", "test-paper", "--backend", "cuda"}},
		{bundle, "none of cpu, cuda and go, nor a file", []string{"run", "test-paper", "--backend", "tpu"}},
		{bundle, "not a whole shared object", []string{"run", "test-paper", "--backend", "/etc/passwd"}},
		{bundle, "no command", []string{"walk"}},
		{made(t, func(a *About, f map[string]string) { a.When, f["root/go.mod"] = "1", f["root/go.mod"]+"\n" }), "the bundle is damaged", onGo},
		{made(t, func(a *About, f map[string]string) { a.When = "2"; delete(f, "root/go.mod") }), "was cut short", onGo},
		{made(t, func(a *About, f map[string]string) { a.When, f["../x"] = "3", "" }), "is in the archive and not in bundle.json", onGo},
		{made(t, func(a *About, f map[string]string) { a.Format = 9 }), "has format 9", onGo},
	}
	for _, c := range cases {
		code, said := ran(t, c.bundle, dir, []string{"PATH=/nowhere"}, c.words...)
		if code != exitUsage || !strings.Contains(said, c.said) {
			t.Errorf("%v: left with %d, want %q in:\n%s", c.words, code, c.said, said)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "cache", ".marginalia-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if code, said := ran(t, bundle, dir, nil); code != 0 || !strings.Contains(said, "test-paper           A test (3 cells)") {
		t.Errorf("without arguments: left with %d:\n%s", code, said)
	}
	cut := filepath.Join(dir, "short")
	b, err := os.ReadFile(bundle)
	if err == nil {
		err = os.WriteFile(cut, b[:len(b)-100], 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, said := ran(t, cut, dir, nil); code != exitUsage || !strings.Contains(said, "no archive behind the program") {
		t.Errorf("a bundle that was cut short: left with %d:\n%s", code, said)
	}
}

// Flags for a GPU: those that were set win, libdevice is found where a toolkit has it.
func TestCUDAEnvironment(t *testing.T) {
	const plugin = "/py/jax_plugins/xla_cuda13/xla_cuda_plugin.so"
	for _, c := range []struct {
		env, files, want string
	}{
		{"", "", "XLA_FLAGS=--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=0"},
		{"XLA_FLAGS=--xla_gpu_autotune_level=2 --a", "", "XLA_FLAGS=--xla_gpu_autotune_level=2 --a --xla_gpu_deterministic_ops=true"},
		{"CUDA_HOME=/c", "/py/nvidia/cu13/bin /c/nvvm/libdevice/libdevice.10.bc", "XLA_FLAGS=--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=0 --xla_gpu_cuda_data_dir=/c"},
		{"CUDA_HOME=/c PATH=/b", "/c/nvvm/libdevice/libdevice.10.bc /c/bin/ptxas", "PATH=/c/bin:/b XLA_FLAGS=--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=0 --xla_gpu_cuda_data_dir=/c"},
		{"CUDA_HOME=/c", "/py/nvidia/cu13/nvvm/libdevice/libdevice.10.bc /c/nvvm/libdevice/libdevice.10.bc", "XLA_FLAGS=--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=0 --xla_gpu_cuda_data_dir=/py/nvidia/cu13"},
		{"PATH=/b:/opt/t/bin", "/opt/t/bin/nvcc /opt/t/nvvm/libdevice/libdevice.10.bc", "XLA_FLAGS=--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=0 --xla_gpu_cuda_data_dir=/opt/t"},
		{"LD_LIBRARY_PATH=/l", "/usr/lib/wsl/lib/libcuda.so.1", "LD_LIBRARY_PATH=/l:/usr/lib/wsl/lib XLA_FLAGS=--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=0"},
	} {
		getenv := func(name string) string {
			_, after, found := strings.Cut(" "+c.env, " "+name+"=")
			if name == "XLA_FLAGS" {
				return after
			}
			value, _, _ := strings.Cut(after, " ")
			return map[bool]string{true: value}[found]
		}
		there := func(path string) bool { return strings.Contains(" "+c.files+" ", " "+filepath.Clean(path)+" ") }
		if got := strings.Join(cudaEnvironment(plugin, getenv, there), " "); got != c.want {
			t.Errorf("%q with %q:\n%s, want\n%s", c.env, c.files, got, c.want)
		}
	}
}

// The check passes on pure Go against itself, and sees a device that is another each time.
func TestCheck(t *testing.T) {
	bundle, dir := made(t, nil), t.TempDir()
	code, said := ran(t, bundle, dir, nil, "check", "--backend", "go", "--python", "/no/python")
	if code != 0 || strings.Contains(said, "WRONG") || strings.Count(said, "ok ") != 2*2*8+1+1 || !strings.Contains(said, "no JAX to compare with") {
		t.Errorf("left with %d:\n%s", code, said)
	}
	var out bytes.Buffer
	f := &faulty{out: &out}
	f.say(difference([]float64{1, 2}, []float64{1, 2.5}) == 0.2, "relative to the largest")
	f.say(difference([]float64{1}, []float64{1, 2}) > 1e300, "another length")
	nan := []float64{0}
	nan[0] /= nan[0]
	f.say(difference(nan, nan) > 1e300, "not a number")
	f.say(difference(nil, []float64{1}) == 0, "wrong %d", 1)
	if want := "WRONG wrong 1\n"; f.n != 1 || !strings.HasSuffix(out.String(), want) {
		t.Errorf("%d faults:\n%s", f.n, fmt.Sprint(out.String()))
	}
}
