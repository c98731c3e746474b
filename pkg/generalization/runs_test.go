package generalization

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Networks on the device are those of the host, step by step, whatever the depth and whether samples are shared.
func TestRunsAreDescent(t *testing.T) {
	for _, name := range []string{"softplus", "tanh", "gelu"} {
		for l := 1; l <= 3; l++ {
			rng := stream(uint64(40 + l))
			net := must[*Net](t)(NewNet(3, 6, l, name))
			var samples []*Sample
			var starts [][]float64
			for range 2 {
				samples = append(samples, must[*Sample](t)(Quadrants(5, 3, rng)))
				starts = append(starts, net.Start(rng))
			}
			test := must[*Sample](t)(Quadrants(9, 3, rng))
			anchor := net.Start(rng)
			const eta, steps = 0.7, 4
			traces, err := RunAll(context.Background(), "", []*Runs{
				{Net: net, Starts: starts, Samples: samples, Eta: eta, At: []int{0, 1, steps}, Test: test, Anchors: [][]float64{anchor}},
				{Net: net, Starts: starts, Samples: samples[:1], Eta: eta, At: []int{steps}, Single: true},
				{Net: net, Starts: starts, Samples: samples, Eta: eta, At: []int{0, steps}, Test: test, First: true},
			})
			if err != nil {
				t.Fatal(err)
			}
			for k := range samples {
				o := must[*Objective](t)(NewObjective(net, samples[k]))
				w, g, sum := append([]float64(nil), starts[k]...), make([]float64, net.Size()), 0.0
				for range steps {
					sum += o.Gradient(g, w)
					floats.AddScaled(w, -eta, g)
				}
				value := o.Gradient(g, w)
				tr := traces[0]
				loss, wrong := 0.0, 0.0
				for i, y := range test.Y {
					u := y * net.Output(w, test.X.RawRowView(i))
					loss += Loss(u) / 9
					if u <= 0 {
						wrong += 1. / 9
					}
				}
				for what, pair := range map[string][2]float64{
					"F̂": {tr.Train[2][k], value}, "ΣF̂": {tr.Sum[2][k], sum}, "‖∇F̂‖": {tr.Slope[2][k], floats.Norm(g, 2)},
					"‖w - w_0‖": {tr.Moved[2][k], floats.Distance(w, starts[k], 2)}, "‖w - w*‖": {tr.Anchor[2][k], floats.Distance(w, anchor, 2)},
					"F": {tr.Test[2][k], loss}, "error": {tr.Error[2][k], wrong}, "‖w - last‖": {floats.Distance(w, tr.Last[k], 2), 0},
					"‖w - w^0‖": {tr.Apart[2][k], floats.Distance(tr.Last[k], tr.Last[0], 2)},
				} {
					if !near(pair[0], pair[1], 1e-12) {
						t.Errorf("%s, L = %d, network %d: %s = %.15g on the device, %.15g on the host", name, l, k, what, pair[0], pair[1])
					}
				}
				for i, f := range o.Losses(w) {
					if k == 0 && !near(tr.Losses[2][i], f, 1e-12) {
						t.Errorf("f_%d = %g on the device, %g on the host", i, tr.Losses[2][i], f)
					}
				}
				if first := traces[2].Test[1]; len(first) != 1 || first[0] != tr.Test[2][0] {
					t.Errorf("tested alone, network 0 has the loss %v, want %g", first, tr.Test[2][0])
				}
				if k == 0 && math.Abs(traces[1].Train[0][0]-value) > 1e-5 { // float32
					t.Errorf("in float32 F̂ = %g, in float64 %g", traces[1].Train[0][0], value)
				}
			}
		}
	}
}

// Leave-one-out runs are n + 1 descents, and the recursion of the proof bounds their distances.
func TestLeaveOneOut(t *testing.T) {
	rng := stream(60)
	net := must[*Net](t)(NewNet(3, 8, 1, "softplus"))
	s := must[*Sample](t)(Quadrants(6, 3, rng))
	start := net.Start(rng)
	const eta, steps = 2, 12
	at := make([]int, steps+1)
	for i := range at {
		at[i] = i
	}
	r := must[*Runs](t)(LeaveOneOut(net, s, start, eta, at))
	r.Test = must[*Sample](t)(Quadrants(50, 3, rng))
	traces, err := RunAll(context.Background(), "", []*Runs{r})
	if err != nil {
		t.Fatal(err)
	}
	tr := traces[0]
	o := must[*Objective](t)(NewObjective(net, s))
	g, distance, change := make([]float64, net.Size()), 0.0, 0.0
	for i := range s.N() {
		rest := must[*Objective](t)(o.Without(i))
		w := append([]float64(nil), start...)
		for range steps {
			rest.Gradient(g, w)
			floats.AddScaled(w, -eta, g)
		}
		if d := floats.Distance(w, tr.Last[i+1], 2); d > 1e-12 {
			t.Errorf("without example %d: device and host are %g apart", i, d)
		}
		distance += floats.Distance(w, tr.Last[0], 2) / 6
		change += (rest.Losses(w)[i] - o.Losses(tr.Last[0])[i]) / 6
	}
	kappa := net.CurvatureBound(1)
	found := Stabilities(r, tr, kappa, []int{0, steps})
	if len(found) != 2 || found[0].Distance != 0 || found[0].Constant != 1 {
		t.Fatalf("stabilities: %+v", found)
	}
	last := found[1]
	if !near(last.Distance, distance, 1e-12) || !near(last.Change, change, 1e-12) || !near(last.Gap, tr.Test[steps][0]-tr.Train[steps][0], 1e-15) {
		t.Errorf("distance %g and change %g, the host says %g and %g", last.Distance, last.Change, distance, change)
	}
	if last.Distance > last.Constant*eta*net.GradientBound(1)/6*last.Sum {
		t.Errorf("the distance %g is above C_s ηG/n ΣF̂", last.Distance)
	}
	ratios := Recursion(r, tr, net.GradientBound(1), kappa)
	if len(ratios) != steps*6 || floats.Max(ratios) > 1 || floats.Max(ratios) < 0.3 {
		t.Errorf("%d ratios, the largest %g", len(ratios), floats.Max(ratios))
	}
	if _, err := LeaveOneOut(net, &Sample{X: mat.NewDense(1, 3, []float64{1, 0, 0}), Y: s.Y[:1]}, start, eta, at); err == nil {
		t.Error("leave-one-out on one example is no error")
	}
}

