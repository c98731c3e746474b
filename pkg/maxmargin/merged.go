package maxmargin

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// merged is a nuclear-norm max-margin program with one column for all contexts of
// equal support and one row for all tokens that are in the same supports. Contexts
// whose support is every token are left out: their columns are zero.
//
// Its matrices M = diag(√r) L̄ diag(√n) are stored with the contexts as rows, since
// the constraints are context by context.
type merged struct {
	tokens  int
	r, n    []float64 // how many tokens and contexts a class has
	in, off [][]int   // classes of tokens in and off the support of a class of contexts
	token   []int     // class of every token
	context []int     // class of every context, -1 for the support of all tokens
}

// merge finds the classes, in the order of their first members.
func merge(tokens int, supports [][]int) *merged {
	g := &merged{tokens: tokens, context: make([]int, len(supports))}
	classes := map[string]int{}
	var distinct [][]int
	for j, s := range supports {
		if len(s) == tokens {
			g.context[j] = -1
			continue
		}
		k, seen := classes[key(s)]
		if !seen {
			k = len(distinct)
			classes[key(s)] = k
			distinct = append(distinct, s)
			g.n = append(g.n, 0)
		}
		g.n[k]++
		g.context[j] = k
	}
	g.mergeTokens(distinct)
	return g
}

// mergeTokens finds the classes of tokens from the different supports.
func (g *merged) mergeTokens(supports [][]int) {
	member := make([][]int, g.tokens) // supports that hold a token
	for k, s := range supports {
		for _, v := range s {
			member[v] = append(member[v], k)
		}
	}
	classes := map[string]int{}
	g.token = make([]int, g.tokens)
	g.in = make([][]int, len(supports))
	for v, m := range member {
		i, seen := classes[key(m)]
		if !seen {
			i = len(g.r)
			classes[key(m)] = i
			g.r = append(g.r, 0)
			for _, k := range m {
				g.in[k] = append(g.in[k], i)
			}
		}
		g.r[i]++
		g.token[v] = i
	}
	for _, in := range g.in {
		g.off = append(g.off, complement(in, len(g.r)))
	}
}

// key returns a string that tells increasing lists of numbers apart.
func key(list []int) string {
	b := make([]byte, 0, 4*len(list))
	for _, v := range list {
		b = append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	return string(b)
}

// gather returns the M of the average of l over the classes.
func (g *merged) gather(l *mat.Dense) *mat.Dense {
	m := mat.NewDense(len(g.n), len(g.r), nil)
	for j, k := range g.context {
		if k < 0 {
			continue
		}
		row := m.RawRowView(k)
		for v, i := range g.token {
			row[i] += l.At(v, j)
		}
	}
	for k, n := range g.n {
		floats.Scale(1/math.Sqrt(n), m.RawRowView(k))
	}
	for i, r := range g.r {
		for k := range g.n {
			m.Set(k, i, m.At(k, i)/math.Sqrt(r))
		}
	}
	return m
}

// scatter returns the V by m matrix that M stands for, which has the same singular
// values and zeros.
func (g *merged) scatter(m *mat.Dense) *mat.Dense {
	l := mat.NewDense(g.tokens, len(g.context), nil)
	for j, k := range g.context {
		if k < 0 {
			continue
		}
		row := m.RawRowView(k)
		for v, i := range g.token {
			l.Set(v, j, row[i]/math.Sqrt(g.r[i]*g.n[k]))
		}
	}
	return l
}

// project overwrites m with the nearest feasible matrix.
func (g *merged) project(m *mat.Dense) {
	for k, n := range g.n {
		row := m.RawRowView(k)
		for i, r := range g.r {
			row[i] /= math.Sqrt(r * n)
		}
		projectMargins(row, g.r, g.in[k], g.off[k])
		for i, r := range g.r {
			row[i] *= math.Sqrt(r * n)
		}
	}
}

// center overwrites m with the matrix whose columns of logits sum to zero, which
// keeps it feasible and lowers the norm.
func (g *merged) center(m *mat.Dense) {
	for k := range g.n {
		row := m.RawRowView(k)
		sum := 0.0
		for i, r := range g.r {
			sum += math.Sqrt(r) * row[i]
		}
		for i, r := range g.r {
			row[i] -= math.Sqrt(r) * sum / float64(g.tokens)
		}
	}
}

// dual overwrites a, which is near a dual solution, by a feasible one: entries off
// the supports are made at most zero, those on them are shifted until columns sum
// to zero, and all is divided by the spectral norm where it exceeds one. It
// returns the spectral norm.
func (g *merged) dual(a *mat.Dense) (float64, error) {
	for k := range g.n {
		row := a.RawRowView(k)
		var sum, size float64
		for _, i := range g.off[k] {
			row[i] = min(row[i], 0)
			sum += math.Sqrt(g.r[i]) * row[i]
		}
		for _, i := range g.in[k] {
			sum += math.Sqrt(g.r[i]) * row[i]
			size += g.r[i]
		}
		for _, i := range g.in[k] {
			row[i] -= math.Sqrt(g.r[i]) * sum / size
		}
	}
	values, err := matrix.SingularValues(a)
	if err != nil {
		return 0, err
	}
	norm := values[0]
	if norm > 1 {
		a.Scale(1/norm, a)
		norm /= norm
	}
	return norm, nil
}

// projectMargins overwrites the column x of logits by the nearest one that is
// constant on the tokens in and smaller by one or more on the tokens off, in the
// norm Σ r x². With a the constant, the others are min(x, a-1), and a is the root
// of the convex, decreasing and piecewise linear
//
//	Σ_in r (x - a) + Σ_off r (x + 1 - a)₊
//
// on which Newton's method from the mean over the tokens in, which lies left of
// the root, ends at the root itself, as a rule in three steps.
func projectMargins(x, r []float64, in, off []int) {
	var sum, weight float64
	for _, i := range in {
		sum += r[i] * x[i]
		weight += r[i]
	}
	a := sum / weight
	for {
		s, w := sum, weight
		for _, i := range off {
			if x[i]+1 > a {
				s += r[i] * (x[i] + 1)
				w += r[i]
			}
		}
		next := s / w
		if !(next > a) { // the same tokens as before
			break
		}
		a = next
	}
	for _, i := range in {
		x[i] = a
	}
	for _, i := range off {
		x[i] = min(x[i], a-1)
	}
}
