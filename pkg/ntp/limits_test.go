package ntp

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/convex"
	"github.com/marginalia-ml/marginalia/pkg/matrix"
)

// kktTol is the KKT residual asked of the max-margin solver.
const kktTol = 1e-10

// pairProjection is P_F by the definition: the rows of all in-support pairs.
func pairProjection(tb testing.TB, in *Instance) func(X *mat.Dense) *mat.Dense {
	p := must(convex.RowSpace(in.PairRows()))(tb)
	return func(X *mat.Dense) *mat.Dense {
		Y := mat.DenseCopyOf(X)
		p.Apply(Y.RawMatrix().Data, Y.RawMatrix().Data)
		return Y
	}
}

func checkSubspace(t *testing.T, in *Instance, blocks bool) {
	t.Helper()
	F := must(in.Subspace())(t)
	if (F.blocks != nil) != blocks {
		t.Fatalf("blocks used: %v, want %v", F.blocks != nil, blocks)
	}
	byPairs := pairProjection(t, in)
	rng := newRand(20)
	for range 3 {
		X := in.Start(rng)
		PX := F.Project(X)
		nearMatrix(t, "P_F by all pairs", PX, byPairs(X), 1e-10)
		nearMatrix(t, "P_F²", F.Project(PX), PX, 1e-11)
		near(t, "<P_F X, P_⊥ X>", matrix.Inner(PX, F.Complement(X)), 0, 1e-10)
		near(t, "(6a) of P_⊥ X", in.InSupportError(F.Complement(X)), 0, 1e-10)
		near(t, "Pythagoras", matrix.Inner(PX, PX)+matrix.Inner(F.Complement(X), F.Complement(X)), matrix.Inner(X, X), 1e-10)
		near(t, "CE_F(W) - CE_F(P_F W)", in.InSupportCE(X), in.InSupportCE(PX), 1e-10)
	}
}

func TestSubspace(t *testing.T) {
	t.Run("blocks", func(t *testing.T) {
		in := small(t, 1)
		checkSubspace(t, in, true)
		if r := must(in.Subspace())(t).Rank(); r != in.Equalities() {
			t.Errorf("rank %d, want Σ(s-1) = %d", r, in.Equalities())
		}
	})
	t.Run("blocks with d < m", func(t *testing.T) {
		checkSubspace(t, must(toySymmetric(newRand(1)))(t), true)
	})
	t.Run("basis with d < m", func(t *testing.T) {
		in := must(Gaussian(Config{V: 4, M: 9, D: 3, S: 2}, newRand(2)))(t)
		checkSubspace(t, in, false)
	})
	t.Run("basis with repeated embeddings, d > m", func(t *testing.T) {
		checkSubspace(t, twins(t, false), false)
	})
	t.Run("single tokens", func(t *testing.T) {
		in := must(Gaussian(Config{V: 4, M: 3, D: 5, S: 1}, newRand(3)))(t)
		F := must(in.Subspace())(t)
		X := in.Start(newRand(4))
		if F.Rank() != 0 || matrix.Norm(F.Project(X)) != 0 || in.Entropy() != 0 {
			t.Error("F of single tokens is not {0}")
		}
		if star := must(in.Wstar())(t); matrix.Norm(star.W) != 0 || star.Residual != 0 {
			t.Error("W* of single tokens is not 0")
		}
	})
}

// twins has two contexts with one embedding, whose distributions agree or not.
func twins(tb testing.TB, agree bool) *Instance {
	H := matrix.Gaussian(6, 3, newRand(5))
	H.SetCol(1, mat.Col(nil, 0, H))
	P := mat.NewDense(4, 3, []float64{0.3, 0.3, 0, 0.7, 0.7, 0.1, 0, 0, 0.2, 0, 0, 0.7})
	if !agree {
		P.SetCol(1, []float64{0.6, 0.4, 0, 0})
	}
	return must(New(H, P, []float64{0.2, 0.3, 0.5}, nil))(tb)
}

