package figure

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
)

// library returns what makes a figure live where nothing else does: ECharts and
// livefig.js as a script, with the first figure of a kernel. The site and the JupyterLab
// of scripts/lab load both themselves, and what a runner executes is to stay small; in
// VS Code or a Jupyter of the reader's own the page has neither, and a megabyte in one
// output of a session is the price of a chart that needs no network.
func library() string {
	if !gonbui.IsNotebook || os.Getenv("MARGINALIA_RUN") != "" || os.Getenv("MARGINALIA_LAB") != "" {
		return ""
	}
	return once(os.Getenv("GONB_TMP_DIR"))
}

// once returns the script, if no cell before this one did: the kernel's temporary folder
// remembers it, for cells are processes.
func once(kernel string) string {
	if kernel != "" {
		f, err := os.OpenFile(filepath.Join(kernel, "marginalia-figures"), os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return ""
		}
		if err == nil {
			f.Close()
		}
	}
	return inline()
}

// inline returns both files as one script. Where a page has require.js, ECharts would
// register with it rather than with the page: the parameters hide it.
func inline() string {
	var b strings.Builder
	b.WriteString("<script>\n")
	for _, part := range []struct {
		name  string
		files []string
	}{{"echarts", []string{"echarts.min.js"}}, {"marginalia", []string{"mathtext.js", "livefig.js"}}} {
		var source []byte
		for _, file := range part.files {
			text, err := Assets.ReadFile(file)
			if err != nil {
				panic(err) // the file is part of the program
			}
			source = append(append(source, text...), '\n')
		}
		fmt.Fprintf(&b, "if (!globalThis.%s) (function (define, exports, module) {\n%s\n}).call(globalThis);\n", part.name, source)
	}
	b.WriteString("</script>\n")
	return b.String()
}
