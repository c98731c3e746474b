package bundle

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/marginalia-ml/marginalia/xla"
)

// Plugin is the PJRT plugin of a run.
type Plugin struct {
	File   string `json:"file"` // its base name
	SHA256 string `json:"sha256"`
	Pinned bool   `json:"pinned"` // whether it is the file that the checkout pins
}

// device is what the cells of a run compute on: what they are handed as MARGINALIA_BACKEND,
// the plugin, and what the environment needs for it.
type device struct {
	spec   string
	path   string // of the plugin, "" for pure Go
	plugin *Plugin
	env    []string
}

// choose finds the plugin that a spec means: cpu, cuda, go, the path of a plugin, or "" for
// the best there is. The variable MARGINALIA_PLUGIN names a file that is taken for cpu or
// cuda before others. home is the folder of the unpacked bundle.
func (a About) choose(spec, home string) (device, error) {
	if spec == "" {
		spec = a.best()
	}
	d := device{spec: spec}
	var err error
	switch spec {
	case "go":
		return d, nil
	case "cpu":
		d.path, err = a.cpuPlugin(home)
	case "cuda":
		d.path, err = cudaPlugin()
	default:
		if _, err = os.Stat(spec); err != nil {
			return d, fmt.Errorf("backend %q is none of cpu, cuda and go, nor a file: %w", spec, err)
		}
		if d.path, err = filepath.Abs(spec); err == nil {
			d.spec = d.path
		}
	}
	if err != nil {
		return d, err
	}
	if err := xla.Verify(d.path); err != nil {
		return d, err
	}
	sum, err := fileHash(d.path)
	if err != nil {
		return d, fmt.Errorf("plugin: %w", err)
	}
	d.plugin = &Plugin{File: filepath.Base(d.path), SHA256: sum, Pinned: a.pinned(sum)}
	d.env = []string{xla.EnvPlugin + "=" + d.path}
	if isCUDA(d.path) {
		d.env = append(d.env, cudaEnvironment(d.path, os.Getenv, there)...)
	}
	return d, nil
}

func (a About) pinned(sum string) bool {
	for _, want := range a.Plugins {
		if sum == want {
			return true
		}
	}
	return false
}

// best is cuda where there is a GPU and a plugin for it, then cpu, then go.
func (a About) best() string {
	if _, err := os.Stat("/dev/nvidiactl"); err == nil {
		if _, err := cudaPlugin(); err == nil {
			return "cuda"
		}
	}
	if own := os.Getenv(xla.EnvPlugin); a.Plugin != "" || own != "" && !isCUDA(own) {
		return "cpu"
	}
	return "go"
}

func isCUDA(path string) bool { return strings.Contains(strings.ToLower(filepath.Base(path)), "cuda") }

func (a About) cpuPlugin(home string) (string, error) {
	if own := os.Getenv(xla.EnvPlugin); own != "" && !isCUDA(own) {
		return filepath.Abs(own)
	}
	if a.Plugin == "" {
		return "", fmt.Errorf("no CPU plugin was packed: let %s or -backend name one, take -backend go, or pack with --plugin cpu", xla.EnvPlugin)
	}
	return filepath.Join(home, rootDir, filepath.FromSlash(a.Plugin)), nil
}

// findCUDA asks Python where its wheel jax-cuda13-pjrt lies.
const findCUDA = `import importlib.util as u; print(u.find_spec("jax_plugins.xla_cuda13").submodule_search_locations[0])`

func cudaPlugin() (string, error) {
	if own := os.Getenv(xla.EnvPlugin); own != "" && isCUDA(own) {
		return filepath.Abs(own)
	}
	out, err := exec.Command("python3", "-c", findCUDA).Output()
	if err == nil {
		path := filepath.Join(strings.TrimSpace(string(out)), "xla_cuda_plugin.so")
		if _, err = os.Stat(path); err == nil {
			return path, nil
		}
	}
	why := "python3 -c 'import jax_plugins.xla_cuda13' fails"
	if errors.Is(err, exec.ErrNotFound) {
		why = "there is no python3"
	}
	return "", fmt.Errorf("no CUDA plugin: %s; install the wheels jax-cuda13-pjrt and jax-cuda13-plugin, or let %s or -backend name the file xla_cuda_plugin.so", why, xla.EnvPlugin)
}

// Flags that make a GPU compute the same bits twice: scatters and gradients of gathers in a
// fixed order, kernels that are not chosen by timing.
var deterministic = []string{"--xla_gpu_deterministic_ops=true", "--xla_gpu_autotune_level=0"}

const cudaDataFlag = "--xla_gpu_cuda_data_dir="

// libcuda is looked for where the loader of some systems does not look.
var driverFolders = []string{"/usr/local/nvidia/lib64", "/usr/lib/wsl/lib", "/run/opengl-driver/lib"}

// cudaEnvironment returns XLA_FLAGS, and PATH and LD_LIBRARY_PATH where they must change,
// for the plugin at a path. Flags that are set already win. An unknown flag ends a process,
// which is why a CPU plugin gets none of these.
func cudaEnvironment(plugin string, getenv func(string) string, there func(string) bool) []string {
	flags := strings.Fields(getenv("XLA_FLAGS"))
	set := func(flag string) {
		name, _, _ := strings.Cut(flag, "=")
		if !slices.ContainsFunc(flags, func(f string) bool { return f == name || strings.HasPrefix(f, name+"=") }) {
			flags = append(flags, flag)
		}
	}
	for _, f := range deterministic {
		set(f)
	}
	var env []string
	if data := cudaData(plugin, getenv, there); data != "" {
		set(cudaDataFlag + data)
		if there(filepath.Join(data, "bin", "ptxas")) {
			env = append(env, "PATH="+joined(filepath.Join(data, "bin"), getenv("PATH")))
		}
	}
	for _, folder := range driverFolders {
		if there(filepath.Join(folder, "libcuda.so.1")) {
			env = append(env, "LD_LIBRARY_PATH="+joined(getenv("LD_LIBRARY_PATH"), folder))
			break
		}
	}
	return append(env, "XLA_FLAGS="+strings.Join(flags, " "))
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), string(filepath.ListSeparator))
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// cudaData returns the first toolkit that has libdevice, which XLA needs for functions such
// as exp: the wheels beside the plugin, the variables of modules on clusters, the usual
// folders.
func cudaData(plugin string, getenv func(string) string, there func(string) bool) string {
	candidates := []string{filepath.Join(filepath.Dir(plugin), "..", "..", "nvidia", "cu13"),
		getenv("CUDA_HOME"), getenv("CUDA_PATH"), getenv("CUDA_ROOT")}
	for _, folder := range filepath.SplitList(getenv("PATH")) {
		if there(filepath.Join(folder, "nvcc")) {
			candidates = append(candidates, filepath.Dir(folder))
		}
	}
	candidates = append(candidates, "/usr/local/cuda-13", "/usr/local/cuda", "/opt/cuda", "/usr/lib/cuda")
	for _, c := range candidates {
		if c != "" && there(filepath.Join(c, "nvvm", "libdevice", "libdevice.10.bc")) {
			return filepath.Clean(c)
		}
	}
	return ""
}

var driverForm = regexp.MustCompile(`Kernel Module\D*([\d.]+)`)

// driver is the version of the NVIDIA driver, "" where there is none.
func driver() string {
	b, _ := os.ReadFile("/proc/driver/nvidia/version")
	if m := driverForm.FindSubmatch(b); m != nil {
		return string(m[1])
	}
	return ""
}
