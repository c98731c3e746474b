package repro

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/marginalia-ml/marginalia/pkg/atomicfile"
)

// A sealed file is three parts: a line with the SHA-256 of all that follows, a line of JSON
// that says what is kept, and the thing itself as a gob. The hash is no secret: it tells a
// file that was torn, damaged or edited by hand, not one that somebody forged with care.

var errSeal = errors.New("its content is not what its first line is the hash of")

// writeSealed writes the file whole or not at all.
func writeSealed(path string, head any, payload []byte) error {
	b, err := json.Marshal(head)
	if err != nil {
		return err
	}
	rest := append(append(b, '\n'), payload...)
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, hash(rest)+"\n")
		if err == nil {
			_, err = w.Write(rest)
		}
		return err
	})
}

// readSealed reads the head of a file that is whole, and returns the bytes of the gob.
func readSealed(path string, head any) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	seal, rest, _ := bytes.Cut(b, []byte("\n"))
	if string(seal) != hash(rest) {
		return nil, errSeal
	}
	line, payload, _ := bytes.Cut(rest, []byte("\n"))
	return payload, json.Unmarshal(line, head)
}

// fromGob decodes into r.
func fromGob(payload []byte, r any) error { return gob.NewDecoder(bytes.NewReader(payload)).Decode(r) }
