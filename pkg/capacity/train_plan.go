package capacity

import "slices"

// How runs that differ in width and seed alone become jobs.

// sideBySide makes one job of a group of runs.
func sideBySide(t *table, runs []Training, fits []Fit, group []int) job {
	j := job{table: t}
	for _, i := range group {
		j.runs, j.fits = append(j.runs, runs[i]), append(j.fits, &fits[i])
		j.width = max(j.width, runs[i].Hidden)
	}
	return j
}

// Compilation is worth so much of a job's cost. Measured where 3.3e10 take a second: 0.8 s
// for all parameters, 0.3 s for the FNN alone.
const (
	compileAll  = 26e9
	compileOnly = 10e9
)

// inTurns makes a job of each run of a group and chains of jobs. From the widest down, a
// run joins the chain of the one before it if filling it up to the chain's width costs less
// than the compilation that it saves.
func inTurns(t *table, runs []Training, fits []Fit, group []int) (chains []chain) {
	widest := slices.Clone(group)
	slices.SortStableFunc(widest, func(a, b int) int { return runs[b].Hidden - runs[a].Hidden })
	for _, i := range widest {
		j := sideBySide(t, runs, fits, []int{i})
		saved := float64(compileAll)
		if runs[i].Only {
			saved = compileOnly
		}
		if last := len(chains) - 1; last >= 0 {
			width := chains[last][0].width
			if float64(j.costOf(width)-j.costOf(j.width)) < saved {
				j.width = width
				chains[last] = append(chains[last], j)
				continue
			}
		}
		chains = append(chains, chain{j})
	}
	return chains
}

func (c chain) cost() (sum int) {
	for _, j := range c {
		sum += j.cost()
	}
	return sum
}