// Definition 1: W* solves the log-odds equations, lies in F, is the least-norm least
// squares solution of the anchor rows, and anything added inside F breaks it.
func TestWstar(t *testing.T) {
	for name, in := range map[string]*Instance{
		"small":     small(t, 6),
		"principal": principal(t, 7),
		"toy":       must(Toy(ToyAngles, ToyRadii, newRand(8)))(t),
		"twins":     twins(t, true),
	} {
		star, err := in.Wstar()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		F := must(in.Subspace())(t)
		near(t, name+": residual", star.Residual, 0, 1e-10)
		nearMatrix(t, name+": W* in F", F.Project(star.W), star.W, 1e-10)
		nearMatrix(t, name+": P_T(W*H) = L^in", in.centreOnSupports(in.Logits(star.W)), in.LogOdds(), 1e-10)
		near(t, name+": CE_F(W*) - Hent", in.InSupportExcess(star.W), 0, 1e-20)
		X := in.Start(newRand(9))
		near(t, name+": W* + F⊥", in.LogOddsError(matrix.Add(star.W, 1, F.Complement(X))), 0, 1e-9)
		if in.LogOddsError(matrix.Add(star.W, 1, F.Project(X))) < 1e-3 {
			t.Errorf("%s: W* plus an element of F still solves the equations", name)
		}
	}
	in := small(t, 10)
	rows := in.AnchorRows()
	right := make([]float64, 0, in.Equalities())
	for j, s := range in.S {
		for _, z := range s[1:] {
			right = append(right, math.Log(in.P.At(s[0], j)/in.P.At(z, j)))
		}
	}
	ls := must(convex.MinNorm(rows, right))(t)
	nearMatrix(t, "least-norm solution", must(in.Wstar())(t).W, mat.NewDense(10, 10, ls.X), 1e-10)
}

func TestIncompatible(t *testing.T) {
	star, err := twins(t, false).Wstar()
	if !errors.Is(err, ErrIncompatible) || star == nil || star.W == nil {
		t.Fatalf("one embedding with two distributions: %v", err)
	}
	// The best compromise splits the difference of the two log-odds.
	want := (math.Log(0.3/0.7) - math.Log(0.6/0.4)) / 2
	near(t, "residual", star.Residual, math.Abs(want), 1e-10)
	if _, err := must(Gaussian(Config{V: 3, M: 12, D: 2, S: 2}, newRand(1)))(t).Wstar(); !errors.Is(err, ErrIncompatible) {
		t.Errorf("twelve equations for six numbers: %v", err)
	}
}

// checkKKT tests the optimality conditions of W^mm, none of which the solver is asked for.
func checkKKT(t *testing.T, name string, in *Instance, tol float64) *SVM {
	t.Helper()
	svm, err := in.Wmm()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	V, d, m := in.Dims()
	near(t, name+": residual", svm.Residual, 0, kktTol)
	near(t, name+": (6a)", in.InSupportError(svm.W), 0, tol)
	if margin := in.MinMargin(svm.W); !(margin >= 1-tol) {
		t.Errorf("%s: least margin %v", name, margin)
	}
	UH := mat.NewDense(V, d, nil)
	UH.Mul(svm.Dual, in.H.T())
	nearMatrix(t, name+": W = UHᵀ", UH, svm.W, tol)
	for j := range m {
		near(t, name+": 1ᵀU", mat.Sum(svm.Dual.ColView(j)), 0, tol)
	}
	sum, largest := in.OffSupportDual(svm.Dual)
	near(t, name+": -ΣU off the supports", sum, svm.Norm*svm.Norm, tol)
	if !(largest <= tol) {
		t.Errorf("%s: a multiplier of the wrong sign, %g", name, largest)
	}
	near(t, name+": slackness", in.Slackness(svm.W, svm.Dual), 0, tol)
	near(t, name+": margin", svm.Margin*svm.Norm, 1, identityTol)
	near(t, name+": <W*,W^mm>", matrix.Inner(must(in.Wstar())(t).W, svm.W), 0, 1e-9)
	return svm
}

