package stage

import (
	"time"

	"github.com/sourcegraph/conc"
)

// Progress tells how far a run has come.
type Progress struct {
	// Resumed counts the items that earlier runs had dealt with; see
	// [WithCheckpoint]. The other counts include them.
	Resumed uint64
	// Read counts the items that have left the sources.
	Read uint64
	// Done counts the items of the sources that the slowest sink has got past,
	// be they written or dropped on the way.
	Done uint64
	// Total is how many items the sources will emit, or -1 if one of them does
	// not know.
	Total int
	// Elapsed is the time since the run began.
	Elapsed time.Duration
	// Rate is what this run has got done per second.
	Rate float64
	// Final marks the last call of a run.
	Final bool
}

// watcher reports progress.
type watcher struct {
	run   *run
	began time.Time
	total int
	done  chan struct{}
	wg    conc.WaitGroup
}

// watch begins to report progress, if that is wanted.
func (p *Pipeline) watch(r *run, began time.Time) *watcher {
	w := &watcher{run: r, began: began, total: -1, done: make(chan struct{})}
	if p.progress == nil || r.over() {
		return w
	}
	w.total = p.total(r)
	w.wg.Go(func() {
		tick := time.NewTicker(p.interval)
		defer tick.Stop()
		for {
			select {
			case <-w.done:
				return
			case <-tick.C:
				if err := w.tell(w.snapshot()); err != nil {
					r.stop(err)
					return
				}
			}
		}
	})
	return w
}

// end makes the last report, after all others.
func (w *watcher) end(success bool) error {
	if w.run.pipeline.progress == nil {
		return nil
	}
	close(w.done)
	w.wg.Wait()
	last := w.snapshot()
	last.Final = true
	if success {
		last.Done = last.Read
		last.Rate = rate(last.Done-last.Resumed, last.Elapsed)
	}
	if err := w.tell(last); err != nil {
		return err
	}
	return nil
}

func (w *watcher) tell(now Progress) *Error {
	p := w.run.pipeline
	err := guard(func() error { p.progress(now); return nil })
	if err == nil {
		return nil
	}
	return &Error{Pipeline: p.name, Stage: "progress", Err: err}
}

func (w *watcher) snapshot() Progress {
	now := Progress{Total: w.total, Elapsed: time.Since(w.began), Resumed: w.run.pipeline.resumed()}
	slowest := make(map[*node]uint64) // by source
	for _, n := range w.run.pipeline.nodes {
		if n.finish == nil {
			continue
		}
		passed := n.passed.Load()
		if least, ok := slowest[n.source]; !ok || passed < least {
			slowest[n.source] = passed
		}
	}
	for source, passed := range slowest {
		now.Read += source.passed.Load()
		now.Done += passed
	}
	now.Rate = rate(now.Done-now.Resumed, now.Elapsed)
	return now
}

func rate(n uint64, elapsed time.Duration) float64 {
	if elapsed <= 0 {
		return 0
	}
	return float64(n) / elapsed.Seconds()
}

// total asks the sources how many items there will be.
func (p *Pipeline) total(r *run) int {
	total := 0
	for _, n := range p.nodes {
		if n.source != n {
			continue
		}
		t, ok := n.part.(Totaler)
		if !ok {
			return -1
		}
		var items int
		if err := guard(func() error { items = t.Total(); return nil }); err != nil {
			r.stop(r.stageError(n, err))
		}
		if items < 0 {
			return -1
		}
		total += items
	}
	return total
}
