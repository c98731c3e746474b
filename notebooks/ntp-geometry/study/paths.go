package study

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/geometry"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/pkg/rate"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// Paths are the regularization paths that several cells look at.
type Paths struct {
	Names  []string
	Labels []*softlabel.Labels   // one for each name
	Points [][]*geometry.Factors // along decreasing λ
	Dims   []int                 // d of the short paths below
	Starts []int                 // the numbers of their random starts
	Ends   []*geometry.Factors   // their last points, at λ = 10⁻³
}

// Numbers of the paths in Paths.
const (
	Main       = iota // sentences
	Relabelled        // sentences with other counts
	Uneven            // skewed
)

// PathConfigs are the three paths, and two short ones for each dimension.
func PathConfigs(seed uint64, dims []int) []geometry.UFMPath {
	path := func(d softlabel.Data) geometry.UFMPath {
		return geometry.UFMPath{Data: d, D: 16, Lambdas: Lambdas(1, 7)}
	}
	list := []geometry.UFMPath{path(Sentences(seed, "sentences")), path(Sentences(seed, "relabelled")), path(Skewed(seed))}
	for start := range 2 {
		for _, d := range dims {
			list = append(list, geometry.UFMPath{
				Data: Sentences(seed, "sentences"), D: d, Lambdas: Lambdas(2, 3), Start: start,
			})
		}
	}
	return list
}

// AllPaths computes the paths once in a run.
func AllPaths(cell *notebook.Cell, dims []int) *Paths {
	configs := PathConfigs(cell.Seed(), dims)
	all := notebook.Keep(cell, "paths", configs, geometry.FollowUFMs)
	p := &Paths{Names: []string{"sentences", "other counts", "skewed"}}
	for i := range p.Names {
		p.Labels = append(p.Labels, Soft(configs[i].Data))
		p.Points = append(p.Points, all[i])
	}
	for i, c := range configs[len(p.Names):] {
		points := all[len(p.Names)+i]
		p.Dims, p.Starts = append(p.Dims, c.D), append(p.Starts, c.Start)
		p.Ends = append(p.Ends, points[len(points)-1])
	}
	return p
}

// Table describes the ends of the paths.
func (p *Paths) Table() (head []string, rows [][]string) {
	for i, name := range p.Names {
		end := p.Points[i][len(p.Points[i])-1]
		rows = append(rows, []string{name, fmt.Sprintf("%.0e", end.Lambda), fmt.Sprintf("%.3e", end.Excess),
			fmt.Sprintf("%.2f", matrix.Norm(end.L())), fmt.Sprint(end.Iterations)})
	}
	return []string{"path", "last λ", "CE − H", "‖L‖", "iterations there"}, rows
}

// Nonzero are the points of a path below λ_max.
func (p *Paths) Nonzero(i int) (points []*geometry.Factors) {
	for _, f := range p.Points[i] {
		if f.Lambda < geometry.LambdaMax(p.Labels[i]) {
			points = append(points, f)
		}
	}
	return points
}

// Late are the points of a path with λ at most the given one.
func (p *Paths) Late(i int, lambda float64) (points []*geometry.Factors) {
	for _, f := range p.Points[i] {
		if f.Lambda <= lambda*(1+1e-9) {
			points = append(points, f)
		}
	}
	return points
}

// Follow looks at the points of a path with λ at most the given one: at 1/λ, R along mm, and
// ‖P_F L - lin‖/‖lin‖.
func (p *Paths) Follow(i int, lambda float64, mm, lin *mat.Dense) (inverse, growth, finite []float64) {
	for _, f := range p.Late(i, lambda) {
		inverse = append(inverse, 1/f.Lambda)
		growth = append(growth, Growth(f.L(), mm))
		finite = append(finite, Relative(p.Labels[i].Project(f.L()), lin))
	}
	return inverse, growth, finite
}

// Step is how the logits of a path move over the last two factors of ten in λ.
func (p *Paths) Step(i int) *mat.Dense {
	n := len(p.Points[i]) - 1
	return matrix.Add(p.Points[i][n].L(), -1, p.Points[i][n-4].L())
}

// GramSteps are the moves of W Wᵀ and of Hᵀ H over the same two factors of ten.
func (p *Paths) GramSteps(i int) (words, contexts *mat.Dense) {
	n := len(p.Points[i]) - 1
	end, before := p.Points[i][n], p.Points[i][n-4]
	return matrix.Add(GramW(end), -1, GramW(before)), matrix.Add(GramH(end), -1, GramH(before))
}

// Beside is the path of other probabilities beside that of sentences.
type Beside struct {
	Gain, OtherGain float64 // of R for a factor e in 1/λ, along Lmm and along that of other supports, over the gain of sentences
	Steps, Parts    float64 // 1 - cosine of the two last increments, of the two sparse parts, over that of the two last logits
	Different       float64 // ‖L^in - L^in of sentences‖ over the norm of the latter
}

// Beside compares path k with that of sentences.
func (p *Paths) Beside(k int, mm, other *mat.Dense) Beside {
	gain := func(k int, mm *mat.Dense) float64 {
		inverse, growth, _ := p.Follow(k, 1e-4, mm, p.Labels[k].Lin())
		return rate.SemiLog(inverse, growth).Slope
	}
	last := func(k int) *mat.Dense { return p.Points[k][len(p.Points[k])-1].L() }
	logits := 1 - matrix.Corr(last(k), last(Main))
	return Beside{
		Gain: gain(k, mm) / gain(Main, mm), OtherGain: gain(k, other) / gain(Main, mm),
		Steps:     (1 - matrix.Corr(p.Step(k), p.Step(Main))) / logits,
		Parts:     (1 - matrix.Corr(p.Labels[k].Lin(), p.Labels[Main].Lin())) / logits,
		Different: Relative(p.Labels[k].Lin(), p.Labels[Main].Lin()),
	}
}

// Unbalanced is how far the Gram matrices of W and H times a and 1/a are from the roots of
// L Lᵀ and Lᵀ L, relative to these.
func Unbalanced(points []*geometry.Factors, a float64) (words, contexts []float64) {
	for _, f := range points {
		g := Of(f.L())
		words = append(words, Relative(Scaled(GramW(f), a*a), g.GramW()))
		contexts = append(contexts, Relative(Scaled(GramH(f), 1/a/a), g.GramH()))
	}
	return words, contexts
}

// GramW is W Wᵀ.
func GramW(f *geometry.Factors) *mat.Dense { return Product(f.W, f.W.T()) }

// GramH is Hᵀ H.
func GramH(f *geometry.Factors) *mat.Dense { return Product(f.H.T(), f.H) }

// Growth is R = ⟨L, M⟩/‖M‖².
func Growth(L, M mat.Matrix) float64 { return matrix.Inner(L, M) / matrix.Inner(M, M) }

// ConvexOptimum solves (4) by accelerated proximal gradient descent, without factors.
func ConvexOptimum(s *softlabel.Labels, lambda float64) *convex.NuclearMinimum {
	return notebook.Must(geometry.ConvexOptimum(s, lambda))
}