func TestWmm(t *testing.T) {
	const tol = 1e-8 // the residual is relative to norms of U of order 10
	for stream := range uint64(4) {
		in := principal(t, 30+stream)
		svm := checkKKT(t, fmt.Sprintf("principal %d", stream), in, tol)
		if svm.Active < 100 || svm.Active == in.Inequalities() {
			t.Errorf("%d of %d margins are active, want most but not all", svm.Active, in.Inequalities())
		}
		S := must(in.Decoder(in.SupportMatrix()))(t)
		near(t, "margins of S·H⁺", in.MinMargin(S), 1, 1e-9)
		if !(svm.Norm < matrix.Norm(S)) {
			t.Errorf("‖W^mm‖ = %v is not below the feasible ‖S·H⁺‖ = %v", svm.Norm, matrix.Norm(S))
		}
		F, rng := must(in.Subspace())(t), newRand(31)
		for range 20 {
			if D := matrix.Unit(F.Complement(in.Start(rng))); in.MinMargin(D) > svm.Margin {
				t.Error("a random direction has a better margin than W^mm")
			}
		}
	}
	checkKKT(t, "small", small(t, 33), tol)
}

func TestToySymmetricIsExact(t *testing.T) {
	in := must(toySymmetric(newRand(1)))(t)
	svm := checkKKT(t, "toy", in, 1e-9)
	nearMatrix(t, "W^mm", svm.W, ToySymmetricWmm(), 1e-9)
	near(t, "‖W^mm‖²", svm.Norm*svm.Norm, 112./15, 1e-9)
}

// The toy is separable iff the origin lies inside the triangle of the embeddings.
func TestToySeparability(t *testing.T) {
	rng := newRand(40)
	for range 40 {
		angles := [3]float64{360 * rng.Float64(), 360 * rng.Float64(), 360 * rng.Float64()}
		in := must(Toy(angles, [3]float64{1, 1, 1}, rng))(t)
		sin := func(i, j int) float64 { return math.Sin((angles[j] - angles[i]) * math.Pi / 180) }
		a, b, c := sin(0, 1), sin(1, 2), sin(2, 0)
		inside := a > 0 && b > 0 && c > 0 || a < 0 && b < 0 && c < 0
		if math.Min(math.Abs(a), math.Min(math.Abs(b), math.Abs(c))) < 0.02 {
			continue // on the border of the triangle
		}
		answer := must(in.Separable())(t)
		if answer.Separable != inside {
			t.Errorf("angles %v: separable %v, origin inside %v", angles, answer.Separable, inside)
		}
	}
}

// The origin lies just inside the triangle, or the dimension just suffices: ‖W^mm‖ is in
// the thousands, where the solver may miss its tolerance, and the data are separable all
// the same.
func TestBarelySeparable(t *testing.T) {
	instances := map[string]*Instance{}
	for _, degrees := range []float64{1e-2, 1e-4, 1e-6} {
		name := fmt.Sprintf("%g degrees", degrees)
		instances[name] = must(Toy([3]float64{0, 90, 180 + degrees}, [3]float64{1, 1, 1}, newRand(41)))(t)
	}
	for _, c := range []struct{ s, d, draw int }{{2, 10, 3}, {4, 16, 6}} {
		name := fmt.Sprintf("phase/%d/%d/%d", c.s, c.d, c.draw)
		instances[name] = must(Data{Kind: "gaussian", Config: Config{V: 8, M: 20, D: c.d, S: c.s}, Seed: 1, Stream: name}.Instance())(t)
	}
	for name, in := range instances {
		answer, err := in.Separable()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !answer.Separable {
			t.Errorf("%s: not separable", name)
			continue
		}
		scale := matrix.Norm(answer.W) * in.MaxNorm()
		near(t, name+": (6a)", in.InSupportError(answer.W), 0, 1e-12*scale)
		if margin := in.MinMargin(answer.W); !(margin >= 1-1e-12*scale) {
			t.Errorf("%s: margin %v", name, margin)
		}
	}
}

