package architecture

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Another module imports the packages, takes their versions from go.mod, and runs without a network.
func TestOutsideTheCheckout(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	read := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("outside_test.go", read("testdata/outside/outside_test.go"))
	write("go.mod", strings.Replace(read(filepath.Join(root, "go.mod")), "module "+module, "module example.org/outside", 1)+
		"\nrequire "+module+" v0.0.0\n\nreplace "+module+" => \""+root+"\"\n")
	write("go.sum", read(filepath.Join(root, "go.sum")))
	cmd := exec.Command("go", "test", "-count=1", "-v", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "GOMLX_NO_AUTO_INSTALL=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go test in another module: %v\n%s", err, out)
	}
	for _, name := range []string{"TestWmm", "TestQP", "TestTrain", "TestClaim"} {
		if !strings.Contains(string(out), "--- PASS: "+name+" ") {
			t.Errorf("%s did not run:\n%s", name, out)
		}
	}
}
