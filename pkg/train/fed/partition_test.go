package fed

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/random"
)

func labels(k, each int) (y []int32) {
	for i := range k * each {
		y = append(y, int32(i%k))
	}
	return y
}

// once reports whether every example is somebody's, and nobody's twice.
func once(t *testing.T, clients [][]int, n int) {
	t.Helper()
	seen := make([]int, n)
	for _, c := range clients {
		for _, i := range c {
			seen[i]++
		}
	}
	for i, k := range seen {
		if k != 1 {
			t.Fatalf("example %d has %d owners, want 1", i, k)
		}
	}
}

func TestLabelUniform(t *testing.T) {
	for seed := range uint64(60) {
		rng := random.Stream(seed, "uniform")
		k := []int{2, 4, 6, 10, 12}[rng.IntN(5)]
		var divisors []int
		for s := 1; s <= k; s++ {
			if k%s == 0 {
				divisors = append(divisors, s)
			}
		}
		s := divisors[rng.IntN(len(divisors))]
		m := k / s * (1 + rng.IntN(4))
		y := labels(k, 200)
		p, err := LabelUniform(y, k, m, s, rng)
		if err != nil {
			t.Fatal(err)
		}
		once(t, p.Clients, len(y))
		owners := make([]int, k)
		for i, of := range p.Clients {
			has := map[int32]bool{}
			for _, j := range of {
				has[y[j]] = true
			}
			if len(has) != s {
				t.Fatalf("seed %d, k %d, m %d, s %d: client %d has %d classes, want %d", seed, k, m, s, i, len(has), s)
			}
			for c := range has {
				owners[c]++
			}
		}
		for c, n := range owners {
			if n != s*m/k {
				t.Errorf("class %d is that of %d clients, want %d", c, n, s*m/k)
			}
			lo, hi := math.Inf(1), 0.0
			for i := range m {
				if u := p.Share[i][c]; u > 0 {
					lo, hi = min(lo, u), max(hi, u)
				}
			}
			if hi > 1.5*lo*(1+1e-12) { // 0.6/0.4
				t.Errorf("shares of class %d are from %g to %g, want a ratio up to 1.5", c, lo, hi)
			}
		}
		q, err := p.Split(labels(k, 300))
		if err != nil {
			t.Fatal(err)
		}
		for i := range q.Clients { // the same shares, to a picture a class
			if want := 1.5 * float64(len(p.Clients[i])); math.Abs(float64(len(q.Clients[i]))-want) > 2.5*float64(s) {
				t.Errorf("client %d has %d of 3/2 as many examples, want about %g", i, len(q.Clients[i]), want)
			}
		}
	}
}

func TestDirichlet(t *testing.T) {
	y := labels(10, 400)
	concentrated := func(beta float64) (largest float64) {
		for seed := range uint64(5) {
			p, err := Dirichlet(y, 10, 8, beta, random.Stream(seed, "dirichlet"))
			if err != nil {
				t.Fatal(err)
			}
			once(t, p.Clients, len(y))
			for c := range 10 {
				sum, top := 0.0, 0.0
				for i := range 8 {
					sum, top = sum+p.Share[i][c], max(top, p.Share[i][c])
				}
				if math.Abs(sum-1) > 1e-12 {
					t.Fatalf("shares of class %d sum to %g", c, sum)
				}
				largest += top / 50
			}
		}
		return largest
	}
	if few, many := concentrated(0.3), concentrated(100); !(few > 0.45 && many < 0.2) {
		t.Errorf("the largest of 8 shares is %.2f on average at β = 0.3 and %.2f at 100, want most of it and about an eighth", few, many)
	}
	// E[share²] = (β + 1)/(m (mβ + 1)) for a symmetric Dirichlet distribution over m.
	const m, beta = 4, 0.5
	rng, sum, n := random.Stream(1, "moment"), 0.0, 4000
	for range n {
		logs := make([]float64, m)
		total := 0.0
		for i := range logs {
			logs[i] = math.Exp(logGamma(beta, rng))
			total += logs[i]
		}
		sum += logs[0] * logs[0] / (total * total) / float64(n)
	}
	if want := (beta + 1) / (m * (m*beta + 1)); math.Abs(sum-want) > 0.01 { // five standard errors: the square's deviation is .13
		t.Errorf("the mean square of a share is %.4f, want %.4f", sum, want)
	}
}

func TestEvenAndSample(t *testing.T) {
	p, err := Even(11, 4, random.Stream(1, "even"))
	if err != nil {
		t.Fatal(err)
	}
	once(t, p, 11)
	for _, c := range p {
		if len(c) < 2 || len(c) > 3 {
			t.Errorf("a client of four has %d of 11 examples", len(c))
		}
	}
	count := make([]int, 100)
	for r := range 400 {
		chosen, err := Sample(random.Stream(uint64(r), "sample"), 100, 0.07)
		if err != nil {
			t.Fatal(err)
		}
		if len(chosen) != 7 || !slices.IsSorted(chosen) || len(slices.Compact(slices.Clone(chosen))) != 7 {
			t.Fatalf("chosen are %v, want 7 different ones in order", chosen)
		}
		for _, i := range chosen {
			count[i]++
		}
	}
	for i, n := range count { // 28 ± 5.1 expected
		if n < 6 || n > 54 {
			t.Errorf("client %d took part in %d of 400 rounds, want about 28", i, n)
		}
	}
	if chosen, err := Sample(random.Stream(1, ""), 5, 0.01); err != nil || len(chosen) != 1 {
		t.Errorf("%v, %v, want one client at least", chosen, err)
	}
}

func TestPartitionsThatCannotBe(t *testing.T) {
	y := labels(10, 5)
	rng := random.Stream(1, "mistakes")
	for want, f := range map[string]func() error{
		"divide the classes": func() error { _, err := LabelUniform(y, 10, 20, 3, rng); return err },
		"divide clients":     func() error { _, err := LabelUniform(y, 10, 3, 2, rng); return err },
		"6 of 5 classes":     func() error { _, err := LabelUniform(y, 5, 5, 6, rng); return err },
		"class 10 of 11":     func() error { _, err := LabelUniform(y, 11, 11, 1, rng); return err },
		"label 9":            func() error { _, err := LabelUniform(y, 9, 9, 1, rng); return err },
		"has no example":     func() error { _, err := LabelUniform(labels(2, 2), 2, 10, 1, rng); return err },
		"too few examples":   func() error { _, err := LabelUniform(labels(20, 1), 20, 2, 20, rng); return err },
		"concentration 0":    func() error { _, err := Dirichlet(y, 10, 5, 0, rng); return err },
		"concentration NaN":  func() error { _, err := Dirichlet(y, 10, 5, math.NaN(), rng); return err },
		"client ":            func() error { _, err := Dirichlet(y, 10, 40, 0.001, rng); return err },
		"for 4 clients":      func() error { _, err := Even(3, 4, rng); return err },
		"share of 0":         func() error { _, err := Sample(rng, 4, 0); return err },
		"share of 1.5":       func() error { _, err := Sample(rng, 4, 1.5); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, found %v", want, err)
		}
	}
}

// A share of 0.29 of a hundred clients is 29 of them, whatever the product is in floating point.
func TestSampleRounds(t *testing.T) {
	for m, want := range map[int]int{100: 29, 3: 1} {
		if got, err := Sample(random.Stream(1, "sample"), m, 0.29); err != nil || len(got) != want {
			t.Errorf("0.29 of %d clients are %v (%v), want %d", m, got, err, want)
		}
	}
}
