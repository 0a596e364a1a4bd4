package stage

import (
	"fmt"
	"runtime"
	"time"
)

// Option is a setting of a whole pipeline, for [New].
type Option func(*Pipeline)

// ErrorPolicy says what becomes of the run when an item fails.
type ErrorPolicy int

const (
	// Stop ends the run at the first item that fails.
	Stop ErrorPolicy = iota
	// Skip leaves the failed item out, as [Drop] would, lists it in the report
	// and goes on.
	Skip
)

// OnError sets what happens when an item fails in a processor, a function or a
// [Loader]; the default is [Stop]. What fails otherwise (a source, a sink, a
// Flush, a raw stage) always ends the run.
func OnError(policy ErrorPolicy) Option {
	return func(p *Pipeline) {
		if policy != Stop && policy != Skip {
			p.mistake("OnError(%d): want Stop or Skip", policy)
		}
		p.policy = policy
	}
}

// DefaultBytesInFlight is the limit of a pipeline that was made without
// [WithBytesInFlight].
const DefaultBytesInFlight = 256 << 20

// WithBytesInFlight limits the bytes that the items on their way through the
// pipeline hold: while there are more, the sources wait. Items count with what
// their method Size() int gives, again each time they leave a stage, and others
// count nothing. Items on several branches of a [Tee] count on each; items in
// the hands of a Flusher, a Batch or a raw stage do not count, since no limit
// could make these let go. The limit is overrun by what the items grow while
// they pass through the stages, and by an item that alone is larger. 0 means no
// limit.
func WithBytesInFlight(n int) Option {
	return func(p *Pipeline) {
		if n < 0 {
			p.mistake("WithBytesInFlight(%d): want bytes, or 0 for no limit", n)
		}
		p.bytesInFlight = n
	}
}

// DefaultChunk is how many items travel together at most, unless [WithChunk]
// or [Chunk] say otherwise.
const DefaultChunk = 16

// WithChunk sets how many items travel together at most, and so share the cost
// of a hand-over between goroutines. More than the default is of use only where
// stages spend well under a microsecond on an item.
func WithChunk(n int) Option {
	return func(p *Pipeline) {
		if n < 1 {
			p.mistake("WithChunk(%d): want at least 1", n)
		}
		p.chunk = n
	}
}

// WithProgress calls report at every interval while the pipeline runs and once
// after its end, from one goroutine at a time. A slow report delays nothing but
// the next one and the end of the run.
func WithProgress(interval time.Duration, report func(Progress)) Option {
	return func(p *Pipeline) {
		if interval <= 0 {
			p.mistake("WithProgress: the interval is %v, want more than 0", interval)
		}
		if report == nil {
			p.mistake("WithProgress: the function is nil")
		}
		p.interval, p.progress = interval, report
	}
}

// StageOption is a setting of one stage.
type StageOption func(*settings)

// settings are what the options of a stage say.
type settings struct {
	name      string
	workers   int
	chunk     int
	unordered bool
	parallel  bool // asked for, even if one CPU makes it one worker
	mistakes  []string
}

// Named sets the name that the report and errors use for the stage.
func Named(name string) StageOption {
	return func(s *settings) { s.name = name }
}

// Workers runs the stage on n goroutines; 0 means one per CPU that Go may use.
// Without it there is one. The order of items is kept. What the stage calls is
// then called concurrently, so it must be free of unguarded shared state.
func Workers(n int) StageOption {
	return func(s *settings) {
		if n < 0 {
			s.mistakes = append(s.mistakes, fmt.Sprintf("Workers(%d): want a number of goroutines, or 0 for one per CPU", n))
			return
		}
		s.parallel = n != 1
		if n == 0 {
			n = runtime.GOMAXPROCS(0)
		}
		s.workers = n
	}
}

// Chunk sets how many items the stage takes at a time. A worker handles the
// items of a chunk one after the other, and passes them on together; so
// Chunk(1) suits a stage that spends milliseconds or more on an item, such as a
// call to a model.
func Chunk(n int) StageOption {
	return func(s *settings) {
		if n < 1 {
			s.mistakes = append(s.mistakes, fmt.Sprintf("Chunk(%d): want at least 1", n))
			return
		}
		s.chunk = n
	}
}

// Unordered lets the items that a parallel stage has finished overtake those
// that it is still busy with, so that one item which takes minutes does not
// hold up the rest. Order keeps memory bounded and output the same from run to
// run; without it only memory stays bounded. Processors with a Flush rely on
// order and refuse to come after an unordered stage.
func Unordered() StageOption {
	return func(s *settings) { s.unordered = true }
}
