package train

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/random"
)

// someJob draws a job: optimizer, schedule, mask, order, batch, looks, whatever goes with what.
func someJob(rng *rand.Rand) Job {
	j := small()
	c := &j.Config
	pick := func(all ...string) string { return all[rng.IntN(len(all))] }
	some := func(most int) (at []int) {
		for k := range most + 1 {
			if rng.IntN(3) == 0 {
				at = append(at, k)
			}
		}
		return at
	}
	c.Steps = 2 + rng.IntN(12)
	c.Seed = rng.Uint64N(100)
	c.Batch = rng.IntN(24)
	if c.Batch > 0 {
		c.Order.Kind = pick("", "shuffled", "fixed", "bound", "fresh")
		if c.Order.Kind == "fresh" {
			c.Batch = 1 + rng.IntN(23/c.Steps)
		}
		c.Order.Bind = some(5)
	}
	c.At, c.Keep, c.Best = append(some(c.Steps-1), c.Steps), some(c.Steps), pick("", "loss", "accuracy")
	if rng.IntN(4) == 0 {
		c.At = nil
	}
	s := optim.Spec{Method: pick(optim.Methods...), Rate: 0.02 + 0.1*rng.Float64(), Clip: float64(rng.IntN(2)) * rng.Float64()}
	if s.Method == "momentum" || s.Method == "nesterov" {
		s.Momentum = rng.Float64()
	}
	if s.Method != "polyak" {
		s.Schedule = optim.ScheduleSpec{Kind: pick(optim.Schedules...), Warmup: rng.IntN(4)}
		switch s.Schedule.Kind {
		case "power":
			s.Schedule.Power = rng.Float64()
		case "milestones":
			s.Schedule.Gamma, s.Schedule.Milestones = 0.3, []int{1 + rng.IntN(3), 5 + rng.IntN(3)}
		}
		if rng.IntN(2) == 0 {
			s.Decay, s.NoDecay = 0.1, []string{pick("*.b", "0.*")}
		}
	}
	switch rng.IntN(3) {
	case 0:
		s.Frozen = []string{"0.b"}
	case 1:
		s.Only = []string{"1.*", "0.w"}
	}
	c.Optimizer = s
	return j
}

// Whatever is drawn of what a configuration can say: a run that is stopped twice, anywhere, has the bits of one that was not.
func TestResumeOfRandomJobs(t *testing.T) {
	rng := random.Stream(1, "train/resume")
	p := pool(t, "go")
	const jobs = 15
	for i := range jobs {
		j := someJob(rng)
		j.Task.Name = fmt.Sprint("random ", i)
		runs, err := FitPool(t.Context(), p, []Job{j})
		if err != nil {
			t.Fatalf("job %d: %v", i, err) // what is drawn goes together
		}
		want := bits(runs[0])
		j.Checkpoint.Path = filepath.Join(t.TempDir(), "run.safetensors")
		first := 1 + rng.IntN(j.Config.Steps-1)
		stopAfter(t, "go", p, j, first)
		second := first
		if first < j.Config.Steps-1 {
			second += 1 + rng.IntN(j.Config.Steps-1-first)
			stopAfter(t, "go", p, j, second-first)
		}
		writing(t, atomically)
		j.Checkpoint.Every = 0
		if run := fit(t, p, j); bits(run) != want || run.Resumed != second {
			t.Errorf("job %d, stopped after steps %d and %d, went on from %d to other bits (%t): %+v", i, first, second, run.Resumed, bits(run) != want, j.Config)
		}
	}
}
