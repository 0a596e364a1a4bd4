package stage

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrUnread is the error of a raw stage that returned before it had read its
// input to the end, so that items would have been lost.
var ErrUnread = errors.New("the stage returned nil before it had read its input to the end")

// ErrOrder is the error of a raw stage that sent an item out of order.
var ErrOrder = errors.New("item out of order")

// Raw passes a stream through a function that reads and writes channels of
// items itself: to look ahead, to join neighbours, or to use goroutines in a
// way of its own.
//
// The function reads in until it is closed and then returns nil; otherwise the
// run ends with [ErrUnread]. It need not watch ctx while it reads or writes the
// two channels: at the end of the run in is closed and out is read to nowhere.
// It must not close out, and must have ended the goroutines that it started
// before it returns. The items that it sends keep the order of positions (else:
// [ErrOrder]) and have positions of items that it has received. Any error, and
// a panic, ends the run.
//
// The report counts every item read as passed on, since the core cannot see
// what became of it. An item costs two channel operations, about ten times the
// cost of the other stages.
func Raw[In, Out any](s Stream[In], name string, f func(ctx context.Context, in <-chan Item[In], out chan<- Item[Out]) error, options ...StageOption) Stream[Out] {
	n := s.function("Raw", name, f == nil, options)
	s.p.serial(n, "a raw stage has its own goroutines")
	n.unresumable = "a raw stage may hold items that a checkpoint cannot save"
	out := stream(s.p, n, s.wire.ordered, sizeOf[Out]())
	in := s.join(n)
	n.start = func(r *run) {
		st := &rawStage[In, Out]{
			run: r, node: n, from: in, to: out.wire,
			in:       make(chan Item[In], in.most),
			out:      make(chan Item[Out], in.most),
			returned: make(chan struct{}),
		}
		st.tally.began = time.Now()
		r.spawn(n, st.feed)
		r.spawn(n, func() { st.call(f) })
		r.spawn(n, st.collect)
	}
	return out
}

// rawStage is a raw stage at work: one goroutine feeds the function, one runs
// it, and one collects its output.
type rawStage[In, Out any] struct {
	run      *run
	node     *node
	from     *wire[In]
	to       *wire[Out]
	in       chan Item[In]
	out      chan Item[Out]
	returned chan struct{} // closed when the function has returned
	fed      atomic.Bool   // in has been closed, all items being in it
	received atomic.Uint64 // the position behind the last item given
	tally    tally         // of the collector
}

// feed unpacks chunks into the function's input.
func (s *rawStage[In, Out]) feed() {
	ctx := s.run.ctx
	var t tally
	defer func() {
		t.busy = -t.idle // the collector reckons all of its time as busy
		s.node.meter.add(&t)
	}()
	defer close(s.in)
	for {
		c := s.from.receive(ctx, &t)
		if c == nil {
			s.fed.Store(!s.run.over())
			return
		}
		for _, it := range c.items {
			if s.from.ordered {
				s.received.Store(uint64(it.Position) + 1)
			}
			select {
			case s.in <- it:
				t.in++
				t.out++
			case <-s.returned:
				return
			case <-ctx.Done():
				return
			}
		}
		s.run.inflight.change(-c.bytes)
		s.from.put(c)
	}
}

// call runs the function to its end.
func (s *rawStage[In, Out]) call(f func(context.Context, <-chan Item[In], chan<- Item[Out]) error) {
	defer close(s.returned)
	err := guard(func() error { return f(s.run.ctx, s.in, s.out) })
	if err == nil && (!s.fed.Load() || len(s.in) > 0) {
		err = ErrUnread
	}
	if err != nil {
		s.run.stop(s.run.stageError(s.node, err)) // has no effect if the run is over already
	}
}

// collect packs the function's output into chunks. It goes on reading when the
// run is over, so that the function is never stuck.
func (s *rawStage[In, Out]) collect() {
	defer func() {
		s.tally.end()
		s.node.meter.add(&s.tally)
	}()
	p := packer[In, Out]{rawStage: s, chunk: s.to.get()}
	timer := time.NewTimer(linger)
	defer timer.Stop()
	out := s.out
	for {
		select {
		case it := <-out:
			if p.add(it); len(p.chunk.items) == 1 {
				timer.Reset(linger)
			}
		case <-timer.C:
			p.flush()
		case <-s.returned:
			for len(out) > 0 {
				p.add(<-out)
			}
			p.flush()
			if !s.run.over() {
				close(s.to.ch)
			}
			return
		}
	}
}

// packer gathers the output of a raw stage.
type packer[In, Out any] struct {
	*rawStage[In, Out]
	chunk *chunk[Out]
	last  Position
}

func (p *packer[In, Out]) add(it Item[Out]) {
	if p.run.over() {
		return
	}
	if err := p.verify(it.Position); err != nil {
		e := p.run.stageError(p.node, err)
		e.Item = identify(it)
		p.run.stop(e)
		return
	}
	p.chunk.items = append(p.chunk.items, it)
	if len(p.chunk.items) >= max(p.to.most, 1) {
		p.flush()
	}
}

// verify checks that the position of an item may be the next.
func (p *packer[In, Out]) verify(at Position) error {
	if !p.from.ordered {
		return nil
	}
	if at < p.last {
		return fmt.Errorf("%w: it was sent after an item at position %d", ErrOrder, p.last)
	}
	if uint64(at) >= p.received.Load() {
		return fmt.Errorf("%w: nothing with this position has been received yet", ErrOrder)
	}
	p.last = at
	return nil
}

func (p *packer[In, Out]) flush() {
	if len(p.chunk.items) == 0 || p.run.over() {
		return
	}
	c := p.chunk
	p.tally.emitted += uint64(len(c.items))
	c.bytes = p.to.measure(c.items)
	p.run.inflight.change(c.bytes)
	if p.to.send(p.run.ctx, c, &p.tally) == nil {
		p.chunk = p.to.get()
	}
}
