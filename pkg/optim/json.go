package optim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// UnmarshalJSON reads a spec. A name that it does not have, as a misspelt one, is an
// error that lists the known: what was meant would otherwise be left out in silence.
func (s *Spec) UnmarshalJSON(text []byte) error {
	type plain Spec // without this method
	return Strictly(text, (*plain)(s))
}

// UnmarshalJSON reads a schedule as [Spec.UnmarshalJSON] does.
func (s *ScheduleSpec) UnmarshalJSON(text []byte) error {
	type plain ScheduleSpec
	return Strictly(text, (*plain)(s))
}

// Strictly decodes JSON as json.Unmarshal does, but a name that T does not have is an error
// that lists those it has.
func Strictly[T any](text []byte, to *T) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(to)
	if err == nil || !strings.Contains(err.Error(), "unknown field") || strings.Contains(err.Error(), "known are") {
		return err
	}
	var known []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		known = append(known, f.Name)
	}
	return fmt.Errorf("%w: known are %s", err, strings.Join(known, ", "))
}
