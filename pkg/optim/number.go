package optim

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// number is a constant of a rule: one of its graph, or an input of its program,
// a scalar of Float64, so that one program serves every value.
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
func (n number) like(x *Node) *Node { return n.in(x.Graph(), x.DType()) }
