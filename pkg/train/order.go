package train

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/optim"
)

// OrderOf names the order in which examples are taken, n of them in batches of B.
//
//	Kind           the batches
//	"", shuffled   of each epoch: ⌊n/B⌋ batches from a new permutation
//	fixed          of each epoch: ⌊n/B⌋ batches in the order of the set
//	fresh          the next B examples of the set, none twice: the set is as long as the run
//	bound          ⌊n/B⌋ batches from one permutation, in a new order each epoch: examples
//	               that are once together are always together
//
// What is left of an epoch after its last whole batch is left out. Bind are examples
// that are appended to every batch, as one of each class for the contrastive loss of
// Kini et al. 2024 (batch-binding).
type OrderOf struct {
	Kind string `json:",omitempty"`
	Bind []int  `json:",omitempty"`
}

// UnmarshalJSON reads an order as [Config.UnmarshalJSON] does.
func (o *OrderOf) UnmarshalJSON(text []byte) error {
	type plain OrderOf
	return optim.Strictly(text, (*plain)(o))
}

// Policy is an order of examples of a caller's own: it returns a function that gives
// the examples of each step, one after the other, always equally many. It draws from
// rng, which is at its beginning, also where a run is resumed.
type Policy func(rng *rand.Rand, examples, batch int) (next func() []int, err error)

var policies = map[string]Policy{"": Shuffled, "shuffled": Shuffled, "fixed": Fixed, "fresh": Fresh, "bound": Bound}

// policy returns the policy of a kind with what is bound to every batch.
func (o OrderOf) policy() (Policy, error) {
	p := policies[o.Kind]
	if p == nil {
		return nil, fmt.Errorf("unknown order %q: known are shuffled, fixed, fresh and bound", o.Kind)
	}
	if len(o.Bind) == 0 {
		return p, nil
	}
	return func(rng *rand.Rand, examples, batch int) (func() []int, error) {
		for _, i := range o.Bind {
			if i < 0 || i >= examples {
				return nil, fmt.Errorf("example %d is to be bound to every batch: the set has %d", i, examples)
			}
		}
		next, err := p(rng, examples, batch)
		if err != nil {
			return nil, err
		}
		return func() []int { return slices.Concat(next(), o.Bind) }, nil
	}, nil
}

// epochs returns batches of one list of examples after the other.
func epochs(batch int, epoch func() []int) func() []int {
	var rest []int
	return func() []int {
		if len(rest) < batch {
			rest = epoch()
		}
		b := rest[:batch:batch]
		rest = rest[batch:]
		return b
	}
}

// Shuffled is the policy of a new permutation each epoch.
func Shuffled(rng *rand.Rand, examples, batch int) (func() []int, error) {
	return epochs(batch, func() []int { return rng.Perm(examples) }), nil
}

// Fixed is the policy of the order of the set.
func Fixed(_ *rand.Rand, examples, batch int) (func() []int, error) {
	return epochs(batch, func() []int { return upTo(examples) }), nil
}

// Fresh is the policy that takes no example twice.
func Fresh(_ *rand.Rand, examples, batch int) (func() []int, error) {
	at := 0
	return func() []int {
		b := upTo(batch)
		for i := range b {
			b[i] += at
		}
		at += batch
		return b
	}, nil
}

// Bound is the policy of batches that stay together.
func Bound(rng *rand.Rand, examples, batch int) (func() []int, error) {
	all := rng.Perm(examples)
	return epochs(batch, func() []int {
		var epoch []int
		for _, b := range rng.Perm(examples / batch) {
			epoch = append(epoch, all[b*batch:(b+1)*batch]...)
		}
		return epoch
	}), nil
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// batches gives tables of the examples of steps, one after the other.
type batches struct {
	next     func() []int
	width    int
	examples int
	k        int   // steps given
	ahead    []int // those of step k
}

func newBatches(p Policy, rng *rand.Rand, examples, batch int) (*batches, error) {
	next, err := p(rng, examples, batch)
	if err != nil {
		return nil, err
	}
	b := &batches{next: next, examples: examples}
	b.ahead = slices.Clone(next())
	b.width = len(b.ahead)
	if b.width == 0 {
		return nil, fmt.Errorf("the order of examples gives an empty batch")
	}
	return b, nil
}

// step returns the examples of the next step.
func (b *batches) step() ([]int, error) {
	row := b.ahead
	if row == nil {
		row = b.next()
	}
	b.ahead = nil
	if len(row) != b.width {
		return nil, fmt.Errorf("the order gives %d examples for step %d and gave %d before: want equally many", len(row), b.k, b.width)
	}
	for _, i := range row {
		if i < 0 || i >= b.examples {
			return nil, fmt.Errorf("the order gives example %d for step %d: the set has %d", i, b.k, b.examples)
		}
	}
	b.k++
	return row, nil
}

// table returns rows of the next steps, of which those behind the last are zero.
func (b *batches) table(rows, steps int) ([]int32, error) {
	t := make([]int32, rows*b.width)
	for r := range min(rows, steps) {
		row, err := b.step()
		if err != nil {
			return nil, err
		}
		for j, i := range row {
			t[r*b.width+j] = int32(i)
		}
	}
	return t, nil
}

// skip passes over steps.
func (b *batches) skip(steps int) error {
	for range steps {
		if _, err := b.step(); err != nil {
			return err
		}
	}
	return nil
}
