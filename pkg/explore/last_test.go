package explore

import (
	"errors"
	"testing"
)

// A value is that of its key, computed once as long as the key stays, and anew after another one and after an error.
func TestLast(t *testing.T) {
	var l Last[int, int]
	computed := 0
	broken := errors.New("broken")
	of := func(key int, fails bool) (int, error) {
		return l.Of(key, func() (int, error) {
			computed++
			if fails {
				return -1, broken
			}
			return key * key, nil
		})
	}
	for _, c := range []struct {
		key   int
		fails bool
		jobs  int
	}{{0, false, 1}, {0, true, 1}, {3, false, 2}, {3, false, 2}, {0, false, 3}, {4, true, 4}, {4, false, 5}, {0, true, 6}, {4, false, 6}} {
		v, err := of(c.key, c.fails)
		if computed != c.jobs {
			t.Fatalf("%d jobs at %+v", computed, c)
		}
		if err != nil && !errors.Is(err, broken) || err == nil && v != c.key*c.key {
			t.Errorf("%+v: %d, %v", c, v, err)
		}
	}
}
