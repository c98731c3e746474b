package fed

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// Server is the state of a federation between and during rounds. It is not safe for concurrent
// use.
type Server struct {
	Global model.Params
	Counts []int // F_g, how often each group was picked in all rounds that are closed
	Round  int   // how many are closed

	clients int
	rules   []Rule
	chosen  []int // of the open round, nil between rounds
	got     map[int]Update
}

// The reasons for which [Server.Take] refuses an update.
var (
	ErrRound    = errors.New("an update of another round")
	ErrStranger = errors.New("an update of a client that was not chosen")
	ErrTwice    = errors.New("a second update of a client")
	ErrShape    = errors.New("an update of another shape")
	ErrValue    = errors.New("an update with values that cannot be")
)

// NewServer returns a server of a number of clients that picks among groups (0 for none). It rounds
// the parameters to float32, as which clients get them.
func NewServer(start model.Params, clients, groups int, rules []Rule) (*Server, error) {
	if clients < 1 || groups < 0 {
		return nil, fmt.Errorf("fed: a server of %d clients and %d groups: want a client at least", clients, groups)
	}
	if err := start.Layout.Check(); err != nil {
		return nil, fmt.Errorf("fed: %w", err)
	}
	of, err := ruled(start.Layout, rules)
	if err != nil {
		return nil, err
	}
	for i, r := range of {
		p := start.Layout[i]
		if r != nil && r.ByGroup && (len(p.Shape) == 0 || p.Shape[0] != groups) {
			return nil, fmt.Errorf("fed: parameter %s of shape %v is to be averaged by %d groups: want these as its first axis", p.Name, p.Shape, groups)
		}
	}
	return &Server{Global: rounded(start.Clone()), Counts: make([]int, groups), clients: clients, rules: rules}, nil
}

// Begin opens a round of some clients. What an open round had got is dropped.
func (s *Server) Begin(chosen []int) error {
	seen := map[int]bool{}
	for _, i := range chosen {
		if i < 0 || i >= s.clients || seen[i] {
			return fmt.Errorf("fed: round %d: client %d is chosen twice or is none of %d", s.Round, i, s.clients)
		}
		seen[i] = true
	}
	if len(chosen) == 0 {
		return fmt.Errorf("fed: round %d: no client is chosen", s.Round)
	}
	s.chosen, s.got = slices.Clone(chosen), map[int]Update{}
	slices.Sort(s.chosen)
	return nil
}

// Take takes an update. A refusal wraps ErrRound, ErrStranger, ErrTwice, ErrShape or ErrValue and
// changes nothing.
func (s *Server) Take(u Update) error {
	refuse := func(why error, format string, args ...any) error {
		return fmt.Errorf("fed: round %d, client %d: %w: %s", s.Round, u.Client, why, fmt.Sprintf(format, args...))
	}
	if s.chosen == nil || u.Round != s.Round {
		return refuse(ErrRound, "it is of round %d (open: %t)", u.Round, s.chosen != nil)
	}
	if !slices.Contains(s.chosen, u.Client) {
		return refuse(ErrStranger, "chosen are %v", s.chosen)
	}
	if _, there := s.got[u.Client]; there {
		return refuse(ErrTwice, "the first counts")
	}
	if err := s.Global.Layout.CheckSame(u.Params.Layout); err != nil {
		return refuse(ErrShape, "%v", err)
	}
	if _, err := model.NewParams(u.Params.Layout, u.Params.Values); err != nil {
		return refuse(ErrShape, "%v", err)
	}
	if len(u.Counts) != len(s.Counts) {
		return refuse(ErrShape, "counts of %d groups, want %d", len(u.Counts), len(s.Counts))
	}
	for i, values := range u.Params.Values {
		for k, v := range values {
			if f := float64(float32(v)); math.IsNaN(f) || math.IsInf(f, 0) { // 1e39 is none of float32
				return refuse(ErrValue, "entry %d of %s is %g", k, u.Params.Layout[i].Name, v)
			}
		}
	}
	for g, n := range u.Counts {
		if n < 0 || n > math.MaxInt32 { // sums of the counts of all clients and rounds are numbers, too
			return refuse(ErrValue, "group %d was picked %d times", g, n)
		}
	}
	if u.Examples < 1 {
		return refuse(ErrValue, "trained on %d examples", u.Examples)
	}
	s.got[u.Client] = u
	return nil
}

// Missing are the clients of the open round whose update has not come.
func (s *Server) Missing() (out []int) {
	for _, i := range s.chosen {
		if _, there := s.got[i]; !there {
			out = append(out, i)
		}
	}
	return out
}

// Close ends the round with the updates that have come: their average, by the rules, takes the
// place of the global parameters, rounded to float32, as which clients get them; counts are added up. If none has come, parameters and
// counts stay, and the round is closed all the same.
func (s *Server) Close() error {
	if s.chosen == nil {
		return fmt.Errorf("fed: round %d is closed without having been opened", s.Round)
	}
	var all []Update
	for _, i := range s.chosen {
		if u, there := s.got[i]; there {
			all = append(all, u)
		}
	}
	if len(all) > 0 {
		next, err := Aggregate(s.Global, all, s.rules)
		if err != nil {
			return err
		}
		s.Global = rounded(next)
		for _, u := range all {
			for g, n := range u.Counts {
				s.Counts[g] += n
			}
		}
	}
	s.Round++
	s.chosen, s.got = nil, nil
	return nil
}

// rounded rounds parameters to float32 where they lie.
func rounded(p model.Params) model.Params {
	for _, values := range p.Values {
		for k, v := range values {
			values[k] = float64(float32(v))
		}
	}
	return p
}
