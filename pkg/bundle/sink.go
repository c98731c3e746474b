package bundle

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/marginalia-ml/marginalia/pkg/atomicfile"
	"github.com/marginalia-ml/marginalia/pkg/figure"
)

// Output is an output of a notebook's cell: MIME type to content.
type Output map[string]string

// recorder keeps what a cell shows as the outputs that a kernel would have made of it.
type recorder struct {
	mu      sync.Mutex
	outputs []Output
}

func (r *recorder) add(o Output) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outputs = append(r.outputs, o)
}

// Figure implements notebook.Sink.
func (r *recorder) Figure(f figure.Figure) error {
	page, err := f.HTML()
	if err == nil {
		r.add(Output{"text/html": page})
	}
	return err
}

// Markdown implements notebook.Sink.
func (r *recorder) Markdown(text string) error {
	r.add(Output{"text/markdown": text})
	return nil
}

// Watch implements notebook.Sink: the run says how far it is.
func (r *recorder) Watch(string) (stop func()) { return func() {} }

// write writes the outputs as JSON.
func (r *recorder) write(path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	outputs := r.outputs
	if outputs == nil {
		outputs = []Output{}
	}
	return writeJSON(path, outputs)
}

func writeJSON(path string, v any) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		e.SetEscapeHTML(false)
		return e.Encode(v)
	})
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

func writeText(path, text string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, text+"\n")
		return err
	})
}
