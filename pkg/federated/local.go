package federated

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/xla"
)

// Config says how clients train.
type Config struct {
	Rounds   int
	Share    float64 // of the clients that take part in a round
	Epochs   int     // E of each of two stages; what has one stage makes 2E
	Batch    int     // a client with fewer examples takes all of them
	Rate     float64
	Momentum float64
	Decay    float64
	Clip     float64 // of each gradient's norm, all trained parameters together; 0 for none
	Seed     uint64
	Look     []int `json:",omitempty"` // rounds after which all clients are asked, ascending; nil for the last
}

// Feature is how clients of different domains train in the experiments.
var Feature = Config{Rounds: 20, Share: 1, Epochs: 2, Batch: 50, Rate: 0.1, Momentum: 0.9, Decay: 1e-5, Clip: 1}

func (c Config) check() error {
	bad := func(format string, args ...any) error { return fmt.Errorf("federated: "+format, args...) }
	finite := func(x float64) bool { return x >= 0 && !math.IsInf(x, 1) }
	switch {
	case c.Rounds < 1 || c.Epochs < 1 || c.Batch < 1:
		return bad("%d rounds, %d epochs, batches of %d: want positive numbers", c.Rounds, c.Epochs, c.Batch)
	case !(c.Share > 0 && c.Share <= 1):
		return bad("a share of %g of the clients, want it in (0, 1]", c.Share)
	case !finite(c.Rate) || c.Rate == 0 || !finite(c.Momentum) || c.Momentum >= 1 || !finite(c.Decay) || !finite(c.Clip):
		return bad("rate %g, momentum %g, decay %g, clip %g: want a positive rate, momentum in [0, 1), and no negative number", c.Rate, c.Momentum, c.Decay, c.Clip)
	}
	for i, k := range c.Look {
		if k < 0 || k > c.Rounds || i > 0 && k <= c.Look[i-1] {
			return bad("looks after rounds %v: want increasing numbers between 0 and %d", c.Look, c.Rounds)
		}
	}
	return nil
}

// program trains the parameters of one stage. Its state is
//
//	trained  [m, ...]  and their velocities
//	counts   [m, G]    how often each group was picked (Int32; with groups)
//	losses   [m, E]    mean loss of each epoch
//
// for m clients that make equally many steps, with room for n examples each, and its args are
//
//	the backbone's parameters, the method's that are not trained [m, ...]
//	images [m, n, pixels], or features [m, n, d] where nothing is inserted; labels [m, n];
//	queries [m, n, d] and the factor [m, G], with groups
//	table [room, m, B]: places in the m·n examples of each step; epoch [room]
//	one over the steps of an epoch, rate, momentum, decay, clip, μ
//	where parameters begin [m, ...], with a proximal term; c - c_i [m, ...] with control variates
type program struct {
	network
	layout  model.Layout // of the method
	stage   stage
	m, n, b int
	epochs  int
}

func (p *program) name() string {
	m := p.method
	m.Name = ""
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // it has numbers and names
	}
	return fmt.Sprintf("federated %+v %s k=%d %v m=%d n=%d b=%d e=%d", p.net, text, p.class, p.stage, p.m, p.n, p.b, p.epochs)
}

// split returns the places in the layout of what is trained and what is not.
func (p *program) split() (trained, fixed []int) {
	for i, q := range p.layout {
		if slices.Contains(p.stage.trained, q.Name) {
			trained = append(trained, i)
		} else {
			fixed = append(fixed, i)
		}
	}
	return trained, fixed
}

// cut takes the first n of some nodes.
func cut(nodes *[]*Node, n int) (out []*Node) {
	out, *nodes = (*nodes)[:n:n], (*nodes)[n:]
	return out
}

