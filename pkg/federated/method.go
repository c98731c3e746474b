package federated

import (
	"fmt"
	"math"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train/fed"
)

// Insert are prompt tokens that are inserted before a block.
type Insert struct{ Block, Tokens int }

// Blocks inserts a number of tokens before each of the blocks from, ..., to-1.
func Blocks(from, to, tokens int) (all []Insert) {
	for b := from; b < to; b++ {
		all = append(all, Insert{b, tokens})
	}
	return all
}

// Method is what is trained, and how it is averaged.
type Method struct {
	Name   string
	Shared []Insert `json:",omitempty"`
	Group  []Insert `json:",omitempty"` // of each group
	Groups int      `json:",omitempty"` // G; 0 for none, and then Group is empty

	// Query is after how many blocks the frozen network, without prompts, is asked which group a
	// picture belongs to; Majority gives a batch, in training, the group of most of its pictures.
	Query    int  `json:",omitempty"`
	Majority bool `json:",omitempty"`

	NoFactor   bool `json:",omitempty"` // select in training as at test time, without counts
	FrozenKeys bool `json:",omitempty"` // a control: keys stay where they were drawn
	KeysOnly   bool `json:",omitempty"` // only keys are trained: their loss needs queries, not the network
	Joint      bool `json:",omitempty"` // a control: one stage trains everything
	MeanPool   bool `json:",omitempty"` // the head sees the mean of class and group tokens where there are some

	// Dilute averages group prompts with clients' numbers of examples instead of counts.
	Dilute        bool    `json:",omitempty"`
	GroupMomentum float64 `json:",omitempty"` // m_p
	KeyMomentum   float64 `json:",omitempty"` // m_k

	Prox     float64 `json:",omitempty"` // μ of FedProx
	Scaffold bool    `json:",omitempty"`
	Local    bool    `json:",omitempty"` // nothing is averaged: a model for each client
}

// leastPicks is how often a group has to be picked in a round for its average to be weighted by
// counts.
const leastPicks = 50

// Head tunes the linear head alone.
func Head() Method { return Method{Name: "Head"} }

// FedVPT is federated visual prompt tuning, with prompts before the first block.
func FedVPT(tokens int) Method { return Method{Name: "FedVPT", Shared: Blocks(0, 1, tokens)} }

// FedVPTD has prompts before every block.
func FedVPTD(net model.ViT, tokens int) Method {
	return Method{Name: "FedVPT-D", Shared: Blocks(0, net.Layers, tokens)}
}

// SGPT has shared prompts before the lower half of the blocks, and a choice of groups before the
// upper, averaged by counts.
func SGPT(net model.ViT, groups, tokens int) Method {
	half := net.Layers / 2
	return Method{Name: "SGPT", Shared: Blocks(0, half, tokens), Group: Blocks(half, net.Layers, tokens), Groups: groups, Query: net.Layers}
}

// Names of parameters.
func sharedName(block int) string { return fmt.Sprintf("shared.%d", block) }
func groupName(block int) string  { return fmt.Sprintf("group.%d", block) }

const (
	keysName = "keys"
	headW    = "head.w"
	headB    = "head.b"
)

// check reports what is wrong with a method for a network.
func (m Method) check(net model.ViT) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("federated: the method %s: %s", m.Name, fmt.Sprintf(format, args...))
	}
	for _, all := range [][]Insert{m.Shared, m.Group} {
		seen := map[int]bool{}
		for _, in := range all {
			if in.Block < 0 || in.Block >= net.Layers || in.Tokens < 1 || seen[in.Block] {
				return bad("%d tokens before block %d: want one at least, once a block, before one of %d blocks", in.Tokens, in.Block, net.Layers)
			}
			seen[in.Block] = true
		}
	}
	unit := func(x float64) bool { return x >= 0 && x < 1 }
	switch {
	case m.KeysOnly && (m.Groups < 1 || len(m.Shared)+len(m.Group) > 0 || m.Joint || m.Prox != 0 || m.Scaffold):
		return bad("only keys are trained: want groups and nothing else")
	case m.Groups < 0 || (m.Groups == 0) != (len(m.Group) == 0) && !m.KeysOnly:
		return bad("%d groups and tokens of groups before %d blocks: want both or none", m.Groups, len(m.Group))
	case m.Groups > 0 && (m.Query < 1 || m.Query > net.Layers):
		return bad("queries after %d blocks, want 1 to %d", m.Query, net.Layers)
	case m.Groups == 0 && (m.NoFactor || m.FrozenKeys || m.Joint || m.MeanPool || m.Majority || m.Dilute || m.GroupMomentum != 0 || m.KeyMomentum != 0):
		return bad("something is said of groups, of which it has none")
	case m.Groups > net.Dim:
		return bad("%d groups for queries of %d dimensions: keys start orthogonal, want at most as many", m.Groups, net.Dim)
	case !unit(m.GroupMomentum) || !unit(m.KeyMomentum):
		return bad("momenta %g and %g of the server, want them in [0, 1)", m.GroupMomentum, m.KeyMomentum)
	case !(m.Prox >= 0) || math.IsInf(m.Prox, 1):
		return bad("μ = %g, want 0 or a positive number", m.Prox)
	case m.Scaffold && (m.Groups > 0 || m.Prox > 0 || m.Local):
		return bad("control variates are for one stage without groups and proximal term, and an average")
	}
	return nil
}

