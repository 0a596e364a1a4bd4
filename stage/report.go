package stage

import (
	"cmp"
	"io"
	"slices"
	"time"
)

// The reasons that the core itself has for leaving an item out. A processor's
// own reasons should be others.
const (
	// ReasonFailed counts the items that failed.
	ReasonFailed = "failed"
	// ReasonCancelled counts the items that a stage was busy with when the run
	// was cancelled or something else failed.
	ReasonCancelled = "cancelled"
)

// Report tells what a run has done.
type Report struct {
	Pipeline string
	Elapsed  time.Duration
	// Stages has a row for each stage, in the order of wiring.
	Stages []StageReport
	// Failures are items that failed, by position; the first hundred to fail
	// are listed. Failed counts all of them.
	Failures []*Error
	Failed   uint64
	// PeakBytes is the most that items in flight have measured together; see
	// [WithBytesInFlight].
	PeakBytes int
	// Resumed is how many items of the sources earlier runs had dealt with, in
	// a pipeline with a checkpoint; see [WithCheckpoint].
	Resumed uint64
}

// StageReport is the account of one stage. In is always the sum of Out and of
// all that is in Dropped, also when the run has failed: an item counts once the
// stage has finished with it.
type StageReport struct {
	Name    string
	Workers int
	// In counts the items that the stage took: those read, for a source.
	In uint64
	// Out counts the items of In that were passed on, taken into the stage's
	// state, or written.
	Out uint64
	// Emitted counts the items that the stage made of them: for a FlatMap,
	// a Batch or a raw stage it differs from Out. For a sink it is what has
	// been written.
	Emitted uint64
	// Dropped counts the items left out, by the reason given to [Drop], by
	// [ReasonFailed] or by [ReasonCancelled].
	Dropped map[string]uint64
	// Busy is the time spent at work, Blocked waiting to hand items on (for
	// the next stage or for an older item), Idle waiting for items. They are
	// sums over the stage's goroutines. So a stage that holds up the others
	// is itself busy, those before it are blocked and those after it idle.
	Busy, Blocked, Idle time.Duration
}

// Failed counts the items that failed.
func (s *StageReport) Failed() uint64 { return s.Dropped[ReasonFailed] }

// DroppedTotal counts the items left out for any reason, failed ones included.
func (s *StageReport) DroppedTotal() (total uint64) {
	for _, n := range s.Dropped {
		total += n
	}
	return total
}

// Stage gives the account of the stage with the name, or nil.
func (r *Report) Stage(name string) *StageReport {
	for i := range r.Stages {
		if r.Stages[i].Name == name {
			return &r.Stages[i]
		}
	}
	return nil
}

// report draws up the account of a run that is over.
func (p *Pipeline) report(r *run, elapsed time.Duration) *Report {
	report := &Report{
		Pipeline:  p.name,
		Elapsed:   elapsed,
		Failures:  r.failures,
		Failed:    r.failed,
		PeakBytes: r.inflight.peak,
		Resumed:   p.resumed(),
	}
	slices.SortStableFunc(report.Failures, func(a, b *Error) int {
		return cmp.Compare(a.Item.Position, b.Item.Position)
	})
	for _, n := range p.nodes {
		sum := n.meter.total()
		report.Stages = append(report.Stages, StageReport{
			Name:    n.name,
			Workers: n.settings.workers,
			In:      sum.in,
			Out:     sum.out,
			Emitted: sum.emitted,
			Dropped: sum.dropped,
			Busy:    max(sum.busy, 0),
			Blocked: sum.blocked,
			Idle:    sum.idle,
		})
	}
	return report
}

// String gives the report as a table for people, with one line for each stage
// and for each listed failure.
func (r *Report) String() string { return string(r.appendText(nil)) }

// WriteTo writes what String gives.
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(r.appendText(nil))
	return int64(n), err
}
