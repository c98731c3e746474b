package bundle

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/marginalia-ml/marginalia/pkg/claim"
)

// stepVariable makes the program a process of a run.
const stepVariable = "MARGINALIA_BUNDLE_STEP"

// Main runs the program as its arguments say and ends the process: with 0 if every claim
// that the chosen cells measure is green, with 1 if one is red or a cell failed, with 2 for
// arguments that say nothing, with 75 where a time limit or a signal cut the run.
func Main(papers ...Paper) {
	exe, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "marginalia:", err)
		os.Exit(exitUsage)
	}
	if os.Getenv(stepVariable) != "" && len(os.Args) == 5 {
		os.Unsetenv(stepVariable)
		if os.Args[1] == stepCheck {
			os.Exit(checkProcess(os.Args[2], os.Args[3], os.Stdout, os.Stderr))
		}
		for _, p := range papers {
			if p.Key == os.Args[1] {
				os.Exit(step(p, os.Args[4], os.Args[2], os.Args[3], os.Stdout, os.Stderr))
			}
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, exe, papers, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const usage = `usage:
  marginalia                 what is in this file
  marginalia run KEY [...]   execute a paper's cells; run KEY -help lists the flags
  marginalia check [...]     the device against pure Go; check -help lists the flags
`

func command(ctx context.Context, exe string, papers []Paper, arguments []string, out, complain io.Writer) int {
	a, err := open(exe)
	if err == nil {
		switch {
		case len(arguments) == 0:
			fmt.Fprint(out, a.text(papers), "\n", usage)
			return exitDone
		case arguments[0] == "run" && len(arguments) > 1 && !strings.HasPrefix(arguments[1], "-"):
			return a.run(ctx, papers, arguments[1], arguments[2:], out, complain)
		case arguments[0] == "check":
			return a.check(ctx, arguments[1:], out, complain)
		}
		err = fmt.Errorf("%s: no command\n%s", strings.Join(arguments, " "), usage)
	}
	fmt.Fprintln(complain, "marginalia:", err)
	return exitUsage
}

// text says what is in the bundle.
func (a archive) text(papers []Paper) string {
	var b strings.Builder
	fmt.Fprintf(&b, "bundle %s, packed on %s at commit %s, go %s\n", a.id, a.When, a.Commit, a.Go)
	plugin := "none: name one, or take -backend go"
	if a.Plugin != "" {
		plugin = filepath.Base(a.Plugin)
	}
	fmt.Fprintf(&b, "CPU plugin: %s\n", plugin)
	var sets []string
	for name := range a.Files {
		if set, is := strings.CutPrefix(filepath.ToSlash(filepath.Dir(name)), dataDir+"/"); is && !slices.Contains(sets, set) {
			sets = append(sets, set)
		}
	}
	slices.Sort(sets)
	fmt.Fprintf(&b, "data: %s\n", strings.Join(append(sets, "others in the folder MARGINALIA_DATA"), ", "))
	for _, p := range papers {
		fmt.Fprintf(&b, "%-20s %s (%d cells)\n", p.Key, a.Papers[p.Key].Title, len(p.Cells))
	}
	return b.String()
}

// run executes a paper and writes its result.
func (a archive) run(ctx context.Context, papers []Paper, key string, arguments []string, out, complain io.Writer) int {
	at := slices.IndexFunc(papers, func(p Paper) bool { return p.Key == key })
	if at < 0 {
		var keys []string
		for _, p := range papers {
			keys = append(keys, p.Key)
		}
		fmt.Fprintf(complain, "marginalia: %q is not in this bundle: there are %s\n", key, strings.Join(keys, ", "))
		return exitUsage
	}
	o, err := parseRun(key, arguments, complain)
	if err == nil {
		var r *runner
		if r, err = start(a, papers[at], o, out, complain); err == nil {
			defer r.lock.Close()
			return r.execute(ctx, o)
		}
	}
	if !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(complain, "marginalia:", err)
	}
	return exitUsage
}

// execute runs the cells within the time limit, closes the ledger and writes the result.
func (r *runner) execute(ctx context.Context, o options) int {
	fmt.Fprintf(r.out, "%s at %s scale, seed %d, on %s\n", r.Key, r.Scale, r.Seed, r.Device)
	limited := ctx
	if o.minutes > 0 {
		limit := max(time.Duration(o.minutes*float64(time.Minute))-grace, time.Second)
		var stop func()
		limited, stop = context.WithTimeout(ctx, limit)
		defer stop()
	}
	cut := r.run(limited)
	if cut != nil && !errors.Is(cut, errCut) {
		fmt.Fprintln(r.errs, "marginalia:", cut)
		return exitFault
	}
	code, err := r.close(cut != nil)
	if err != nil {
		fmt.Fprintln(r.errs, "marginalia:", err)
		code = exitFault
	}
	if cut != nil {
		fmt.Fprintf(r.errs, "marginalia: cut; the same command with -resume goes on in %s\n", r.folder)
		return exitCut
	}
	return code
}

// close writes the ledger and the result, and tells what is red.
func (r *runner) close(cut bool) (int, error) {
	if !there(donePath(r.folder, stepBegin)) {
		return exitFault, nil
	}
	if _, err := r.process(context.Background(), stepClose); err != nil {
		return exitFault, err
	}
	ledger, err := claim.Load(filepath.Join(r.folder, runDir, "claims.json"))
	if err != nil {
		return exitFault, err
	}
	res, err := r.result(ledger)
	if err != nil {
		return exitFault, err
	}
	path, err := r.write(res)
	if err != nil {
		return exitFault, err
	}
	code := exitDone
	for _, c := range res.Cells {
		if !c.Done && !cut {
			fmt.Fprintf(r.out, "%s failed: %s\n", c.Name, c.Failure)
			code = exitFault
		}
	}
	for _, c := range ledger.Claims {
		measured := len(c.Checks)+len(c.CounterExamples) > 0
		if c.Verdict.Red() && !cut && (measured || len(r.Only) == 0) {
			fmt.Fprintf(r.out, "%s %s: %s\n", c.ID, c.Verdict, c.Reason)
			code = exitFault
		}
	}
	fmt.Fprintf(r.out, "%s\n%.1f minutes, %.2f GB at most; result: %s\n", ledger.Summary(), res.Minutes, float64(res.Memory)/(1<<30), path)
	return code, nil
}
