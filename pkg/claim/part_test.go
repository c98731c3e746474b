package claim

import "testing"

func TestSplit(t *testing.T) {
	t.Parallel()
	for function, want := range map[string][2]string{
		"main.C4":               {"main", "C4"},
		"main.C4.func1":         {"main", "C4"},
		"main.C4.func2.1":       {"main", "C4"},
		"main.C4.gowrap1":       {"main", "C4"},
		"main.C4.func1-range2":  {"main", "C4"},
		"main.main":             {"main", "main"},
		"a.b/c.(*T).M.func1":    {"a.b/c", "(*T).M"},
		"example.org/x/y.Check": {"example.org/x/y", "Check"},
	} {
		if pkg, name := split(function); pkg != want[0] || name != want[1] {
			t.Errorf("split(%q) = %q, %q, want %q", function, pkg, name, want)
		}
	}
}
