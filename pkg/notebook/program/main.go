package program

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
	"github.com/marginalia-ml/marginalia/xla"
)

// main is Main with the arguments and streams of a test.
func (p Program) main(arguments []string, out, complain io.Writer) int {
	o, err := p.options(arguments, complain)
	if err != nil {
		if err != flag.ErrHelp {
			fmt.Fprintf(complain, "%s: %v\n", p.Key, err)
		}
		return 2
	}
	os.Setenv(xla.EnvBackend, o.Backend) // what rooms open that are handed no backend
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	outcomes, err := p.Run(ctx, o, func(seed Outcome) { fmt.Fprint(out, seed) })
	switch {
	case ctx.Err() != nil:
		fmt.Fprintf(complain, "%s: interrupted; results that were kept are in %s\n", p.Key, o.Dir)
		return 130
	case err != nil:
		fmt.Fprintf(complain, "%s: %v\n", p.Key, err)
		return 2
	}
	fmt.Fprint(out, summary(outcomes))
	for _, seed := range outcomes {
		if !seed.Green() {
			return 1
		}
	}
	return 0
}

func (p Program) options(arguments []string, complain io.Writer) (Options, error) {
	flags := flag.NewFlagSet(p.Key, flag.ContinueOnError)
	flags.SetOutput(complain)
	seeds := flags.String("seeds", "1", "`20` for the seeds 1 to 20, or a list as in 3,5,9 or 2-20")
	only := flags.String("only", "", "names of `cells` or ids of claims, with commas between them (default: all)")
	o := Options{}
	flags.IntVar(&o.Jobs, "jobs", 1, "seeds at a time")
	flags.StringVar(&o.Scale, "scale", claim.Quick, "quick or paper")
	flags.StringVar(&o.Backend, "backend", "", "cpu, cuda, go or the path of a PJRT plugin (default: the best there is)")
	flags.StringVar(&o.Dir, "dir", "", "folder of the runs (default: build/"+p.Key+"/seeds below the working folder)")
	flags.StringVar(&o.Root, "root", "", "the checkout, where there is one")
	flags.StringVar(&o.Figures, "figures", "", "folder for the figures of each seed")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if o.Scale != claim.Quick && o.Scale != claim.PaperSized {
		return o, fmt.Errorf("unknown scale %q: known are %s and %s", o.Scale, claim.Quick, claim.PaperSized)
	}
	if o.Jobs < 1 {
		return o, fmt.Errorf("-jobs %d: at least 1 is expected", o.Jobs)
	}
	if *only != "" {
		o.Only = strings.Split(*only, ",")
	}
	if o.Dir == "" {
		o.Dir = filepath.Join("build", p.Key, "seeds")
	}
	var err error
	if o.Seeds, err = parseSeeds(*seeds); err != nil {
		return o, err
	}
	o.Dir, err = filepath.Abs(o.Dir)
	return o, err
}

// mostSeeds is the largest number of seeds of one run.
const mostSeeds = 1<<16 - 1

// parseSeeds reads "20" as the seeds 1 to 20 and "3,5,9", "7,", "2-20" or "2-4,9" as these.
func parseSeeds(text string) ([]uint64, error) {
	bad := fmt.Errorf("-seeds %q: a number of seeds is expected, as in 20 for the seeds 1 to 20, or a list of them, as in 3,5,9 or 2-20", text)
	if !strings.ContainsAny(text, ",-") {
		text = "1-" + text
	}
	var seeds []uint64
	for _, word := range strings.Split(strings.TrimSuffix(text, ","), ",") {
		low, high, several := strings.Cut(word, "-")
		if !several {
			high = low
		}
		first, err := strconv.ParseUint(strings.TrimSpace(low), 10, 64)
		last, err2 := strconv.ParseUint(strings.TrimSpace(high), 10, 64)
		if err != nil || err2 != nil || first > last || last-first >= mostSeeds {
			return nil, bad
		}
		for n := first; ; n++ {
			if slices.Contains(seeds, n) {
				return nil, fmt.Errorf("-seeds %q names %d twice", text, n)
			}
			if seeds = append(seeds, n); n == last { // which may be the largest number
				break
			}
		}
	}
	return seeds, nil
}

// Green reports whether all cells came to their end and no measured claim is red.
func (o Outcome) Green() bool {
	return len(o.Faults) == 0 && o.Record != nil && !slices.ContainsFunc(o.measured(), func(c claim.Outcome) bool { return c.Verdict.Red() })
}

// String lists the claims of a seed by verdict, and the reasons of the red ones.
func (o Outcome) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d (%.1f s)", o.Seed, o.Seconds)
	ids := map[claim.Verdict][]string{}
	var order []claim.Verdict
	for _, c := range o.measured() {
		if ids[c.Verdict] == nil {
			order = append(order, c.Verdict)
		}
		ids[c.Verdict] = append(ids[c.Verdict], c.ID)
	}
	for i, v := range order {
		fmt.Fprintf(&b, "%s %s: %s", map[bool]string{true: "", false: ";"}[i == 0], v, strings.Join(ids[v], " "))
	}
	b.WriteString("\n")
	for _, c := range o.measured() {
		if c.Verdict.Red() {
			fmt.Fprintf(&b, "    %s %s: %s\n", c.ID, c.Verdict, c.Reason)
		}
	}
	for _, err := range o.Faults {
		fmt.Fprintf(&b, "    %v\n", err)
		if f, is := err.(*notebook.Fault); is && f.Stack != "" {
			fmt.Fprintf(&b, "%s\n", f.Stack)
		}
	}
	return b.String()
}
