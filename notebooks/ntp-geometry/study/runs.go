package study

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/geometry"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// Sizes of the trainings.
type Sizes struct {
	UFMSteps   int // of free embeddings
	NetSteps   int // of the network
	NetLayers  int
	NetDim     int
	BigSteps   int   // on shared
	Milestones []int // of the authors' schedule
	Shots      []int // steps whose embeddings are kept
}

// Run is one training with what it is compared with.
type Run struct {
	Name   string
	Config geometry.Embedding
	*geometry.Embedded
	Labels *softlabel.Labels
	Limit  *mat.Dense // Lmm
}

// RunConfigs are the five trainings.
func RunConfigs(seed uint64, z Sizes) (names []string, list []geometry.Embedding) {
	add := func(name string, e geometry.Embedding) {
		e.Optimizer, e.PerDecade, e.Snapshots = "adam", 4, z.Shots
		names, list = append(names, name), append(list, e)
	}
	s := Sentences(seed, "sentences")
	add("ridge", geometry.Embedding{Data: s, D: 128, Rate: 1e-3, Decay: "cosine", Lambda: 1e-5, Start: "small", Steps: z.UFMSteps})
	add("free", geometry.Embedding{Data: s, D: 128, Rate: 1e-3, Start: "small", Steps: z.UFMSteps})
	add("authors", geometry.Embedding{Data: s, D: 128, Rate: 1e-4, Decay: "milestones", Milestones: z.Milestones,
		Gamma: 0.4, Start: "uniform", Steps: z.UFMSteps})
	add("network", geometry.Embedding{Data: s, D: z.NetDim, Layers: z.NetLayers, Rate: 1e-3, Decay: "cosine", Steps: z.NetSteps})
	add("big", geometry.Embedding{Data: Shared(seed), D: 128, Rate: 5e-3, Decay: "cosine", Lambda: 1e-6, Start: "small", Steps: z.BigSteps})
	return names, list
}

// AllRuns trains once in a run of the notebook.
func AllRuns(cell *notebook.Cell, z Sizes) (runs []Run) {
	names, list := RunConfigs(cell.Seed(), z)
	for i, e := range notebook.Keep(cell, "runs", list, geometry.EmbedMany) {
		s := Soft(list[i].Data)
		runs = append(runs, Run{Name: names[i], Config: list[i], Embedded: e, Labels: s, Limit: Lmm(s.Pattern)})
	}
	return runs
}

// Named finds a run.
func Named(runs []Run, name string) Run {
	for _, r := range runs {
		if r.Name == name {
			return r
		}
	}
	notebook.Check(fmt.Errorf("no run is called %q", name))
	return Run{}
}

// PaperNetwork is the authors' transformer on shared, of the given number of steps. It is
// the same whatever scale and seed are.
func PaperNetwork(steps int) geometry.Embedding {
	return geometry.Embedding{Data: Shared(1), D: 128, Layers: 4, Optimizer: "adam", Rate: 1e-3, Decay: "cosine",
		Steps: steps, PerDecade: 4, Snapshots: []int{0}}
}

// Angles are cosines of words and of contexts.
type Angles struct{ Words, Contexts *mat.Dense }

// AnglesOf are those that logits imply.
func AnglesOf(L mat.Matrix) Angles {
	g := Of(L)
	return Angles{geometry.Cosines(g.GramW()), geometry.Cosines(g.GramH())}
}

// AnglesAt are those of embeddings.
func AnglesAt(s geometry.Snapshot) Angles {
	return Angles{geometry.RowCosines(s.W), geometry.ColumnCosines(s.H)}
}

// From returns 1 - SIM of words and of contexts.
func (a Angles) From(b Angles) (words, contexts float64) {
	return 1 - geometry.SIM(a.Words, b.Words), 1 - geometry.SIM(a.Contexts, b.Contexts)
}

// Compared is how far the angles of a run are from three targets at its end, and from the
// first of them at its start.
type Compared struct {
	Start, Limit, Proxy, Plain [2]float64 // words, contexts; Plain is S, not centred
	Gap                        [2]float64 // of Lmm from the proxy
}

// Compare compares a run.
func (r Run) Compare() (c Compared) {
	limit, proxy, plain := AnglesOf(r.Limit), AnglesOf(r.Labels.Proxy()), AnglesOf(r.Labels.SupportMatrix())
	start, end := AnglesAt(r.Snapshots[0]), AnglesAt(r.Last())
	for _, x := range []struct {
		to   *[2]float64
		a, b Angles
	}{{&c.Start, start, limit}, {&c.Limit, end, limit}, {&c.Proxy, end, proxy}, {&c.Plain, end, plain}, {&c.Gap, limit, proxy}} {
		x.to[0], x.to[1] = x.a.From(x.b)
	}
	return c
}

