package stage

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/sourcegraph/conc/panics"
)

// labour describes the work of a stage that handles one item at a time.
type labour[In, Out any] struct {
	node    *node
	in      *wire[In]
	out     *wire[Out] // nil at the end of a stream
	workers int
	// unordered lets chunks overtake each other.
	unordered bool
	// fatal makes the failure of any item end the run.
	fatal bool
	// step makes the function that handles an item, for one worker.
	step func(*outbox[Out]) func(context.Context, Item[In]) error
	// before is called before each item; nil where nothing is to be done. It
	// may emit, into the position of the item before.
	before func(Position) error
	// flush is called after the last item; nil where nothing is held back.
	flush func(ctx context.Context, emit func(Out)) error
	// passed is told the position behind the last item handled; may be nil.
	passed *atomic.Uint64
	// account corrects what a worker has counted, where two kinds of workers
	// share a row of the report; may be nil.
	account func(*tally)
}

// start runs the workers. The last to end closes the stream that they feed.
func (l *labour[In, Out]) start(r *run) {
	var shared *lane[Out]
	if l.workers > 1 && l.out != nil {
		shared = newLane(l.out, l.workers, l.unordered)
	}
	var working atomic.Int64
	working.Store(int64(l.workers))
	for range l.workers {
		w := &worker[In, Out]{labour: l, run: r}
		w.box = outbox[Out]{run: r, out: l.out, lane: shared, tally: &w.tally, most: held}
		r.spawn(l.node, func() {
			w.work()
			if l.account != nil {
				l.account(&w.tally)
			}
			l.node.meter.add(&w.tally)
			if working.Add(-1) == 0 && l.out != nil && !r.over() {
				close(l.out.ch)
			}
		})
	}
}

// worker is one goroutine of a stage.
type worker[In, Out any] struct {
	*labour[In, Out]
	run   *run
	box   outbox[Out]
	tally tally
	do    func(context.Context, Item[In]) error

	chunk *chunk[In] // in hand
	next  int        // the item of it to be handled next
	stop  bool
}

func (w *worker[In, Out]) work() {
	w.tally.began = time.Now()
	defer w.tally.end()
	w.do = w.step(&w.box)
	loop := w.loop
	ctx := w.run.ctx
	for !w.stop {
		if w.box.lane != nil && !w.box.lane.enter(ctx, &w.tally) {
			return
		}
		c := w.in.receive(ctx, &w.tally)
		if c == nil {
			break
		}
		w.chunk, w.next, w.box.seq = c, 0, c.seq
		for w.next < len(c.items) && !w.stop {
			if caught := panics.Try(loop); caught != nil {
				w.settle(caught.AsError())
			}
		}
		if w.stop || w.box.deliver(c.bytes) != nil {
			return
		}
		if w.passed != nil {
			w.passed.Store(uint64(c.items[len(c.items)-1].Position) + 1)
		}
		w.in.put(c)
	}
	if w.box.lane != nil {
		w.box.lane.leave()
	}
	if w.flush != nil && !w.run.over() {
		if err := w.box.flush(w.flush); err != nil {
			w.run.stop(w.run.stageError(w.node, err))
		}
		w.tally.emitted += uint64(w.box.emitted)
	}
	if w.node.state != nil && !w.run.over() {
		if err := guard(w.node.state.end); err != nil {
			w.run.stop(w.run.stageError(w.node, err))
		}
	}
}

// loop handles the items in hand, until one panics or the run is over.
func (w *worker[In, Out]) loop() {
	ctx := w.run.ctx
	for w.next < len(w.chunk.items) {
		if ctx.Err() != nil {
			w.stop = true
			return
		}
		it := w.chunk.items[w.next]
		if w.before != nil {
			w.box.begin(w.box.position)
			if err := w.before(it.Position); err != nil {
				w.run.stop(w.run.stageError(w.node, err))
				w.stop = true
				return
			}
			w.tally.emitted += uint64(w.box.emitted)
		}
		w.box.begin(it.Position)
		if w.settle(w.do(ctx, it)); w.stop {
			return
		}
	}
}

// settle accounts for the item at next, of which err came.
func (w *worker[In, Out]) settle(err error) {
	it := w.chunk.items[w.next]
	w.next++
	w.tally.in++
	if err == nil {
		err = w.box.err
	}
	if err == nil {
		w.tally.out++
		w.tally.emitted += uint64(w.box.emitted)
		if w.out == nil {
			w.tally.emitted++
		}
		return
	}
	undone := w.box.discard()
	if d, ok := asDropped(err); ok && undone {
		w.tally.drop(d.reason)
		w.tellDropped(it, d.reason, d.of)
		return
	}
	if w.run.cancelled(err) {
		w.tally.drop(ReasonCancelled)
		w.stop = true
		return
	}
	w.tally.drop(ReasonFailed)
	w.tellDropped(it, ReasonFailed, "")
	if !undone {
		err = &partedError{w.box.emitted, err}
	}
	e := w.run.stageError(w.node, err)
	e.Item = identify(it)
	w.run.fail(e)
	if w.fatal || !undone || w.run.pipeline.policy == Stop {
		w.run.stop(e)
		w.stop = true
	}
}
