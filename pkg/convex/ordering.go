package convex

import "context"

// minimumDegree returns an order in which the symmetric matrix of the given pattern is
// eliminated with little fill: always the variable that has the fewest neighbours, by the
// bounds of Amestoy, Davis and Duff, "An approximate minimum degree ordering algorithm",
// 1996. Eliminated variables are kept as the sets of their neighbours, elements, and one that
// lies in another is dropped. It is nil where ctx has ended.
func minimumDegree(ctx context.Context, neighbours [][]int) []int {
	n := len(neighbours)
	elements := make([][]int, n) // elements a variable is in
	members := make([][]int, n)  // variables of an element
	degree, done := make([]int, n), make([]bool, n)
	buckets, slot := make([][]int, n), make([]int, n)
	put := func(i int) {
		slot[i] = len(buckets[degree[i]])
		buckets[degree[i]] = append(buckets[degree[i]], i)
	}
	take := func(i int) {
		b := buckets[degree[i]]
		last := b[len(b)-1]
		b[slot[i]], slot[last] = last, slot[i]
		buckets[degree[i]] = b[:len(b)-1]
	}
	for i, a := range neighbours {
		degree[i] = len(a)
		put(i)
	}
	mark, stamp := make([]int, n), 0
	outside, seen := make([]int, n), make([]int, n) // members of an element outside the new one
	order := make([]int, 0, n)
	for low := 0; len(order) < n; {
		if ctx.Err() != nil {
			return nil
		}
		for len(buckets[low]) == 0 {
			low++
		}
		p := buckets[low][len(buckets[low])-1]
		take(p)
		done[p] = true
		order = append(order, p)
		stamp++
		mark[p] = stamp
		var l []int
		add := func(list []int) {
			for _, i := range list {
				if !done[i] && mark[i] != stamp {
					mark[i] = stamp
					l = append(l, i)
				}
			}
		}
		add(neighbours[p])
		for _, e := range elements[p] {
			add(members[e])
			members[e] = nil
		}
		neighbours[p], elements[p], members[p] = nil, nil, l
		for _, i := range l {
			for _, e := range elements[i] {
				if members[e] == nil {
					continue
				}
				if seen[e] != stamp {
					seen[e], outside[e] = stamp, len(members[e])
				}
				outside[e]--
			}
		}
		left := n - len(order)
		for _, i := range l {
			take(i)
			kept := elements[i][:0]
			d := len(l) - 1
			for _, e := range elements[i] {
				if members[e] == nil {
					continue
				}
				if outside[e] == 0 {
					continue // absorbed
				}
				d += outside[e]
				kept = append(kept, e)
			}
			elements[i] = append(kept, p)
			rest := neighbours[i][:0]
			for _, j := range neighbours[i] {
				if !done[j] && mark[j] != stamp {
					rest = append(rest, j)
				}
			}
			neighbours[i] = rest
			degree[i] = min(left-1, d+len(rest), degree[i]+len(l)-1)
			put(i)
			low = min(low, degree[i])
		}
	}
	return order
}
