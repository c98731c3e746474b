package peer

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A script with three solvers: one that answers, one that takes an hour and one that ends.
const solverScript = `
import json, os, sys, time
def say(x): print(json.dumps(x), flush=True)
say("library 1.0")
for line in sys.stdin:
    words = line.split()
    if words[0] == "load":
        instance = json.load(open(words[1]))
        say(len(instance))
    elif words[1] == "QUICK":
        say({"call": 0.5, "inside": 0.25, "status": "optimal", "answer": instance})
    elif words[1] == "SLOW":
        time.sleep(3600)
    else:
        os._exit(1)
`

func startTestSolvers(t *testing.T) *Solvers {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "peer.py")
	if err := os.WriteFile(file, []byte(solverScript), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := StartSolvers(context.Background(), python, file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A call that takes too long or ends the process is stopped, and the next one is answered.
func TestContest(t *testing.T) {
	s := startTestSolvers(t)
	if err := s.Load([]float64{3, 4}); err != nil || s.Version != "library 1.0" {
		t.Fatalf("version %q, %v", s.Version, err)
	}
	const limit = 2 * time.Second // of which DYING needs the end of a process, on a busy machine, too
	calls := 0
	ours := func() (time.Duration, error) { calls++; return 100 * time.Millisecond, nil }
	own, others, err := Contest(2, 3, limit, ours, s, []string{"SLOW", "DYING", "QUICK"})
	if err != nil {
		t.Fatal(err)
	}
	if calls != 6 || len(own.Call) != 6 {
		t.Errorf("%d calls of ours, %d noted; want 2 rounds of 3", calls, len(own.Call))
	}
	slow, dying, quick := others[0], others[1], others[2]
	if !slow.Stopped || len(slow.Call) != 2 || slow.Least() < limit || slow.Least() > 5*limit || !strings.Contains(slow.Status, "in 2s") {
		t.Errorf("slow: %+v", slow)
	}
	if dying.Stopped || len(dying.Call) != 2 || len(dying.Answer) != 0 || !strings.Contains(dying.Status, "it ended after") {
		t.Errorf("dying: %+v", dying)
	}
	if quick.Stopped || quick.Status != "optimal" || len(quick.Answer) != 2 || quick.Answer[1] != 4 || quick.Median() != 500*time.Millisecond {
		t.Errorf("quick: %+v", quick)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Without a limit, a process that ends is an error, and so is a failure of ours.
func TestContestErrors(t *testing.T) {
	s := startTestSolvers(t)
	if err := s.Load([]float64{1}); err != nil {
		t.Fatal(err)
	}
	var o Outcome
	if err := s.Solve("DYING", 0, &o); !errors.Is(err, errEnded) || errors.Is(err, ErrStopped) || o.Stopped {
		t.Errorf("error %v, outcome %+v", err, o)
	}
	s.Abandon()
	want := errors.New("ours")
	if _, _, err := Contest(1, 1, 0, func() (time.Duration, error) { return 0, want }, nil, nil); !errors.Is(err, want) {
		t.Errorf("error %v, want ours", err)
	}
}

func TestRecordSolver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results")
	t.Setenv("MARGINALIA_BENCH", path)
	ours := Outcome{Call: []time.Duration{2e6, 4e6, 1e6}, Answer: []float64{1}} // nanoseconds
	found := Outcome{Call: []time.Duration{20 * time.Millisecond, 30 * time.Millisecond}, Inside: []time.Duration{8e6, 6e6}, Answer: []float64{1}}
	for _, theirs := range []Outcome{found, {Call: found.Call, Status: "no memory"}, {Call: []time.Duration{time.Second}, Stopped: true, Status: "no answer in 1s"}} {
		if err := RecordSolver(Result{Bench: "qp", What: "a program", Against: "SCS", Comment: "ours: 1 MiB"}, ours, theirs); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []Result
	for line := range strings.Lines(string(text)) {
		var r Result
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if len(all) != 3 {
		t.Fatalf("recorded %+v", all)
	}
	if r := all[0]; r.Against != "SCS" || r.Low != 10 || r.High != 15 || r.Ours != "2 ms" || r.Comment != "ours: 1 MiB; inside their solver alone 3 times" || r.Stopped {
		t.Errorf("recorded %+v", r)
	}
	if r := all[1]; r.Stopped || r.Ratio != 0 || r.Ours != "2 ms" || r.Comment != "ours: 1 MiB; no memory" {
		t.Errorf("recorded %+v", r)
	}
	if r := all[2]; !r.Stopped || r.Ratio != 500 || r.Comment != "ours: 1 MiB; no answer in 1s" {
		t.Errorf("recorded %+v", r)
	}
}
