package geometry

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// Summary is what is kept of a long training: numbers only, all of it JSON. SIM compares
// words first and contexts second.
type Summary struct {
	Metrics []Metrics
	Params  int
	Lin     float64 // ‖L^in‖
	// SparseExcess is the excess of P_F L alone, after the last step, over that of L at
	// the start: what the growing part does is not in it.
	SparseExcess float64
	// Shuffled is SIM with the angles of L^mm, its words and contexts put in another
	// order, at the start and after the last step.
	Shuffled [2][2]float64
}

// Summarize trains and returns the summary. Snapshots must hold step 0.
func Summarize(e Embedding) (*Summary, error) {
	all, err := EmbedMany([]Embedding{e})
	if err != nil {
		return nil, err
	}
	run := all[0]
	if run.Snapshots[0].Step != 0 {
		return nil, fmt.Errorf("geometry: the first snapshot is of step %d: put 0 into Snapshots", run.Snapshots[0].Step)
	}
	s, err := e.Data.Labels()
	if err != nil {
		return nil, err
	}
	mm, err := Lmm(s.Pattern, nil)
	if err != nil {
		return nil, err
	}
	g, err := New(mm.L)
	if err != nil {
		return nil, err
	}
	last, rng := run.Last(), e.Data.Rand("another order")
	var L mat.Dense
	L.Mul(last.W, last.H)
	r := &Summary{Metrics: run.Metrics, Params: run.Params, Lin: matrix.Norm(s.Lin()),
		SparseExcess: s.Excess(s.Project(&L)) / run.Metrics[0].Excess}
	words, contexts := reordered(Cosines(g.GramW()), rng.Perm(s.V)), reordered(Cosines(g.GramH()), rng.Perm(len(s.S)))
	for i, at := range []Snapshot{run.Snapshots[0], last} {
		r.Shuffled[i] = [2]float64{SIM(RowCosines(at.W), words), SIM(ColumnCosines(at.H), contexts)}
	}
	return r, nil
}

// reordered returns A with its rows and columns in the given order.
func reordered(A *mat.Dense, order []int) *mat.Dense {
	n := len(order)
	B := mat.NewDense(n, n, nil)
	B.Apply(func(i, j int, _ float64) float64 { return A.At(order[i], order[j]) }, B)
	return B
}
