package federated

import (
	"fmt"
	"math"
)

// Normalise divides max(q, 0) of each row of d entries by its norm: a query. A row without a
// positive entry stays zero, and is equally near to every key.
func Normalise(q []float32, d int) []float32 {
	out := make([]float32, len(q))
	for i := 0; i+d <= len(q); i += d {
		sum := 0.0
		for _, v := range q[i : i+d] {
			if v > 0 {
				sum += float64(v) * float64(v)
			}
		}
		norm := math.Sqrt(sum)
		for k, v := range q[i : i+d] {
			if v > 0 {
				out[i+k] = float32(float64(v) / norm)
			}
		}
	}
	return out
}

// Cosines returns q·k_g/‖k_g‖ of queries [n, d] and keys [G, d] that are not zero, [n, G].
func Cosines(queries, keys []float32, d int) []float64 {
	n, groups := len(queries)/d, len(keys)/d
	out := make([]float64, n*groups)
	for g := range groups {
		key, sum := keys[g*d:(g+1)*d], 0.0
		for _, v := range key {
			sum += float64(v) * float64(v)
		}
		for i := range n {
			dot := 0.0
			for k, v := range queries[i*d : (i+1)*d] {
				dot += float64(v) * float64(key[k])
			}
			out[i*groups+g] = dot / math.Sqrt(sum)
		}
	}
	return out
}

// Select returns the group of each query:
//
//	argmin_g (1 - cos(q, k_g)) f_g,
//
// the first of equal ones. At test time the factor f is nil, 1 for all; in training it is that of
// [Factor].
func Select(queries, keys []float32, d int, factor []float64) []int {
	groups := len(keys) / d
	cos := Cosines(queries, keys, d)
	out := make([]int, len(queries)/d)
	for i := range out {
		best := math.Inf(1)
		for g, c := range cos[i*groups : (i+1)*groups] {
			v := 1 - c
			if factor != nil {
				v *= factor[g]
			}
			if v < best {
				best, out[i] = v, g
			}
		}
	}
	return out
}

// rare is what a group that was never picked is multiplied by, so that distance still counts.
const rare = 5e-4

// Factor returns F_g/ΣF + 5e-4 of counts, which draws training to groups that are rarely picked;
// nil where nothing was picked yet.
func Factor(counts []int) []float64 {
	total := 0
	for _, n := range counts {
		total += n
	}
	if total == 0 {
		return nil
	}
	f := make([]float64, len(counts))
	for g, n := range counts {
		f[g] = float64(n)/float64(total) + rare
	}
	return f
}

// Entropy is that of a distribution of counts over G groups in units of ln G: 1 if all are
// equally frequent, 0 if there is only one. It is 0 for G = 1.
func Entropy(counts []int) float64 {
	total, h := 0, 0.0
	for _, n := range counts {
		total += n
	}
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(total)
			h -= p * math.Log(p)
		}
	}
	if len(counts) < 2 || total == 0 {
		return 0
	}
	return h / math.Log(float64(len(counts)))
}

// Information is the mutual information of rows and columns of a table of counts, in nats: of
// clients and groups, ln of the number of clients at most.
func Information(table [][]int) (float64, error) {
	total, columns := 0, []int(nil)
	rows := make([]int, len(table))
	for i, row := range table {
		if columns == nil {
			columns = make([]int, len(row))
		}
		if len(row) != len(columns) {
			return 0, fmt.Errorf("federated: row %d of the table has %d entries, want %d", i, len(row), len(columns))
		}
		for j, n := range row {
			if n < 0 {
				return 0, fmt.Errorf("federated: the count %d in row %d, column %d", n, i, j)
			}
			total, rows[i], columns[j] = total+n, rows[i]+n, columns[j]+n
		}
	}
	sum := 0.0
	for i, row := range table {
		for j, n := range row {
			if n > 0 {
				sum += float64(n) / float64(total) * math.Log(float64(n)*float64(total)/(float64(rows[i])*float64(columns[j])))
			}
		}
	}
	return sum, nil
}
