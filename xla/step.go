package xla

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Step maps the state after k steps (an Int64 scalar) to the state after k+1
// steps, of the same shapes and dtypes. args do not change during a run: data,
// step sizes, tables indexed by k. See the rules in the package comment.
type Step func(k *Node, state, args []*Node) []*Node

// signature divides the inputs of a program: counters, state, args.
type signature struct {
	counters, state int
}

func (s signature) split(in []*Node) (counters, state, args []*Node) {
	return in[:s.counters:s.counters], in[s.counters : s.counters+s.state : s.counters+s.state], in[s.counters+s.state:]
}

// steps builds the program (k, end, state..., args...) -> (k, state...) that
// runs step until k = end.
//
// Whatever the body reads is state of the While, and the main function builds
// nothing but the While: GoMLX caches the scalar constants and the reductions
// of a graph, and one that two functions share is not valid XLA. The
// condition, for the same reason, has no constant.
func steps(step Step, stateLen int) func(in []*Node) []*Node {
	sig := signature{counters: 2, state: stateLen}
	return func(in []*Node) []*Node {
		closure := func(f func(in []*Node) []*Node) *Function {
			return NewClosure(in[0].Graph(), func(g *Graph) []*Node {
				params := make([]*Node, len(in))
				for i, x := range in {
					params[i] = Parameter(g, fmt.Sprintf("x%d", i), x.Shape())
				}
				return f(params)
			})
		}
		more := closure(func(in []*Node) []*Node { return []*Node{LessThan(in[0], in[1])} })
		body := closure(func(in []*Node) []*Node {
			counters, state, args := sig.split(in)
			k, state := next(step, counters[0], state, args)
			return slices.Concat([]*Node{k, counters[1]}, state, args)
		})
		out := While(more, body, in...)
		return slices.Concat(out[:1], out[2:2+stateLen])
	}
}

// unrolled builds the program (k, state..., args...) -> (k, state...) of n steps. What a
// step leaves as it is becomes a node of its own in the next one, as in a While: a gradient
// that the next step takes with respect to it does not go back through this one.
func unrolled(step Step, stateLen, n int) func(in []*Node) []*Node {
	sig := signature{counters: 1, state: stateLen}
	return func(in []*Node) []*Node {
		counters, state, args := sig.split(in)
		k := counters[0]
		for i := range n {
			if i > 0 {
				state = slices.Clone(state)
				for s, x := range state {
					state[s] = Identity(x)
				}
			}
			k, state = next(step, k, state, args)
		}
		return slices.Concat([]*Node{k}, state)
	}
}

// measured builds the program (k, state..., args...) -> (row) that puts the
// results of measure, of any shape, into one row of float64.
func measured(measure Step, stateLen int) func(in []*Node) []*Node {
	sig := signature{counters: 1, state: stateLen}
	return func(in []*Node) []*Node {
		counters, state, args := sig.split(in)
		results := measure(counters[0], slices.Clone(state), slices.Clone(args))
		if len(results) == 0 {
			panic(fmt.Errorf("the measure returned nothing"))
		}
		row := make([]*Node, len(results))
		for i, x := range results {
			if x == nil {
				panic(fmt.Errorf("the measure's result %d is nil", i))
			}
			row[i] = Reshape(ConvertDType(x, dtypes.Float64), -1)
		}
		if len(row) == 1 {
			return row
		}
		return []*Node{Concatenate(row, 0)}
	}
}

// next applies step and checks what it returned.
func next(step Step, k *Node, state, args []*Node) (*Node, []*Node) {
	out := step(k, slices.Clone(state), slices.Clone(args))
	if len(out) != len(state) {
		panic(fmt.Errorf("the step returned %d nodes for a state of %d", len(out), len(state)))
	}
	for i, x := range out {
		if x == nil {
			panic(fmt.Errorf("the step returned nil for state[%d] of shape %s", i, state[i].Shape()))
		}
		if !x.Shape().Equal(state[i].Shape()) {
			panic(fmt.Errorf("the step returned shape %s for state[%d] of shape %s", x.Shape(), i, state[i].Shape()))
		}
	}
	return Add(k, OnesLike(k)), out
}
