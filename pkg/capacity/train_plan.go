package capacity

import "slices"

// How runs that differ in width and seed alone become jobs.

// oneLoop makes one job of a group of runs, which share a leading axis.
func oneLoop(t *table, runs []Training, fits []Fit, group []int) job {
	j := job{table: t}
	for _, i := range group {
		j.runs, j.fits = append(j.runs, runs[i]), append(j.fits, &fits[i])
		j.width = max(j.width, runs[i].Hidden)
	}
	return j
}

// startCost is what the starts of a step's kernels cost a GPU, in the unit of job.cost: about
// 30 of them at 3 µs, where a step of the paper's grid, 4,096 units at ζ = 100 and n = 1,000,
// takes 0.5 ms. Both are estimates: no GPU was seen.
const startCost = 2.5e8

// bySize divides runs of a group among loops, each as wide as its widest run, so that the time
// of a step of all of them is least: a loop more costs the starts of its kernels, a loop less
// units that are there to fill up narrow runs. Neighbours in width share a loop.
func bySize(t *table, runs []Training, fits []Fit, group []int) (jobs []job) {
	widest := slices.Clone(group)
	slices.SortStableFunc(widest, func(a, b int) int { return runs[b].Hidden - runs[a].Hidden })
	n := len(widest)
	least, cut := make([]float64, n+1), make([]int, n+1) // of the first i runs; where their last loop begins
	for i := 1; i <= n; i++ {
		for from := range i {
			one := oneLoop(t, runs, fits, widest[from:i])
			c := least[from] + startCost + float64(one.cost())/float64(one.runs[0].Steps)
			if from == 0 || c < least[i] {
				least[i], cut[i] = c, from
			}
		}
	}
	for i := n; i > 0; i = cut[i] {
		jobs = append(jobs, oneLoop(t, runs, fits, widest[cut[i]:i]))
	}
	return jobs
}

// Compilation is worth so much of a job's cost. Measured where 3.3e10 take a second: 0.8 s
// for all parameters, 0.3 s for the FNN alone.
const (
	compileAll  = 26e9
	compileOnly = 10e9
)

// widened makes a job of each run of a group. From the widest down, a run gets the width of
// the one before it, and so its program, if filling it up costs less than the compilation that
// it saves.
func widened(t *table, runs []Training, fits []Fit, group []int) (jobs []job) {
	widest := slices.Clone(group)
	slices.SortStableFunc(widest, func(a, b int) int { return runs[b].Hidden - runs[a].Hidden })
	for _, i := range widest {
		j := oneLoop(t, runs, fits, []int{i})
		saved := float64(compileAll)
		if runs[i].Only {
			saved = compileOnly
		}
		if last := len(jobs) - 1; last >= 0 {
			width := jobs[last].width
			if float64(j.costOf(width)-j.costOf(j.width)) < saved {
				j.width = width
			}
		}
		jobs = append(jobs, j)
	}
	return jobs
}
