package model

import (
	"fmt"
	"path"
	"slices"
)

// Names returns the names of the parameters in their order.
func (l Layout) Names() []string {
	names := make([]string, len(l))
	for i, p := range l {
		names[i] = p.Name
	}
	return names
}

// Check returns an error if a parameter has no name, the name of another or a negative axis.
func (l Layout) Check() error {
	seen := make(map[string]int, len(l))
	for i, p := range l {
		if p.Name == "" {
			return fmt.Errorf("model: parameter %d of %d has no name", i, len(l))
		}
		if first, twice := seen[p.Name]; twice {
			return fmt.Errorf("model: parameters %d and %d are both called %q: names must differ", first, i, p.Name)
		}
		seen[p.Name] = i
		for _, d := range p.Shape {
			if d < 0 {
				return fmt.Errorf("model: parameter %s has the shape %v, want sizes from 0 on", p.Name, p.Shape)
			}
		}
	}
	return nil
}

// CheckSame returns an error that names the first difference to a layout that was found
// instead: another number of parameters, another name or another shape at a place. How
// parameters are drawn does not count.
func (l Layout) CheckSame(found Layout) error {
	for i, want := range l {
		switch {
		case i >= len(found):
			return fmt.Errorf("model: %d parameters, want %d: the first that is missing is %s", len(found), len(l), want.Name)
		case found[i].Name != want.Name:
			return fmt.Errorf("model: parameter %d is %s, want %s", i, found[i].Name, want.Name)
		case !slices.Equal(found[i].Shape, want.Shape):
			return fmt.Errorf("model: parameter %s has shape %v, want %v", want.Name, found[i].Shape, want.Shape)
		}
	}
	if len(found) > len(l) {
		return fmt.Errorf("model: %d parameters, want %d: the first that is one too many is %s", len(found), len(l), found[len(l)].Name)
	}
	return nil
}

// Match returns the places of the parameters that fit at least one of the patterns,
// ascending. A pattern is a name, or one with * for any letters (also points), ? for one
// letter and [ab] for one of several, as in "blocks.*.norm?.gain". A pattern that is
// malformed, or that no parameter fits, is an error that lists the names.
func (l Layout) Match(patterns ...string) ([]int, error) {
	chosen := make([]bool, len(l))
	for _, pattern := range patterns {
		any := false
		for i, p := range l {
			fits := p.Name == pattern
			if !fits {
				var err error
				if fits, err = path.Match(pattern, p.Name); err != nil {
					return nil, fmt.Errorf("model: the pattern %q of parameters: %w", pattern, err)
				}
			}
			if fits {
				chosen[i], any = true, true
			}
		}
		if !any {
			return nil, fmt.Errorf("model: no parameter fits %q: want some of %v", pattern, l.Names())
		}
	}
	var places []int
	for i, c := range chosen {
		if c {
			places = append(places, i)
		}
	}
	return places, nil
}
