package attention

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

// The quantities of the proofs by their definitions, in plain loops over attention, scores
// and tokens: bounds and constants are no larger than they are said to be.

// plain is a point evaluated from the formulas of the paper.
type plain struct {
	phi, gap [][]float64 // φ_{i,t}, Γ_{i,t}
	e        []float64
	margins  []float64 // a_{i,t}, t ≠ opt
}

func plainly(p *Problem, W *mat.Dense) plain {
	var out plain
	for i := range p.N {
		var key mat.VecDense
		key.MulVec(W, mat.NewVecDense(p.D, p.Query(i)))
		h, phi, gap := make([]float64, p.T), make([]float64, p.T), make([]float64, p.T)
		sum, z := 0.0, 0.0
		g := func(t int) float64 { return p.Y[i] * floats.Dot(p.U, p.Token(i, t)) }
		opt := 0
		for t := range p.T {
			h[t] = floats.Dot(p.Token(i, t), key.RawVector().Data)
			sum += math.Exp(h[t])
			if g(t) > g(opt) {
				opt = t
			}
		}
		for t := range p.T {
			phi[t] = math.Exp(h[t]) / sum
			gap[t] = g(opt) - g(t)
			z += phi[t] * g(t)
			if t != opt {
				out.margins = append(out.margins, h[opt]-h[t])
			}
		}
		out.phi, out.gap, out.e = append(out.phi, phi), append(out.gap, gap), append(out.e, 1/(1+math.Exp(z)))
	}
	return out
}

// gapOf is Γ_i, under (A1) that of any token that is not optimal.
func (q plain) gapOf(i, opt int) float64 {
	least := math.Inf(1)
	for t, g := range q.gap[i] {
		if t != opt {
			least = math.Min(least, g)
		}
	}
	return least
}

func TestProofByDefinition(t *testing.T) {
	const tol = 1e-10
	for seed := range uint64(4) {
		_, p := sample(t, small(), 40+seed)
		W := randomW(p.D, 0.3, rand.New(rand.NewPCG(seed, 9)))
		pt, q := p.At(W), plainly(p, W)
		n := float64(p.N)

		var drive, lost, loss float64
		logs := make([]float64, p.N)
		diameter, ratio, leastPhi := 0.0, 0.0, math.Inf(1)
		for i, opt := range p.Opt {
			own := q.phi[i][opt]
			logs[i] = math.Log(q.e[i] * q.gapOf(i, opt) * own * own)
			leastPhi = math.Min(leastPhi, own)
			g := p.Y[i] * floats.Dot(p.U, p.Token(i, opt))
			ratio = math.Max(ratio, (1+math.Exp(g))/(1+math.Exp(g-q.gapOf(i, opt))))
			lost = 0
			for s := range p.T {
				drive += q.e[i] / n * own * q.phi[i][s] * q.gap[i][s]
				lost += q.phi[i][s] * q.gap[i][s]
				d := 0.0
				for k, x := range p.Token(i, opt) {
					d += (x - p.Token(i, s)[k]) * (x - p.Token(i, s)[k])
				}
				diameter = math.Max(diameter, math.Sqrt(d)*floats.Norm(p.Query(i), 2))
			}
			near(t, "lost score", pt.Lost[i], lost, tol)
			loss += math.Log(1+math.Exp(lost-g))/n - math.Log(1+math.Exp(-g))/n
		}
		near(t, "log S", pt.Drive(), math.Log(drive), tol)
		near(t, "log(L - L*)", pt.LogExcess(), math.Log(loss), 1e-9)
		near(t, "B_x", p.Diameter(), diameter, tol)

		weight, mean := 0.0, 0.0
		for row, a := range q.margins {
			w := math.Exp(logs[row/(p.T-1)] - a)
			weight, mean = weight+w, mean+w*a
		}
		key := pt.KeyLemma()
		near(t, "E_p[a]", key.Mean, mean/weight, tol)
		near(t, "min a", key.Least, floats.Min(q.margins), tol)
		near(t, "C0", key.C0, math.Log(float64(p.N*(p.T-1)))+floats.Max(logs)-floats.Min(logs), tol)

		low, high := pt.PolyakBand(3)
		near(t, "lower end of the Polyak band", low, 1/(2*diameter*ratio), tol)
		near(t, "upper end of the Polyak band", high, 3/(2*leastPhi), tol)
	}
}

