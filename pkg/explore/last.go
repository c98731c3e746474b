package explore

import "sync"

// Last keeps the value of the last key, for what does not depend on the control that is dragged. A
// function that draws answers as if it had kept nothing: the key alone decides the value, which nobody
// changes. The zero value is ready.
type Last[K comparable, V any] struct {
	mu    sync.Mutex
	key   K
	value V
	known bool
}

// Of returns the value of a key, computed where it is not the last one's. An error is not kept.
func (l *Last[K, V]) Of(key K, compute func() (V, error)) (V, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known && l.key == key {
		return l.value, nil
	}
	value, err := compute()
	if err != nil {
		return value, err
	}
	l.key, l.value, l.known = key, value, true
	return value, nil
}
