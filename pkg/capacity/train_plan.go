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
