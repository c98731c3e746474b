package peer

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestInTurns(t *testing.T) {
	var order []string
	ours := func(steps int) error {
		order = append(order, "ours")
		time.Sleep(time.Duration(steps) * 100 * time.Microsecond)
		return nil
	}
	theirs := func(steps int) (float64, error) {
		order = append(order, "theirs")
		return 1, nil
	}
	r, err := Interleaved(2, 10, ours, theirs)
	if err != nil || strings.Join(order, " ") != "ours theirs ours theirs ours theirs" {
		t.Fatalf("order %v, error %v", order, err)
	}
	if len(r.Ours) != 2 || len(r.Theirs) != 2 || r.Theirs[0] != 1e5 || r.Least() < 100 {
		t.Errorf("rounds %+v: want two of each, theirs 1e5 and ours at least 100 µs a step", r)
	}
	var text strings.Builder
	r.Print(&text, "name")
	if lines := strings.Count(text.String(), "\n"); lines != 4 || !strings.Contains(text.String(), "ratio of the least") {
		t.Errorf("printed:\n%s", &text)
	}
	text.Reset()
	if r, err = Interleaved(1, 1, ours, nil); err != nil {
		t.Fatal(err)
	}
	if r.Print(&text, "alone"); strings.Count(text.String(), "\n") != 1 {
		t.Errorf("printed without another side:\n%s", &text)
	}
	broken := errors.New("broken")
	if _, err := Interleaved(1, 1, func(int) error { return broken }, nil); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}
