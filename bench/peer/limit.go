package peer

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrStopped says that the other side gave no answer: it took longer than it was given, or
// ended on its own, out of memory mostly. The process is gone.
var ErrStopped = errors.New("no answer")

// AskWithin is Ask with a limit on the time. A process that exceeds it is killed; that, or
// the process ending by itself, is ErrStopped, and seconds tells after how long.
func (p *Process) AskWithin(limit time.Duration, v any, format string, args ...any) (seconds float64, err error) {
	begin := time.Now()
	var late atomic.Bool
	timer := time.AfterFunc(limit, func() {
		late.Store(true)
		p.cmd.Process.Kill()
	})
	err = p.Ask(v, format, args...)
	inTime := timer.Stop()
	seconds = time.Since(begin).Seconds()
	switch {
	case err == nil && inTime:
		return seconds, nil
	case late.Load():
		return seconds, fmt.Errorf("%w in %v", ErrStopped, limit)
	case errors.Is(err, errEnded):
		return seconds, fmt.Errorf("%w: it ended after %.0f s", ErrStopped, seconds)
	}
	return seconds, err
}

// Abandon removes what is left of a process that gave ErrStopped, whose exit status says
// nothing.
func (p *Process) Abandon() {
	p.cmd.Process.Kill()
	p.Close()
}
