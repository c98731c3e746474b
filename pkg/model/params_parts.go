package model

import (
	"fmt"
	"slices"
)

// Select returns the parameters of the given names or patterns (see [Layout.Match]), which
// share their values with p.
func (p Params) Select(patterns ...string) (Params, error) {
	places, err := p.Layout.Match(patterns...)
	if err != nil {
		return Params{}, err
	}
	var out Params
	for _, i := range places {
		out.Layout, out.Values = append(out.Layout, p.Layout[i]), append(out.Values, p.Values[i])
	}
	return out, nil
}

// Replace returns p with the parameters of q in the place of those of their names, as a
// trained part goes back into a frozen whole. The error names a parameter that p lacks or
// has in another shape.
func (p Params) Replace(q Params) (Params, error) {
	out := p.Clone()
	for i, r := range q.Layout {
		j := p.Layout.Index(r.Name)
		if j < 0 {
			return Params{}, fmt.Errorf("model: no parameter %q to replace among %v", r.Name, p.Layout.Names())
		}
		if !slices.Equal(p.Layout[j].Shape, r.Shape) {
			return Params{}, fmt.Errorf("model: parameter %s of shape %v in the place of one of shape %v", r.Name, r.Shape, p.Layout[j].Shape)
		}
		copy(out.Values[j], q.Values[i])
	}
	return out, nil
}

// Arrange returns the parameters in the order of a layout of the same names and shapes, as
// those that come from a file in the order of the alphabet. Values are shared. The error
// names the first parameter that is missing, has another shape or is one too many.
func (p Params) Arrange(l Layout) (Params, error) {
	out := Params{Layout: l}
	for _, want := range l {
		i := p.Layout.Index(want.Name)
		if i < 0 {
			return Params{}, fmt.Errorf("model: no parameter %q among %v", want.Name, p.Layout.Names())
		}
		if got := p.Layout[i].Shape; !slices.Equal(got, want.Shape) {
			return Params{}, fmt.Errorf("model: parameter %s has shape %v, want %v", want.Name, got, want.Shape)
		}
		out.Values = append(out.Values, p.Values[i])
	}
	for _, have := range p.Layout {
		if l.Index(have.Name) < 0 {
			return Params{}, fmt.Errorf("model: parameter %q is none of %v: select those that are wanted first", have.Name, l.Names())
		}
	}
	return out, nil
}
