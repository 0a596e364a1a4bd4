package stage

import (
	"maps"
	"sync"
	"time"
)

// tally is what one goroutine of a stage counts for itself.
type tally struct {
	in, out, emitted uint64
	dropped          map[string]uint64
	began            time.Time
	busy             time.Duration
	blocked          time.Duration
	idle             time.Duration
}

func (t *tally) drop(reason string) {
	if t.dropped == nil {
		t.dropped = make(map[string]uint64)
	}
	t.dropped[reason]++
}

// since adds the time from start on to one of t's times.
func (t *tally) since(sum *time.Duration, start time.Time) { *sum += time.Since(start) }

// end reckons as busy all the time since began that was not spent waiting.
func (t *tally) end() { t.busy = time.Since(t.began) - t.blocked - t.idle }

// meter sums up the tallies of a stage.
type meter struct {
	mu  sync.Mutex
	sum tally
}

func (m *meter) add(t *tally) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sum.in += t.in
	m.sum.out += t.out
	m.sum.emitted += t.emitted
	m.sum.busy += t.busy
	m.sum.blocked += t.blocked
	m.sum.idle += t.idle
	if m.sum.dropped == nil {
		m.sum.dropped = make(map[string]uint64)
	}
	for reason, n := range t.dropped {
		m.sum.dropped[reason] += n
	}
}

func (m *meter) total() tally {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum := m.sum
	sum.dropped = maps.Clone(sum.dropped)
	return sum
}
