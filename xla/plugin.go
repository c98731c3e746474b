package xla

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// Variables that tell where plugins are.
const (
	EnvPlugin = "MARGINALIA_PLUGIN" // a plugin file, instead of the checkout's
	EnvRoot   = "MARGINALIA_ROOT"   // the checkout
)

// pluginGlobs are the places of the plugins in the checkout, best first. They
// are where pip puts the wheels that the project pins.
var pluginGlobs = map[string][]string{
	"cpu": {
		".venv/lib/python3*/site-packages/fastatomstruct_xla_cpu/libpjrt_cpu.so",
		".venv/lib/python3*/site-packages/lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
	},
	"cuda": {
		".venv/lib/python3*/site-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so",
	},
}

// FindPlugin returns the path of the plugin for "cpu" or "cuda": the file that
// MARGINALIA_PLUGIN names, if it is of that kind (one for a GPU has "cuda" in
// its name), else the one that scripts/setup installed in the checkout. The
// checkout is MARGINALIA_ROOT or the folder above the working folder whose
// go.mod is the project's.
func FindPlugin(kind string) (string, error) {
	globs, ok := pluginGlobs[kind]
	if !ok {
		return "", fmt.Errorf("xla: no plugin is of the kind %q: known are cpu and cuda", kind)
	}
	if path := os.Getenv(EnvPlugin); path != "" {
		if forCUDA(path) == (kind == "cuda") {
			return path, nil
		}
	}
	root, err := findRoot()
	if err != nil {
		return "", fmt.Errorf("xla: no plugin for %s: %w", kind, err)
	}
	for _, glob := range globs {
		// Within the checkout: what its path has of brackets is no pattern.
		if found, _ := fs.Glob(os.DirFS(root), glob); len(found) > 0 { // a constant pattern: no error
			return filepath.Join(root, filepath.FromSlash(found[0])), nil
		}
	}
	command := "scripts/setup"
	if kind == "cuda" {
		command += " --cuda"
	}
	return "", fmt.Errorf("xla: no plugin for %s at %s: run %s there, or let %s name the file",
		kind, filepath.Join(root, globs[0]), command, EnvPlugin)
}

// forCUDA reports whether a plugin is one for NVIDIA GPUs, by its name.
func forCUDA(path string) bool {
	return strings.Contains(strings.ToLower(filepath.Base(path)), "cuda")
}

var moduleLine = regexp.MustCompile(`(?m)^module github\.com/marginalia-ml/marginalia\s*$`)

// findRoot returns the folder of the checkout.
func findRoot() (string, error) {
	if root := os.Getenv(EnvRoot); root != "" {
		return root, nil
	}
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if mod, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && moduleLine.Match(mod) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not inside a checkout of marginalia: work there, or let %s name it", start, EnvRoot)
		}
	}
}

// Verify reports whether the file is a whole PJRT plugin for this machine. It
// reads the structure of the file and loads nothing: the loader of the system
// ends the process when a library is cut short. On systems whose libraries are
// not ELF it only sees that there is a file.
func Verify(path string) error {
	reject := func(format string, args ...any) error {
		return fmt.Errorf("xla: plugin %s: %w; scripts/setup installs the pinned one", path, fmt.Errorf(format, args...))
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return reject("there is no such file")
	case err != nil:
		return reject("%w", err)
	case !info.Mode().IsRegular():
		return reject("not a file (%s)", info.Mode().Type())
	case runtime.GOOS != "linux":
		return nil
	}
	f, err := elf.Open(path)
	if err != nil {
		return reject("not a whole shared object: %w", err)
	}
	defer f.Close()
	if want, ok := machines[runtime.GOARCH]; ok && f.Machine != want {
		return reject("it is for %s, this machine is %s", f.Machine, want)
	}
	for _, p := range f.Progs {
		if end := p.Off + p.Filesz; p.Type == elf.PT_LOAD && end > uint64(info.Size()) {
			return reject("cut short: %d bytes of at least %d", info.Size(), end)
		}
	}
	symbols, err := f.DynamicSymbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return reject("not a whole shared object: %w", err)
	}
	if !slices.ContainsFunc(symbols, func(s elf.Symbol) bool {
		return s.Name == "GetPjrtApi" && s.Section != elf.SHN_UNDEF
	}) {
		return reject("a library, but not a PJRT plugin: it has no function GetPjrtApi")
	}
	return nil
}

var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
