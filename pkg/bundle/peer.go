package bundle

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

//go:embed peer.py
var peerScript string

// regression is a softmax regression with soft labels: m contexts of d features, v classes,
// π_j = 1/m, in float64, as the papers on next-token prediction train it.
type regression struct {
	M, D, V int
	Steps   int // of a round
	Rounds  int
	Rate    float64
	H, P, W []float64
}

// sizes are those of a figure, where a step is little more than its kernels' starts, and
// one where it is arithmetic.
var sizes = [][3]int{{50, 60, 10}, {512, 512, 512}}

func newRegression(m, d, v int) regression {
	draw := random.Stream(1, fmt.Sprintf("bundle/peer-%d", m))
	r := regression{M: m, D: d, V: v, Steps: max(20, 10000/m), Rounds: 5, Rate: 0.5, H: make([]float64, m*d), P: make([]float64, m*v), W: make([]float64, v*d)}
	for i := range r.H {
		r.H[i] = draw.NormFloat64() / math.Sqrt(float64(d))
	}
	for j := range m {
		sum := 0.0
		row := r.P[j*v : (j+1)*v]
		for z := range row {
			row[z] = draw.ExpFloat64()
			sum += row[z]
		}
		for z := range row {
			row[z] /= sum
		}
	}
	return r
}

// ours runs the rounds on a backend: the seconds of the fastest, and W.
func (r regression) ours(ctx context.Context, b *xla.Backend) (least float64, w []float64, err error) {
	step := func(k *Node, state, args []*Node) []*Node {
		h, p, pi := args[0], args[1], args[2]
		g := MatMul(Transpose(loss.SoftCrossEntropyGrad(MatMul(h, Transpose(state[0], 0, 1)), p, pi), 0, 1), h)
		return []*Node{Sub(state[0], MulScalar(g, r.Rate))}
	}
	l, err := xla.NewLoop(b, step, nil)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	pi := make([]float64, r.M)
	for j := range pi {
		pi[j] = 1 / float64(r.M)
	}
	matrix := tensors.FromFlatDataAndDimensions[float64]
	args := []*tensors.Tensor{matrix(r.H, r.M, r.D), matrix(r.P, r.M, r.V), matrix(pi, r.M)}
	if err := l.Start([]*tensors.Tensor{matrix(r.W, r.V, r.D)}, args); err != nil {
		return 0, nil, err
	}
	least = math.Inf(1)
	for range r.Rounds {
		begun := time.Now()
		if err := l.Run(ctx, r.Steps); err != nil {
			return 0, nil, err
		}
		least = min(least, time.Since(begun).Seconds())
	}
	state, err := l.State()
	if err != nil {
		return 0, nil, err
	}
	w, err = tensors.CopyFlatData[float64](state[0])
	return least, w, err
}

// theirs is what peer.py answers.
type theirs struct {
	Version string
	Device  string
	Seconds float64
	W       []float64
}

// jax runs the rounds in the machine's Python.
func (r regression) jax(ctx context.Context, python string) (t theirs, err error) {
	in, err := json.Marshal(r)
	if err != nil {
		return t, err
	}
	cmd := exec.CommandContext(ctx, python, "-c", peerScript)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &errs
	if err := cmd.Run(); err != nil {
		return t, fmt.Errorf("%w: %s", err, (&tail{errs.Bytes()}).last())
	}
	return t, json.Unmarshal(out.Bytes(), &t)
}

// against times the regressions here and, where the machine's Python has JAX, there, each
// the fastest of its rounds; the numbers of both must agree.
func against(ctx context.Context, b *xla.Backend, python string, f *faulty) error {
	for i, s := range sizes {
		if i > 0 && b.Kind == xla.KindGo { // minutes of arithmetic without a matrix product worth its name
			break
		}
		r := newRegression(s[0], s[1], s[2])
		seconds, w, err := r.ours(ctx, b)
		if err != nil {
			return err
		}
		said := fmt.Sprintf("regression %d x %d x %d in float64: %.1f µs a step", s[0], s[1], s[2], seconds/float64(r.Steps)*1e6)
		t, err := r.jax(ctx, python)
		if err != nil {
			f.say(true, "%s; no JAX to compare with (%v)", said, err)
			continue
		}
		apart := difference(w, t.W)
		f.say(apart < 1e-9, "%s; JAX %s on %s: %.1f µs, ratio %.2f; numbers %.1e apart (less than 1e-9)",
			said, t.Version, t.Device, t.Seconds/float64(r.Steps)*1e6, seconds/t.Seconds, apart)
	}
	return nil
}

// checking is the process of marginalia check.
func checking(ctx context.Context, backend, python string, out io.Writer) error {
	b, err := xla.Open(backend)
	if err != nil {
		return err
	}
	defer b.Close()
	fmt.Fprintf(out, "%s, %s\n", b.Kind, b.Device)
	n, err := check(ctx, b, out)
	if err != nil {
		return err
	}
	f := &faulty{out: out}
	if err := against(ctx, b, strings.TrimSpace(python), f); err != nil {
		return err
	}
	if n += f.n; n > 0 {
		return fmt.Errorf("%d checks are wrong", n)
	}
	return nil
}

// stepCheck makes the program the process of marginalia check, whose environment is set
// before a plugin is loaded.
const stepCheck = "check"

func checkProcess(backend, python string, out, complain io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := checking(ctx, backend, python, out); err != nil {
		fmt.Fprintln(complain, "marginalia:", err)
		return exitFault
	}
	return exitDone
}

// check runs the checks of a device in a process of its own.
func (a archive) check(ctx context.Context, arguments []string, out, complain io.Writer) int {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(complain)
	backend := flags.String("backend", "", "cpu, cuda, go or the path of a PJRT plugin (default: the best there is)")
	python := flags.String("python", "python3", "the Python that may have JAX to compare with")
	folder := flags.String("unpack", unpackDir(), "folder in which the bundle is unpacked, once")
	if err := flags.Parse(arguments); err != nil {
		return exitUsage
	}
	home, err := a.unpack(*folder)
	var d device
	if err == nil {
		d, err = a.choose(*backend, home)
	}
	if err != nil {
		fmt.Fprintln(complain, "marginalia:", err)
		return exitUsage
	}
	set := map[string]string{"MARGINALIA_ROOT": filepath.Join(home, rootDir)}
	for _, v := range d.env {
		name, value, _ := strings.Cut(v, "=")
		set[name] = value
	}
	cmd := exec.CommandContext(ctx, a.path, stepCheck, d.spec, *python, "-")
	cmd.Env = append(environment(os.Environ(), set), stepVariable+"=1")
	cmd.Stdout, cmd.Stderr = out, complain
	if err := cmd.Run(); err != nil {
		return exitFault
	}
	return exitDone
}
