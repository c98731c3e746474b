package federated

import (
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/train/fed"
)

// own is what clients keep for themselves from round to round: control variates of SCAFFOLD
// (Karimireddy et al. 2020), parameters of a method without a server.
type own struct {
	t        *task
	params   []model.Params // of each client of a Local method
	server   model.Params   // c
	controls []model.Params // c_i
}

func newOwn(t *Task, start model.Params) *own {
	o := &own{t: &t.task}
	if t.method.Local {
		for range t.setup.Clients {
			o.params = append(o.params, start)
		}
	}
	if t.method.Scaffold {
		o.server = t.layout.Zeros()
		for range t.setup.Clients {
			o.controls = append(o.controls, t.layout.Zeros())
		}
	}
	return o
}

// of are the parameters that a client is tested with. Without a server an unseen client has
// nobody's, and takes those of the first of its domain.
func (o *own) of(i int, global model.Params) model.Params {
	if o.params == nil {
		return global
	}
	if i < len(o.params) {
		return o.params[i]
	}
	for j, d := range o.t.data[:len(o.params)] {
		if d.Domain == o.t.data[i].Domain {
			return o.params[j]
		}
	}
	return global
}

func (o *own) trainee(i int, global model.Params) *trainee {
	c := &trainee{number: i, data: o.t.data[i], params: global, from: global, counts: make([]int, o.t.method.Groups)}
	if o.params != nil {
		c.params, c.from = o.params[i], o.params[i]
	}
	if o.controls != nil {
		c.control = o.server.Sub(o.controls[i])
	}
	return c
}

func (c *trainee) update(round int) fed.Update {
	return fed.Update{Client: c.number, Round: round, Examples: c.data.train.Len(), Params: c.params, Counts: c.counts}
}

// after keeps what clients keep, with K steps of size η:
//
//	c_i⁺ = c_i - c + (θ - θ_i)/(K η),  c⁺ = c + Σ_i (c_i⁺ - c_i)/M
func (o *own) after(all []*trainee) {
	if o.params != nil {
		for _, c := range all {
			o.params[c.number] = c.params
		}
	}
	if o.controls == nil {
		return
	}
	next := o.server
	for _, c := range all {
		step := float64(o.t.steps(c.data.train.Len())) * o.t.rate()
		now := c.from.Sub(c.params).Scale(1/step).Add(-1, c.control)
		next = next.Add(1/float64(len(o.controls)), now.Sub(o.controls[c.number]))
		o.controls[c.number] = now
	}
	o.server = next
}
