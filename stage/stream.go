package stage

import (
	"cmp"
	"context"
)

// Stream is a flow of items from one stage to the next. It is an end of wiring,
// not a thing to read from: each Stream is given to exactly one stage, by
// [Through] and the like or by [To]; [Tee] makes two of one.
type Stream[T any] struct {
	p      *Pipeline
	node   *node // that makes the items
	wire   *wire[T]
	output *output
}

// stream adds a stream to what the node makes.
func stream[T any](p *Pipeline, n *node, ordered bool, size func(T) int) Stream[T] {
	o := &output{}
	n.outputs = append(n.outputs, o)
	w := &wire[T]{ordered: ordered, size: size}
	return Stream[T]{p: p, node: n, wire: w, output: o}
}

// join makes n the taker of the stream.
func (s Stream[T]) join(n *node) *wire[T] {
	s.output.takers = append(s.output.takers, n.name)
	s.wire.most = cmp.Or(n.settings.chunk, s.p.chunk)
	s.wire.ch = make(chan *chunk[T], n.settings.workers+1)
	return s.wire
}

// after adds a node that takes from the stream.
func (s Stream[T]) after(kind string, part any, options []StageOption) *node {
	if s.p == nil {
		panic("stage: a zero Stream: streams come from From")
	}
	n := s.p.add(kind, part, s.node.source, options)
	n.upstream = s.node
	return n
}

// through adds a stage that handles one item at a time.
func through[In, Out any](s Stream[In], n *node, size func(Out) int, l labour[In, Out]) Stream[Out] {
	unordered := n.settings.unordered && n.settings.workers > 1
	out := stream(s.p, n, s.wire.ordered && !unordered, size)
	l.node, l.in, l.out = n, s.join(n), out.wire
	l.workers, l.unordered = n.settings.workers, unordered
	n.start = l.start
	return out
}

// Through passes a stream through a processor.
//
// With [Workers] above one, Process is called concurrently and the order is
// kept all the same. A processor with a Flush method, or a [Snapshotter], holds
// state from item to item: it runs on one worker and after ordered stages only.
func Through[In, Out any](s Stream[In], processor Processor[In, Out], options ...StageOption) Stream[Out] {
	n := s.after("processor", processor, options)
	if processor == nil {
		s.p.mistake("%s: Through: the processor is nil", n.name)
	}
	l := labour[In, Out]{
		step: func(box *outbox[Out]) func(context.Context, Item[In]) error {
			emit := box.emit
			return func(ctx context.Context, it Item[In]) error { return processor.Process(ctx, it.Value, emit) }
		},
	}
	if f, ok := processor.(Flusher[Out]); ok {
		l.flush = f.Flush
		inOrder(s, n, "a processor with a Flush method")
		n.unresumable = "it holds items back and has no Snapshot method"
	}
	if part, ok := processor.(Snapshotter); ok {
		inOrder(s, n, "a processor with a Snapshot method")
		n.unresumable = ""
		l.before = keepState(n, part)
	}
	return through(s, n, sizeOf[Out](), l)
}

// inOrder notes mistakes if the stage is not to see the items one by one.
func inOrder[T any](s Stream[T], n *node, what string) {
	s.p.serial(n, what+" needs the items one by one, in order")
	if !s.wire.ordered {
		s.p.mistake("%s: %s cannot come after an Unordered stage", n.name, what)
	}
}

// keepState makes the checkpoint keep a stage's state, and gives what the stage
// has to call before each item; nil where the pipeline has no checkpoint.
func keepState(n *node, part Snapshotter) func(Position) error {
	if n.pipeline.checkpoint == nil {
		return nil
	}
	n.state = &stageState{name: n.name, part: part}
	return n.state.reach
}

