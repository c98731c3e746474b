package claim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The generator of these tests draws values where judges err: on bounds, beside them, and
// where there is no number.

var tempting = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1, math.Nextafter(1, 2), math.Nextafter(1, 0), -1, 0.9, 1.1, 0.8, 1.25, 5e-324, 1e-13, 1e300, -1e300, 2}

func value(r *rand.Rand) float64 {
	if r.IntN(3) == 0 {
		return tempting[r.IntN(len(tempting))]
	}
	return math.Round(40*(r.Float64()-0.25)) / 10
}

func values(r *rand.Rand) []float64 {
	xs := make([]float64, []int{0, 1, 1, 1, 2, 3}[r.IntN(6)])
	for i := range xs {
		xs[i] = value(r)
	}
	return xs
}

func anyRule(r *rand.Rand) Rule {
	for {
		x := []float64{-1, 0, 1, 1, 1, 2}[r.IntN(6)]
		rule := [...]Rule{Within(x, 0.1), Within(x, 0.5), Between(x, x), Between(x-0.1, x+0.1), Between(-1, 2), AtMost(x), AtLeast(x), Above(x), Below(x),
			RoundOff(1e-12), Exactly(r.IntN(3)), SlopeOf(x, x+0.3, x-1), SlopeOf(x, 3*x+1), AtMost(math.NaN()), Within(math.NaN(), 0.1)}[r.IntN(15)]
		if rule.misuse() == nil {
			return rule
		}
	}
}

// satisfied says, written down once more, whether x is a number that satisfies the rule.
func satisfied(x float64, r Rule) bool {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return false
	}
	switch r.name {
	case atMost:
		return x <= r.high
	case below:
		return x < r.high
	case atLeast:
		return x >= r.low
	case above:
		return x > r.low
	case exactly:
		return x == r.target
	case between:
		return r.low <= x && x <= r.high
	}
	return x >= r.target-r.tolerance && x <= r.target+r.tolerance
}

func every(xs []float64, ok func(float64) bool) bool {
	return len(xs) > 0 && !slices.ContainsFunc(xs, func(x float64) bool { return !ok(x) })
}

// story is what one process records for one part, as calls and as what they mean.
type story struct {
	part    string
	process int
	checks  []told
}

type told struct {
	claim, name string
	xs          []float64
	rule        Rule
	factor      float64
	controls    [][]float64
	some        []bool
	because     bool
	counter     bool
}

func (c told) record(claim *Claim) {
	if c.counter {
		claim.CounterExample(c.name, c.xs[0], c.rule)
		return
	}
	var k *Check
	if c.factor > 0 {
		k = claim.BoundAll(c.name, c.xs, c.rule, c.factor)
	} else {
		k = claim.CheckAll(c.name, c.xs, c.rule)
	}
	for i, ys := range c.controls {
		if c.some[i] {
			k.ControlSome(fmt.Sprint("control ", i), ys...)
		} else {
			k.Control(fmt.Sprint("control ", i), ys...)
		}
	}
	if c.because {
		k.Because(why)
	}
}

// holds says whether the check is satisfied by all that it measured.
func (c told) holds() bool { return every(c.xs, func(x float64) bool { return satisfied(x, c.rule) }) }

// sound says whether everything beside the check could be seen to be able to fail.
func (c told) sound() bool {
	fails := func(x float64) bool { return finite(x) && !satisfied(x, c.rule) }
	for i, ys := range c.controls {
		if !every(ys, finite) || c.some[i] && !slices.ContainsFunc(ys, fails) || !c.some[i] && !every(ys, fails) {
			return false
		}
	}
	if c.factor > 0 {
		sharp := AtMost(c.rule.high / c.factor)
		if c.rule.name == atLeast {
			sharp = AtLeast(c.rule.low * c.factor)
		}
		if every(c.xs, func(x float64) bool { return satisfied(x, sharp) }) {
			return false
		}
	}
	if !c.because {
		middle, half := (c.rule.low+c.rule.high)/2, (c.rule.high-c.rule.low)/2
		exact := c.rule.name == roundOff || c.rule.name == exactly
		if c.factor == 0 && !exact && (math.IsInf(half, 0) || !(half <= 0.2*math.Abs(middle)*(1+1e-12))) || c.factor > 1.25 {
			return false
		}
		if c.factor > 0 && slices.ContainsFunc(c.xs, func(x float64) bool { return x != 0 && (x == c.rule.low || x == c.rule.high) }) {
			return false
		}
		ones := c.rule.low == 1 || c.rule.high == 1
		if c.factor > 0 && ones && slices.ContainsFunc(c.xs, func(x float64) bool { return x > 1-1e-6 && x < 1+1e-6 }) {
			return false
		}
	}
	return c.factor > 0 || c.rule.name == roundOff || c.rule.name == exactly || len(c.controls) > 0
}

// expect says, from what was told about a statement, what its verdict must be.
func expect(s Statement, all []told) Verdict {
	var checks, counters []told
	for _, c := range all {
		if c.counter {
			counters = append(counters, c)
		} else {
			checks = append(checks, c)
		}
	}
	exact, exactControls, sound := 0, 0, true
	for _, c := range checks {
		if !c.holds() {
			return Fails
		}
		sound = sound && c.sound()
		if c.rule.name == roundOff || c.rule.name == exactly {
			exact, exactControls = exact+1, exactControls+len(c.controls)
		}
	}
	for _, c := range counters {
		sound = sound && finite(c.xs[0]) && !satisfied(c.xs[0], c.rule) && !c.rule.broken()
	}
	switch {
	case len(checks) == 0 && s.Scale != "" && len(counters) == 0:
		return PaperScale
	case len(checks) == 0:
		return NotChecked
	case !sound || exact > 0 && exactControls == 0 || s.Printed != "" && len(counters) == 0:
		return Vacuous
	case s.Scale != "":
		return PaperScale
	case s.Evidence:
		return Evidence
	case s.Printed != "":
		return s.Repair
	}
	return Holds
}

