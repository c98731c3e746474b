package peer

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Result is a line of the table that README.md shows of a comparison.
type Result struct {
	Bench   string  `json:"bench"`             // of scripts/bench
	What    string  `json:"what"`              // was measured
	Against string  `json:"against"`           // the other side
	Ratio   float64 `json:"ratio"`             // their time over ours, median of the rounds; 0 if they have no answer
	Low     float64 `json:"low"`               // and the least
	High    float64 `json:"high"`              // and greatest of it
	Ours    string  `json:"ours"`              // our time, in words
	Limit   float64 `json:"limit,omitempty"`   // our time over the least that the machine allows, where known
	Comment string  `json:"comment,omitempty"` // what else is to be known
	Stopped bool    `json:"stopped,omitempty"` // theirs did not end: the ratio is more than Ratio
	Device  string  `json:"device"`            // the machine; Record fills it in
	Rounds  Times   `json:"rounds"`            // what Ratio, Low and High were computed from
}

// Times are those of the rounds, Ours[i] and Theirs[i] of one round, in one unit. Theirs is
// empty where the other side has no answer.
type Times struct {
	Ours   []float64 `json:"ours"`
	Theirs []float64 `json:"theirs"`
}

// Ratios fills in Rounds, and Ratio, Low and High from them: ours[i] and theirs[i] are of
// one round. There is at least one. Times are kept to six digits, from which the ratios
// follow to the last.
func (r Result) Ratios(ours, theirs []float64) Result {
	r.Rounds = Times{sixDigits(ours), sixDigits(theirs)}
	all := make([]float64, len(ours))
	for i := range ours {
		all[i] = r.Rounds.Theirs[i] / r.Rounds.Ours[i]
	}
	slices.Sort(all)
	r.Ratio, r.Low, r.High = all[len(all)/2], all[0], all[len(all)-1]
	return r
}

func sixDigits(times []float64) []float64 {
	x := make([]float64, len(times))
	for i, t := range times {
		x[i], _ = strconv.ParseFloat(strconv.FormatFloat(t, 'g', 6, 64), 64)
	}
	return x
}

// Record adds the result to the file that MARGINALIA_BENCH names, a line of JSON each, as
// scripts/bench --write wants it. Where it names none, Record does nothing.
func Record(r Result) error {
	r.Device = machineName()
	return write(r)
}

// write adds a line of JSON to the file that MARGINALIA_BENCH names, if it does.
func write(v any) error {
	path := os.Getenv("MARGINALIA_BENCH")
	if path == "" {
		return nil
	}
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("result %+v: %w", v, err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// device returns the name of the processor, where the system tells.
func device() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOOS + " " + runtime.GOARCH
	}
	for line := range strings.Lines(string(b)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
