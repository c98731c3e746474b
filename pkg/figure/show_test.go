package figure

import (
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
)

func TestTable(t *testing.T) {
	t.Parallel()
	got := MarkdownTable([]string{"d", "margin", "$a$"}, [][]string{{"1", "−0.5", "x|y"}, {"20", "$10^{3}$", "two\nlines"}})
	want := "| d | margin | $a$ |\n| ---: | ---: | --- |\n| 1 | −0.5 | x\\|y |\n| 20 | $10^{3}$ | two lines |\n"
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
	if len(shown) != 1 || !strings.Contains(shown[0], "GD &lt;") || !strings.Contains(shown[0], "20 %") || !strings.Contains(shown[0], "8s left") {
		t.Errorf("a fifth done in two seconds: %q, want 8s left", shown)
	}
	at(2100*time.Millisecond, 21)
	if len(shown) != 1 {
		t.Errorf("redrawn after a tenth of a second: %q", shown)
	}
	at(3*time.Second, 30)
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

// A minute of compilation comes before the first report: it has no part in the time left.
func TestBarAfterCompilation(t *testing.T) {
	t.Parallel()
	var shown []string
	now := time.Unix(0, 0)
	b := &bar{start: now, now: func() time.Time { return now }, show: func(html string) { shown = append(shown, html) }}
	for _, c := range []struct {
		second, done int
		left         string
	}{{30, 0, ""}, {60, 10, ""}, {61, 11, ""}, {62, 20, "16s left"}} {
		now = time.Unix(int64(c.second), 0)
		b.update(float64(c.done) / 100)
		last := shown[len(shown)-1]
		if strings.Contains(last, "left") != (c.left != "") || !strings.Contains(last, c.left) {
			t.Errorf("%d %% after %d s: %q, want %q", c.done, c.second, last, c.left)
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
