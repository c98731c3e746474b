package federated

import (
	"context"
	"fmt"
	"sync"

	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train/fed"
	"github.com/marginalia-ml/marginalia/xla"
)

// Client has pictures of its own.
type Client struct {
	Name        string
	Domain      int // of [Domains]
	Train, Test Examples
}

// Setup is a federation: a frozen backbone that everybody has, clients that train, and clients
// that are only tested.
type Setup struct {
	Backbone *Backbone
	Clients  []Client
	Unseen   []Client
	Classes  int

	mu       sync.Mutex
	features map[int]map[int]found // after a number of blocks: of clients, then of the unseen
}

// found are features of one client's pictures, [n, d] each.
type found struct{ train, test []float32 }

// FeatureSpec sizes a federation whose clients differ in how their pictures look.
type FeatureSpec struct {
	Domains     []Domain
	Copies      int      // clients of each domain
	HoldOut     bool     // the last client of each domain is not trained on
	Others      []Domain // of clients, one each, that are only tested: nobody trains on such pictures
	Train, Test int      // pictures of each class of each client
}

// NewFeature returns a federation with clients of one domain each, all classes equally frequent,
// no picture used twice. The unseen clients are those held out, then those of c.Others, whose domains
// have the numbers behind c.Domains.
func NewFeature(b *Backbone, from *Digits, c FeatureSpec, seed uint64) (*Setup, error) {
	if len(c.Domains) < 1 || c.Copies < 1 || c.HoldOut && c.Copies < 2 || c.Train < 1 || c.Test < 1 {
		return nil, fmt.Errorf("federated: %d domains, %d clients of each, %d and %d pictures of a class, held out %t: want positive numbers, and two clients of a domain to hold one out", len(c.Domains), c.Copies, c.Train, c.Test, c.HoldOut)
	}
	s := &Setup{Backbone: b, Classes: Classes}
	rng := random.Stream(seed, "federated/pictures")
	fit, test := newPool(from.Train, rng), newPool(from.Test, rng)
	for copy := range c.Copies {
		for d, domain := range c.Domains {
			client := Client{Name: domain.Name, Domain: d}
			if c.Copies > 1 {
				client.Name = fmt.Sprintf("%s %d", domain.Name, copy+1)
			}
			for class := range Classes {
				if err := fit.take(&client.Train, class, c.Train, domain); err != nil {
					return nil, err
				}
				if err := test.take(&client.Test, class, c.Test, domain); err != nil {
					return nil, err
				}
			}
			if c.HoldOut && copy == c.Copies-1 {
				s.Unseen = append(s.Unseen, client)
			} else {
				s.Clients = append(s.Clients, client)
			}
		}
	}
	for k, domain := range c.Others {
		client := Client{Name: domain.Name, Domain: len(c.Domains) + k}
		for class := range Classes {
			if err := test.take(&client.Test, class, c.Test, domain); err != nil {
				return nil, err
			}
		}
		s.Unseen = append(s.Unseen, client)
	}
	return s, nil
}

// LabelSpec sizes a federation whose clients differ in which classes they have.
type LabelSpec struct {
	Clients     int
	Each        int     // classes of each client, as fed.LabelUniform deals them; 0 for Dirichlet
	Beta        float64 // concentration of fed.Dirichlet
	Train, Test int     // pictures of each class of all clients together
}

// NewLabel returns a federation with plain pictures whose classes are dealt unevenly.
func NewLabel(b *Backbone, from *Digits, c LabelSpec, seed uint64) (*Setup, error) {
	if c.Train < 1 || c.Test < 1 || (c.Each > 0) == (c.Beta > 0) {
		return nil, fmt.Errorf("federated: %d and %d pictures of a class, %d classes each, β = %g: want positive numbers of pictures, and either classes each or β", c.Train, c.Test, c.Each, c.Beta)
	}
	rng := random.Stream(seed, "federated/pictures")
	fit, test := newPool(from.Train, rng), newPool(from.Test, rng)
	var all, asked Examples
	for class := range Classes {
		if err := fit.take(&all, class, c.Train, Domains[0]); err != nil {
			return nil, err
		}
		if err := test.take(&asked, class, c.Test, Domains[0]); err != nil {
			return nil, err
		}
	}
	deal := random.Stream(seed, "federated/partition")
	var p *fed.Partition
	var err error
	if c.Each > 0 {
		p, err = fed.LabelUniform(all.Y, Classes, c.Clients, c.Each, deal)
	} else {
		p, err = fed.Dirichlet(all.Y, Classes, c.Clients, c.Beta, deal)
	}
	if err != nil {
		return nil, err
	}
	q, err := p.Split(asked.Y)
	if err != nil {
		return nil, err
	}
	s := &Setup{Backbone: b, Classes: Classes}
	for i := range p.Clients {
		s.Clients = append(s.Clients, Client{Name: fmt.Sprintf("client %d", i+1), Train: all.Take(p.Clients[i]), Test: asked.Take(q.Clients[i])})
	}
	return s, nil
}

