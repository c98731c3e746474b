package federated

import (
	"context"
	"slices"
	"testing"
)

func TestAttention(t *testing.T) {
	s := testSetup(t)
	task := newTask(t, s, testSGPT(), testConfig)
	e := s.Clients[1].Test.Take([]int{0, 5})
	a, err := task.Attention(context.Background(), testPool(t), task.Start(), e)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"class", "group 1.1", "group 1.2", "shared 0.1", "shared 0.2"}; !slices.Equal(a.Tokens, want) || len(a.Patches) != 2 {
		t.Fatalf("tokens %v of %d pictures, want %v of 2", a.Tokens, len(a.Patches), want)
	}
	for i, all := range a.Patches {
		if len(all) != 5 {
			t.Fatalf("picture %d has %d rows", i, len(all))
		}
		for j, row := range all {
			sum := 0.0
			for _, v := range row {
				sum += v
			}
			if len(row) != 4 || !(sum > 0.05 && sum < 0.95) { // the rest is for the five tokens
				t.Errorf("token %d of picture %d looks at %v, want four patches and less than all", j, i, row)
			}
		}
		// The two shared tokens are equal (zero) where they enter, so that they look alike; those of a group are drawn.
		if gap(all[3], all[4]) > 1e-6 || gap(all[1], all[2]) < 1e-6 {
			t.Errorf("shared tokens differ by %g, a group's by %g", gap(all[3], all[4]), gap(all[1], all[2]))
		}
	}
	if _, err := newTask(t, s, Head(), testConfig).Attention(context.Background(), testPool(t), Head().Start(tiny, Classes, 1), e); err == nil {
		t.Error("a head has no tokens: want an error")
	}
}