func (p *program) step(k *Node, state, args []*Node) []*Node {
	trained, fixed := p.split()
	params, velocity := cut(&state, len(trained)), cut(&state, len(trained))
	backbone := p.net.Params()
	frozen := model.Named("backbone", backbone, cut(&args, len(backbone)))
	all := map[string]*Node{}
	for i, node := range cut(&args, len(fixed)) {
		all[p.layout[fixed[i]].Name] = node
	}
	for i, node := range params {
		all[p.layout[trained[i]].Name] = node
	}
	examples, labels := cut(&args, 1)[0], cut(&args, 1)[0]
	var queries, factor *Node
	if p.stage.groups {
		queries, factor = cut(&args, 1)[0], cut(&args, 1)[0]
	}
	table, epoch := cut(&args, 1)[0], cut(&args, 1)[0]
	each, rate, momentum, decay, clip, mu := cut(&args, 1)[0], cut(&args, 1)[0], cut(&args, 1)[0], cut(&args, 1)[0], cut(&args, 1)[0], cut(&args, 1)[0]

	rows := Reshape(Gather(table, ExpandDims(k, 0)), p.m*p.b, 1)
	batch := func(x *Node) *Node { // [m, n, ...] → [m, b, ...]
		dims := slices.Clone(x.Shape().Dimensions)
		out := Gather(Reshape(x, append([]int{p.m * p.n}, dims[2:]...)...), rows)
		return Reshape(out, append([]int{p.m, p.b}, dims[2:]...)...)
	}
	in, cos := inputs{}, (*Node)(nil)
	switch {
	case p.method.KeysOnly:
	case p.prompted():
		in.images = batch(examples)
	default:
		in.feature = batch(examples)
	}
	if p.stage.groups {
		cos = cosines(batch(queries), all[keysName])
		in.picked = p.pick(cos, factor, p.method.Majority)
	}
	var losses, total *Node // [m], without and with the keys' part
	if in.picked != nil {
		total = Neg(ReduceMean(ReduceSum(Mul(cos, in.picked), -1), 1))
	}
	switch {
	case p.method.KeysOnly:
		losses = total
	default:
		logits, _ := p.logits(frozen, all, in)
		losses = crossEntropy(logits, batch(labels))
		if total == nil {
			total = losses
		} else {
			total = Add(losses, total)
		}
	}
	grads := Gradient(ReduceAllSum(total), params...) // clients have no parameter in common
	if p.method.Prox > 0 {
		for i, from := range cut(&args, len(trained)) {
			grads[i] = Add(grads[i], Mul(mu, Sub(params[i], from)))
		}
	}
	grads = clipped(grads, clip)
	if p.method.Scaffold {
		for i, c := range cut(&args, len(trained)) {
			grads[i] = Add(grads[i], c)
		}
	}
	var next, velocities, rest []*Node
	if p.stage.groups {
		counts := Add(state[0], ConvertDType(ReduceSum(in.picked, 1), dtypes.Int32))
		rest, state = append(rest, counts), state[1:]
	}
	for i, g := range grads {
		shrink := Mul(decay, params[i])
		if p.stage.groups && perGroup(p.layout[trained[i]].Name) { // what was not picked stays
			used := ConvertDType(GreaterThan(rest[0], ZerosLike(rest[0])), g.DType()) // [m, G]
			shrink = Mul(shrink, expandRight(used, g.Rank()))
		}
		v := Add(Mul(momentum, velocity[i]), Add(g, shrink))
		velocities = append(velocities, v)
		next = append(next, Sub(params[i], Mul(rate, v)))
	}
	at := OneHot(Reshape(Gather(epoch, ExpandDims(k, 0)), 1), p.epochs, losses.DType()) // [1, E]
	rest = append(rest, Add(state[0], Mul(Mul(ExpandDims(losses, 1), at), each)))
	return slices.Concat(next, velocities, rest)
}

// expandRight adds axes of size 1 behind those of x.
func expandRight(x *Node, rank int) *Node {
	for x.Rank() < rank {
		x = ExpandDims(x, -1)
	}
	return x
}

// perGroup reports whether the first axis of a parameter counts groups.
func perGroup(name string) bool {
	return name == keysName || len(name) > 6 && name[:6] == "group."
}

