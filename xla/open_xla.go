//go:build !noxla

package xla

import (
	"os"
	"strings"

	"github.com/gomlx/compute"
	goxla "github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
)

func init() {
	// A plugin is a file that was checked; go-xla is not to fetch another one.
	goxla.EnableAutoInstall(false)
	if os.Getenv(goxla.NoAutoInstallEnv) == "" {
		os.Setenv(goxla.NoAutoInstallEnv, "1")
	}
}

// loadPlugin opens XLA with the plugin at an absolute path.
func loadPlugin(path string) (compute.Backend, error) {
	config, options := path, pjrt.NamedValuesMap{}
	if lower := strings.ToLower(path); strings.Contains(lower, "cuda") {
		config += ",tf32=false" // float32 is float32
	} else if strings.Contains(lower, "cpu") {
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
