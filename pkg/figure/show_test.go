package figure

import (
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
)

func TestTable(t *testing.T) {
	t.Parallel()
	got := MarkdownTable([]string{"d", "margin", "$a$"}, [][]string{{"1", "−0.5", "x|y, ‖L‖_*, ‖S‖_*"}, {"20", "$10^{3}$", "two\nlines"}})
	want := "| d | margin | $a$ |\n| ---: | ---: | --- |\n| 1 | −0.5 | x\\|y, ‖L‖\\_\\*, ‖S‖\\_\\* |\n| 20 | $10^{3}$ | two lines |\n"
	if got != want {
		t.Errorf("table:\n%swant\n%s", got, want)
	}
	defer func() {
		if recover() == nil {
			t.Error("a row that is too short does not panic")
		}
	}()
	MarkdownTable([]string{"a", "b"}, [][]string{{"1"}})
}

func TestBar(t *testing.T) {
	t.Parallel()
	var shown []string
	now := time.Unix(0, 0)
	b := &bar{title: "GD <", start: now, now: func() time.Time { return now }, show: func(html string) { shown = append(shown, html) }}
	at := func(after time.Duration, done int) {
		now = time.Unix(0, 0).Add(after)
		b.update(float64(done) / 100)
	}
	at(500*time.Millisecond, 5)
	if len(shown) != 0 {
		t.Errorf("shown in the first second: %q", shown)
	}
	at(2*time.Second, 20)
	if len(shown) != 1 || !strings.Contains(shown[0], "GD &lt;") || !strings.Contains(shown[0], "20 %") || strings.Contains(shown[0], "left") {
		t.Errorf("after a second and a half of work: %q, want no time left yet", shown)
	}
	at(2100*time.Millisecond, 21)
	if len(shown) != 1 {
		t.Errorf("redrawn after a tenth of a second: %q", shown)
	}
	at(3*time.Second, 30) // a quarter in 2.5 s
	if len(shown) != 2 || !strings.Contains(shown[1], "7s left") {
		t.Errorf("after two and a half seconds of work: %q, want 7s left", shown)
	}
	at(10*time.Second, 100)
	if len(shown) != 3 || shown[2] != "" {
		t.Errorf("at the end: %q, want the bar gone", shown)
	}
	at(11*time.Second, 100)
	if len(shown) != 3 {
		t.Errorf("shown again after the end: %q", shown)
	}
	Watch("outside a notebook")()
}

// Compilation is no progress: a minute of it says nothing of the time that is left.
func TestTimeLeftAfterCompilation(t *testing.T) {
	t.Parallel()
	last := ""
	now := time.Unix(0, 0)
	b := &bar{title: "x", start: now, now: func() time.Time { return now }, show: func(html string) { last = html }}
	for _, step := range []struct {
		after time.Duration
		done  float64
		left  string
	}{
		{59 * time.Second, 0, ""},
		{60 * time.Second, 0.001, ""},
		{61 * time.Second, 0.1, ""},        // a second of work
		{70 * time.Second, 0.101, "1m30s"}, // 0.1 in ten seconds
	} {
		now = time.Unix(0, 0).Add(step.after)
		b.update(step.done)
		if want := step.left + " left"; step.left == "" && strings.Contains(last, "left") || step.left != "" && !strings.Contains(last, want) {
			t.Errorf("after %v, %g done: %q, want %q", step.after, step.done, last, step.left)
		}
	}
}

// A kernel gets the library once, as one script that the page's module loader cannot
// take away.
func TestLibrary(t *testing.T) {
	t.Parallel()
	if library() != "" {
		t.Error("the library is shown outside a notebook")
	}
	kernel := t.TempDir()
	first, second := once(kernel), once(kernel)
	if second != "" {
		t.Errorf("the second figure of a kernel brings %d bytes of library again", len(second))
	}
	if strings.Count(first, "</script") != 1 || !strings.HasSuffix(first, "</script>\n") {
		t.Error("the library is not one script")
	}
	page := goja.New()
	body := strings.TrimSuffix(strings.TrimPrefix(first, "<script>\n"), "</script>\n")
	if _, err := page.RunString(`var taken = 0; function define() { taken++; } define.amd = true;` + body); err != nil {
		t.Fatal(err)
	}
	if v, err := page.RunString(`typeof echarts.init + " " + typeof marginalia.layout + " " + taken`); err != nil || v.String() != "function function 0" {
		t.Errorf("after the script: %v (%v), want both there and nothing taken by define", v, err)
	}
}