// clipped scales the gradients [m, ...] of each client down to a norm of c, together; c = 0 is no
// bound.
func clipped(grads []*Node, c *Node) []*Node {
	var square *Node // [m]
	for _, g := range grads {
		s := ReduceSum(Reshape(Square(g), g.Shape().Dim(0), -1), 1)
		if square == nil {
			square = s
		} else {
			square = Add(square, s)
		}
	}
	length := Sqrt(square)
	long := And(GreaterThan(c, ZerosLike(c)), GreaterThan(length, BroadcastToDims(c, length.Shape().Dim(0))))
	scale := Where(long, Div(c, length), OnesLike(length))
	out := make([]*Node, len(grads))
	for i, g := range grads {
		out[i] = Mul(g, expandRight(scale, g.Rank()))
	}
	return out
}

// order returns which of n examples each step of some epochs takes, of all batches that are
// whole, from the stream of a client, a round and a stage.
func order(seed uint64, client, round, stage, n, b, epochs int) (table [][]int) {
	rng := random.Stream(seed, fmt.Sprintf("federated/order client %d round %d stage %d", client, round, stage))
	for range epochs {
		all := rng.Perm(n)
		for i := 0; i+b <= n; i += b {
			table = append(table, all[i:i+b])
		}
	}
	return table
}

// trainee is what one client brings to a stage.
type trainee struct {
	number  int
	data    *prepared
	params  model.Params // where it begins, and after the stage where it is
	from    model.Params // the global ones
	control model.Params // c - c_i; empty without
	counts  []int
	losses  [][]float64 // [stages][epochs]
}

// train sends clients with equally many examples through a stage, all on one loop.
func (t *task) train(ctx context.Context, w *xla.Worker, all []*trainee, s, round int, factor []float64) error {
	n := all[0].data.train.Len()
	b, epochs := min(t.c.Batch, n), t.epochs()
	p := &program{network: t.network, layout: t.layout, stage: t.stages[s], m: len(all), n: n, b: b, epochs: epochs}
	for _, d := range t.data[:len(t.setup.Clients)] { // room for the largest, so that all share what is compiled
		p.n = max(p.n, d.train.Len())
	}
	state, args, steps, err := p.start(t, all, s, round, factor)
	if err != nil {
		return err
	}
	loop, err := w.Loop(p.name(), p.step, nil)
	if err != nil {
		return err
	}
	if err := loop.Start(state, args); err != nil {
		return err
	}
	if err := loop.Run(ctx, steps); err != nil {
		return err
	}
	end, err := loop.State()
	if err != nil {
		return err
	}
	return p.finish(all, end)
}

