package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Outcome is what the calls of one solver of a program gave.
type Outcome struct {
	Call    []time.Duration // whole calls
	Inside  []time.Duration // of these, inside the solver, as it says itself
	Answer  []float64       // the last answer; empty without one
	Status  string
	Stopped bool // it was given too little time: the last call is as long as it had
}

// Add notes a call of ours.
func (o *Outcome) Add(call time.Duration) { o.Call = append(o.Call, call) }

// Median and Least are those of the calls, of which there is at least one.
func (o Outcome) Median() time.Duration {
	return slices.Sorted(slices.Values(o.Call))[len(o.Call)/2]
}
func (o Outcome) Least() time.Duration { return slices.Min(o.Call) }

// Columns are the first columns of a line that reports the outcome.
func (o Outcome) Columns(solver string) string {
	inside := "-"
	if len(o.Inside) > 0 {
		inside = fmt.Sprintf("%.1f ms", 1e3*slices.Min(o.Inside).Seconds())
	}
	return fmt.Sprintf("%-14s %6d %14.2f ms %8.2f ms %12s", solver, len(o.Call),
		1e3*o.Least().Seconds(), 1e3*o.Median().Seconds(), inside)
}

// Head are the names of these columns.
const Head = "solver          calls   least of a call      median       inside"

// Solvers is the other side of a program: solvers that a library of Python calls.
type Solvers struct {
	*Process
	Version string

	start func() (*Process, error)
	file  any
}

// StartSolvers runs the script. Its greeting is its version; it answers "load FILE" with the
// number of rows, and "solve SOLVER" with the seconds of the call, those inside the solver,
// its status and the answer, empty if it has none.
func StartSolvers(ctx context.Context, python, script string) (*Solvers, error) {
	s := &Solvers{}
	s.start = func() (*Process, error) { return Start(ctx, python, script, nil, &s.Version) }
	var err error
	s.Process, err = s.start()
	return s, err
}

// Load hands over an instance.
func (s *Solvers) Load(instance any) error {
	s.file = instance
	return s.load(s.Process)
}

func (s *Solvers) load(p *Process) error {
	file, err := p.Write(s.file)
	if err != nil {
		return err
	}
	var rows int
	return p.Ask(&rows, "load %s", file)
}

// Solve has a solver solve the instance and adds the call. With a limit above zero, a call
// that takes longer is noted as stopped, one that ends the process has no answer, and the
// next one begins in a new process.
func (s *Solvers) Solve(solver string, limit time.Duration, o *Outcome) error {
	var a struct {
		Call   float64   `json:"call"`
		Inside float64   `json:"inside"`
		Status string    `json:"status"`
		Answer []float64 `json:"answer"`
	}
	if limit <= 0 {
		if err := s.Ask(&a, "solve %s", solver); err != nil {
			return err
		}
	} else if seconds, err := s.AskWithin(limit, &a, "solve %s", solver); errors.Is(err, ErrStopped) {
		o.Call, o.Stopped, o.Status = append(o.Call, duration(seconds)), true, err.Error()
		return s.again()
	} else if errors.Is(err, errEnded) {
		o.Call, o.Status = append(o.Call, duration(seconds)), fmt.Sprintf("no answer: it ended after %.0f s", seconds)
		return s.again()
	} else if err != nil {
		return err
	}
	o.Call, o.Inside = append(o.Call, duration(a.Call)), append(o.Inside, duration(a.Inside))
	o.Answer, o.Status = a.Answer, a.Status
	return nil
}

// again puts a new process, with the instance, in the place of one that is gone.
func (s *Solvers) again() error {
	s.Abandon()
	p, err := s.start()
	if err != nil {
		return err
	}
	s.Process = p
	return s.load(p)
}

func duration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}

// Contest makes rounds: so many calls of ours, and one of each of their solvers, which are
// named with what else "solve" wants to know. Without another side, theirs is nil.
func Contest(rounds, calls int, limit time.Duration, ours func() (time.Duration, error), theirs *Solvers, solvers []string) (own Outcome, others []Outcome, err error) {
	others = make([]Outcome, len(solvers))
	for range rounds {
		for range calls {
			took, err := ours()
			if err != nil {
				return own, others, err
			}
			own.Add(took)
		}
		for i := range solvers {
			if theirs == nil {
				continue
			}
			if err := theirs.Solve(solvers[i], limit, &others[i]); err != nil {
				return own, others, err
			}
		}
	}
	return own, others, nil
}

// RecordSolver records the ratio of a solver's calls to the median of ours. One that was
// stopped has a lower bound of it, one that ended without an answer none. What else is to
// be known is added to the comment.
func RecordSolver(r Result, ours, theirs Outcome) error {
	median := ours.Median()
	r.Ours = inWords(median)
	r.Rounds = Times{Ours: sixDigits([]float64{median.Seconds()}), Theirs: []float64{}}
	switch {
	case theirs.Stopped:
		r.Stopped = true
		r = r.and(theirs.Status)
	case len(theirs.Answer) != len(ours.Answer):
		return Record(r.and(theirs.Status))
	case slices.Min(theirs.Inside) > 0:
		inside := slices.Min(theirs.Inside).Seconds() / median.Seconds()
		r = r.and(fmt.Sprintf("inside their solver alone %.3g times", inside))
	}
	var own, other []float64
	for _, call := range theirs.Call {
		own, other = append(own, median.Seconds()), append(other, call.Seconds())
	}
	return Record(r.Ratios(own, other))
}

// and adds to the comment.
func (r Result) and(comment string) Result {
	if r.Comment != "" {
		comment = r.Comment + "; " + comment
	}
	r.Comment = comment
	return r
}

// inWords is a time in milliseconds, or in seconds if it is more than one.
func inWords(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.3g s", d.Seconds())
	}
	return fmt.Sprintf("%.3g ms", 1e3*d.Seconds())
}

// Report prints a line: the columns of the outcome, the quality of its answer, and its status.
func Report(w io.Writer, solver string, o Outcome, quality string) {
	fmt.Fprintf(w, "%s   %s   %s\n", o.Columns(strings.ToLower(solver)), quality, o.Status)
}
