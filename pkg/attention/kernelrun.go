package attention

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// KernelRun is a run in the coordinates of a Kernel: exactly that of [Observe], at a
// cost of N²(T-1)² operations a step and without the dimension of the tokens.
type KernelRun struct {
	Method  Method
	Eta     float64   // step size η; of the Polyak steps their factor c
	Longest float64   // of Clipped: no step is longer
	Start   []float64 // margins of W_0, zero if nil
	Norm    float64   // ‖W_0‖
	Steps   int
}

// KernelState is where a run stands.
type KernelState struct {
	Step   int
	A      []float64 // margins of W, a row a constraint
	Beta   []float64 // W - W_0 = Σ β V
	Norm   float64   // ‖W‖, from ‖W_0‖² + β·(a_0 + a)
	Length float64   // of the step that led here
	Pulls
}

// Run makes the run and calls see at every step count 0, 1, ..., until see returns
// false, the last step is made, or the run cannot go on: then Stopped says why. What
// see is given is reused for the next step. An error wraps ErrRun.
func (k *Kernel) Run(r KernelRun, see func(KernelState) bool) (*Stopped, error) {
	if err := k.checkRun(r); err != nil {
		return nil, err
	}
	n := k.Rows()
	st := KernelState{A: make([]float64, n), Beta: make([]float64, n), Norm: r.Norm}
	start := make([]float64, n)
	if r.Start != nil {
		copy(start, r.Start)
		copy(st.A, r.Start)
	}
	before, step := make([]float64, n), mat.NewVecDense(n, nil)
	for ; ; st.Step++ {
		st.Pulls = k.At(st.A)
		if !see(st) || st.Step == r.Steps {
			return nil, nil
		}
		copy(before, st.A)
		w, M := st.weights()
		step.MulVec(k.K, mat.NewVecDense(n, w))
		norm := math.Sqrt(floats.Dot(w, step.RawVector().Data)) // e^{-M} ‖∇L‖
		length, cause := k.length(r, st, math.Log(norm)+M)
		if cause != "" {
			return &Stopped{Step: st.Step, Cause: cause}, nil
		}
		st.Length = length
		floats.AddScaled(st.Beta, st.Length/norm, w)
		floats.AddScaled(st.A, st.Length/norm, step.RawVector().Data)
		square := r.Norm * r.Norm
		for j := range n {
			square += st.Beta[j] * (start[j] + st.A[j])
		}
		st.Norm = math.Sqrt(square)
		if bad := floats.HasNaN(st.A) || math.IsInf(floats.Norm(st.A, 1), 0) || math.IsNaN(st.Norm) || math.IsInf(st.Norm, 0); bad {
			return &Stopped{Step: st.Step + 1, Cause: NotFinite}, nil
		}
		if floats.Equal(before, st.A) {
			return &Stopped{Step: st.Step, Cause: AtRest}, nil
		}
	}
}

// length returns the length of the next step, or why there is none.
func (k *Kernel) length(r KernelRun, st KernelState, logNorm float64) (float64, Cause) {
	if math.IsNaN(logNorm) || math.IsInf(logNorm, -1) {
		return 0, AtRest // a gradient of zero
	}
	switch r.Method {
	case GD:
		return r.Eta * math.Exp(logNorm), ""
	case NGD:
		return r.Eta, ""
	}
	excess := k.LogExcess(st.S)
	if excess < math.Log(smallest) {
		return 0, Underflow
	}
	length := r.Eta * math.Exp(excess-logNorm)
	if r.Method == Clipped {
		length = math.Min(length, r.Longest)
	}
	if math.IsInf(length, 1) {
		return 0, NotFinite
	}
	return length, ""
}

func (k *Kernel) checkRun(r KernelRun) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrRun, fmt.Sprintf(format, args...))
	}
	positive := func(v float64) bool { return v > 0 && !math.IsInf(v, 1) }
	switch {
	case r.Method != GD && r.Method != NGD && r.Method != Polyak && r.Method != Clipped:
		return bad("method %q in margins: want %q, %q, %q or %q", r.Method, GD, NGD, Polyak, Clipped)
	case !positive(r.Eta):
		return bad("step size %v, want a positive number", r.Eta)
	case r.Method == Clipped && !positive(r.Longest):
		return bad("longest step %v of the clipped Polyak step, want a positive number", r.Longest)
	case r.Steps < 0:
		return bad("%d steps", r.Steps)
	case r.Start != nil && len(r.Start) != k.Rows():
		return bad("a start with %d margins, want N(T-1) = %d", len(r.Start), k.Rows())
	case floats.HasNaN(r.Start) || math.IsInf(floats.Norm(r.Start, 1), 0) || !(r.Norm >= 0) || math.IsInf(r.Norm, 1):
		return bad("a start with margins or a norm that are not finite")
	case r.Start == nil && r.Norm != 0:
		return bad("a start of norm %v without its margins", r.Norm)
	}
	return nil
}
