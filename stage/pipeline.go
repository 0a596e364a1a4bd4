package stage

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// Pipeline is a set of stages joined by streams. It is made with [New], wired
// with [From], [To] and what lies between them, from one goroutine, and run
// once.
type Pipeline struct {
	name          string
	policy        ErrorPolicy
	bytesInFlight int
	chunk         int
	interval      time.Duration
	progress      func(Progress)
	dropped       func(Dropped)     // nil where nobody asks
	checkpoint    *checkpointOption // nil without one

	nodes    []*node // in the order of wiring: upstream first
	mistakes []error
	ran      atomic.Bool
}

// New makes an empty pipeline. The name appears in its report and its errors.
func New(name string, options ...Option) *Pipeline {
	p := &Pipeline{name: name, bytesInFlight: DefaultBytesInFlight, chunk: DefaultChunk}
	for _, option := range options {
		option(p)
	}
	return p
}

// Run moves all items from the sources to the sinks and returns when that is
// done, when something has failed (see [OnError]) or when ctx is done. It first
// checks the wiring; mistakes in it are returned before anything is opened.
//
// When Run returns, every goroutine that it has started has ended and
// everything that was opened is closed. So a stage that is in the middle of
// something must heed its ctx for Run to return soon after a cancellation.
//
// An error of the run is an [*Error] that wraps what happened first, or ctx's
// cause; errors of Close methods are joined to it. The report is never nil, and
// tells after an error how far the run has come. A pipeline runs once.
func (p *Pipeline) Run(ctx context.Context) (*Report, error) {
	if p.ran.Swap(true) {
		return &Report{Pipeline: p.name}, fmt.Errorf("%s: a pipeline runs only once: build a new one", p.name)
	}
	if err := p.check(); err != nil {
		return &Report{Pipeline: p.name}, err
	}
	r := &run{pipeline: p, inflight: inflight{limit: p.bytesInFlight}}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	defer r.cancel(nil)

	began := time.Now()
	checkpoint, err := p.resume(r)
	if err != nil {
		return &Report{Pipeline: p.name}, err
	}
	opened := p.open(r)
	if !r.over() && checkpoint != nil {
		if err := checkpoint.start(); err != nil {
			r.stop(&Error{Pipeline: p.name, Err: err})
		}
	}
	watch := p.watch(r, began)
	if !r.over() {
		for _, n := range p.nodes {
			n.start(r)
		}
		r.wg.Wait()
		p.finish(r)
	}
	err = r.outcome()
	err = join(err, checkpoint.end(err == nil))
	err = join(err, closeAll(r, opened))
	err = join(err, watch.end(err == nil))
	return p.report(r, time.Since(began)), err
}

// open opens the parts of the pipeline, upstream first, and gives those that
// have to be closed.
func (p *Pipeline) open(r *run) (opened []*node) {
	for _, n := range p.nodes {
		if r.over() {
			break
		}
		opened = append(opened, n)
		if o, ok := n.part.(Opener); ok {
			if err := guard(func() error { return o.Open(r.ctx) }); err != nil {
				r.stop(r.stageError(n, err))
			}
		}
	}
	return opened
}

// finish lets the sinks make their output final, if all went well.
func (p *Pipeline) finish(r *run) {
	for _, n := range p.nodes {
		if n.finish == nil || r.over() {
			continue
		}
		if err := guard(func() error { return n.finish(r.ctx) }); err != nil {
			r.stop(r.stageError(n, err))
		}
	}
}

// closeAll closes what was opened, downstream first.
func closeAll(r *run, opened []*node) error {
	var all error
	for i := len(opened) - 1; i >= 0; i-- {
		n := opened[i]
		if c, ok := n.part.(Closer); ok {
			if err := guard(c.Close); err != nil {
				all = join(all, r.stageError(n, err))
			}
		}
	}
	return all
}

// join is errors.Join, but leaves a single error as it is.
func join(first, second error) error {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	default:
		return errors.Join(first, second)
	}
}
