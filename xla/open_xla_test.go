//go:build !noxla

package xla

import (
	"os"
	"path/filepath"
	"testing"
)

// The flag names the wheels beside the plugin, once, and keeps other flags.
func TestCUDAData(t *testing.T) {
	site := t.TempDir()
	path := filepath.Join(site, "jax_plugins", "xla_cuda13", "xla_cuda_plugin.so")
	t.Setenv("XLA_FLAGS", "--other=1")
	setCUDAData(path)
	if flags := os.Getenv("XLA_FLAGS"); flags != "--other=1" {
		t.Errorf("without the wheels: flags %q", flags)
	}
	data := filepath.Join(site, "nvidia", "cu13")
	if err := os.MkdirAll(data, 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		setCUDAData(path)
		if flags, want := os.Getenv("XLA_FLAGS"), "--other=1 --xla_gpu_cuda_data_dir="+data; flags != want {
			t.Errorf("flags %q, want %q", flags, want)
		}
	}
}

// What a plugin is for is told by its name, not by the folders it lies in.
func TestForCUDA(t *testing.T) {
	for path, want := range map[string]bool{
		"/a/jax_plugins/xla_cuda13/xla_cuda_plugin.so": true,
		"/a/xla/libpjrt_CUDA.so":                       true,
		"/home/cuda/libpjrt_cpu.so":                    false,
		"libpjrt_cpu.so":                               false,
	} {
		if got := forCUDA(path); got != want {
			t.Errorf("%s is for CUDA: %t", path, got)
		}
	}
}
