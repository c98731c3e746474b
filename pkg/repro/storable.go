package repro

import (
	"encoding"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"reflect"
)

// A codec is how a value becomes bytes, and which types do that themselves.
type codec struct {
	name   string
	itself []reflect.Type
}

var (
	gobCodec = codec{"encoding/gob", []reflect.Type{
		reflect.TypeFor[gob.GobEncoder](), reflect.TypeFor[encoding.BinaryMarshaler]()}}
	jsonCodec = codec{"encoding/json", []reflect.Type{
		reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()}}
)

// storable returns an error if part of a value of type t would silently be left out:
// unexported fields, functions, channels.
func storable(t reflect.Type, c codec, what string) error {
	return c.walk(t, what, map[reflect.Type]bool{})
}

func (c codec) walk(t reflect.Type, at string, seen map[reflect.Type]bool) error {
	if t == nil || seen[t] || c.encodesItself(t) {
		return nil
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return fmt.Errorf("%s holds a %s, which %s cannot keep", at, t.Kind(), c.name)
	case reflect.Interface:
		if c.name == jsonCodec.name { // gob fails by itself for what it does not know
			return fmt.Errorf("%s holds an interface, %s, of which nobody can say what %s leaves out", at, t, c.name)
		}
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return c.walk(t.Elem(), at, seen)
	case reflect.Map:
		if err := c.walk(t.Key(), at+"'s keys", seen); err != nil {
			return err
		}
		return c.walk(t.Elem(), at, seen)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() || f.Tag.Get("json") == "-" && c.name == jsonCodec.name {
				return fmt.Errorf("%s: field %s of %s is not visible to %s, which leaves it out: export it", at, f.Name, t, c.name)
			}
			if err := c.walk(f.Type, at+"."+f.Name, seen); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c codec) encodesItself(t reflect.Type) bool {
	for _, i := range c.itself {
		if t.Implements(i) || reflect.PointerTo(t).Implements(i) {
			return true
		}
	}
	return false
}
