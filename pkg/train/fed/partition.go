package fed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Partition says which client has which examples.
type Partition struct {
	Classes int
	Clients [][]int     // places of each client's examples, ascending
	Share   [][]float64 // [clients, classes]: the part of a class that a client has; a class's parts sum to 1
}

// LabelUniform gives each of m clients s different of k classes, and every class to s·m/k of
// them. Clients choose one after the other, class by class, among the classes with the most
// places left; a class's examples are split in proportions u_j/Σu, u_j uniform on [0.4, 0.6].
// It can be done where s divides k and k divides s·m; all else is an error, since the choice
// would give a client one class twice.
func LabelUniform(labels []int32, k, m, s int, rng *rand.Rand) (*Partition, error) {
	if k < 1 || m < 1 || s < 1 || s > k || k%s != 0 || s*m%k != 0 {
		return nil, fmt.Errorf("fed: %d of %d classes for each of %d clients: want classes a client that divide the classes, and classes that divide clients times classes a client, as 2 of 10 for 20", s, k, m)
	}
	left := make([]int, k)
	for c := range left {
		left[c] = s * m / k
	}
	owners := make([][]int, k)
	for i := range m {
		for range s {
			most := slices.Max(left)
			var open []int
			for c, n := range left {
				if n == most {
					open = append(open, c)
				}
			}
			c := open[rng.IntN(len(open))]
			left[c]--
			owners[c] = append(owners[c], i)
		}
	}
	share := table(m, k)
	for c, of := range owners {
		u, sum := make([]float64, len(of)), 0.0
		for j := range u {
			u[j] = 0.4 + 0.2*rng.Float64()
			sum += u[j]
		}
		for j, i := range of {
			share[i][c] += u[j] / sum
		}
	}
	p, err := split(labels, k, share)
	if err != nil {
		return nil, err
	}
	for i, places := range p.Clients {
		has := map[int32]bool{}
		for _, at := range places {
			has[labels[at]] = true
		}
		if len(has) < s {
			return nil, fmt.Errorf("fed: client %d gets examples of %d classes, want %d: a class has too few examples for its %d clients", i, len(has), s, s*m/k)
		}
	}
	return p, nil
}

// Dirichlet gives each of m clients a part of every class that is drawn from a symmetric
// Dirichlet distribution over the clients with concentration β: small β, few clients have most
// of a class (Hsu et al., Measuring the Effects of Non-Identical Data Distribution, 2019). A
// client that is left without an example is an error.
func Dirichlet(labels []int32, k, m int, beta float64, rng *rand.Rand) (*Partition, error) {
	if k < 1 || m < 1 || !(beta > 0) || math.IsInf(beta, 1) {
		return nil, fmt.Errorf("fed: %d classes on %d clients with concentration %g: want positive numbers", k, m, beta)
	}
	share := table(m, k)
	for c := range k {
		logs := make([]float64, m)
		for i := range logs {
			logs[i] = logGamma(beta, rng)
		}
		top, sum := slices.Max(logs), 0.0
		for i := range logs {
			logs[i] = math.Exp(logs[i] - top)
			sum += logs[i]
		}
		for i := range logs {
			share[i][c] = logs[i] / sum
		}
	}
	return split(labels, k, share)
}

// Even deals n examples to m clients in a random order, as evenly as it can be done.
func Even(n, m int, rng *rand.Rand) ([][]int, error) {
	if m < 1 || n < m {
		return nil, fmt.Errorf("fed: %d examples for %d clients: want one for each at least", n, m)
	}
	out := make([][]int, m)
	for j, at := range rng.Perm(n) {
		out[j%m] = append(out[j%m], at)
	}
	for _, c := range out {
		slices.Sort(c)
	}
	return out, nil
}

// Split gives clients the same shares of other examples, as of a test set.
func (p *Partition) Split(labels []int32) (*Partition, error) {
	return split(labels, p.Classes, p.Share)
}

// split deals the examples of each class in their order: client i has those from ⌊n·S_{i-1}⌉ to
// ⌊n·S_i⌉ of n, S the sums of shares up to a client.
func split(labels []int32, k int, share [][]float64) (*Partition, error) {
	members := make([][]int, k)
	for i, y := range labels {
		if y < 0 || int(y) >= k {
			return nil, fmt.Errorf("fed: example %d has the label %d, want one of %d classes, 0 to %d", i, y, k, k-1)
		}
		members[y] = append(members[y], i)
	}
	p := &Partition{Classes: k, Clients: make([][]int, len(share)), Share: share}
	for c, of := range members {
		if len(of) == 0 {
			return nil, fmt.Errorf("fed: no example of class %d of %d: nobody can have it, take fewer classes or more examples", c, k)
		}
		sum, from := 0.0, 0
		for i := range share {
			sum += share[i][c]
			to := min(len(of), int(math.Round(sum*float64(len(of)))))
			if i == len(share)-1 {
				to = len(of)
			}
			if share[i][c] == 0 && i < len(share)-1 {
				to = from
			}
			p.Clients[i] = append(p.Clients[i], of[from:to]...)
			from = to
		}
	}
	for i, of := range p.Clients {
		if len(of) == 0 {
			return nil, fmt.Errorf("fed: client %d of %d has no example: take fewer clients, more examples, or a larger concentration", i, len(share))
		}
		slices.Sort(of)
	}
	return p, nil
}

func table(m, k int) [][]float64 {
	t := make([][]float64, m)
	for i := range t {
		t[i] = make([]float64, k)
	}
	return t
}

// logGamma draws the logarithm of a Gamma(a, 1) variable: Marsaglia and Tsang 2000 for a ≥ 1,
// and log Gamma(a+1) + log(U)/a below, which does not underflow.
func logGamma(a float64, rng *rand.Rand) float64 {
	if a < 1 {
		return logGamma(a+1, rng) + math.Log(1-rng.Float64())/a
	}
	d := a - 1.0/3
	for {
		x := rng.NormFloat64()
		v := 1 + x/math.Sqrt(9*d)
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-rng.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return math.Log(d * v)
		}
	}
}

// Sample draws which ⌊share·m⌋ of m clients take part in a round, one at least, ascending.
func Sample(rng *rand.Rand, m int, share float64) ([]int, error) {
	if m < 1 || !(share > 0) || share > 1 {
		return nil, fmt.Errorf("fed: a share of %g of %d clients: want a number in (0, 1] and a client at least", share, m)
	}
	n := max(1, int(math.Floor(share*float64(m)+1e-9))) // 0.29·100 is 28.999999999999996
	chosen := rng.Perm(m)[:n]
	slices.Sort(chosen)
	return chosen, nil
}