// The directional bound, summed anew: (A + Σ (η C0 ω + η²/2)/‖W_s‖)/‖W_t‖ from the first
// point at which all attention is on the optimal tokens.
func TestDirectionalBoundByDefinition(t *testing.T) {
	_, p := sample(t, small(), 50)
	svm, err := p.SVM(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(50, 9))
	bound := NewBound(svm)
	sum, began := 0.0, false
	var before *mat.Dense
	var c0 float64
	for k := range 7 {
		W := randomW(p.D, 0.02, rng)
		if k > 0 {
			var far mat.Dense
			far.Scale(3+float64(k), svm.W)
			W.Add(W, &far)
		}
		pt := p.At(W)
		got, norm := bound.Next(pt), mat.Norm(W, 2)
		if began {
			var step mat.Dense
			step.Sub(W, before)
			eta := mat.Norm(&step, 2)
			sum += (eta*c0*svm.Norm + eta*eta/2) / mat.Norm(before, 2)
		} else if floats.Min(pt.OptPhi()) > 0.5 {
			began = true
			sum = norm - InnerProduct(W, svm.W)/svm.Norm
		}
		if !began {
			if !math.IsNaN(got) {
				t.Errorf("the bound is %g before attention is on the optimal tokens", got)
			}
			continue
		}
		near(t, "bound", got, sum/norm, roundTol)
		c0, before = pt.KeyLemma().C0, W
	}
	if !began || bound.Step != 5 {
		t.Errorf("%d steps were seen", bound.Step)
	}
}

// The constants of the finite-time bound by their definitions.
func TestFiniteByDefinition(t *testing.T) {
	_, p := sample(t, small(), 51)
	k, err := p.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	T := float64(p.T)
	most, least := 0.0, math.Inf(1)
	for i, opt := range p.Opt {
		g := p.Y[i] * floats.Dot(p.U, p.Token(i, opt))
		gap := p.GapOf(i)
		most = math.Max(most, gap/(1+math.Exp(g-gap*(1-1/T)))) // φ_opt = 1/T
		least = math.Min(least, gap/(1+math.Exp(g)))           // φ_opt = 1
	}
	f := k.Finite(2, 3, 0.1)
	near(t, "C0", f.C0, math.Log(float64(p.N*(p.T-1))*T*T*most/least), roundTol)
	for _, step := range []float64{1, 10, 1e4} {
		near(t, "bound", f.Bound(step), 6/step*(1+(f.C0*3/0.1+0.5)*6*(1+math.Log(step))), roundTol)
	}
}

// Where δ_i is below 1e-17 the excess comes from logarithms: it goes on as σ(-g) δ does.
func TestLogExcessIsContinuous(t *testing.T) {
	_, p := sample(t, small(), 52)
	svm, err := p.SVM(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, R := range []float64{20, 34, 37, 40, 45, 60} {
		var W mat.Dense
		W.Scale(R, svm.W)
		pt := p.At(&W)
		want := make([]float64, p.N)
		for i, opt := range p.Opt {
			g := p.Score[i*p.T+opt]
			var terms []float64
			for s := range p.T {
				if s != opt {
					terms = append(terms, pt.LogPhi[i*p.T+s]+math.Log(p.Gap(i, s)))
				}
			}
			want[i] = floats.LogSumExp(terms) - math.Log(1+math.Exp(g))
		}
		// The first term left out is of the size of δ beside 1.
		near(t, "log(L - L*)", pt.LogExcess(), floats.LogSumExp(want)-math.Log(float64(p.N)), 1e-8)
	}
}

// Another seed has other data, another start, other directions.
func TestSeedsOfRaces(t *testing.T) {
	first, err := draw(t.Context(), small(), 1, "a")
	if err != nil {
		t.Fatal(err)
	}
	again, err := draw(t.Context(), small(), 1, "a")
	if err != nil {
		t.Fatal(err)
	}
	other, err := draw(t.Context(), small(), 2, "a")
	if err != nil {
		t.Fatal(err)
	}
	beside, err := draw(t.Context(), small(), 1, "b")
	if err != nil {
		t.Fatal(err)
	}
	alone, err := Generate(small(), random.Stream(1, "a"))
	if err != nil {
		t.Fatal(err)
	}
	if !floats.Equal(first.sample.X, alone.X) || floats.Equal(first.sample.X, beside.sample.X) {
		t.Error("data are not those of the stream")
	}
	if !floats.Equal(first.sample.X, again.sample.X) || floats.Equal(first.sample.X, other.sample.X) {
		t.Error("data do not follow the seed")
	}
	start := func(s *setting) *mat.Dense {
		W, err := s.start(Start{Kind: "random", Size: 2})
		if err != nil {
			t.Fatal(err)
		}
		return W
	}
	a, b, c := start(first), start(again), start(other)
	if !mat.Equal(a, b) || mat.Equal(a, c) {
		t.Error("starts do not follow the seed")
	}
	near(t, "size of a start", mat.Norm(a, 2), 2, roundTol)
}
