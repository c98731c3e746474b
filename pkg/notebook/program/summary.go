package program

import (
	"fmt"
	"slices"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// summary counts the seeds and lists the claims whose verdict is not the same on all.
func summary(outcomes []Outcome) string {
	var b strings.Builder
	green := 0
	var ids []string // in the order of the paper
	verdicts := map[string]map[claim.Verdict][]uint64{}
	for _, o := range outcomes {
		if o.Green() {
			green++
		}
		for _, c := range o.measured() {
			if verdicts[c.ID] == nil {
				verdicts[c.ID] = map[claim.Verdict][]uint64{}
				ids = append(ids, c.ID)
			}
			verdicts[c.ID][c.Verdict] = append(verdicts[c.ID][c.Verdict], o.Seed)
		}
	}
	fmt.Fprintf(&b, "%d of %d seeds green\n", green, len(outcomes))
	for _, id := range ids {
		if len(verdicts[id]) < 2 {
			continue
		}
		var parts []string
		for v, seeds := range verdicts[id] {
			parts = append(parts, fmt.Sprintf("%s on %s", v, ranges(seeds)))
		}
		slices.Sort(parts)
		fmt.Fprintf(&b, "%s depends on the seed: %s\n", id, strings.Join(parts, "; "))
	}
	return b.String()
}

// ranges writes 1, 2, 3, 5 as "1-3, 5".
func ranges(seeds []uint64) string {
	seeds = slices.Sorted(slices.Values(seeds))
	var parts []string
	for i := 0; i < len(seeds); {
		j := i
		for j+1 < len(seeds) && seeds[j+1] == seeds[j]+1 {
			j++
		}
		if i == j {
			parts = append(parts, fmt.Sprint(seeds[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", seeds[i], seeds[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
