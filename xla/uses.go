package xla

import (
	"errors"
	"fmt"
	"sync"
)

// uses counts the calls that are at work on a backend, so that it is not freed under them.
type uses struct {
	mu     sync.Mutex
	n      int
	closed bool
}

// begin notes a call; end takes the note back.
func (u *uses) begin() (end func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return nil, errors.New("the backend is closed")
	}
	u.n++
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.n--
	}, nil
}

// close calls free unless a call is at work. After it no call begins.
func (u *uses) close(free func() error) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.n > 0 {
		return fmt.Errorf("xla: close: %d calls are at work on the backend: end their contexts and wait for them first", u.n)
	}
	u.closed = true
	return free()
}