// check reports a client that cannot take part.
func (s *Setup) check() error {
	if s.Backbone == nil || len(s.Clients) == 0 || s.Classes < 1 {
		return fmt.Errorf("federated: a federation of %d clients and %d classes: want a backbone, a client and a class", len(s.Clients), s.Classes)
	}
	has := make([]bool, s.Classes)
	for i, c := range s.everybody() {
		for _, part := range []Examples{c.Train, c.Test} {
			if len(part.X) != pixels*part.Len() {
				return fmt.Errorf("federated: client %s has %d pixels and %d labels, want %d pixels a picture", c.Name, len(part.X), part.Len(), pixels)
			}
			for _, y := range part.Y {
				if y < 0 || int(y) >= s.Classes {
					return fmt.Errorf("federated: client %s has a picture of class %d, of 0 to %d", c.Name, y, s.Classes-1)
				}
			}
		}
		if i < len(s.Clients) {
			if c.Train.Len() == 0 {
				return fmt.Errorf("federated: client %s has no picture to train on: leave it out", c.Name)
			}
			for _, y := range c.Train.Y {
				has[y] = true
			}
		}
		if c.Test.Len() == 0 {
			return fmt.Errorf("federated: client %s has no picture to be tested on: leave it out", c.Name)
		}
	}
	for class, there := range has {
		if !there {
			return fmt.Errorf("federated: no client has a picture of class %d of %d: nobody can learn it, take it away", class, s.Classes)
		}
	}
	return nil
}

// everybody are the clients, then the unseen ones.
func (s *Setup) everybody() []Client { return append(append([]Client(nil), s.Clients...), s.Unseen...) }

// after returns the frozen network's features of some clients' pictures (the unseen have numbers
// behind the clients) after a number of blocks: computed once.
func (s *Setup) after(ctx context.Context, pool *xla.Pool, blocks int, which []int) (map[int]found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.features == nil {
		s.features = map[int]map[int]found{}
	}
	if s.features[blocks] == nil {
		s.features[blocks] = map[int]found{}
	}
	have := s.features[blocks]
	var missing []int
	for _, i := range which {
		if _, there := have[i]; !there {
			missing = append(missing, i)
		}
	}
	const workers = 2 // each compiles the network: no more than pay for it
	everybody, out := s.everybody(), make([]found, len(missing))
	var jobs []xla.Job
	for part := range min(workers, len(missing)) {
		jobs = append(jobs, xla.Job{Run: func(ctx context.Context, w *xla.Worker) error {
			var x []float32
			for j := part; j < len(missing); j += workers {
				x = append(append(x, everybody[missing[j]].Train.X...), everybody[missing[j]].Test.X...)
			}
			loop, err := w.Loop(fmt.Sprintf("federated features %+v %d", s.Backbone.Net, blocks), still, s.Backbone.feature(blocks))
			if err != nil {
				return err
			}
			all, err := s.Backbone.features(ctx, loop, x, blocks)
			if err != nil {
				return err
			}
			d := s.Backbone.Net.Dim
			for j := part; j < len(missing); j += workers {
				n, t := everybody[missing[j]].Train.Len(), everybody[missing[j]].Test.Len()
				out[j] = found{all[:n*d], all[n*d : (n+t)*d]}
				all = all[(n+t)*d:]
			}
			return nil
		}})
	}
	if err := pool.Run(ctx, jobs); err != nil {
		return nil, err
	}
	for j, i := range missing {
		have[i] = out[j]
	}
	return have, nil
}
