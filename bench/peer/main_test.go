package peer

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"testing"
)

// What the flags say arrives, growth stands in the place of the comparison, and what is no flag is named.
func TestRun(t *testing.T) {
	said := ""
	compare := func(_ context.Context, python, script string) error {
		said = fmt.Sprintf("compare %q %q", python, script)
		return nil
	}
	grow := func(context.Context) error { said = "grow"; return nil }
	call := func(grow func(context.Context) error, arguments ...string) (string, error) {
		said = ""
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		rounds := flags.Int("rounds", 3, "")
		err := run(t.Context(), flags, arguments, "loop", "JAX", compare, grow)
		return fmt.Sprintf("%s %d", said, *rounds), err
	}
	for _, c := range []struct {
		arguments, want string
	}{
		{"", `compare "" "bench/loop/peer.py" 3`},
		{"-peer x -script y -rounds 5", `compare "x" "y" 5`},
		{"-growth -peer x", "grow 3"},
		{"-growth=false", `compare "" "bench/loop/peer.py" 3`},
	} {
		if got, err := call(grow, strings.Fields(c.arguments)...); err != nil || got != c.want {
			t.Errorf("%q: %q, %v; want %q", c.arguments, got, err, c.want)
		}
	}
	for arguments, word := range map[string]string{"loop": `"loop" is no flag`, "-peers": "peers", "-peer x y": `"y"`} {
		if got, err := call(grow, strings.Fields(arguments)...); err == nil || !strings.Contains(err.Error(), word) || strings.Contains(got, "compare") {
			t.Errorf("%q: %q, %v; want an error that says %s", arguments, got, err, word)
		}
	}
	if got, err := call(nil, "-growth"); err == nil || strings.Contains(got, "compare") {
		t.Errorf("growth that is not there: %q, %v", got, err)
	}
	broken := errors.New("broken")
	compare = func(context.Context, string, string) error { return broken }
	if _, err := call(grow); !errors.Is(err, broken) {
		t.Errorf("an error of the comparison arrives as %v", err)
	}
}
