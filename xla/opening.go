package xla

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// Platform is what computes: two backends of one platform give a program the same bits,
// as far as the hardware does.
type Platform struct {
	Kind   string // KindCPU, KindCUDA or KindGo
	Device string // the processor in words
	Plugin string // SHA-256 of the plugin's bytes, empty for KindGo
	Flags  string // of XLA, from XLA_FLAGS, but for the folder of CUDA's data; empty for KindGo
}

// Opening is a backend that was opened: its platform but for the plugin's hash, which costs
// a reading of 300 MB, and the file that the hash is of.
type Opening struct {
	Kind, Device, Flags string
	File                string // the plugin's file and what tells cheaply that it is the same one, empty for KindGo
	plugin              string
}

var openings struct {
	sync.Mutex
	all []Opening
}

// Openings returns the backends that this process has opened, in their order, from the
// from-th on. Whoever records what a number was computed on looks here, where it was, and
// not at what was asked for.
func Openings(from int) []Opening {
	openings.Lock()
	defer openings.Unlock()
	return append([]Opening(nil), openings.all[min(from, len(openings.all)):]...)
}

// opened notes an opening.
func (b *Backend) opened(flags string) error {
	o := Opening{Kind: b.Kind, Device: b.Device}
	if b.Plugin != "" {
		o.Flags, o.plugin = clean(flags), b.Plugin
		var err error
		if o.File, err = fileState(b.Plugin); err != nil {
			return err
		}
	}
	b.opening = o
	openings.Lock()
	defer openings.Unlock()
	openings.all = append(openings.all, o)
	return nil
}

// Opening returns what was noted when the backend was opened.
func (b *Backend) Opening() Opening { return b.opening }

var hashes sync.Map // the state of a file to the hash of its bytes

// Platform completes an opening by the hash of the plugin's bytes, which is computed once a
// process. The plugin of the checkout must be one that tools/plugins.sha256 pins. It fails,
// too, if the file is another one than was opened.
func (o Opening) Platform() (Platform, error) {
	id := Platform{Kind: o.Kind, Device: o.Device, Flags: o.Flags}
	if o.plugin == "" {
		return id, nil
	}
	if known, ok := hashes.Load(o.File); ok {
		id.Plugin = known.(string)
		return id, nil
	}
	fail := func(err error) (Platform, error) { return Platform{}, fmt.Errorf("xla: plugin %s: %w", o.plugin, err) }
	sum, err := fileHash(o.plugin)
	if err != nil {
		return fail(err)
	}
	now, err := fileState(o.plugin)
	if err == nil && now != o.File {
		err = errors.New("the file was replaced while it was in use: begin the run again")
	}
	if err == nil {
		err = pinned(o.plugin, sum)
	}
	if err != nil {
		return fail(err)
	}
	hashes.Store(o.File, sum)
	id.Plugin = sum
	return id, nil
}

func fileHash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// fileState tells cheaply whether a file is the one that it was: path, size, times, inode.
func fileState(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, %d bytes of %d%s", path, info.Size(), info.ModTime().UnixNano(), inode(info)), nil
}

// pinned compares the hash of a plugin that scripts/setup installed with those of
// tools/plugins.sha256. A plugin that lies elsewhere is the user's.
func pinned(path, sum string) error {
	root, tail, inside := strings.Cut(filepath.ToSlash(path), "/.venv/")
	if !inside {
		return nil
	}
	list := filepath.Join(filepath.FromSlash(root), "tools", "plugins.sha256")
	text, err := os.ReadFile(list)
	if err != nil {
		return nil // no checkout of ours
	}
	for line := range strings.Lines(string(text)) {
		want, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if ok && strings.HasSuffix(tail, "/"+name) && want != sum {
			return fmt.Errorf("its SHA-256 is %s, the pinned one is %s: it was changed or cut short; scripts/setup installs it again", sum, want)
		}
	}
	return nil
}

// dataFolder is the flag of XLA whose value is a path of this machine and changes no number.
var dataFolder = regexp.MustCompile(`\s*--xla_gpu_cuda_data_dir=\S*`)

func clean(flags string) string {
	return strings.Join(strings.Fields(dataFolder.ReplaceAllString(flags, "")), " ")
}
