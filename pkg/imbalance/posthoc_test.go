package imbalance

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/random"
	. "github.com/marginalia-ml/marginalia/pkg/testkit"
)

// three returns scores of 60 examples of three classes with sizes 40, 15 and 5, whose prior pulls to the first.
func three(t *testing.T) *Posthoc {
	rng := random.Stream(1, "posthoc")
	p := &Posthoc{Objective: Objective{Kind: "balanced"}}
	for k, n := range []int{40, 15, 5} {
		for range n {
			f := normals(rng, 3)
			f[k] += 2
			f[0] += 1.5
			p.Scores, p.Y = append(p.Scores, f...), append(p.Y, k)
		}
	}
	F := Must(Dictionary(Attribute{"frequency", []float64{40, 15, 5}}))(t)
	p.Map = NewMap(F)
	return p
}

func TestPosthocGradient(t *testing.T) {
	p := three(t)
	rng := random.Stream(1, "gradient")
	for _, m := range []Map{p.Map, Free(3, true), Free(3, false)} {
		for _, o := range []Objective{{Kind: "balanced"}, {Kind: "cvar", A: 0.4}, {Kind: "weighted", Weight: []float64{1, 2, 3}}, {Kind: "aggregate", Lambda: 0.5}, {Kind: "quantile", A: 0.3}} {
			p.Map, p.Objective = m, o
			l, d := m.Size()
			v := normals(rng, l+d)
			g := make([]float64, l+d)
			p.Value(g, v)
			nearAll(t, o.String(), g, differences(func(v []float64) float64 { return p.Value(nil, v) }, v), 1e-8)
		}
	}
}

