package repro

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// readers are the variables with which a reader names a file or a folder of his own, that
// takes the place of data that everybody has. What lies there is part of the key of a kept
// result, its path is not.
var readers = []string{"MARGINALIA_STORIES", "MARGINALIA_FASHION", "MARGINALIA_CIFAR", "MARGINALIA_TRIPLES"}

// given hashes the content of what the reader's variables name; "" where none is set. What
// cannot be read is known by that: whoever opens it says why.
func given() string {
	var parts []string
	for _, name := range readers {
		if path := os.Getenv(name); path != "" {
			parts = append(parts, name+" "+ContentHash(path))
		}
	}
	return strings.Join(parts, "\n")
}

var contentHashes sync.Map // a file with its size and time to its hash

// ContentHash returns the SHA-256 of a file, or of the names and contents of the files in a
// folder; "unreadable" where there is none.
func ContentHash(path string) string {
	h := sha256.New()
	add := func(name, path string) error {
		sum, err := fileHash(path)
		fmt.Fprintf(h, "%s %s\n", name, sum)
		return err
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
	case info.IsDir():
		err = filepath.WalkDir(path, func(at string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			name, err := filepath.Rel(path, at)
			if err == nil {
				err = add(filepath.ToSlash(name), at)
			}
			return err
		})
	default:
		var sum string
		if sum, err = fileHash(path); err == nil {
			return sum
		}
	}
	if err != nil {
		return "unreadable"
	}
	return hex.EncodeToString(h.Sum(nil))
}

func fileHash(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	key := fmt.Sprint(path, " ", info.Size(), " ", info.ModTime().UnixNano())
	if known, ok := contentHashes.Load(key); ok {
		return known.(string), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(h.Sum(nil))
	contentHashes.Store(key, sum)
	return sum, nil
}