// Sparse returns P_F L after the last step, and L^in.
func (r Run) Sparse() (sparse, lin *mat.Dense) {
	end := r.Last()
	return r.Labels.Project(Product(end.W, end.H)), r.Labels.Lin()
}

// Halved is what was seen at the first recorded step at which ‖P_F L - L^in‖ is below half of
// ‖L^in‖, or at the end.
func (r Run) Halved() geometry.Metrics {
	lin := matrix.Norm(r.Labels.Lin())
	for _, m := range r.Metrics {
		if m.Finite < lin/2 {
			return m
		}
	}
	return r.End()
}

// RestShare is 1 - ‖L - L^in‖/‖L‖ over ½‖L^in‖²/‖L‖².
func (r Run) RestShare(m geometry.Metrics) float64 {
	lin := matrix.Norm(r.Labels.Lin())
	return (1 - m.Rest) / (lin * lin / m.L / m.L / 2)
}

// RunTable is the table of E1.
func RunTable(runs []Run) (head []string, rows [][]string) {
	for _, r := range runs {
		e := r.End()
		f := func(x float64) string { return fmt.Sprintf("%.3f", x) }
		rows = append(rows, []string{r.Name, fmt.Sprint(e.Step), fmt.Sprint(r.Params), fmt.Sprintf("%.1e", e.Excess),
			fmt.Sprintf("%.0e", e.Finite), f(e.L), f(e.Cos), f(e.Twins)})
	}
	return []string{"run", "steps", "numbers trained", "CE − H", "‖P_F L − Lin‖", "‖L‖", "cos(L, Lmm)", "cos of twins"}, rows
}

// AngleTable is the table of distances of angles.
func AngleTable(runs []Run) (head []string, rows [][]string) {
	f := func(x [2]float64) string { return fmt.Sprintf("%.3f, %.3f", x[0], x[1]) }
	for _, r := range runs {
		c := r.Compare()
		rows = append(rows, []string{r.Name, f(c.Start), f(c.Limit), f(c.Proxy), f(c.Plain), f(c.Gap)})
	}
	return []string{"1 − SIM of words, of contexts", "start from Lmm", "end from Lmm", "end from S̃", "end from S", "Lmm from S̃"}, rows
}

// Reached is what C9 asks of the end of a run, and what the same would be of something else.
type Reached struct {
	Excess, SparseExcess float64    // over the excess at the start: of L, of P_F L alone
	Growth, SparseGrowth float64    // over ‖L^in‖: ‖L‖, ‖P_F L‖
	Finite               float64    // ‖P_F L - L^in‖/‖L^in‖
	Left, OtherLeft      [2]float64 // distance from the angles of Lmm, end over start; in another order
	Nearer, OtherNearer  float64    // distance of words from Lmm over that from S; in another order
}

// Reached measures the end of a run.
func (r Run) Reached(rng *rand.Rand) (x Reached) {
	sparse, lin := r.Sparse()
	first, end, c, other := r.Metrics[0], r.End(), r.Compare(), r.Shuffled(rng)
	x.Excess, x.SparseExcess = end.Excess/first.Excess, r.Labels.Excess(sparse)/first.Excess
	x.Growth, x.SparseGrowth = end.L/matrix.Norm(lin), matrix.Norm(sparse)/matrix.Norm(lin)
	x.Finite = Relative(sparse, lin)
	for i := range 2 {
		x.Left[i], x.OtherLeft[i] = c.Limit[i]/c.Start[i], other.Limit[i]/other.Start[i]
	}
	x.Nearer, x.OtherNearer = c.Limit[0]/c.Plain[0], other.Limit[0]/c.Plain[0]
	return x
}

// Shuffled is Compare with words and contexts of Lmm in another order.
func (r Run) Shuffled(rng *rand.Rand) (c Compared) {
	limit := AnglesOf(r.Limit)
	limit = Angles{Shuffle(limit.Words, rng), Shuffle(limit.Contexts, rng)}
	c.Start[0], c.Start[1] = AnglesAt(r.Snapshots[0]).From(limit)
	c.Limit[0], c.Limit[1] = AnglesAt(r.Last()).From(limit)
	return c
}