func TestPosthocFit(t *testing.T) {
	p := three(t)
	for _, o := range []Objective{{Kind: "balanced"}, {Kind: "cvar", A: 0.5}} {
		p.Objective = o
		fit := Must(p.Fit(context.Background(), 500))(t)
		Near(t, "start", fit.Start, p.Value(nil, make([]float64, 5)), IdentityTol)
		Near(t, "end", fit.End, p.Value(nil, fit.V), IdentityTol)
		if fit.End > fit.Start-0.1 {
			t.Errorf("%s: from %g to %g", o, fit.Start, fit.End)
		}
		if o.Kind == "balanced" && fit.GradNorm > 1e-6 {
			t.Errorf("gradient %g at the minimum", fit.GradNorm)
		}
		if l := fit.Strategy.L; l[2] <= l[0] {
			t.Errorf("the rare class has l = %g, the frequent one %g: after training the rare one gets the larger", l[2], l[0])
		}
		free := *p
		free.Map = Free(3, true)
		if all := Must(free.Fit(context.Background(), 500))(t); all.End > fit.End+1e-6 {
			t.Errorf("%s: with a number for each class the validation objective is %g, with fewer %g", o, all.End, fit.End)
		}
	}
	// The optimum does not depend on a constant added to all scores: the columns of F_Δ are those of F_l and 1.
	p.Objective = Objective{Kind: "balanced"}
	before := Must(p.Fit(context.Background(), 2000))(t)
	for i := range p.Scores {
		p.Scores[i] += 3
	}
	Near(t, "after a shift", Must(p.Fit(context.Background(), 2000))(t).End, before.End, 1e-7)

	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Fit(cancelled, 10); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPosthocRefuses(t *testing.T) {
	for name, spoil := range map[string]func(p *Posthoc){
		"unknown objective":  func(p *Posthoc) { p.Objective.Kind = "best" },
		"no map":             func(p *Posthoc) { p.Map = Map{} },
		"class out of range": func(p *Posthoc) { p.Y[0] = 3 }, // more classes in validation than the map was made for
		"too few scores":     func(p *Posthoc) { p.Scores = p.Scores[:7] },
		"infinite score":     func(p *Posthoc) { p.Scores[4] = math.Inf(1) },
	} {
		p := three(t)
		spoil(p)
		if _, err := p.Fit(context.Background(), 10); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := three(t)
	for i := range p.Y {
		p.Y[i] = min(p.Y[i], 1)
	}
	if _, err := p.Fit(context.Background(), 10); !errors.Is(err, ErrEmptyClass) {
		t.Errorf("no example of the rarest: %v", err)
	}
}

// tiny is a lower problem and a set for validation: K = 4, d = 5.
func tiny() (*Regression, *Regression, Strategy, Objective) {
	rng := random.Stream(2, "tiny")
	draw := func(n int) *Regression {
		p := &Regression{X: mat.NewDense(n, 5, normals(rng, 5*n)), K: 4, Lambda: 0.05}
		for i := range n {
			k := min(rng.IntN(8)/2, 3)
			p.X.Set(i, k, p.X.At(i, k)+1)
			p.Y = append(p.Y, k)
		}
		return p
	}
	s := Strategy{[]float64{1, 0.5, 2, 1}, normals(rng, 4), []float64{1, 0.8, 1.2, 0.6}}
	return draw(80), draw(40), s, Objective{Kind: "aggregate", Lambda: 0.5}
}

func TestLogistic(t *testing.T) {
	p, _, s, _ := tiny()
	rng := random.Stream(3, "logistic")
	theta, v := normals(rng, 20), normals(rng, 20)
	g := make([]float64, 20)
	value := p.Value(s, g, theta)
	nearAll(t, "gradient", g, differences(func(x []float64) float64 { return p.Value(s, make([]float64, 20), x) }, theta), 1e-8)
	var direct float64
	for i, y := range p.Y {
		f := make([]float64, 4)
		for k := range f {
			f[k] = floats.Dot(theta[5*k:5*k+5], p.X.RawRowView(i))
		}
		direct += s.Loss(f, y) / 80
	}
	Near(t, "value", value, direct+0.025*floats.Dot(theta, theta), 1e-10)

	at := p.At(s, theta)
	hv := make([]float64, 20)
	at.HessianTo(hv, v)
	along := func(x []float64) float64 {
		g := make([]float64, 20)
		p.Value(s, g, x)
		return floats.Dot(g, v)
	}
	nearAll(t, "Hessian", hv, differences(along, theta), 1e-8)
	dl, dd := at.MixedTo(v)
	mixed := func(of *[]float64) []float64 {
		return differences(func(x []float64) float64 {
			old := *of
			defer func() { *of = old }()
			*of = x
			return along(theta)
		}, append([]float64{}, *of...))
	}
	nearAll(t, "mixed, l", dl, mixed(&s.L), 1e-8)
	nearAll(t, "mixed, Δ", dd, mixed(&s.Delta), 1e-8)
}

// The hyper-gradient against differences of the lower problem solved again, and the series against the exact solve.
func TestHyperGradient(t *testing.T) {
	p, held, s, o := tiny()
	ctx := context.Background()
	solve := func() []float64 { return Must(p.Fit(ctx, s, 1e-11, 5000))(t) }
	theta := solve()
	at := p.At(s, theta)
	_, v := held.Upper(o, theta)
	nearAll(t, "upper gradient", v, differences(func(x []float64) float64 { f, _ := held.Upper(o, x); return f }, append([]float64{}, theta...)), 1e-8)
	u := Must(Solve(at.HessianTo, v))(t)
	dl, dd := at.HyperGradient(u)
	for k := range 4 {
		for _, c := range []struct {
			of   []float64
			want float64
		}{{s.L, dl[k]}, {s.Delta, dd[k]}} {
			const h = 1e-4
			was := c.of[k]
			c.of[k] = was + h
			up, _ := held.Upper(o, solve())
			c.of[k] = was - h
			down, _ := held.Upper(o, solve())
			c.of[k] = was
			Near(t, "hyper-gradient", (up-down)/(2*h), c.want, 1e-6)
		}
	}
	Near(t, "a constant in l is void", floats.Sum(dl), 0, 1e-12)

	top := LargestEigenvalue(at.HessianTo, 20, 2000, random.Stream(1, "power"))
	eta := 1 / top
	for _, T := range []int{0, 1, 5, 30} {
		sum := Neumann(at.HessianTo, v, eta, T)
		rest := append([]float64{}, u...)
		hr := make([]float64, 20)
		for range T + 1 {
			at.HessianTo(hr, rest)
			floats.AddScaled(rest, -eta, hr)
		}
		floats.Sub(sum, u)
		floats.Add(sum, rest)
		Near(t, "remainder", floats.Norm(sum, 2)/floats.Norm(u, 2), 0, 1e-12)
	}
	error := func(eta float64, T int) float64 {
		return floats.Distance(Neumann(at.HessianTo, v, eta, T), u, 2) / floats.Norm(u, 2)
	}
	if e := error(eta, 1000); e > 1e-9 {
		t.Errorf("error %g after 1,000 terms", e)
	}
	if e := error(2.2/top, 400); e < 1e6 {
		t.Errorf("error %g with η = 2.2/λ_max, want divergence", e)
	}
	// λ_max by the eigenvalues of the matrix
	H, col := mat.NewSymDense(20, nil), make([]float64, 20)
	for j := range 20 {
		e := make([]float64, 20)
		e[j] = 1
		at.HessianTo(col, e)
		for i := range 20 {
			H.SetSym(i, j, col[i])
		}
	}
	var eigen mat.EigenSym
	eigen.Factorize(H, false)
	values := eigen.Values(nil)
	Near(t, "λ_max", top, values[19], 1e-8)
	if _, err := Solve(func(dst, v []float64) { floats.ScaleTo(dst, -1, v) }, v); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
}

func TestLogisticRefuses(t *testing.T) {
	ctx := context.Background()
	for name, spoil := range map[string]func(p *Regression, s *Strategy){
		"λ = 0":           func(p *Regression, _ *Strategy) { p.Lambda = 0 },
		"label too large": func(p *Regression, _ *Strategy) { p.Y[0] = 4 },
		"labels missing":  func(p *Regression, _ *Strategy) { p.Y = p.Y[1:] },
		"weight":          func(_ *Regression, s *Strategy) { s.Weight[1] = 0 },
		"strategy":        func(_ *Regression, s *Strategy) { s.L = s.L[1:] },
		"NaN":             func(_ *Regression, s *Strategy) { s.Delta[2] = math.NaN() },
	} {
		p, _, s, _ := tiny()
		spoil(p, &s)
		if _, err := p.Fit(ctx, s, 1e-6, 10); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
