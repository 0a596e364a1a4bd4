package stage

import "context"

// outbox collects what a worker makes of the chunk in its hands.
type outbox[T any] struct {
	run   *run
	out   *wire[T]
	lane  *lane[T] // nil where there is one worker
	tally *tally

	chunk *chunk[T]
	seq   uint64 // of the chunk in the worker's hands
	turn  bool   // the right to send has been obtained ahead of the chunk's end
	err   error  // the run was over when something should have been sent

	// Of the item in the worker's hands:
	position Position
	from     int  // where its output begins in chunk
	emitted  int  // how much there was of it
	parted   bool // some of it has been sent already

	most int // how many items are held before some are sent
}

// held is how many items an outbox holds back at most. It is far above a
// chunk's usual size, because what has been sent cannot be discarded any more
// when the item that it came from fails in the end.
const held = 1024

// begin makes ready for the output of the next item.
func (b *outbox[T]) begin(p Position) {
	b.position, b.emitted, b.parted = p, 0, false
	if b.chunk != nil {
		b.from = len(b.chunk.items)
	}
}

// emit adds an item to the output. It waits for downstream if there are many.
func (b *outbox[T]) emit(v T) {
	if b.err != nil {
		return
	}
	b.fresh()
	b.chunk.items = append(b.chunk.items, Item[T]{b.position, v})
	b.emitted++
	if len(b.chunk.items) >= b.most {
		b.part()
	}
}

// arena gives the memory that comes along with the chunk being filled.
func (b *outbox[T]) arena() *[]byte {
	b.fresh()
	return &b.chunk.arena
}

// fresh makes sure that there is a chunk to fill.
func (b *outbox[T]) fresh() {
	if b.chunk == nil {
		b.chunk, b.from = b.out.get(), 0
	}
}

// part sends what came of the earlier items or, if there is nothing of them,
// the beginning of what comes of this one.
func (b *outbox[T]) part() {
	c := b.chunk
	if b.from > 0 {
		c = b.out.cut(b.chunk, b.from)
		b.from = 0
	} else {
		b.chunk, b.parted = nil, true
	}
	if b.lane != nil && !b.turn {
		if b.err = b.lane.turn(b.run.ctx, b.seq, b.tally); b.err != nil {
			return
		}
		b.turn = true
	}
	b.count(c, 0)
	b.err = b.out.send(b.run.ctx, c, b.tally)
}

// discard takes back what the current item has emitted; it reports false if
// some of that is gone.
func (b *outbox[T]) discard() bool {
	if b.chunk != nil {
		clear(b.chunk.items[b.from:])
		b.chunk.items = b.chunk.items[:b.from]
	}
	return !b.parted
}

// deliver sends what has become of a chunk of so many bytes, which leave the
// pipeline in return.
func (b *outbox[T]) deliver(bytes int) error {
	if b.out == nil || b.err != nil {
		b.run.inflight.change(-bytes)
		return b.err
	}
	c := b.chunk
	if c != nil && len(c.items) == 0 {
		c = nil
	} else {
		b.chunk = nil
	}
	b.count(c, bytes)
	ctx := b.run.ctx
	switch {
	case b.lane == nil && c == nil:
		return nil
	case b.lane == nil:
		return b.out.send(ctx, c, b.tally)
	case b.turn:
		b.turn = false
		return b.lane.finish(ctx, c, b.tally)
	default:
		return b.lane.put(ctx, b.seq, c, b.tally)
	}
}

// count measures a chunk, which may be nil, and puts it in the place of so many
// bytes.
func (b *outbox[T]) count(c *chunk[T], bytes int) {
	added := 0
	if c != nil {
		c.bytes = b.out.measure(c.items)
		added = c.bytes
	}
	b.run.inflight.change(added - bytes)
}

// flush calls f, whose output is sent as it comes: there is no item whose
// failure could call it back.
func (b *outbox[T]) flush(f func(ctx context.Context, emit func(T)) error) error {
	b.begin(b.position)
	b.most = max(b.out.most, 1)
	if err := guard(func() error { return f(b.run.ctx, b.emit) }); err != nil {
		return err
	}
	return b.deliver(0)
}
