package fed

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// names are a head and rows of three groups.
var names = model.Layout{{Name: "head", Shape: []int{2}, Init: model.Normal(1)}, {Name: "group", Shape: []int{3, 2}, Init: model.Normal(1)}}

var byCounts = []Rule{{Params: []string{"group"}, ByGroup: true, Least: 50}}

func drawn(name string) model.Params { return model.Draw(names, 1, name) }

func update(client, n int, counts ...int) Update {
	return Update{Client: client, Examples: n, Params: drawn(string(rune('a' + client))), Counts: counts}
}

func TestAggregate(t *testing.T) {
	old := drawn("old")
	a, b := update(0, 30, 60, 0, 20), update(1, 10, 20, 0, 30)
	next, err := Aggregate(old, []Update{b, a}, byCounts)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-15*(1+math.Abs(want)) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	near("the head", next.Values[0][1], 0.75*a.Params.Values[0][1]+0.25*b.Params.Values[0][1])
	near("the first group", next.Values[1][1], 0.75*a.Params.Values[1][1]+0.25*b.Params.Values[1][1])      // 60 of 80 picks
	near("the third, of 50 picks", next.Values[1][5], 0.5*a.Params.Values[1][5]+0.5*b.Params.Values[1][5]) // 1/m
	if got, want := next.Values[1][2:4], old.Values[1][2:4]; !slices.Equal(got, want) {
		t.Errorf("the group that nobody picked is %v, want %v to the bit", got, want)
	}
	b.Counts[2]++ // 51
	if next, err = Aggregate(old, []Update{a, b}, byCounts); err != nil {
		t.Fatal(err)
	}
	near("the third, of 51 picks", next.Values[1][5], (20*a.Params.Values[1][5]+31*b.Params.Values[1][5])/51)

	// Momentum: the server moves by 1 - m of the way.
	slow := []Rule{{Params: []string{"group"}, Momentum: 0.75}}
	if next, err = Aggregate(old, []Update{a, b}, slow); err != nil {
		t.Fatal(err)
	}
	mean := 0.75*a.Params.Values[1][0] + 0.25*b.Params.Values[1][0]
	near("with momentum", next.Values[1][0]-old.Values[1][0], 0.25*(mean-old.Values[1][0]))
}

// What comes out depends neither on the order of arrival, nor, to the bit, on clients that agree.
func TestAggregateSymmetries(t *testing.T) {
	rng := random.Stream(3, "symmetries")
	for range 100 {
		var all []Update
		for i := range 2 + rng.IntN(4) {
			all = append(all, update(i, 1+rng.IntN(90), rng.IntN(80), rng.IntN(80), rng.IntN(3)))
		}
		rules := []Rule{{Params: []string{"group"}, ByGroup: true, Least: 50, Momentum: rng.Float64()}}
		one, err := Aggregate(drawn("old"), all, rules)
		if err != nil {
			t.Fatal(err)
		}
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		two, err := Aggregate(drawn("old"), all, rules)
		if err != nil || !slices.Equal(one.Flat(), two.Flat()) {
			t.Fatalf("another order of arrival gives other bits (%v)", err)
		}
		for i := range all {
			all[i].Params = drawn("same")
		}
		rules[0].Momentum = 0
		same, err := Aggregate(drawn("same"), all, rules)
		if err != nil || !slices.Equal(same.Flat(), drawn("same").Flat()) {
			t.Fatalf("clients that agree give %v (%v)", same.Flat(), err)
		}
	}
}

