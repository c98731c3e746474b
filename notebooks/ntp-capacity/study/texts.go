package study

import (
	"context"
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/repro"
)

// Texts are corpora of a kind, with N documents each.
func Texts(kind string, seed uint64, N ...int) (list []capacity.Text) {
	for _, n := range N {
		list = append(list, capacity.Text{Kind: kind, N: n, Seed: seed, Stream: "grid"})
	}
	return list
}

// Runs are trainings that differ in their width alone.
func Runs(t capacity.Training, widths ...int) (list []capacity.Training) {
	for _, m := range widths {
		t.Hidden = m
		list = append(list, t)
	}
	return list
}

// LawConfigs are the two grids of P1, all parameters trained and the hidden layer alone: the
// grammar's openings, up to about the contexts of the paper's, and the widths about which the
// thresholds are passed. They depend on no scale and no seed.
func LawConfigs() []capacity.Grid {
	texts := Texts("grammar", 1, 100, 200, 400, 800)
	t := capacity.Training{Steps: 10000, Rate: 2e-3, Seed: 1}
	all := capacity.Grid{Texts: texts, Runs: Runs(t, 4, 8, 16, 32, 64)}
	t.Only = true
	return []capacity.Grid{all, {Texts: texts, Runs: Runs(t, 16, 32, 64, 128, 256)}}
}

// RunLaws makes all runs of all grids, of which each is kept when it is there.
func RunLaws(ctx context.Context, grids []capacity.Grid) (all [][][]capacity.Fit, err error) {
	for i, g := range grids {
		fits, err := repro.Part(ctx, fmt.Sprintf("grid-%d", i), g, capacity.RunGrid)
		if err != nil {
			return nil, err
		}
		all = append(all, fits)
	}
	return all, nil
}

// Leave returns the rows of fits on texts that are not of the kind.
func Leave(kind string, texts []capacity.Text, fits [][]capacity.Fit) (rows [][]capacity.Fit) {
	for i, t := range texts {
		if t.Kind != kind {
			rows = append(rows, fits[i])
		}
	}
	return rows
}

// Relative lists the gaps over the entropy bound of one text.
func Relative(row []capacity.Fit) (r []float64) {
	for _, f := range row {
		r = append(r, f.Relative())
	}
	return r
}

// Compared says how the relative gaps with frozen attention lie, text by text: to those of their
// neighbours in width, and to those of full training.
type Compared struct {
	Rises, Falls []float64 // largest increase and decrease from a width to the next
	Median       []float64 // the median over the widths of gap over that of full training
	Widest       []float64 // the gap at the greatest width over that of full training at the least
}

// Compare takes grids of the same texts and widths.
func Compare(frozen, all [][]capacity.Fit) (c Compared) {
	for i, row := range frozen {
		r, full := Relative(row), Relative(all[i])
		c.Rises, c.Falls = append(c.Rises, claim.LargestIncrease(r)), append(c.Falls, claim.LargestDecrease(r))
		var more []float64
		for j := range r {
			more = append(more, r[j]/full[j])
		}
		c.Median, c.Widest = append(c.Median, Median(more)), append(c.Widest, r[len(r)-1]/full[0])
	}
	return c
}

// First returns the first run below the threshold, false if there is none.
func First(row []capacity.Fit, threshold float64) (capacity.Fit, bool) {
	for _, f := range row {
		if f.Relative() < threshold {
			return f, true
		}
	}
	return capacity.Fit{}, false
}

// Crossing returns the width at which the gap over the entropy bound passes the level, on
// the straight line between neighbours on logarithmic axes; NaN if it does not.
func Crossing(row []capacity.Fit, level float64) float64 {
	for i := 1; i < len(row); i++ {
		a, b := row[i-1], row[i]
		if a.Relative() >= level && b.Relative() < level {
			share := math.Log(a.Relative()/level) / math.Log(a.Relative()/b.Relative())
			return float64(a.Training.Hidden) * math.Pow(float64(b.Training.Hidden)/float64(a.Training.Hidden), share)
		}
	}
	return math.NaN()
}

// Needed returns, for texts, the contexts and the trained parameters at the width where the
// gap passes the level: of the whole network, or of its hidden layer alone.
func Needed(rows [][]capacity.Fit, level float64) (n, params []float64) {
	for _, row := range rows {
		m, z := Crossing(row, level), float64(row[0].Zeta)
		p := z*m + 17*(z+m) + 1088
		if row[0].Training.Only {
			p = z*m + z + 17*m
		}
		n, params = append(n, float64(row[0].Contexts)), append(params, p)
	}
	return n, params
}

// Doublings returns how far factors between 1/2 and 1 on y can move a slope in x on
// logarithmic axes: ½ ln 2 Σ|u − ū| / Σ(u − ū)², u = ln x.
func Doublings(x []float64) float64 {
	mean, size, square := 0.0, 0.0, 0.0
	for _, v := range x {
		mean += math.Log(v) / float64(len(x))
	}
	for _, v := range x {
		u := math.Log(v) - mean
		size, square = size+math.Abs(u), square+u*u
	}
	return math.Ln2 / 2 * size / square
}

// FromFile returns the texts with stories of the reader's file in place of generated ones,
// the same ones where the path is empty.
func FromFile(path string, texts []capacity.Text) []capacity.Text {
	if path == "" {
		return texts
	}
	var list []capacity.Text
	for _, t := range texts {
		if t.Kind == "grammar" {
			t.Kind, t.Path, t.Hash = "file", path, repro.ContentHash(path)
		}
		list = append(list, t)
	}
	return list
}
