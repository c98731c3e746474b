package optim

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/model"
)

// Spec is an optimizer as data: what a configuration in JSON says, and what the
// key of a kept result is made of.
//
//	Method     θ after a step from θ, with the gradient g
//	gd         θ − η g
//	ngd        θ − η g/‖g‖
//	momentum   v ← β v + g,  θ − η v
//	nesterov   v ← β v + g,  θ − η (g + β v)
//	adam       θ − η m̂/(√v̂ + ε)
//	adamw      θ − η (m̂/(√v̂ + ε) + λ θ)
//	adamr      θ − η (m̂/(√v̂ + ε) + λ/r (θ − θ₀)),  r = √(mean of v̂)
//	polyak     θ − c (f − f*)/‖g‖² g
//
// as [GD], [NormalizedGD], [Momentum], [Nesterov], [Adam], [AdamW], [AdamR] and
// [Polyak] say in full. Norms and means are over all trained parameters together.
//
// Its numbers (rates, λ, β, bounds, milestones) are inputs of the program that
// trains, not constants of its graph: specs of one [Spec.Program] share what was
// compiled. They lie behind the moments among the slots, where updates leave
// them as they are.
//
// The optimizer of a spec also updates R runs at once, whose specs are of one program:
// parameters, gradients and slots are [R, ...], numbers and losses [R], and each run has
// norms and means of its own.
type Spec struct {
	Method   string
	Rate     float64 // η; of polyak the factor c
	Momentum float64 `json:",omitempty"` // β of momentum and nesterov
	Infimum  float64 `json:",omitempty"` // f* of polyak

	// Decay is λ. Of adamw and adamr it is the decoupled decay above; of the
	// others but polyak it adds λ θ to the gradient, after it was clipped.
	Decay float64 `json:",omitempty"`
	// L1 has adamr decay by the sign of θ − θ₀ instead.
	L1 bool `json:",omitempty"`
	// Clip, if positive, bounds ‖g‖: a longer gradient is scaled down to it.
	Clip float64 `json:",omitempty"`

	// Beta1, Beta2 and Eps are the constants of adam, adamw and adamr; if all are
	// zero, the usual 0.9, 0.999 and 1e-8. Whoever gives one gives β₂ too: without
	// it the steps are the signs of gradients.
	Beta1, Beta2, Eps float64 `json:",omitempty"`

	Schedule ScheduleSpec // of Rate

	// Names or patterns of parameters (see model.Layout.Match). Only trains these
	// alone, all if empty; Frozen parameters are not trained, NoDecay ones do not
	// decay.
	Only, Frozen, NoDecay []string `json:",omitempty"`
}

// ScheduleSpec says how a rate v depends on the step k.
//
//	Kind           rate
//	"", constant   v
//	cosine         v/2 (1 + cos(π min(k, Total)/Total))
//	linear         v (1 − min(k, Total)/Total)
//	power          v/(k+1)^Power
//	inverse-sqrt   v/√(k+1)
//	milestones     v times Gamma for each of Milestones that k has reached
//
// Each is multiplied by min(1, (k+1)/Warmup) if Warmup is positive.
type ScheduleSpec struct {
	Kind       string  `json:",omitempty"`
	Warmup     int     `json:",omitempty"`
	Total      int     `json:",omitempty"`
	Power      float64 `json:",omitempty"`
	Gamma      float64 `json:",omitempty"`
	Milestones []int   `json:",omitempty"`
}

// Methods and Schedules list the known ones.
var (
	Methods   = []string{"gd", "ngd", "momentum", "nesterov", "adam", "adamw", "adamr", "polyak"}
	Schedules = []string{"constant", "cosine", "linear", "power", "inverse-sqrt", "milestones"}
)

