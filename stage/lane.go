package stage

import (
	"context"
	"sync"
	"time"
)

// lane lets the workers of a parallel stage hand in their chunks as they finish
// and sends them in order.
//
// A worker takes a ticket before it takes a chunk, and the ticket comes back
// when the chunk has been sent: so no more chunks than tickets are out of
// order, and the worker that holds the oldest chunk always has a ticket and
// never waits for another worker. Whoever hands in the oldest chunk sends it
// and all that have been waiting behind it, without holding the lock while the
// wire is full.
//
// An unordered lane is the same with one difference: chunks are numbered as
// they are handed in, not as they were taken.
type lane[T any] struct {
	out       *wire[T]
	unordered bool
	tickets   chan struct{}

	mu      sync.Mutex
	slots   []slot[T] // by number, modulo their count
	next    uint64    // the number of the chunk to be sent next
	arrived uint64    // numbers given out by an unordered lane
	sending bool      // somebody has the right to send
}

// slot is the place where a chunk waits for its turn.
type slot[T any] struct {
	full  bool
	chunk *chunk[T]     // nil if nothing came of the chunk
	turn  chan struct{} // closed to give the right to send to a waiting worker
}

// lead is how many chunks each worker may be ahead of the slowest. More of it
// evens out slow items, at the price of memory.
const lead = 4

func newLane[T any](out *wire[T], workers int, unordered bool) *lane[T] {
	window := workers * lead
	return &lane[T]{
		out:       out,
		unordered: unordered,
		tickets:   make(chan struct{}, window),
		slots:     make([]slot[T], window),
	}
}

// enter takes a ticket; it reports false when the run is over.
func (l *lane[T]) enter(ctx context.Context, t *tally) bool {
	select {
	case l.tickets <- struct{}{}:
		return true
	default:
	}
	if !l.out.internal {
		defer t.since(&t.blocked, time.Now())
	}
	select {
	case l.tickets <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// leave gives back the ticket of a worker that found no chunk to take.
func (l *lane[T]) leave() { <-l.tickets }

// number gives the chunk's place in the order: the one it was taken in, or the
// one it arrives in. The lock is held.
func (l *lane[T]) number(seq uint64) uint64 {
	if l.unordered {
		seq = l.arrived
		l.arrived++
	}
	return seq
}

func (l *lane[T]) slot(seq uint64) *slot[T] { return &l.slots[seq%uint64(len(l.slots))] }

// put hands in what came of the chunk seq, which may be nil, and sends what can
// be sent.
func (l *lane[T]) put(ctx context.Context, seq uint64, c *chunk[T], t *tally) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	*l.slot(l.number(seq)) = slot[T]{full: true, chunk: c}
	if l.sending {
		return nil
	}
	l.sending = true
	return l.drain(ctx, t)
}

// turn waits until everything before the chunk seq has been sent. Then the
// caller alone sends, on out, until it calls finish.
func (l *lane[T]) turn(ctx context.Context, seq uint64, t *tally) error {
	l.mu.Lock()
	seq = l.number(seq)
	if seq == l.next && !l.sending {
		l.sending = true
		l.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	l.slot(seq).turn = turn
	l.mu.Unlock()

	if !l.out.internal {
		defer t.since(&t.blocked, time.Now())
	}
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// finish ends a turn with the last part of the chunk, which may be nil.
func (l *lane[T]) finish(ctx context.Context, c *chunk[T], t *tally) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	*l.slot(l.next) = slot[T]{full: true, chunk: c}
	return l.drain(ctx, t)
}

// drain sends the chunks whose turn it is. It is called with the lock and the
// right to send, and gives up the latter.
func (l *lane[T]) drain(ctx context.Context, t *tally) error {
	for {
		s := l.slot(l.next)
		if s.turn != nil {
			close(s.turn) // hands over the right to send
			s.turn = nil
			return nil
		}
		if !s.full {
			l.sending = false
			return nil
		}
		c := s.chunk
		*s = slot[T]{}
		if c != nil {
			l.mu.Unlock()
			err := l.out.send(ctx, c, t)
			l.mu.Lock()
			if err != nil {
				return err
			}
		}
		l.next++
		<-l.tickets
	}
}
