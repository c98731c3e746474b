package peer

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrStopped says that the other side gave no answer in the time it had. The process is gone.
var ErrStopped = errors.New("no answer")

// AskWithin is Ask with a limit on the time. A process that exceeds it is killed, which is
// ErrStopped. Seconds tells how long it took, with an error too.
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
	}
	return seconds, err
}

// Abandon removes what is left of a process that was stopped or has ended, whose exit
// status says nothing.
func (p *Process) Abandon() {
	p.cmd.Process.Kill()
	p.Close()
}
