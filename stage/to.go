package stage

import "context"

// SinkFunc is a function as a [Sink] that has nothing to finish.
type SinkFunc[T any] func(ctx context.Context, item Item[T]) error

// Write calls f.
func (f SinkFunc[T]) Write(ctx context.Context, item Item[T]) error { return f(ctx, item) }

// Finish does nothing.
func (f SinkFunc[T]) Finish(context.Context) error { return nil }

// To ends a stream in a sink. If that is an [EncodingSink], items are encoded
// on the workers asked for; encoding and writing share one row of the report.
//
// Finish is called once all stages of the pipeline have succeeded, for the
// sinks one after the other in the order of the To calls. An error of a sink
// always ends the run.
//
// In a pipeline with a checkpoint the sink is a [ResumableSink]; what it had
// written before is dropped for [ReasonResumed].
func To[T any](s Stream[T], sink Sink[T], options ...StageOption) {
	n := s.after("sink", sink, options)
	if sink == nil {
		s.p.mistake("%s: To: the sink is nil", n.name)
	} else {
		n.finish = sink.Finish
	}
	if _, ok := sink.(ResumableSink); !ok {
		n.unresumable = "the sink is no ResumableSink"
	}
	if encoder, ok := sink.(EncodingSink[T]); ok {
		encodeAndWrite(s, n, encoder)
		return
	}
	s.p.serial(n, "the sink is written to on one goroutine, as it is not an EncodingSink")
	l := labour[T, struct{}]{
		node: n, in: s.join(n), workers: 1, fatal: true, passed: &n.passed,
		step: func(*outbox[struct{}]) func(context.Context, Item[T]) error {
			return func(ctx context.Context, it Item[T]) error {
				if it.Position < n.from {
					return Drop(ReasonResumed)
				}
				return sink.Write(ctx, it)
			}
		},
	}
	n.start = l.start
}

// LargeItem is the size in bytes, as an item's method Size() int gives it, from
// which on an [EncodingSink] is given the item itself instead of its row.
const LargeItem = 8 << 20

// rowsAhead is how many chunks the encoders may be ahead of the writer, which a
// large item keeps busy for a while: about as many as one processor gets done
// meanwhile.
const rowsAhead = 32

// encoded is an item on its way to be written: its row or, if it is large, the
// item itself.
type encoded[T any] struct {
	row   []byte
	item  T
	large bool
}

// encodeAndWrite makes two halves of a sink: workers that encode each chunk
// into one piece of memory, and a goroutine that writes the rows in order.
// Large items are passed on as they are.
func encodeAndWrite[T any](s Stream[T], n *node, sink EncodingSink[T]) {
	if n.settings.unordered {
		s.p.mistake("%s: Unordered: a sink writes in order", n.name)
	}
	size := func(T) int { return 0 }
	if s.wire.size != nil {
		size = s.wire.size
	}
	rows := &wire[encoded[T]]{
		internal: true,
		size: func(e encoded[T]) int {
			if e.large {
				return size(e.item)
			}
			return len(e.row)
		},
		ch: make(chan *chunk[encoded[T]], rowsAhead),
	}
	encode := labour[T, encoded[T]]{
		node: n, in: s.join(n), out: rows, workers: n.settings.workers, fatal: true,
		account: func(t *tally) { t.emitted = 0 },
		step: func(box *outbox[encoded[T]]) func(context.Context, Item[T]) error {
			return func(_ context.Context, it Item[T]) error {
				switch {
				case it.Position < n.from:
					return Drop(ReasonResumed)
				case size(it.Value) >= LargeItem:
					box.emit(encoded[T]{item: it.Value, large: true})
					return nil
				}
				arena := box.arena()
				if size(it.Value) >= maxKeptArena/2 {
					arena = new([]byte) // the chunk's would be copied to grow so much
				}
				begin := len(*arena)
				extended, err := sink.Encode(*arena, it.Value)
				if err != nil {
					return err
				}
				*arena = extended
				box.emit(encoded[T]{row: extended[begin:len(extended):len(extended)]})
				return nil
			}
		},
	}
	write := labour[encoded[T], struct{}]{
		node: n, in: rows, workers: 1, fatal: true, passed: &n.passed,
		// The encoders have counted every row as passed on.
		account: func(t *tally) { t.in, t.out = 0, t.out-t.in },
		step: func(*outbox[struct{}]) func(context.Context, Item[encoded[T]]) error {
			return func(ctx context.Context, it Item[encoded[T]]) error {
				if it.Value.large {
					return sink.Write(ctx, Item[T]{it.Position, it.Value.item})
				}
				return sink.WriteEncoded(ctx, it.Position, it.Value.row)
			}
		},
	}
	n.start = func(r *run) {
		encode.start(r)
		write.start(r)
	}
}