func TestServer(t *testing.T) {
	s, err := NewServer(drawn("start"), 4, 3, byCounts)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Take(update(0, 1, 0, 0, 0)); !errors.Is(err, ErrRound) {
		t.Errorf("an update before the first round: %v", err)
	}
	if err := s.Begin([]int{2, 0}); err != nil {
		t.Fatal(err)
	}
	good := update(0, 5, 60, 0, 0)
	with := func(change func(u *Update)) Update {
		u := good
		u.Params, u.Counts = u.Params.Clone(), slices.Clone(u.Counts)
		change(&u)
		return u
	}
	before := s.Global.Flat()
	for _, c := range []struct {
		why error
		u   Update
	}{
		{ErrRound, with(func(u *Update) { u.Round = 1 })},
		{ErrStranger, with(func(u *Update) { u.Client = 1 })},
		{ErrStranger, with(func(u *Update) { u.Client = -1 })},
		{ErrShape, with(func(u *Update) { u.Counts = u.Counts[:2] })},
		{ErrShape, with(func(u *Update) { u.Params.Layout = u.Params.Layout[:1] })},
		{ErrShape, with(func(u *Update) { u.Params.Values[1] = u.Params.Values[1][:5] })},
		{ErrShape, with(func(u *Update) { u.Params.Values = u.Params.Values[:1] })},
		{ErrValue, with(func(u *Update) { u.Params.Values[1][3] = math.NaN() })},
		{ErrValue, with(func(u *Update) { u.Params.Values[0][0] = math.Inf(-1) })},
		{ErrValue, with(func(u *Update) { u.Params.Values[0][1] = 1e39 })}, // ∞ in float32
		{ErrValue, with(func(u *Update) { u.Counts[1] = -1 })},
		{ErrValue, with(func(u *Update) { u.Counts[1] = math.MaxInt })},
		{ErrValue, with(func(u *Update) { u.Examples = 0 })},
	} {
		if err := s.Take(c.u); !errors.Is(err, c.why) {
			t.Errorf("want %q, found %v", c.why, err)
		}
	}
	if !slices.Equal(s.Missing(), []int{0, 2}) {
		t.Errorf("after refusals %v are missing, want 0 and 2", s.Missing())
	}
	if err := s.Take(good); err != nil {
		t.Fatal(err)
	}
	if err := s.Take(with(func(u *Update) { u.Params.Values[0][0]++ })); !errors.Is(err, ErrTwice) {
		t.Errorf("a second update: %v", err)
	}
	if !slices.Equal(s.Missing(), []int{2}) || !slices.Equal(s.Global.Flat(), before) {
		t.Errorf("%v are missing, want 2, and nothing is changed yet", s.Missing())
	}
	if err := s.Close(); err != nil { // without client 2
		t.Fatal(err)
	}
	for k, v := range good.Params.Values[1][:2] {
		if s.Global.Values[1][k] != float64(float32(v)) {
			t.Errorf("the picked group is %v, want the only client's in float32, %v", s.Global.Values[1][k], v)
		}
	}
	if s.Round != 1 || !slices.Equal(s.Counts, []int{60, 0, 0}) {
		t.Errorf("round %d with counts %v, want 1 and 60", s.Round, s.Counts)
	}
	after := s.Global.Flat()
	if err := errors.Join(s.Begin([]int{1}), s.Close()); err != nil {
		t.Fatal(err)
	}
	if s.Round != 2 || !slices.Equal(s.Global.Flat(), after) {
		t.Error("a round without an update changes parameters")
	}
	if err := s.Close(); err == nil {
		t.Error("a round that was not opened is closed")
	}
}

func TestServerMistakes(t *testing.T) {
	start := drawn("start")
	make := func(clients, groups int, rules []Rule) error {
		_, err := NewServer(start, clients, groups, rules)
		return err
	}
	s, err := NewServer(start, 2, 3, byCounts)
	if err != nil {
		t.Fatal(err)
	}
	for want, found := range map[string]error{
		"0 clients":      make(0, 3, byCounts),
		"by 4 groups":    make(2, 4, byCounts),
		"no parameter":   make(2, 3, []Rule{{Params: []string{"nobody"}}}),
		"two rules":      make(2, 3, []Rule{{Params: []string{"group"}}, {Params: []string{"g*"}}}),
		"momentum of 1":  make(2, 3, []Rule{{Params: []string{"group"}, Momentum: 1}}),
		"chosen twice":   s.Begin([]int{1, 1}),
		"none of 2":      s.Begin([]int{2}),
		"no client is":   s.Begin(nil),
		"nothing to ave": func() error { _, err := Aggregate(start, nil, nil); return err }(),
	} {
		if found == nil || !strings.Contains(found.Error(), want) {
			t.Errorf("want an error with %q, found %v", want, found)
		}
	}
}