// Map turns each item into another with f. An error of f fails the item, unless
// it comes from [Drop].
func Map[In, Out any](s Stream[In], name string, f func(context.Context, In) (Out, error), options ...StageOption) Stream[Out] {
	n := s.function("Map", name, f == nil, options)
	return through(s, n, sizeOf[Out](), labour[In, Out]{
		step: func(box *outbox[Out]) func(context.Context, Item[In]) error {
			return func(ctx context.Context, it Item[In]) error {
				v, err := f(ctx, it.Value)
				if err == nil {
					box.emit(v)
				}
				return err
			}
		},
	})
}

// Filter keeps the items for which keep holds. The report counts the others as
// dropped, with the stage's name as the reason.
func Filter[T any](s Stream[T], name string, keep func(T) bool, options ...StageOption) Stream[T] {
	n := s.function("Filter", name, keep == nil, options)
	drop := Drop(name)
	return through(s, n, s.wire.size, labour[T, T]{
		step: func(box *outbox[T]) func(context.Context, Item[T]) error {
			return func(_ context.Context, it Item[T]) error {
				if !keep(it.Value) {
					return drop
				}
				box.emit(it.Value)
				return nil
			}
		},
	})
}

// FlatMap turns each item into any number of others, which f emits; they share
// its position. emit must not be used after f has returned, nor from another
// goroutine. It waits while downstream is busy, so f may emit more than would
// fit into memory; but an item of which over a thousand others were made can no
// longer be dropped or skipped, as the first of them are gone.
func FlatMap[In, Out any](s Stream[In], name string, f func(ctx context.Context, in In, emit func(Out)) error, options ...StageOption) Stream[Out] {
	n := s.function("FlatMap", name, f == nil, options)
	return through(s, n, sizeOf[Out](), labour[In, Out]{
		step: func(box *outbox[Out]) func(context.Context, Item[In]) error {
			emit := box.emit
			return func(ctx context.Context, it Item[In]) error { return f(ctx, it.Value, emit) }
		},
	})
}

// Batch gathers n items at a time, in order; the last batch may be smaller. A
// batch has the position of its last item, and belongs to whoever receives it.
//
// In a pipeline with a checkpoint no batch spans a multiple of 8192 positions,
// so that there is something between two batches to resume at.
func Batch[T any](s Stream[T], n int, options ...StageOption) Stream[[]T] {
	stage := s.after("Batch", nil, options)
	s.p.serial(stage, "batches are made one after the other")
	if n < 1 {
		s.p.mistake("%s: batches of %d items: want at least 1", stage.name, n)
	}
	var size func([]T) int
	if one := s.wire.size; one != nil {
		size = func(batch []T) (total int) {
			for _, v := range batch {
				total += one(v)
			}
			return total
		}
	}
	b := &batcher[T]{n: n}
	l := labour[T, []T]{
		step: func(box *outbox[[]T]) func(context.Context, Item[T]) error {
			b.emit = box.emit
			return b.take
		},
		flush: func(context.Context, func([]T)) error {
			b.release()
			return nil
		},
	}
	if s.p.checkpoint != nil {
		l.before = b.cut
	}
	return through(s, stage, size, l)
}

// batcher gathers the items of one batch.
type batcher[T any] struct {
	n     int
	emit  func([]T)
	batch []T
	last  Position
}

func (b *batcher[T]) take(_ context.Context, it Item[T]) error {
	b.last = it.Position
	if b.batch = append(b.batch, it.Value); len(b.batch) == b.n {
		b.release()
	}
	return nil
}

// cut ends the batch if a checkpoint may lie between it and the item at p.
func (b *batcher[T]) cut(p Position) error {
	if b.last/snapshotInterval != p/snapshotInterval {
		b.release()
	}
	return nil
}

func (b *batcher[T]) release() {
	if len(b.batch) > 0 {
		b.emit(b.batch)
		b.batch = nil
	}
}

// function adds the node of a stage that is made of a function.
func (s Stream[T]) function(kind, name string, missing bool, options []StageOption) *node {
	n := s.after(kind, nil, append([]StageOption{Named(name)}, options...))
	if missing {
		s.p.mistake("%s: %s: the function is nil", n.name, kind)
	}
	return n
}
