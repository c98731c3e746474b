package claim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// LoadPaper reads a paper.json, whose form is described by paper.schema.json beside this
// package's source. It is strict: an unknown or doubled field, an empty text, an id that
// is used twice, an odd number of dollars are errors that name what was found and what
// was expected.
func LoadPaper(path string) (Paper, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Paper{}, fmt.Errorf("claim: reading a paper's statements: %w", err)
	}
	p, err := ParsePaper(b)
	if err != nil {
		return Paper{}, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// ParsePaper is LoadPaper for the content of the file.
func ParsePaper(b []byte) (Paper, error) {
	var p Paper
	s := scanner{text: b, dec: json.NewDecoder(bytes.NewReader(b))}
	if err := s.file(reflect.TypeFor[Paper]()); err != nil {
		return Paper{}, fmt.Errorf("claim: no paper.json: %w", err)
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return Paper{}, fmt.Errorf("claim: no paper.json: %w; paper.schema.json describes its form", err)
	}
	if err := p.validate(); err != nil {
		return Paper{}, err
	}
	return p, nil
}

// scanner looks for what encoding/json takes in silence: names of fields in the wrong
// case, fields that are there twice, null, and text behind the end. It also refuses
// empty strings, which a Go value cannot tell from fields that are not there.
type scanner struct {
	text  []byte
	dec   *json.Decoder
	empty bool // null and empty strings are allowed
	errs  []error
}

func (s *scanner) file(t reflect.Type) error {
	if !utf8.Valid(s.text) {
		return errors.New("its text is not UTF-8")
	}
	if err := s.value(t, "the file"); err != nil {
		return err
	}
	if _, err := s.dec.Token(); !errors.Is(err, io.EOF) {
		s.bad("there is more behind its end")
	}
	return errors.Join(s.errs...)
}

func (s *scanner) bad(format string, args ...any) {
	line := 1 + bytes.Count(s.text[:s.dec.InputOffset()], []byte("\n"))
	s.errs = append(s.errs, fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...)))
}

// value reads one value whose Go type is t, or nil where nothing is known of it.
func (s *scanner) value(t reflect.Type, name string) error {
	token, err := s.dec.Token()
	if err != nil {
		line := 1 + bytes.Count(s.text[:s.dec.InputOffset()], []byte("\n"))
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("line %d: %w", line, err)
	}
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch token {
	case nil:
		if s.empty {
			return nil
		}
		s.bad("%s is null: leave it out, or give it a value", name)
	case "":
		if s.empty {
			return nil
		}
		s.bad("%s is empty: leave it out, or give it a value", name)
	case json.Delim('{'):
		return s.object(t, name)
	case json.Delim('['):
		var element reflect.Type
		if t != nil && t.Kind() == reflect.Slice {
			element = t.Elem()
		}
		for i := 1; s.dec.More(); i++ {
			if err := s.value(element, fmt.Sprintf("number %d of %s", i, name)); err != nil {
				return err
			}
		}
		_, err = s.dec.Token()
		return err
	}
	return nil
}

func (s *scanner) object(t reflect.Type, name string) error {
	fields := fieldsOf(t)
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.name
	}
	seen := map[string]bool{}
	for s.dec.More() {
		token, err := s.dec.Token()
		if err != nil {
			return err
		}
		field := token.(string)
		at := slices.Index(known, field)
		var inner reflect.Type
		switch {
		case seen[field]:
			s.bad("%s has the field %q twice", name, field)
		case at >= 0:
			inner = fields[at].of
		case t != nil && t.Kind() == reflect.Struct:
			s.bad("%s has the unknown field %q; the known ones are %s.%s", name, field, strings.Join(known, ", "), didYouMean(field, known))
		}
		seen[field] = true
		if err := s.value(inner, field); err != nil {
			return err
		}
	}
	_, err := s.dec.Token()
	return err
}

type field struct {
	name     string
	of       reflect.Type
	required bool
}

// fieldsOf lists the fields of a struct as JSON names them; those that a file may leave
// out have the option omitempty.
func fieldsOf(t reflect.Type) []field {
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	var fields []field
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			fields = append(fields, field{name, f.Type, options != "omitempty"})
		}
	}
	return fields
}
