package stage

import (
	"context"
	"errors"
	"sync"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/panics"
)

// run is one execution of a pipeline: its goroutines, how it ends and what
// failed.
type run struct {
	pipeline *Pipeline
	ctx      context.Context
	cancel   context.CancelCauseFunc
	wg       conc.WaitGroup
	inflight inflight

	mu       sync.Mutex
	err      *Error   // the first error that ends the run
	failures []*Error // of items, up to maxFailures
	failed   uint64   // of items, all of them
}

// maxFailures is how many failures a report lists.
const maxFailures = 100

// errGoexit is what becomes of a t.FailNow in a stage, for example.
var errGoexit = errors.New("the goroutine was ended by runtime.Goexit")

// spawn runs f on a goroutine that the run waits for.
func (r *run) spawn(n *node, f func()) {
	r.wg.Go(func() {
		returned := false
		defer func() {
			if !returned {
				r.stop(r.stageError(n, errGoexit))
			}
		}()
		if caught := panics.Try(f); caught != nil {
			r.stop(r.stageError(n, caught.AsError()))
		}
		returned = true
	})
}

// stop ends the run. The first error is the one that Run returns.
func (r *run) stop(e *Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil && r.ctx.Err() == nil {
		r.err = e
		r.cancel(e)
	}
}

func (r *run) over() bool { return r.ctx.Err() != nil }

// fail lists the failure of an item.
func (r *run) fail(e *Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed++
	if len(r.failures) < maxFailures {
		r.failures = append(r.failures, e)
	}
}

func (r *run) stageError(n *node, err error) *Error {
	return &Error{Pipeline: r.pipeline.name, Stage: n.name, Err: err}
}

// cancelled reports whether err is but an echo of the run's end.
func (r *run) cancelled(err error) bool {
	return r.over() && (errors.Is(err, r.ctx.Err()) || errors.Is(err, context.Cause(r.ctx)))
}

// outcome is what Run returns once all goroutines have ended.
func (r *run) outcome() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.err != nil:
		return r.err
	case r.over():
		return &Error{Pipeline: r.pipeline.name, Err: context.Cause(r.ctx)}
	default:
		return nil
	}
}
