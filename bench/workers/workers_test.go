package workers

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/xla"
)

// counting are jobs that each make as many steps as their number says.
func counting(n int, seen func(i, steps int) error) Jobs {
	start := func(l *xla.Loop) error {
		return l.Start([]*tensors.Tensor{tensors.FromScalar(0.)}, nil)
	}
	return Jobs{
		N: n,
		Loop: func(b *xla.Backend) (*xla.Loop, error) {
			l, err := xla.NewLoop(b, func(_ *graph.Node, state, _ []*graph.Node) []*graph.Node {
				return []*graph.Node{graph.AddScalar(state[0], 1)}
			}, nil)
			if err != nil {
				return nil, err
			}
			return l, start(l)
		},
		Run: func(l *xla.Loop, i int) error {
			if err := start(l); err != nil {
				return err
			}
			return seen(i, l.Steps())
		},
	}
}

func TestEveryJobIsMadeOnce(t *testing.T) {
	for _, workers := range []int{1, 3} {
		var mu sync.Mutex
		var made []int
		took, err := counting(7, func(i, _ int) error {
			mu.Lock()
			defer mu.Unlock()
			made = append(made, i)
			return nil
		}).Sweep(t.Context(), "", workers)
		slices.Sort(made)
		if err != nil || took <= 0 || !slices.Equal(made, []int{0, 1, 2, 3, 4, 5, 6}) {
			t.Errorf("%d workers made %v in %v, error %v", workers, made, took, err)
		}
	}
}

func TestAFailingJobIsNamed(t *testing.T) {
	broken := errors.New("broken")
	_, err := counting(3, func(i, _ int) error {
		if i == 1 {
			return broken
		}
		return nil
	}).Sweep(t.Context(), "", 2)
	if !errors.Is(err, broken) || err.Error() != "job 1: broken" {
		t.Errorf("error %v", err)
	}
}
