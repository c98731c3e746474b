package xla

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"

	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// The kinds of backend.
const (
	KindCPU  = "xla cpu"
	KindCUDA = "xla cuda"
	KindGo   = "go"
)

// EnvBackend is the variable that [Open] reads when its spec is empty.
const EnvBackend = "MARGINALIA_BACKEND"

// Backend is an open device. Graphs outside a [Loop] are built on the embedded
// compute.Backend.
type Backend struct {
	compute.Backend

	Kind   string // KindCPU, KindCUDA or KindGo
	Plugin string // path of the PJRT plugin, empty for KindGo
	Device string // the processor in words, as "AMD EPYC 7763 64-Core Processor"

	opening Opening
	uses    uses
}

// Open opens the backend that spec names:
//
//	cpu    XLA on the CPU
//	cuda   XLA on the first NVIDIA GPU
//	go     the pure-Go backend
//	path   XLA with the PJRT plugin in that file
//	""     what MARGINALIA_BACKEND says; if that is empty too, the first that
//	       opens of cuda (where there is a GPU), cpu and go
//
// Where the pure-Go backend stands in for a missing XLA, one line on the
// standard error says so. Plugins are looked for as [FindPlugin] describes and
// checked by [Verify]; nothing is ever downloaded.
func Open(spec string) (*Backend, error) {
	if spec == "" {
		if spec = os.Getenv(EnvBackend); spec == "" {
			return openBest()
		}
	}
	switch spec {
	case "go":
		return openGo()
	case "cpu", "cuda":
		plugin, err := FindPlugin(spec)
		if err != nil {
			return nil, err
		}
		return openPlugin(plugin)
	}
	if !isPath(spec) {
		return nil, fmt.Errorf("xla: unknown backend %q: known are cpu, cuda, go and the path of a PJRT plugin", spec)
	}
	return openPlugin(spec)
}

// isPath reports whether spec is meant as a file: it names a folder on the way,
// looks like a shared object, or exists.
func isPath(spec string) bool {
	if strings.ContainsAny(spec, `/\`) {
		return true
	}
	switch filepath.Ext(spec) {
	case ".so", ".dylib", ".dll":
		return true
	}
	_, err := os.Stat(spec)
	return err == nil
}

// openBest tries a GPU, then the CPU, then pure Go.
func openBest() (*Backend, error) {
	var reasons []string
	if _, err := gpuModel(); err == nil {
		b, err := Open("cuda")
		if err == nil {
			return b, nil
		}
		reasons = append(reasons, err.Error())
	}
	b, err := Open("cpu")
	if err != nil {
		reasons = append(reasons, err.Error())
		b, err = openGo()
	}
	if len(reasons) > 0 && err == nil {
		notice.Do(func() {
			fmt.Fprintf(os.Stderr, "marginalia: computing on the backend %q (%s)\n", b.Kind, strings.Join(reasons, "; "))
		})
	}
	return b, err
}

// notice makes a process speak of its fall-back once, not once a worker.
var notice sync.Once

func openGo() (*Backend, error) {
	// The sequential mode costs half the processor time of the default one, and
	// its failures are errors where the parallel mode ends the process.
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		return nil, fmt.Errorf("xla: pure-Go backend: %w", err)
	}
	opened := &Backend{Backend: b, Kind: KindGo, Device: cpuModel()}
	return opened, opened.opened("")
}

// openPlugin opens XLA with the plugin in a file.
func openPlugin(path string) (*Backend, error) {
	defer progress.Stage("load plugin")()
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("xla: plugin %s: %w", path, err)
	}
	if strings.Contains(path, ",") {
		return nil, fmt.Errorf("xla: plugin %s: the path has a comma, after which the loader reads options; move the file", path)
	}
	if err := Verify(path); err != nil {
		return nil, err
	}
	flags := os.Getenv("XLA_FLAGS")
	raw, err := inTime(patience, func() (compute.Backend, error) { return loadPlugin(path) })
	if err != nil {
		return nil, fmt.Errorf("xla: plugin %s: %w", path, err)
	}
	b := &Backend{Backend: raw, Plugin: path}
	device := raw.DeviceDescription(0)
	switch {
	case strings.Contains(strings.ToLower(device), "cpu"):
		b.Kind, b.Device = KindCPU, cpuModel()
	default:
		b.Kind, b.Device = KindCUDA, device
		if model, err := gpuModel(); err == nil {
			b.Device = model
		}
	}
	return b, b.opened(flags)
}

// patience is how long a plugin may take to open. The slowest that was seen, CUDA's on a
// machine that was never asked before, takes 20 s.
const patience = 2 * time.Minute

// inTime calls load, which runs code of a plugin, and gives up on one that does not come
// back; what it holds is lost with the process.
func inTime[T any](limit time.Duration, load func() (T, error)) (b T, err error) {
	done := make(chan struct{})
	var loaded T
	var failed error
	go func() {
		defer close(done)
		loaded, failed = load()
	}()
	select {
	case <-done:
		return loaded, failed
	case <-time.After(limit):
		return b, fmt.Errorf("it did not open within %v: end what else uses the device, or let %s name another file", limit, EnvPlugin)
	}
}

// Close frees the backend. Loops that were made on it fail from then on; while one of them
// is at work Close is an error and changes nothing.
func (b *Backend) Close() error {
	if b == nil || b.Backend == nil {
		return errors.New("xla: close: no backend")
	}
	return b.uses.close(func() error {
		if b.IsFinalized() {
			return nil
		}
		return protect(func() error {
			b.Finalize()
			return nil
		})
	})
}

// protect turns a panic of f into an error: GoMLX and the code that it calls
// throw, and whoever calls this package gets errors.
func protect(f func() error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = r
		default:
			err = fmt.Errorf("%v", r)
		}
	}()
	return f()
}
