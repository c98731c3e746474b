package gdgeneralization

import (
	"math"
	"testing"

	"github.com/marginalia-ml/marginalia/notebooks/gd-generalization/study"
	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// "Change this and see": a narrow network fails the theorem's condition, and nothing else.
func TestNarrow(t *testing.T) {
	as, steps := insideM, insideT
	defer func() { insideM, insideT = as, steps }()
	insideM.Quick, insideT.Quick = 1<<10, []int{8, 32}
	o := paper.Outcome(t, "C1", C1)
	if o.Verdict != claim.Fails || o.Checks[0].Holds {
		t.Errorf("m = %d: C1 is %s: %s", insideM.Quick, o.Verdict, o.Reason)
	}
	for _, c := range o.Checks[2:] {
		if !c.Holds {
			t.Errorf("m = %d: %s is %g", insideM.Quick, c.Name, float64(c.Measured))
		}
	}
}

// "Change this and see": with two neurons of each sign some runs never learn.
func TestFewNeurons(t *testing.T) {
	ds, m := xorD, xorM
	defer func() { xorD, xorM = ds, m }()
	xorD.Quick = []int{16, 32, 64, 128, 256}
	xorM = 4
	if o := paper.Outcome(t, "C8", C8); o.Verdict != claim.Fails {
		t.Errorf("m = 4: C8 is %s: %s", o.Verdict, o.Reason)
	}
}

// plan lists what the cells train at the paper's scale.
func plan() (loads []study.Load) {
	one := func(name string, k, n, d, m, l, t, looks, times, test int, single bool) {
		loads = append(loads, study.Load{Name: name, K: k, N: n, D: d, M: m, L: l, T: t, Looks: looks, Times: times, Test: test, Single: single})
	}
	for _, t := range insideT.Paper {
		one("C1 and G7: inside", 1, insideN, 3, insideM.Paper, 1, t, t, 2, 0, false)
	}
	one("C1: turned round", 1, insideN, 3, insideM.Paper, 1, 4*insideT.Paper[len(insideT.Paper)-1], 2, 1, 0, false)
	last := looT[len(looT)-1]
	one("C5: leave-one-out", looN.Paper+1, looN.Paper, 4, looM.Paper, 1, last, last, draws.Paper, 2000, false)
	for _, n := range sizes.Paper {
		one("C6: sizes", draws.Paper+2, n, 4, wide.Paper, 1, 16*n, 1, 2, 0, true)
	}
	for _, n := range noisyN.Paper {
		one("C7: noise", 12, n, 4, wide.Paper, 1, int(16*math.Sqrt(float64(n))), 1, 1, 0, true)
	}
	p := digits.Paper
	for i, n := range p.Sizes {
		one("C13: pictures, two sets", 1, n, 784, p.M, p.L, p.At[len(p.At)-1], len(p.At), 2*p.Draws[i], p.Test, true)
	}
	return loads
}

// The paper's scale is planned for one GPU: under ten minutes, with what XOR takes of the host, and in less memory than the smallest
// has that people train on.
func TestPaperPlan(t *testing.T) {
	const minutes, gigabytes = 10, 16
	total, most := 0.0, 0.0
	for _, l := range plan() {
		t.Log(l)
		total, most = total+l.Seconds(study.Modest), math.Max(most, l.Memory())
	}
	host := 0.0 // operations of XOR: two products with the batch, one with the test, each step
	for _, d := range xorD.Paper {
		steps := float64(study.LogSteps(d) + 1)
		host += float64(seeds.Paper) * steps * 2 * float64(d*xorM) * float64(2*xorN*d+4000)
	}
	const hostRate = 2e10 // operations a second of eight cores in float64, which is little
	t.Logf("XOR on the host: %.0f s; in all %.1f minutes, %.1f GB", host/hostRate, (total+host/hostRate)/60, most/1e9)
	if total+host/hostRate > 60*minutes || most > gigabytes*1e9 {
		t.Errorf("planned %.1f minutes and %.1f GB, want at most %d and %d", (total+host/hostRate)/60, most/1e9, minutes, gigabytes)
	}
}

// A tiny version of the paper's scale, with its lists of sizes: every cell that trains runs through.
func TestPaperTiny(t *testing.T) {
	m, T, n, lm, d, s, nn, w, p, x, k := insideM, insideT, looN, looM, draws, sizes, noisyN, wide, digits, xorD, seeds
	defer func() {
		insideM, insideT, looN, looM, draws, sizes, noisyN, wide, digits, xorD, seeds = m, T, n, lm, d, s, nn, w, p, x, k
	}()
	shrunk := func(all []int, by int) (out []int) {
		for _, v := range all {
			out = append(out, max(2, v/by))
		}
		return out
	}
	insideM.Quick, insideT.Quick = insideM.Paper>>12, shrunk(insideT.Paper, 500)
	looN.Quick, looM.Quick, draws.Quick, wide.Quick = 4, 16, 2, 16
	sizes.Quick, noisyN.Quick = shrunk(sizes.Paper, 256), shrunk(noisyN.Paper, 512)
	digits.Quick = digits.Paper
	digits.Quick.Sizes, digits.Quick.Test, digits.Quick.M, digits.Quick.At = shrunk(digits.Paper.Sizes, 500), 30, 8, []int{0, 1, 2, 3, 4, 6}
	xorD.Quick, seeds.Quick = shrunk(xorD.Paper, 16), 2
	record, _, err := paper.Try(t.TempDir(), 1, C1, C5, C6, C13)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range record.Claims {
		seen[c.ID] = len(c.Checks) > 0
	}
	for _, id := range []string{"C1", "C5", "C6", "C7", "C13"} {
		if !seen[id] {
			t.Errorf("%s measured nothing", id)
		}
	}
}