// Constant and recursion of a trace that is written down, of two networks without one of two examples each: the numbers are those
// of the formulas, with F̂^{-i}(w_t) = F̂(w_t) - f_i(w_t)/n.
func TestRecursion(t *testing.T) {
	const eta, g, kappa = 0.5, 0.75, 0.25
	s := &Sample{X: mat.NewDense(2, 1, []float64{1, 2}), Y: []float64{1, -1}}
	r := &Runs{Samples: []*Sample{s}, Eta: eta}
	tr := &Trace{
		At:      []int{0, 1, 2},
		Train:   [][]float64{{2, 1.25, 0.75}, {1.5, 0.25, 1.5}, {1, 0.5, 0.5}},
		Sum:     [][]float64{{0}, {2}, {3.5}},
		Losses:  [][]float64{{1.5, 2.5}, {1, 2}, {0.5, 1.5}},
		Outside: [][]float64{{1.5, 2.5}, {1.25, 2.25}, {1, 2}},
		Apart:   [][]float64{{0, 0, 0}, {0, 0.5, 1}, {0, 1.5, 2}},
	}
	tau := func(d float64) float64 { return 1 / (1 - 0.25*d*d/8) }
	// Of step 0 the larger loss is 1.25 (both ways) and 0.75 against 2 - 2.5/2; of step 1 it is 1.5 - 1/2 and 1.5.
	growth := [][]float64{{0.25 * 1.25, 0.25 * 0.75}, {0.25 * tau(0.5) * 1, 0.25 * tau(1) * 1.5}}
	want := []float64{
		0.5 / (0.5 * 0.75 / 2 * 1.5), 1 / (0.5 * 0.75 / 2 * 2.5),
		1.5 / ((1+0.5*growth[1][0])*0.5 + 0.5*0.75/2*1), 2 / ((1+0.5*growth[1][1])*1 + 0.5*0.75/2*2),
	}
	got := Recursion(r, tr, g, kappa)
	if len(got) != len(want) {
		t.Fatalf("%d ratios, want %d", len(got), len(want))
	}
	for i, v := range got {
		if !near(v, want[i], 1e-14) {
			t.Errorf("ratio %d is %g, want %g", i, v, want[i])
		}
	}
	constant := math.Exp(0.5 * math.Max(growth[0][0]+growth[1][0], growth[0][1]+growth[1][1]))
	if end := Stabilities(r, tr, kappa, []int{2}); len(end) != 1 || !near(end[0].Constant, constant, 1e-14) || end[0].Sum != 3.5 {
		t.Errorf("stabilities %+v, want C_s = %g", end, constant)
	}
}

func TestBadRuns(t *testing.T) {
	rng := stream(70)
	net := must[*Net](t)(NewNet(3, 4, 1, "softplus"))
	s := must[*Sample](t)(Quadrants(5, 3, rng))
	good := func() *Runs {
		return &Runs{Net: net, Starts: [][]float64{net.Start(rng)}, Samples: []*Sample{s}, Eta: 1, At: []int{1}}
	}
	for name, spoil := range map[string]func(r *Runs){
		"no start":       func(r *Runs) { r.Starts = nil },
		"short start":    func(r *Runs) { r.Starts = [][]float64{{1}} },
		"no sample":      func(r *Runs) { r.Samples = nil },
		"zero step":      func(r *Runs) { r.Eta = 0 },
		"NaN step":       func(r *Runs) { r.Eta = math.NaN() },
		"no look":        func(r *Runs) { r.At = nil },
		"short weights":  func(r *Runs) { r.Weights = [][]float64{{1}} },
		"two for three":  func(r *Runs) { r.Starts = append(r.Starts, r.Starts[0]); r.Weights = make([][]float64, 3) },
		"other features": func(r *Runs) { r.Test = &Sample{X: mat.NewDense(5, 4, nil), Y: s.Y} },
	} {
		r := good()
		spoil(r)
		if _, err := RunAll(context.Background(), "", []*Runs{r}); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}