// Layout lists what is trained and sent for k classes: "shared.b" [t, d] for tokens before block
// b, which start at zero; "group.b" [G, t, d], which start equal for all groups, N(0, 0.1²);
// "keys" [G, d], orthonormal rows; "head.w" [d, k] and "head.b" [k], which start at zero. Group
// prompts and keys are those of [Method.Start].
func (m Method) Layout(net model.ViT, k int) (l model.Layout) {
	for _, in := range m.Shared {
		l = append(l, model.Param{Name: sharedName(in.Block), Shape: []int{in.Tokens, net.Dim}, Init: model.Constant(0)})
	}
	for _, in := range m.Group {
		l = append(l, model.Param{Name: groupName(in.Block), Shape: []int{m.Groups, in.Tokens, net.Dim}, Init: model.Normal(0.1)})
	}
	if m.Groups > 0 {
		l = append(l, model.Param{Name: keysName, Shape: []int{m.Groups, net.Dim}, Init: model.Normal(1)})
	}
	return append(l, model.LinearParams("head", net.Dim, k, model.Constant(0))...)
}

// Start draws parameters to begin with.
func (m Method) Start(net model.ViT, k int, seed uint64) model.Params {
	p := model.Draw(m.Layout(net, k), seed, "federated/start")
	for _, in := range m.Group {
		all := p.Get(groupName(in.Block))
		first := all[:in.Tokens*net.Dim]
		for g := range m.Groups {
			copy(all[g*len(first):], first)
		}
	}
	if m.Groups > 0 {
		orthonormal(p.Get(keysName), net.Dim)
	}
	return p
}

// orthonormal makes rows of d entries so, by Gram and Schmidt, twice over.
func orthonormal(rows []float64, d int) {
	for i := 0; i < len(rows); i += d {
		row := rows[i : i+d]
		for range 2 {
			for j := 0; j < i; j += d {
				dot := inner(row, rows[j:j+d])
				for k := range row {
					row[k] -= dot * rows[j+k]
				}
			}
		}
		norm := math.Sqrt(inner(row, row))
		for k := range row {
			row[k] /= norm
		}
	}
}

func inner(x, y []float64) (sum float64) {
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// rules are how the server averages.
func (m Method) rules() []fed.Rule {
	if m.Groups == 0 {
		return nil
	}
	rules := []fed.Rule{{Params: []string{keysName}, ByGroup: true, Least: leastPicks, Momentum: m.KeyMomentum}}
	if len(m.Group) > 0 {
		rules = append(rules, fed.Rule{Params: []string{"group.*"}, ByGroup: !m.Dilute, Least: leastPicks, Momentum: m.GroupMomentum})
	}
	return rules
}

// stage is a part of a client's training in a round.
type stage struct {
	trained []string // names
	groups  bool     // group prompts are there, and groups are picked
}

// Keys trains the keys of groups alone, on queries after a number of blocks.
func Keys(groups, query int) Method {
	return Method{Name: "keys", Groups: groups, Query: query, KeysOnly: true}
}

// stages of a method: shared prompts and head, then group prompts, keys and head; one for what
// has no groups.
func (m Method) stages(l model.Layout) []stage {
	var lower, upper []string
	for _, name := range l.Names() {
		group := len(name) > 6 && name[:6] == "group."
		switch {
		case name == keysName:
			if !m.FrozenKeys {
				upper = append(upper, name)
			}
		case group:
			upper = append(upper, name)
		case name == headW || name == headB:
			lower, upper = append(lower, name), append(upper, name)
		default:
			lower = append(lower, name)
		}
	}
	switch {
	case m.KeysOnly:
		return []stage{{[]string{keysName}, true}}
	case m.Groups == 0:
		return []stage{{lower, false}}
	case m.Joint:
		for _, name := range lower {
			if !slices.Contains(upper, name) {
				upper = append(upper, name)
			}
		}
		return []stage{{upper, true}}
	}
	return []stage{{lower, false}, {upper, true}}
}

// Traffic is what a client and the server exchange in a round, in numbers and bytes: float32
// parameters, and counts of 8 bytes, down the total and up the round's.
type Traffic struct {
	Numbers  int // that are trained
	Counts   int
	Down, Up int // bytes
}

// Traffic counts what a method exchanges for k classes.
func (m Method) Traffic(net model.ViT, k int) Traffic {
	t := Traffic{Numbers: m.Layout(net, k).Count(), Counts: m.Groups}
	t.Down, t.Up = 4*t.Numbers+8*t.Counts, 4*t.Numbers+8*t.Counts
	if m.Scaffold { // the control variates
		t.Down, t.Up = t.Down+4*t.Numbers, t.Up+4*t.Numbers
	}
	if m.Local {
		t.Down, t.Up = 0, 0
	}
	return t
}