func TestNotSeparable(t *testing.T) {
	in := must(Toy([3]float64{0, 60, 120}, [3]float64{1, 1, 1}, newRand(1)))(t)
	svm, err := in.Wmm()
	if !errors.Is(err, ErrNotSeparable) || svm == nil || svm.W != nil {
		t.Fatalf("three embeddings in a half plane: %v", err)
	}
	answer := must(in.Separable())(t)
	if answer.Separable {
		t.Fatal("separable")
	}
	sum, largest := in.OffSupportDual(answer.Dual)
	near(t, "-ΣU off the supports", sum, 1, 1e-9)
	if !(largest <= 0) {
		t.Errorf("a multiplier of the wrong sign, %g", largest)
	}
	var UH mat.Dense
	UH.Mul(answer.Dual, in.H.T())
	near(t, "UHᵀ", matrix.MaxAbs(&UH), 0, 1e-9)
	if _, err := in.Bias(); !errors.Is(err, ErrNotSeparable) {
		t.Errorf("bias of data that cannot be separated: %v", err)
	}
}

// D6: orthonormal embeddings have W^mm = S̃Hᵀ and W* = L^in Hᵀ.
func TestOrthonormalClosedForm(t *testing.T) {
	in := must(Orthonormal(Config{V: 7, M: 6, D: 8, Sizes: []int{1, 2, 3, 4, 6, 2}}, newRand(1)))(t)
	svm := checkKKT(t, "orthonormal", in, 1e-9)
	want := mat.NewDense(7, 8, nil)
	want.Mul(in.Centred(), in.H.T())
	nearMatrix(t, "W^mm", svm.W, want, 1e-10)
	want.Mul(in.LogOdds(), in.H.T())
	nearMatrix(t, "W*", must(in.Wstar())(t).W, want, 1e-11)
	norm := 0.0
	for _, s := range in.S {
		norm += float64(len(s)*(7-len(s))) / 7
	}
	near(t, "‖W^mm‖²", svm.Norm*svm.Norm, norm, 1e-9)
}

// Single tokens: the NTP-SVM is the multiclass SVM, here with two classes, whose W is
// ±w/2 for the binary maximum-margin vector w without a bias.
func TestSingleTokensAreASupportVectorMachine(t *testing.T) {
	H := mat.NewDense(2, 4, []float64{1, 2, -1, -3, 0, 1, 0, -1})
	P := mat.NewDense(2, 4, []float64{1, 1, 0, 0, 0, 0, 1, 1})
	in := must(New(H, P, []float64{.25, .25, .25, .25}, nil))(t)
	svm := checkKKT(t, "binary", in, 1e-9)
	// y h is (1,0), (2,1), (1,0), (3,1): w = (1,0) has margins 1, 2, 1, 3.
	nearMatrix(t, "W^mm", svm.W, mat.NewDense(2, 2, []float64{.5, 0, -.5, 0}), 1e-9)
}

func TestFullSupports(t *testing.T) {
	in := must(Gaussian(Config{V: 3, M: 2, D: 4, S: 3}, newRand(1)))(t)
	svm := must(in.Wmm())(t)
	if matrix.Norm(svm.W) != 0 || !math.IsInf(in.MinMargin(svm.W), 1) || svm.Active != 0 {
		t.Errorf("no margin constraint: ‖W^mm‖ = %v", matrix.Norm(svm.W))
	}
	near(t, "CE(W*) - Hent", in.Excess(must(in.Wstar())(t).W), 0, 1e-20)
}
