package bundle

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	aboutFile = "bundle.json"
	rootDir   = "root" // below which the checkout lies
	dataDir   = "data" // MARGINALIA_DATA, where data sets are packed
)

// archive is the zip behind a program.
type archive struct {
	About
	id   string // of the bundle: the hash of bundle.json
	path string
}

// open reads bundle.json of the zip in a file.
func open(path string) (archive, error) {
	a := archive{path: path}
	z, err := zip.OpenReader(path)
	if err != nil {
		return a, fmt.Errorf("bundle: %s holds no archive behind the program (%w): it was cut short, or not made by scripts/pack", path, err)
	}
	defer z.Close()
	b, err := readEntry(&z.Reader, aboutFile)
	if err == nil {
		err = json.Unmarshal(b, &a.About)
	}
	if err != nil {
		return a, fmt.Errorf("bundle: reading %s in %s: %w", aboutFile, path, err)
	}
	if a.Format != Format {
		return a, fmt.Errorf("bundle: %s has format %d, this program reads %d: pack it again", path, a.Format, Format)
	}
	a.id = hashOf(b)[:16]
	return a, nil
}

func readEntry(z *zip.Reader, name string) ([]byte, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// unpack returns the folder below dir that holds the files of the bundle, unpacked now or
// earlier. A folder that was unpacked half is never seen: it gets its name at the end.
func (a archive) unpack(dir string) (string, error) {
	home := filepath.Join(dir, "marginalia-"+a.id)
	if _, err := os.Stat(filepath.Join(home, aboutFile)); err == nil {
		return home, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("bundle: unpacking: %w: -unpack names another folder", err)
	}
	fresh, err := os.MkdirTemp(dir, ".marginalia-")
	if err != nil {
		return "", fmt.Errorf("bundle: unpacking: %w: -unpack names another folder", err)
	}
	defer os.RemoveAll(fresh)
	if err := a.extract(fresh); err != nil {
		return "", fmt.Errorf("bundle: unpacking into %s: %w", dir, err)
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return "", fmt.Errorf("bundle: unpacking: %w", err)
	}
	if err := os.Rename(fresh, home); err != nil {
		if _, there := os.Stat(filepath.Join(home, aboutFile)); there == nil { // somebody else was faster
			return home, nil
		}
		return "", fmt.Errorf("bundle: unpacking: %w", err)
	}
	return home, nil
}

// extract writes all files, each compared with its hash, and bundle.json last.
func (a archive) extract(to string) error {
	z, err := zip.OpenReader(a.path)
	if err != nil {
		return err
	}
	defer z.Close()
	found := 0
	for _, f := range z.File {
		if f.Name == aboutFile {
			continue
		}
		want, listed := a.Files[f.Name]
		if !listed || !filepath.IsLocal(f.Name) {
			return fmt.Errorf("%s is in the archive and not in %s", f.Name, aboutFile)
		}
		if err := writeEntry(f, filepath.Join(to, filepath.FromSlash(f.Name)), want); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		found++
	}
	if found != len(a.Files) {
		return fmt.Errorf("the archive has %d files, %s lists %d: the bundle was cut short", found, aboutFile, len(a.Files))
	}
	b, err := readEntry(&z.Reader, aboutFile)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, aboutFile), b, 0o644)
}

func writeEntry(f *zip.File, path, want string) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("SHA-256 %s, expected %s: the bundle is damaged", got, want)
	}
	return nil
}

// unpackDir is where bundles are unpacked that were not told where: the user's cache
// folder, or a temporary one where there is none.
func unpackDir() string {
	if dir, err := os.UserCacheDir(); err == nil {
		return dir
	}
	return os.TempDir()
}
