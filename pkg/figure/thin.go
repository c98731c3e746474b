package figure

import (
	"cmp"
	"math"
	"slices"
)

const (
	// most is the number of points that one series draws: more than a picture has columns
	// of pixels. What a longer one has is thinned to what can be seen.
	most = 2000
	// fine is the number of columns, and of rows, in which two points look like one.
	fine = 1440
)

// thinned returns the panel with the points of long series left out that nobody could see,
// in a picture of its axes. Points with labels stay.
func (p Panel) thinned() Panel {
	long := func(s Series) bool { return len(s.X) > most && (s.kind == lines || s.kind == points) }
	one := func(all []Series) []Series {
		if !slices.ContainsFunc(all, long) {
			return all
		}
		x, y := p.scale(p.X, false), p.scale(p.Y, true)
		all = slices.Clone(all)
		for i, s := range all {
			if long(s) {
				all[i] = s.only(s.seen(x, y))
			}
		}
		return all
	}
	p.Series = one(p.Series)
	if len(p.Turns) > 0 {
		p.Turns = slices.Clone(p.Turns)
		for i := range p.Turns {
			p.Turns[i].Series = one(p.Turns[i].Series)
		}
	}
	return p
}

// scale returns where on the axis, from 0 to 1, a value is drawn.
func (p Panel) scale(a Axis, vertical bool) func(float64) float64 {
	e := p.extent(a, vertical)
	if a.Min != nil {
		e[0] = *a.Min
	}
	if a.Max != nil {
		e[1] = *a.Max
	}
	along := func(v float64) float64 { return v }
	if a.Log {
		along = math.Log
	}
	low, size := along(e[0]), along(e[1])-along(e[0])
	if size == 0 {
		return func(float64) float64 { return 0 }
	}
	return func(v float64) float64 { return (along(v) - low) / size }
}

// seen lists the points of a long series that its picture needs, in their order.
func (s Series) seen(x, y func(float64) float64) []int {
	if s.kind == lines && (slices.IsSorted(s.X) || slices.IsSortedFunc(s.X, func(a, b float64) int { return cmp.Compare(b, a) })) {
		return s.envelope(x)
	}
	// The cells become coarser until few enough points are left.
	for n := float64(fine); ; n /= 2 {
		var kept []int
		if s.kind == points {
			kept = s.apart(x, y, n)
		} else {
			kept = s.steps(x, y, n)
		}
		if len(kept) <= most || n < 2 {
			return kept
		}
	}
}

func (s Series) tagged(i int) bool { return s.Labels != nil && s.Labels[i] != "" }

// envelope lists, for a line that runs from one side to the other, the first, lowest, highest
// and last point of each column: its picture is the same where columns are those of pixels.
func (s Series) envelope(x func(float64) float64) []int {
	const columns = most / 4
	kept := map[int]bool{}
	for i := 0; i < len(s.X); {
		column := math.Floor(x(s.X[i]) * columns)
		first, low, high := i, i, i
		for ; i < len(s.X) && math.Floor(x(s.X[i])*columns) == column; i++ {
			if s.Y[i] < s.Y[low] {
				low = i
			}
			if s.Y[i] > s.Y[high] {
				high = i
			}
			if s.tagged(i) {
				kept[i] = true
			}
		}
		kept[first], kept[low], kept[high], kept[i-1] = true, true, true, true
	}
	return ordered(kept)
}

// apart lists a point of each cell of a grid of n by n.
func (s Series) apart(x, y func(float64) float64, n float64) []int {
	kept := map[int]bool{}
	taken := map[[2]float64]bool{}
	for i := range s.X {
		cell := [2]float64{math.Floor(x(s.X[i]) * n), math.Floor(y(s.Y[i]) * n)}
		if !taken[cell] || s.tagged(i) {
			kept[i], taken[cell] = true, true
		}
	}
	return ordered(kept)
}

// steps lists the points at which a line leaves the cell that it is in, and its ends.
func (s Series) steps(x, y func(float64) float64, n float64) []int {
	kept := map[int]bool{0: true, len(s.X) - 1: true}
	var at [2]float64
	for i := range s.X {
		cell := [2]float64{math.Floor(x(s.X[i]) * n), math.Floor(y(s.Y[i]) * n)}
		if i == 0 || cell != at || s.tagged(i) {
			kept[i], at = true, cell
		}
	}
	return ordered(kept)
}

func ordered(set map[int]bool) []int {
	all := make([]int, 0, len(set))
	for i := range set {
		all = append(all, i)
	}
	slices.Sort(all)
	return all
}

// only returns the series with the given points.
func (s Series) only(which []int) Series {
	t := s
	t.X, t.Y, t.Labels = nil, nil, nil
	for _, i := range which {
		t.X, t.Y = append(t.X, s.X[i]), append(t.Y, s.Y[i])
		if s.Labels != nil {
			t.Labels = append(t.Labels, s.Labels[i])
		}
	}
	return t
}
