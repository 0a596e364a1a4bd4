package stage

import "sync"

// Dropped tells of an item that a stage has left out.
type Dropped struct {
	// Position is the item's place in its source's order, and Identity names it, see
	// [FailedItem].
	Position Position
	Identity string
	Stage    string
	// Reason is that of [Drop], or [ReasonFailed]; Of is what [DropFor] names.
	Reason, Of string
}

// WithDropped calls each for every item that a stage of the pipeline leaves out, or
// that fails: what the report only counts. It is called while the stages wait, by
// one of them at a time, in an order that differs from run to run. Items that are
// left out since a run is over, or since a sink has them from an earlier run, are not
// among them.
func WithDropped(each func(Dropped)) Option {
	var mu sync.Mutex
	return func(p *Pipeline) {
		if each == nil {
			p.mistake("WithDropped: the function is nil")
			return
		}
		p.dropped = func(d Dropped) {
			mu.Lock()
			defer mu.Unlock()
			each(d)
		}
	}
}

// tellDropped tells of the item that a worker has just dropped.
func (w *worker[In, Out]) tellDropped(it Item[In], reason, of string) {
	if w.run.pipeline.dropped != nil && reason != ReasonResumed {
		item := identify(it)
		w.run.pipeline.dropped(Dropped{item.Position, item.Identity, w.node.name, reason, of})
	}
}
