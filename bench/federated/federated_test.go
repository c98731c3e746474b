package main

import (
	"context"
	"testing"

	"github.com/marginalia-ml/marginalia/xla"
)

// What is measured is a round whose losses fall, with the counts of all pictures that it takes.
func TestRound(t *testing.T) {
	pool, err := xla.NewPool("go", 2) // on XLA, where it is measured, two clients compile for a minute
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	s, err := newSide(context.Background(), pool, 6)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	all, err := s.train()
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range all {
		sum, want := 0, 0
		for _, n := range u.Counts {
			sum += n
		}
		for _, batch := range s.in.Clients[i].Orders[1] {
			want += len(batch)
		}
		if sum != want || sum != 4*50 { // one whole batch of 60 pictures in each of four epochs
			t.Errorf("client %d counts %d pictures, its order has %d, want 200", i, sum, want)
		}
		if l := u.Losses[0]; !(l[3] < l[0]) {
			t.Errorf("client %d: losses %v do not fall", i, u.Losses)
		}
	}
}