// draw makes stories of several parts and processes; most of their checks are well, so that
// some claims end green.
func draw(r *rand.Rand, p Paper) []story {
	var stories []story
	name := 0
	for process := range 1 + r.IntN(5) {
		s := story{part: fmt.Sprint("part ", r.IntN(3)), process: process}
		for range r.IntN(5) {
			st := p.Statements[r.IntN(len(p.Statements))]
			name++
			c := told{claim: st.ID, name: fmt.Sprint("check ", name), xs: []float64{1}, rule: Within(1, 0.1), controls: [][]float64{{2}}, some: []bool{false}}
			switch r.IntN(8) {
			case 0:
				c.xs, c.rule = values(r), anyRule(r)
			case 1:
				c.rule, c.because = anyRule(r), true
			case 2:
				c.controls = [][]float64{values(r), values(r)}
				c.some = []bool{r.IntN(2) == 0, r.IntN(2) == 0}
			case 3:
				c.controls, c.some = nil, nil
			case 4:
				c.xs, c.rule, c.factor, c.controls, c.some = values(r), [...]Rule{AtMost(1), AtLeast(1)}[r.IntN(2)], []float64{1.25, 2}[r.IntN(2)], nil, nil
				c.because = r.IntN(2) == 0
			}
			s.checks = append(s.checks, c)
			if st.Printed != "" && r.IntN(2) == 0 {
				name++
				s.checks = append(s.checks, told{claim: st.ID, name: fmt.Sprint("counter ", name), xs: []float64{[]float64{3, 3, 3, value(r)}[r.IntN(4)]}, rule: AtMost(2), counter: true})
			}
		}
		stories = append(stories, s)
	}
	return stories
}

// played returns the record of the stories, whose parts may be interleaved, and with once
// the record in which no process replaces another.
func played(t *testing.T, p Paper, stories []story, once bool) *Record {
	t.Helper()
	all := memory(t)
	all.once = once
	for _, s := range stories {
		l := memory(t)
		l.process = fmt.Sprint("process ", s.process)
		for _, c := range s.checks {
			c.record(l.Part(s.part).Claim(c.claim))
		}
		all.memory = append(all.memory, l.memory...)
	}
	rec, err := all.Record()
	if rec == nil {
		t.Fatal(err)
	}
	return rec
}

func playAndCompare(t *testing.T, seed uint64) (green, red int) {
	t.Helper()
	p := loaded(t)
	r := rand.New(rand.NewPCG(seed, 2))
	stories := draw(r, p)
	current := map[string][]told{} // by claim, of each part's last process
	every := map[string][]told{}
	for i, s := range stories {
		last := !slices.ContainsFunc(stories[i+1:], func(o story) bool { return o.part == s.part && len(o.checks) > 0 })
		for _, c := range s.checks {
			every[c.claim] = append(every[c.claim], c)
			if last {
				current[c.claim] = append(current[c.claim], c)
			}
		}
	}
	rec := played(t, p, stories, false)
	verdicts := map[string]Verdict{}
	for i, o := range rec.Claims {
		verdicts[o.ID] = o.Verdict
		if want := expect(p.Statements[i], current[o.ID]); o.Verdict != want {
			t.Errorf("seed %d, %s: %s (%s), want %s of %+v", seed, o.ID, o.Verdict, o.Reason, want, current[o.ID])
		}
		if o.Verdict.Red() {
			red++
		} else if len(o.Checks) > 0 {
			green++
		}
		if slices.ContainsFunc(current[o.ID], func(c told) bool { return !c.counter && !c.holds() }) && !o.Verdict.Red() {
			t.Errorf("seed %d, %s: a failing check was forgiven", seed, o.ID)
		}
	}
	if err := rec.verify(); err != nil {
		t.Errorf("seed %d: the record says of itself that it was edited: %v", seed, err)
	}
	// Where each part runs once, nothing is replaced and nothing forgiven.
	for i, o := range played(t, p, stories, true).Claims {
		if want := expect(p.Statements[i], every[o.ID]); o.Verdict != want {
			t.Errorf("seed %d, once, %s: %s (%s), want %s", seed, o.ID, o.Verdict, o.Reason, want)
		}
	}
	// The order of parts, which keeps the order of the processes of each part, is of no matter.
	shuffled := slices.Clone(stories)
	rank := map[string]int{"part 0": r.IntN(9), "part 1": r.IntN(9), "part 2": r.IntN(9)}
	slices.SortStableFunc(shuffled, func(a, b story) int { return rank[a.part] - rank[b.part] })
	for _, o := range played(t, p, shuffled, false).Claims {
		if o.Verdict != verdicts[o.ID] {
			t.Errorf("seed %d, %s: %s, but %s in another order of the parts", seed, o.ID, verdicts[o.ID], o.Verdict)
		}
	}
	return green, red
}

func TestNoRedIsForgiven(t *testing.T) {
	t.Parallel()
	green, red := 0, 0
	for seed := range uint64(800) {
		g, r := playAndCompare(t, seed)
		green, red = green+g, red+r
		if t.Failed() {
			return
		}
	}
	if green < 300 || red < 300 {
		t.Errorf("%d green and %d red verdicts: too few of one", green, red)
	}
}

func FuzzJudge(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(1<<40 + seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { playAndCompare(t, seed) })
}
