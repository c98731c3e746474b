package xla

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// cpuModel returns the processor's name in words.
func cpuModel() string {
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for _, key := range []string{"model name", "Model", "Hardware"} {
			if model := field(string(text), key); model != "" {
				return model
			}
		}
	}
	return "processor of " + runtime.GOOS + "/" + runtime.GOARCH
}

// gpuModel returns the name of the first NVIDIA GPU in words, or an error where
// the system knows of none.
func gpuModel() (string, error) {
	infos, _ := filepath.Glob("/proc/driver/nvidia/gpus/*/information") // a constant pattern: no error
	for _, info := range infos {
		text, err := os.ReadFile(info)
		if err != nil {
			return "", err
		}
		if model := field(string(text), "Model"); model != "" {
			return model, nil
		}
	}
	if len(infos) > 0 {
		return "NVIDIA GPU", nil
	}
	if _, err := os.Stat("/dev/nvidiactl"); err == nil {
		return "NVIDIA GPU", nil
	}
	return "", errors.New("xla: the system knows of no NVIDIA GPU")
}

// field returns the value of the first line "key : value".
func field(text, key string) string {
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
