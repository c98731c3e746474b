package peer

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const script = `
import json, sys
print(json.dumps(json.load(open(sys.argv[1]))["n"]), flush=True)
for line in sys.stdin:
    if line.startswith("end"): sys.exit()
    print(json.dumps(line.split()), flush=True)
`

func TestProcess(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "peer.py")
	if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	var n int
	p, err := Start(context.Background(), python, file, map[string]int{"n": 7}, &n)
	if err != nil || n != 7 {
		t.Fatalf("greeting %d, %v; want the 7 that was handed over", n, err)
	}
	var words []string
	if err := p.Ask(&words, "run %s %d", "closed", 3); err != nil || strings.Join(words, " ") != "run closed 3" {
		t.Errorf("answer %q, %v", words, err)
	}
	if err := p.Ask(&words, "end"); err == nil {
		t.Error("no error from a program that has ended")
	}
	dir := p.dir
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir, err)
	}
	if _, err := Start(context.Background(), python, file+".missing", nil, &n); err == nil {
		t.Error("no error for a script that is not there")
	}
}

// A program finds what those of the other side share, from wherever it is started.
func TestShared(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for name, text := range map[string]string{"peer/side.py": "said = 7\n", "loop/peer.py": "import side\nprint(side.said, flush=True)\n"} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(root)
	for _, script := range []string{"loop/peer.py", filepath.Join(root, "loop", "peer.py")} {
		var said int
		p, err := Start(t.Context(), python, script, nil, &said)
		if err != nil || said != 7 {
			t.Fatalf("%s: %d, %v", script, said, err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}
