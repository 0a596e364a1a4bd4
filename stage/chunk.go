package stage

import (
	"context"
	"sync"
	"time"
)

// chunk is a run of neighbouring items that travel together, so that the cost
// of a channel is shared by all of them. It has one holder at a time.
type chunk[T any] struct {
	// seq numbers the chunks of a wire without gaps, from 0.
	seq   uint64
	items []Item[T]
	// bytes is what the items measured when the chunk was last put on a wire.
	bytes int
	// arena holds the bytes that the items of an encoded chunk point into.
	arena []byte
}

// wire joins a stage to the next one. Its chunks are in order: a parallel stage
// puts its results back in order before it sends them (see lane). So order is
// a matter of one stage at a time, and nothing downstream has to know how many
// workers there were.
type wire[T any] struct {
	ch chan *chunk[T]
	// most is how many items the taker wants in a chunk; 0 means any number.
	most int
	// ordered tells that positions do not decrease.
	ordered bool
	// internal wires join two halves of one stage: waiting on them says
	// nothing about its neighbours and is not counted.
	internal bool
	// size measures an item in bytes; nil where items do not say.
	size func(T) int
	seq  uint64

	mu   sync.Mutex
	free []*chunk[T]
}

// maxKeptArena is the most memory that a chunk keeps for its next rows: well
// above what most chunks take, so that large rows do not stay for good.
const maxKeptArena = 2 << 20

// get gives an empty chunk. Those that are free stay until the end of the run,
// as many as were ever on their way at once: what the collector takes out of a
// sync.Pool would have to grow anew, which clears and copies it several times.
func (w *wire[T]) get() *chunk[T] {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.free); n > 0 {
		c := w.free[n-1]
		w.free = w.free[:n-1]
		return c
	}
	return &chunk[T]{items: make([]Item[T], 0, max(w.most, 1))}
}

func (w *wire[T]) put(c *chunk[T]) {
	clear(c.items)
	c.items, c.bytes = c.items[:0], 0
	if cap(c.arena) > maxKeptArena {
		c.arena = nil
	}
	c.arena = c.arena[:0]
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free = append(w.free, c)
}

func (w *wire[T]) measure(items []Item[T]) int {
	if w.size == nil {
		return 0
	}
	total := 0
	for i := range items {
		total += w.size(items[i].Value)
	}
	return total
}

// send passes a chunk on, cut to what the taker wants, and waits while the wire
// is full. One goroutine sends at a time.
func (w *wire[T]) send(ctx context.Context, c *chunk[T], t *tally) error {
	for w.most > 0 && len(c.items) > w.most {
		if err := w.pass(ctx, w.cut(c, w.most), t); err != nil {
			return err
		}
	}
	return w.pass(ctx, c, t)
}

// cut takes the first n items out of c, into a chunk of their own.
func (w *wire[T]) cut(c *chunk[T], n int) *chunk[T] {
	head := w.get()
	head.items = append(head.items, c.items[:n]...)
	head.bytes = w.measure(head.items)
	c.bytes -= head.bytes
	left := copy(c.items, c.items[n:])
	clear(c.items[left:])
	c.items = c.items[:left]
	return head
}

func (w *wire[T]) pass(ctx context.Context, c *chunk[T], t *tally) error {
	c.seq = w.seq
	w.seq++
	select {
	case w.ch <- c:
		return nil
	default:
	}
	if !w.internal {
		defer t.since(&t.blocked, time.Now())
	}
	select {
	case w.ch <- c:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// receive gives the next chunk, or nil at the end of the stream and of the run.
// Any number of goroutines may receive.
func (w *wire[T]) receive(ctx context.Context, t *tally) *chunk[T] {
	select {
	case c := <-w.ch:
		return c
	default:
	}
	if !w.internal {
		defer t.since(&t.idle, time.Now())
	}
	select {
	case c := <-w.ch:
		return c
	case <-ctx.Done():
		return nil
	}
}
