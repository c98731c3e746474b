package optim

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// number is a constant of a rule: one of its graph, or an input of its program,
// a scalar of Float64, so that one program serves every value; or, of R runs on a
// leading axis, [R].
type number struct {
	value float64
	node  *Node // the input, or nil
}

func fixed(v float64) number { return number{value: v} }

// in returns the number in a graph.
func (n number) in(g *Graph, dtype dtypes.DType) *Node {
	if n.node == nil {
		return Scalar(g, dtype, n.value)
	}
	return ConvertDType(n.node, dtype)
}

// like returns the number in the graph of x and of its type.
func (n number) like(x *Node) *Node { return along(n.in(x.Graph(), x.DType()), x) }

// along gives v, a scalar or a number [R] of each run, as many axes as x [R, ...] has, so
// that the two can be multiplied.
func along(v, x *Node) *Node {
	for !v.IsScalar() && v.Rank() < x.Rank() {
		v = ExpandDims(v, -1)
	}
	return v
}