// New returns the optimizer for the parameters of a layout. An unknown method or
// schedule, a number that makes no sense or that the method does not have, and a
// mask that names no parameter are errors that say what is known.
func (s Spec) New(l model.Layout) (Optimizer, error) {
	if err := l.Check(); err != nil {
		return nil, fmt.Errorf("optim: %w", err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("optim: %w", err)
	}
	trained, decays, err := s.masks(l)
	if err != nil {
		return nil, fmt.Errorf("optim: %w", err)
	}
	return &specified{spec: s, params: len(l), trained: trained, decays: decays, numbers: s.numbers()}, nil
}

// Program names what the compiled program depends on: specs of equal names differ
// in numbers alone.
func (s Spec) Program() string {
	return fmt.Sprintf("%s l1=%t decay=%t clip=%t schedule=%s+%d warmup=%t only=%q frozen=%q nodecay=%q",
		s.Method, s.L1, s.Decay != 0, s.Clip != 0, s.Schedule.kind(), len(s.Schedule.Milestones), s.Schedule.Warmup > 0,
		s.Only, s.Frozen, s.NoDecay)
}

func (s ScheduleSpec) kind() string {
	if s.Kind == "" {
		return "constant"
	}
	return s.Kind
}

func (s Spec) adams() bool { return strings.HasPrefix(s.Method, "adam") }

// decoupled reports whether the decay is the rule's, not the gradient's.
func (s Spec) decoupled() bool { return s.Method == "adamw" || s.Method == "adamr" }

func (s Spec) check() error {
	bad := func(format string, args ...any) error { return fmt.Errorf(format, args...) }
	positive := func(x float64) bool { return x > 0 && !math.IsInf(x, 1) }
	unit := func(x float64) bool { return x >= 0 && x < 1 }
	moving := s.Method == "momentum" || s.Method == "nesterov"
	switch {
	case !slices.Contains(Methods, s.Method):
		return bad("unknown method %q: known are %s", s.Method, strings.Join(Methods, ", "))
	case !positive(s.Rate):
		return bad("%s with the rate %v, want a positive number", s.Method, s.Rate)
	case s.Momentum != 0 && !moving:
		return bad("%s has no momentum, found %v: momentum and nesterov have", s.Method, s.Momentum)
	case !unit(s.Momentum):
		return bad("momentum %v, want it in [0, 1)", s.Momentum)
	case (s.Beta1 != 0 || s.Beta2 != 0 || s.Eps != 0) && !s.adams():
		return bad("%s has no β₁, β₂ and ε, found %v, %v and %v: adam, adamw and adamr have", s.Method, s.Beta1, s.Beta2, s.Eps)
	case !unit(s.Beta1) || !unit(s.Beta2) || !(s.Eps >= 0):
		return bad("β₁ = %v, β₂ = %v, ε = %v: want the first two in [0, 1), ε ≥ 0", s.Beta1, s.Beta2, s.Eps)
	case s.Beta2 == 0 && (s.Beta1 != 0 || s.Eps != 0):
		return bad("β₁ = %v and ε = %v without β₂: give all three, as 0.9, 0.999 and 1e-8, or none", s.Beta1, s.Eps)
	case s.Infimum != 0 && s.Method != "polyak":
		return bad("%s knows no infimum, found %v: polyak does", s.Method, s.Infimum)
	case math.IsNaN(s.Infimum) || math.IsInf(s.Infimum, 0):
		return bad("infimum %v, want a finite number", s.Infimum)
	case s.Decay != 0 && s.Method == "polyak":
		return bad("polyak has no decay, found %v: add the term to the loss, whose value the step needs", s.Decay)
	case !(s.Decay >= 0) || math.IsInf(s.Decay, 1):
		return bad("decay %v, want 0 or a positive number", s.Decay)
	case len(s.NoDecay) > 0 && s.Decay == 0:
		return bad("parameters %q are not to decay, but nothing does: set Decay", s.NoDecay)
	case s.L1 && s.Method != "adamr":
		return bad("%s has no L1 decay: adamr has", s.Method)
	case s.Clip != 0 && !positive(s.Clip):
		return bad("clip at %v, want a positive number, or 0 for no bound", s.Clip)
	}
	if s.Method == "polyak" && (s.Schedule.kind() != "constant" || s.Schedule.Warmup != 0) {
		return bad("polyak sets its own step: a schedule %q with warm-up %d has no meaning", s.Schedule.kind(), s.Schedule.Warmup)
	}
	return s.Schedule.check()
}

func (s ScheduleSpec) check() error {
	bad := func(format string, args ...any) error { return fmt.Errorf(format, args...) }
	kind := s.kind()
	falls := kind == "cosine" || kind == "linear"
	switch {
	case !slices.Contains(Schedules, kind):
		return bad("unknown schedule %q: known are %s", kind, strings.Join(Schedules, ", "))
	case s.Warmup < 0:
		return bad("a warm-up of %d steps", s.Warmup)
	case falls && s.Total < 1:
		return bad("a %s schedule of %d steps, want Total to be positive", kind, s.Total)
	case !falls && s.Total != 0:
		return bad("a %s schedule has no end, found Total = %d", kind, s.Total)
	case kind == "power" && !(s.Power > 0 && !math.IsInf(s.Power, 1)):
		return bad("a power schedule with the power %v, want a positive number", s.Power)
	case kind != "power" && s.Power != 0:
		return bad("a %s schedule has no power, found %v", kind, s.Power)
	case kind == "milestones" && (len(s.Milestones) == 0 || !(s.Gamma > 0 && !math.IsInf(s.Gamma, 1))):
		return bad("milestones %v with Gamma = %v, want at least one and a positive factor", s.Milestones, s.Gamma)
	case kind != "milestones" && (len(s.Milestones) > 0 || s.Gamma != 0):
		return bad("a %s schedule has no milestones, found %v with Gamma = %v", kind, s.Milestones, s.Gamma)
	case !slices.IsSorted(s.Milestones):
		return bad("milestones %v do not increase", s.Milestones)
	}
	return nil
}

// masks returns the places of the trained parameters and which of these decay.
func (s Spec) masks(l model.Layout) (trained []int, decays []bool, err error) {
	match := func(field string, names []string) []int {
		if err != nil || len(names) == 0 {
			return nil
		}
		var places []int
		if places, err = l.Match(names...); err != nil {
			err = fmt.Errorf("%s: %w", field, err)
		}
		return places
	}
	only, frozen, still := match("Only", s.Only), match("Frozen", s.Frozen), match("NoDecay", s.NoDecay)
	if err != nil {
		return nil, nil, err
	}
	for i := range l {
		if (len(s.Only) == 0 || slices.Contains(only, i)) && !slices.Contains(frozen, i) {
			trained = append(trained, i)
			decays = append(decays, !slices.Contains(still, i))
		}
	}
	if len(trained) == 0 {
		return nil, nil, fmt.Errorf("no parameter of %v is left to train with Only = %q and Frozen = %q", l.Names(), s.Only, s.Frozen)
	}
	return trained, decays, nil
}
