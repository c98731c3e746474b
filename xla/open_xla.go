//go:build !noxla

package xla

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/compute"
	goxla "github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
)

func init() {
	goxla.EnableAutoInstall(false)
	for name, value := range map[string]string{
		goxla.NoAutoInstallEnv: "1", // a plugin is a file that was checked; none is to be fetched
		"GOPJRT_CUDA_CHECKS":   "0", // its warning about libraries looks in the wrong folder, see setCUDAData
	} {
		if os.Getenv(name) == "" {
			os.Setenv(name, value)
		}
	}
}

// loadPlugin opens XLA with the plugin at an absolute path.
func loadPlugin(path string) (compute.Backend, error) {
	config, options := path, pjrt.NamedValuesMap{}
	switch {
	case forCUDA(path):
		// float32 is float32; and go-xla, which looks for "cpu" in the whole path,
		// is not to share the memory of the host with a GPU.
		config += ",tf32=false,shared_buffers=false"
		setCUDAData(path)
	case strings.Contains(strings.ToLower(filepath.Base(path)), "cpu"):
		options["cpu_device_count"] = int64(1)
	}
	var b compute.Backend
	err := protect(func() error {
		opened, err := goxla.NewWithOptions(config, options)
		b = opened
		return err
	})
	return b, err
}

// setCUDAData tells XLA where the wheels beside the plugin,
// site-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so, keep CUDA's data.
func setCUDAData(path string) {
	const flag = "--xla_gpu_cuda_data_dir="
	flags := os.Getenv("XLA_FLAGS")
	data := filepath.Join(filepath.Dir(path), "..", "..", "nvidia", "cu13")
	if info, err := os.Stat(data); err != nil || !info.IsDir() || strings.Contains(flags, flag) {
		return
	}
	os.Setenv("XLA_FLAGS", strings.TrimSpace(flags+" "+flag+data))
}
