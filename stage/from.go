package stage

import (
	"context"
	"errors"
	"time"
)

// SourceFunc is a function as a [Source].
type SourceFunc[T any] func(ctx context.Context, emit func(T) error) error

// Read calls f.
func (f SourceFunc[T]) Read(ctx context.Context, emit func(T) error) error { return f(ctx, emit) }

// From begins a stream with what the source reads. Items get the positions 0,
// 1, 2 and so on. If the source is a [Loader], items are loaded on the workers
// asked for; reading and loading share one row of the report.
func From[T any](p *Pipeline, source Source[T], options ...StageOption) Stream[T] {
	n := p.add("source", source, nil, options)
	if source == nil {
		p.mistake("%s: From: the source is nil", n.name)
	}
	size := sizeOf[T]()
	loader, ok := source.(Loader[T])
	if !ok {
		p.serial(n, "the source is read on one goroutine, as it is not a Loader")
		if n.settings.chunk != 0 {
			p.mistake("%s: Chunk: the source takes no items, as it is not a Loader: set it on the next stage", n.name)
		}
		s := stream(p, n, true, size)
		n.start = func(r *run) { startReader(r, n, source, s.wire, true) }
		return s
	}
	keys := Stream[T]{p: p, node: n, wire: &wire[T]{ordered: true, internal: true, size: size}, output: &output{}}
	loaded := through(keys, n, size, labour[T, T]{
		step: func(box *outbox[T]) func(context.Context, Item[T]) error {
			return func(ctx context.Context, it Item[T]) error {
				err := loader.Load(ctx, it.Value)
				if err == nil {
					box.emit(it.Value)
				}
				return err
			}
		},
	})
	load := n.start
	n.start = func(r *run) {
		startReader(r, n, source, keys.wire, false)
		load(r)
	}
	return loaded
}

// linger is how long a source's items wait at most for others to travel with.
const linger = 5 * time.Millisecond

// reader gathers what a source emits into chunks.
type reader[T any] struct {
	run  *run
	node *node
	out  *wire[T]

	// lock guards what follows. It is held while a chunk waits to be sent, for
	// as long as that takes; so it is a channel, which testing/synctest can
	// tell from a Mutex that is about to be released.
	lock     chan struct{}
	tally    tally
	chunk    *chunk[T]
	position Position
	timer    *time.Timer // runs while the chunk has begun to fill
	armed    bool
}

// startReader reads the source into the wire. counted tells that nobody else
// counts the source's items.
func startReader[T any](r *run, n *node, source Source[T], out *wire[T], counted bool) {
	timer := time.NewTimer(linger)
	timer.Stop()
	rd := &reader[T]{run: r, node: n, out: out, lock: make(chan struct{}, 1), chunk: out.get(), timer: timer}
	if _, ok := n.part.(ResumableSource); ok {
		rd.position = n.from
	}
	done := make(chan struct{})
	r.spawn(n, func() { rd.lingerUntil(done) })
	r.spawn(n, func() {
		defer close(done)
		rd.tally.began = time.Now()
		err := guard(func() error { return source.Read(r.ctx, rd.emit) })
		if err != nil && !errors.Is(err, errEnough) && !r.cancelled(err) {
			r.stop(r.stageError(n, err))
		}
		sum := rd.end()
		if !counted {
			sum.in, sum.out, sum.emitted = 0, 0, 0
		}
		n.meter.add(&sum)
	})
}

func (rd *reader[T]) acquire() { rd.lock <- struct{}{} }
func (rd *reader[T]) release() { <-rd.lock }

// emit takes an item from the source.
func (rd *reader[T]) emit(v T) error {
	if rd.run.over() {
		return context.Cause(rd.run.ctx)
	}
	if !rd.node.wanted() {
		return errEnough
	}
	rd.acquire()
	defer rd.release()
	if rd.position < rd.node.from { // read again after a resumption
		rd.position++
		return nil
	}
	rd.chunk.items = append(rd.chunk.items, Item[T]{rd.position, v})
	rd.position++
	if len(rd.chunk.items) >= rd.out.most {
		return rd.flush()
	}
	if !rd.armed {
		rd.armed = true
		rd.timer.Reset(linger)
	}
	return nil
}

// lingerUntil sends chunks that the source is slow to fill.
func (rd *reader[T]) lingerUntil(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-rd.timer.C:
		}
		rd.acquire()
		rd.armed = false
		_ = rd.flush() // fails only when the run is over, as emit will find out
		rd.release()
	}
}

// flush sends the chunk as soon as the pipeline has room. It fails only when
// the run is over.
func (rd *reader[T]) flush() error {
	c := rd.chunk
	n := uint64(len(c.items))
	if n == 0 {
		return nil
	}
	c.bytes = rd.out.measure(c.items)
	if err := rd.run.inflight.admit(rd.run.ctx, c.bytes, &rd.tally); err != nil {
		return err
	}
	if err := rd.out.send(rd.run.ctx, c, &rd.tally); err != nil {
		return err
	}
	rd.tally.in, rd.tally.out, rd.tally.emitted = rd.tally.in+n, rd.tally.out+n, rd.tally.emitted+n
	rd.node.passed.Add(n)
	rd.chunk = rd.out.get()
	return nil
}

// end sends the last chunk and closes the stream, unless the run is over.
func (rd *reader[T]) end() tally {
	rd.acquire()
	defer rd.release()
	rd.timer.Stop()
	if !rd.run.over() && rd.flush() == nil {
		close(rd.out.ch)
	}
	rd.chunk = &chunk[T]{} // nothing is left for the lingering goroutine
	rd.tally.end()
	return rd.tally
}
