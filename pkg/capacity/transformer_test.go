package capacity

import (
	"errors"
	"math"
	"strings"
	"testing"
)

var small = Config{Zeta: 3, T: 4, D: 2, M: 4, D1: 2, D0: 2, Heads: 1}

// differenceTol: central differences with a step of 1e-6 leave 1e-12 of the third
// derivative and 1e-10 of round-off, both times factors of order ten.
const differenceTol = 1e-7

func TestJacobianAgainstDifferences(t *testing.T) {
	for _, psi := range []Activation{GELU, Tanh, Logistic} {
		c := Config{Zeta: 3, T: 3, D: 3, M: 4, D1: 2, D0: 2, Heads: 2}
		p, err := Random(c, psi, generator())
		if err != nil {
			t.Fatal(err)
		}
		contexts := [][]int{{0}, {2, 1}, {1, 1, 0}}
		J, theta := p.CentredJacobian(contexts), p.Flat()
		if len(theta) != c.Params() {
			t.Fatalf("%d numbers in θ, k = %d", len(theta), c.Params())
		}
		for k := range theta {
			const h = 1e-6
			at := func(x float64) (l []float64) {
				moved := append([]float64(nil), theta...)
				moved[k] += x
				q := p.With(moved)
				for _, context := range contexts {
					l = append(l, Centred(q.Logits(context))...)
				}
				return l
			}
			up, down := at(h), at(-h)
			for i := range up {
				if d := math.Abs((up[i]-down[i])/(2*h) - J.At(i, k)); !(d <= differenceTol) {
					t.Fatalf("%s: derivative of centred logit %d in parameter %d is off by %g", psi, i, k, d)
				}
			}
		}
	}
}

func TestParams(t *testing.T) {
	if got := small.Params(); got != 54 {
		t.Errorf("k = %d, want 3·4 + 4·3 + 2·1·4·2 + 7·2 = 54", got)
	}
	if ratio, terms := small.Tightness(); !(math.Abs(ratio-54.0/8) <= float64Tol) || terms[0] != 1 {
		t.Errorf("tightness %g, want k/((ζ-1)m) = 6.75", ratio)
	}
	if _, err := Random(Config{Zeta: 1}, Tanh, generator()); !errors.Is(err, ErrInput) {
		t.Errorf("a vocabulary of one token gives the error %v", err)
	}
}

// Changing the token behind the last position, that is a longer context, is another
// context; but within one, only the last position asks: permuting the earlier ones together
// with their positions changes nothing.
func TestOnlyTheLastPositionAsks(t *testing.T) {
	p, _ := Random(small, GELU, generator())
	context := []int{0, 2, 1}
	want := p.Logits(context)
	q := p.With(p.Flat())
	q.U[0], q.U[1] = q.U[1], q.U[0]
	for z, l := range q.Logits([]int{2, 0, 1}) {
		if !(math.Abs(l-want[z]) <= float64Tol*10) {
			t.Errorf("logit %d is %g, want %g", z, l, want[z])
		}
	}
}

func TestLiftedModelIsTheScalarOne(t *testing.T) {
	s, err := NewScalar(4, 5, 6, GELU, 0.3, generator())
	if err != nil {
		t.Fatal(err)
	}
	task, err := NewTask(4, 5, 6, generator())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Interpolate(task); err != nil {
		t.Fatal(err)
	}
	p, err := s.Lift(Config{Zeta: 4, T: 5, D: 3, M: 6, D1: 2, D0: 4, Heads: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, context := range Sequences(4, 3) {
		lifted, scalar := p.Logits(context), s.Logits(context)
		size := 0.0
		for j, row := range s.V {
			h := s.Psi.At(s.W[j]*s.Feature(context) + s.Eta)
			for _, v := range row {
				size = max(size, math.Abs(v*h))
			}
		}
		for z := range scalar {
			if !(math.Abs(lifted[z]-scalar[z]) <= 100*float64Tol*size) {
				t.Fatalf("context %v: lifted logit %g, scalar one %g, terms up to %g", context, lifted[z], scalar[z], size)
			}
		}
	}
	if _, err := s.Lift(small); !errors.Is(err, ErrInput) {
		t.Errorf("another vocabulary gives the error %v", err)
	}
}

func TestBadTasks(t *testing.T) {
	p, _ := NewScalar(2, 3, 3, GELU, 0, generator())
	half := []float64{0.5, 0.5}
	for _, test := range []struct {
		name, mentioned string
		task            Task
	}{
		{"m < n", "m = 3 hidden neurons for n = 4 contexts", Task{2, [][]int{{0}, {1}, {0, 0}, {0, 1}}, [][]float64{half, half, half, half}}},
		{"boundary", "target 0 gives token 1 the probability 0", Task{2, [][]int{{0}}, [][]float64{{1, 0}}}},
		{"sum", "sums to 0.9", Task{2, [][]int{{0}}, [][]float64{{0.5, 0.4}}}},
		{"twice", "contexts 0 and 1 are both [1]", Task{2, [][]int{{1}, {1}}, [][]float64{half, half}}},
		{"too long", "context 0 has 4 tokens", Task{2, [][]int{{0, 0, 0, 0}}, [][]float64{half}}},
		{"token", "token 5", Task{2, [][]int{{5}}, [][]float64{half}}},
		{"targets", "1 contexts and 0 targets", Task{2, [][]int{{1}}, nil}},
	} {
		if err := p.Interpolate(&test.task); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), test.mentioned) {
			t.Errorf("%s: error %v, want one that says %q", test.name, err, test.mentioned)
		}
	}
	if _, err := NewTask(2, 2, 7, generator()); !errors.Is(err, ErrInput) {
		t.Errorf("seven contexts out of six give the error %v", err)
	}
	if _, err := NewScalar(3, 3, 3, "relu", 0, generator()); !errors.Is(err, ErrInput) {
		t.Errorf("an unknown activation gives the error %v", err)
	}
	s, _ := NewScalar(3, 3, 3, Tanh, 0, generator())
	if err := s.Scale(Sequences(3, 2), 2); !errors.Is(err, ErrInput) {
		t.Errorf("a scale beyond the radius of convergence gives the error %v", err)
	}
}

// With as many neurons as contexts round-off is all that is left, also of badly conditioned
// draws; with one neuron fewer the targets are missed by far more.
func TestRoundOff(t *testing.T) {
	rng := generator()
	for draw := range 20 {
		task, err := NewTask(10, 6, 32, rng)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []int{32, 31} {
			p, err := Random(Config{Zeta: 10, T: 6, D: 8, M: m, D1: 8, D0: 8, Heads: 1}, GELU, rng)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.BestV(task); err != nil {
				t.Fatal(err)
			}
			if e, bound := task.Error(p.Logits), p.RoundOff(task); (e <= bound) != (m == 32) {
				t.Errorf("draw %d, m = %d: error %.2g, round-off up to %.2g", draw, m, e, bound)
			}
		}
	}
}

func TestHalfway(t *testing.T) {
	task := &Task{Zeta: 3, Targets: [][]float64{{0.5, 0.25, 0.25}, {0.25, 0.5, 0.25}, {0.5, 0.375, 0.125}}}
	if got := task.Halfway(); got != 0.125 {
		t.Errorf("halfway %g, want 1/8: the second target is 1/4 from both others, these 1/8 from each other", got)
	}
}
