package train

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
)

// Task is what a run trains.
type Task struct {
	// Name is what messages and checkpoints call the task.
	Name   string
	Layout model.Layout
	DType  dtypes.DType // of the parameters: Float32 (the default) or Float64

	// Loss is the loss on a batch, a scalar. params are in the order of the layout,
	// batch has the columns of the set "train".
	Loss func(params, batch []*Node) *Node
	// Objective stands in the place of Loss where the gradient is written by hand or
	// the loss depends on the step; its args are the batch.
	Objective optim.Objective
	// Together, if not nil, is Loss of R runs at once, [R]: params are [R, ...], the columns
	// of batch [R, B, ...], and each loss depends on the parameters and examples of its own
	// run alone. Where [xla.Pool.Together], runs of such tasks share a leading axis. It is
	// not compared with Loss: give both the same formula.
	Together func(params, batch []*Node) *Node

	Looks []Look

	// Classes says of every column of integers how many classes it has: {1: 10} for
	// labels 0 to 9 in column 1, or words of a vocabulary of ten; [AnyInteger] where
	// the entries are no classes. An entry that is none of them is an error before the
	// run begins, and so is a column that Classes does not name: a graph, which cannot
	// look at values, takes no notice of a label or a word too many.
	Classes map[int]int

	// Order, if not nil, is used in the place of Config.Order. See [Policy].
	Order Policy
}

// Look measures parameters on a set.
type Look struct {
	Names []string // of the results
	Set   string   // whose columns At gets; "" for none
	// At returns one node for each name, of any shape.
	At func(params, set []*Node) []*Node
	// Together, if not nil, is At of R runs at once (see Task.Together): nodes [R, ...] for
	// params [R, ...] and columns [R, n, ...]. Without it At looks at one after the other.
	Together func(params, set []*Node) []*Node
}

// Config says how a task is trained, all of it JSON.
type Config struct {
	Optimizer optim.Spec // a cosine or linear schedule without Total falls until Steps
	Batch     int        // examples of a step; 0 for the whole set
	Steps     int
	At        []int   `json:",omitempty"` // steps after which to look, from 0 on; nil for the last alone
	Keep      []int   `json:",omitempty"` // steps after which the parameters are kept
	Best      string  `json:",omitempty"` // the look whose least value's parameters are kept, as a validation loss
	Order     OrderOf // of the examples
	Seed      uint64  // with Stream, draws the order
	Stream    string  `json:",omitempty"`
	NaN       bool    `json:",omitempty"` // go on where the loss or a parameter is not finite
}

// UnmarshalJSON reads a configuration. A name that it does not have, as a misspelt
// one, is an error that lists the known.
func (c *Config) UnmarshalJSON(text []byte) error {
	type plain Config // without this method
	return optim.Strictly(text, (*plain)(c))
}

// check reports the first thing that is wrong with a task and its sets.
func (t Task) check(sets map[string]Set) error {
	bad := func(format string, args ...any) error { return fmt.Errorf(format, args...) }
	switch {
	case t.Name == "":
		return bad("the task has no name: messages and checkpoints call it by one")
	case (t.Loss == nil) == (t.Objective == nil):
		return bad("the task wants either a Loss or an Objective")
	case t.Together != nil && t.Loss == nil:
		return bad("the task has a Together and no Loss, of which it is that of many runs")
	case t.DType != dtypes.InvalidDType && t.DType != dtypes.Float32 && t.DType != dtypes.Float64:
		return bad("parameters of %s, want Float32 or Float64", t.DType)
	}
	if err := t.Layout.Check(); err != nil {
		return err
	}
	if sets[Train] == nil {
		return bad("there is no set %q among %q", Train, names(sets))
	}
	for _, name := range names(sets) {
		if _, err := sets[name].Examples(); err != nil {
			return bad("the set %q: %w", name, err)
		}
		if err := sets[name].classes(t.Classes); err != nil {
			return bad("the set %q: %w", name, err)
		}
	}
	for _, column := range slices.Sorted(maps.Keys(t.Classes)) {
		holds := func(name string) bool {
			return column >= 0 && column < len(sets[name]) && sets[name][column].DType().IsInt()
		}
		if !slices.ContainsFunc(names(sets), holds) {
			return bad("Classes has the column %d, in which no set has integers", column)
		}
	}
	seen := map[string]bool{}
	for i, l := range t.Looks {
		if l.At == nil || len(l.Names) == 0 {
			return bad("look %d has no names or no function", i)
		}
		if l.Set != "" && sets[l.Set] == nil {
			return bad("look %q is at the set %q, which is not among %q", l.Names, l.Set, names(sets))
		}
		for _, name := range l.Names {
			if name == "" || seen[name] {
				return bad("looks of the name %q: want different names", name)
			}
			seen[name] = true
		}
	}
	return nil
}