// start makes state and args.
func (p *program) start(t *task, all []*trainee, s, round int, factor []float64) (state, args []*tensors.Tensor, steps int, err error) {
	trained, fixed := p.split()
	stack := func(of func(c *trainee) model.Params, places []int, into *[]*tensors.Tensor) {
		for _, i := range places {
			var flat []float32
			for _, c := range all {
				flat = append(flat, xla.Float32s(of(c).Values[i])...)
			}
			*into = append(*into, tensors.FromFlatDataAndDimensions(flat, append([]int{p.m}, p.layout[i].Shape...)...))
		}
	}
	present := func(c *trainee) model.Params { return c.params }
	stack(present, trained, &state)
	for _, i := range trained {
		state = append(state, tensors.FromFlatDataAndDimensions(make([]float32, p.m*p.layout[i].Size()), append([]int{p.m}, p.layout[i].Shape...)...))
	}
	if p.stage.groups {
		state = append(state, tensors.FromFlatDataAndDimensions(make([]int32, p.m*p.method.Groups), p.m, p.method.Groups))
	}
	state = append(state, tensors.FromFlatDataAndDimensions(make([]float32, p.m*p.epochs), p.m, p.epochs))

	args, err = t.setup.Backbone.Params.Tensors(dtypes.Float32)
	if err != nil {
		return nil, nil, 0, err
	}
	stack(present, fixed, &args)
	var x, q []float32
	var y []int32
	var tables [][][]int
	n, width := all[0].data.train.Len(), p.net.Dim
	if p.prompted() {
		width = pixels
	}
	for _, c := range all {
		if p.prompted() {
			x = append(x, c.data.train.X...)
		} else if !p.method.KeysOnly {
			x = append(x, c.data.feature...)
		} else {
			x = append(x, c.data.query...)
		}
		y, q = append(y, c.data.train.Y...), append(q, c.data.query...)
		x, y = append(x, make([]float32, (p.n-n)*width)...), append(y, make([]int32, p.n-n)...) // never taken
		if p.stage.groups {
			q = append(q, make([]float32, (p.n-n)*p.net.Dim)...)
		}
		tables = append(tables, order(t.c.Seed, c.number, round, s, n, p.b, p.epochs))
	}
	args = append(args, tensors.FromFlatDataAndDimensions(x, p.m, p.n, width), tensors.FromFlatDataAndDimensions(y, p.m, p.n))
	if p.stage.groups {
		f := make([]float32, 0, p.m*p.method.Groups)
		for range all {
			for g := range p.method.Groups {
				v := 1.0
				if factor != nil && !p.method.NoFactor {
					v = factor[g]
				}
				f = append(f, float32(v))
			}
		}
		args = append(args, tensors.FromFlatDataAndDimensions(q, p.m, p.n, p.net.Dim), tensors.FromFlatDataAndDimensions(f, p.m, p.method.Groups))
	}
	steps = len(tables[0])
	var table, epoch []int32
	for k := range steps {
		for c := range all {
			for _, i := range tables[c][k] {
				table = append(table, int32(c*p.n+i))
			}
		}
		epoch = append(epoch, int32(k*p.epochs/steps))
	}
	room := p.n / p.b * p.epochs
	table, epoch = append(table, make([]int32, (room-steps)*p.m*p.b)...), append(epoch, make([]int32, room-steps)...)
	args = append(args, tensors.FromFlatDataAndDimensions(table, room, p.m, p.b), tensors.FromFlatDataAndDimensions(epoch, room))
	momentum := t.c.Momentum
	if p.method.Scaffold {
		momentum = 0
	}
	for _, v := range []float64{float64(p.epochs) / float64(steps), t.rate(), momentum, t.c.Decay, t.c.Clip, p.method.Prox} {
		args = append(args, tensors.FromScalar(float32(v)))
	}
	if p.method.Prox > 0 {
		stack(func(c *trainee) model.Params { return c.from }, trained, &args)
	}
	if p.method.Scaffold {
		stack(func(c *trainee) model.Params { return c.control }, trained, &args)
	}
	return state, args, steps, nil
}

// finish takes what the state says back to the clients.
func (p *program) finish(all []*trainee, state []*tensors.Tensor) error {
	trained, _ := p.split()
	defer finalize(state)
	for _, c := range all {
		c.params = c.params.Clone()
	}
	for j, i := range trained {
		flat, err := tensors.CopyFlatData[float32](state[j])
		if err != nil {
			return err
		}
		size := p.layout[i].Size()
		for a, c := range all {
			for k, v := range flat[a*size : (a+1)*size] {
				if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
					return fmt.Errorf("federated: client %d: %s is %g after its training: lower the rate or clip gradients", c.number, p.layout[i].Name, v)
				}
				c.params.Values[i][k] = float64(v)
			}
		}
	}
	rest := state[2*len(trained):]
	if p.stage.groups {
		flat, err := tensors.CopyFlatData[int32](rest[0])
		if err != nil {
			return err
		}
		groups := p.method.Groups
		for a, c := range all {
			for g, v := range flat[a*groups : (a+1)*groups] {
				c.counts[g] += int(v)
			}
		}
		rest = rest[1:]
	}
	flat, err := tensors.CopyFlatData[float32](rest[0])
	if err != nil {
		return err
	}
	for a, c := range all {
		var losses []float64
		for _, v := range flat[a*p.epochs : (a+1)*p.epochs] {
			losses = append(losses, float64(v))
		}
		c.losses = append(c.losses, losses)
	}
	return nil
}