func names(sets map[string]Set) []string {
	var all []string
	for name := range sets {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func (t Task) dtype() dtypes.DType {
	if t.DType == dtypes.InvalidDType {
		return dtypes.Float32
	}
	return t.DType
}

// objective is the task's, whichever form it was given in.
func (t Task) objective() optim.Objective {
	if t.Objective != nil {
		return t.Objective
	}
	return optim.Autodiff(func(params, batch []*Node) *Node { return t.scalar(t.Loss(params, batch)) })
}

// scalar panics unless a loss is one.
func (t Task) scalar(loss *Node) *Node {
	if !loss.IsScalar() {
		panic(fmt.Errorf("the loss of the task %s has shape %s, want a scalar: its mean, as by ReduceAllMean", t.Name, loss.Shape()))
	}
	return loss
}

// looked lists the names of the looks' results.
func (t Task) looked() (all []string) {
	for _, l := range t.Looks {
		all = append(all, l.Names...)
	}
	return all
}

// check reports the first thing that is wrong with a configuration for a task.
func (c Config) check(t Task, examples int) error {
	bad := func(format string, args ...any) error { return fmt.Errorf(format, args...) }
	switch {
	case c.Steps < 0:
		return bad("%d steps", c.Steps)
	case c.Batch < 0 || c.Batch > examples:
		return bad("batches of %d of %d examples: want 1 to %d, or 0 for the whole set", c.Batch, examples, examples)
	case c.Best != "" && !slices.Contains(t.looked(), c.Best):
		return bad("the best is to be that of %q, which is no look: they are %q", c.Best, t.looked())
	case c.Best != "" && len(c.at()) == 0:
		return bad("the best is to be that of %q, but nothing is looked at: At is empty", c.Best)
	}
	for name, steps := range map[string][]int{"At": c.At, "Keep": c.Keep} {
		for i, k := range steps {
			if k < 0 || k > c.Steps || i > 0 && k <= steps[i-1] {
				return bad("%s = %v: want increasing steps between 0 and %d", name, steps, c.Steps)
			}
		}
	}
	if c.Order.Kind == "fresh" && t.Order == nil && c.Batch > 0 && c.Steps > examples/c.Batch {
		return bad("%d fresh batches of %d of %d examples: want %d at least", c.Steps, c.Batch, examples, c.Steps*c.Batch)
	}
	if c.Batch == 0 && (c.Order.Kind != "" || len(c.Order.Bind) > 0 || t.Order != nil) {
		return bad("an order of examples without batches: set Batch")
	}
	return nil
}

// at returns the steps after which to look.
func (c Config) at() []int {
	if c.At == nil {
		return []int{c.Steps}
	}
	return c.At
}

// spec is the optimizer's, whose schedule ends with the run unless it says when.
func (c Config) spec() optim.Spec {
	s := c.Optimizer
	if k := s.Schedule.Kind; s.Schedule.Total == 0 && (k == "cosine" || k == "linear") {
		s.Schedule.Total = max(c.Steps, 1)
	}
	return s
}
