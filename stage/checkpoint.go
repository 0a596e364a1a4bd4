package stage

import (
	"crypto/rand"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/sourcegraph/conc"
)

// WithCheckpoint makes the run go on where an earlier one was interrupted, be
// it by a kill -9 or an error. path is the file that says how far
// all sinks have got; it is made when the run begins and stays when it is over.
// Run with the same path, pipeline and settings again to resume; the outcome is
// that of a run without an interruption. If the history has grown since the
// run came to its end, running it again adds what is new.
//
// settings are what shapes the output beyond what the parts say of themselves
// (see [Configured]), such as the thresholds of filters. A run with other
// settings, or of another pipeline, is refused with [ErrCheckpointMismatch], a
// second process on the same checkpoint with [ErrCheckpointLocked].
//
// All sinks must be [ResumableSink]s, stages that carry state must be
// [Snapshotter]s, and the order must be kept. A source that is no
// [ResumableSource] is read again from its beginning.
//
// The file is brought up to date some times a second, in one step each time. A
// [Report] after a resumption counts what this run has done.
func WithCheckpoint(path string, settings map[string]string) Option {
	return func(p *Pipeline) {
		if path == "" {
			p.mistake("WithCheckpoint: the path is empty: name a file")
		}
		p.checkpoint = &checkpointOption{path: path, settings: maps.Clone(settings)}
	}
}

type checkpointOption struct {
	path     string
	settings map[string]string
}

// checkpointInterval is how often the file is brought up to date at most: a
// crash costs that much work, and what lies beyond in the sinks' own pieces.
const checkpointInterval = 250 * time.Millisecond

// snapshotInterval is how many positions lie between two snapshots of stages
// that carry state. A checkpoint of a pipeline with such stages lies on a
// multiple of it.
const snapshotInterval = 8192

// checkpointer keeps the checkpoint of a run.
type checkpointer struct {
	run   *run
	store *checkpointStore
	file  *checkpointFile
	new   bool // there was no file before
	done  chan struct{}
	wg    conc.WaitGroup
}

// checkCheckpoint notes what keeps the pipeline from having a checkpoint.
func (p *Pipeline) checkCheckpoint() {
	if p.checkpoint == nil {
		return
	}
	for _, n := range p.nodes {
		if why := n.unresumable; why != "" {
			p.mistake("%s: %s; leave out WithCheckpoint, or the stage", n.name, why)
		}
		if n.settings.unordered {
			p.mistake("%s: Unordered: a checkpoint needs the order: leave one of them out", n.name)
		}
	}
}

// resume claims the checkpoint, if the pipeline has one, and tells all parts
// where to go on. Without a checkpoint it gives nil.
func (p *Pipeline) resume(r *run) (*checkpointer, error) {
	if p.checkpoint == nil {
		return nil, nil
	}
	store, err := openCheckpoint(p.checkpoint.path)
	if err != nil {
		return nil, p.checkpointError(err)
	}
	c := &checkpointer{run: r, store: store, done: make(chan struct{})}
	if err := c.begin(); err != nil {
		if c.new {
			_ = store.remove()
		}
		_ = store.close()
		return nil, p.checkpointError(err)
	}
	return c, nil
}

func (p *Pipeline) checkpointError(err error) error {
	return fmt.Errorf("%s: checkpoint %s: %w", p.name, p.checkpoint.path, err)
}

func (c *checkpointer) begin() error {
	p := c.run.pipeline
	fresh := p.freshCheckpoint()
	file, err := c.store.load()
	if err != nil {
		return err
	}
	if file == nil || file.Opening {
		if c.new = file == nil; !c.new {
			fresh.Run = file.Run
		}
		file, fresh.Opening = fresh, true
		if err := c.store.save(file); err != nil {
			return err
		}
	} else if err := file.matches(fresh); err != nil {
		return fmt.Errorf("%w: go back to those settings, or begin anew with another checkpoint and another output", err)
	}
	c.file = file
	for _, n := range p.nodes {
		if err := c.tell(n); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return nil
}

// tell makes one part ready to go on.
func (c *checkpointer) tell(n *node) error {
	source := c.source(n)
	n.from = source.Next
	sink := c.sink(n)
	if sink != nil {
		n.from = max(source.Next, sink.Next)
	}
	n.passed.Store(uint64(n.from))
	if n.state != nil {
		if err := n.state.restore(source); err != nil {
			return err
		}
	}
	return guard(func() error {
		switch part := n.part.(type) {
		case ResumableSource:
			return part.Resume(source.State, source.Next)
		case ResumableSink:
			return part.Resume(Resumption{Run: c.file.Run, Next: sink.Next, State: sink.State})
		}
		return nil
	})
}

// source gives the mark of the source that a node's items come from.
func (c *checkpointer) source(n *node) *sourceMark {
	i := 0
	for _, other := range c.run.pipeline.nodes {
		if other == n.source {
			break
		}
		if other.source == other {
			i++
		}
	}
	return &c.file.Sources[i]
}

// sink gives the mark of a sink, and nil for other nodes.
func (c *checkpointer) sink(n *node) *sinkMark {
	i := 0
	for _, other := range c.run.pipeline.nodes {
		switch {
		case other.finish == nil:
		case other == n:
			return &c.file.Sinks[i]
		default:
			i++
		}
	}
	return nil
}

// freshCheckpoint describes a run that begins.
func (p *Pipeline) freshCheckpoint() *checkpointFile {
	file := &checkpointFile{
		Version:  checkpointVersion,
		Pipeline: p.name,
		Run:      rand.Text(),
		Settings: map[string]string{},
	}
	var names []string
	for _, n := range p.nodes {
		names = append(names, n.name)
		if n.source == n {
			file.Sources = append(file.Sources, sourceMark{Source: n.name})
		}
		if n.finish != nil {
			file.Sinks = append(file.Sinks, sinkMark{Sink: n.name})
		}
		if part, ok := n.part.(Configured); ok {
			for name, value := range part.Configuration() {
				file.Settings[n.name+": "+name] = value
			}
		}
	}
	file.Settings["stages"] = strings.Join(names, ", ")
	for name, value := range p.checkpoint.settings {
		file.Settings[name] = value
	}
	return file
}

// start notes what the sources say, now that they are open, and keeps the file
// up to date from here on.
func (c *checkpointer) start() error {
	p := c.run.pipeline
	for _, n := range p.nodes {
		part, ok := n.part.(ResumableSource)
		if !ok {
			continue
		}
		err := guard(func() (err error) {
			c.source(n).State, err = part.State()
			return err
		})
		if err != nil {
			return p.checkpointError(fmt.Errorf("%s: %w", n.name, err))
		}
	}
	c.file.Opening, c.file.Complete = false, false
	if err := c.store.save(c.file); err != nil {
		return p.checkpointError(err)
	}
	c.wg.Go(c.keep)
	return nil
}

// keep brings the file up to date until the run is over.
func (c *checkpointer) keep() {
	tick := time.NewTicker(checkpointInterval)
	defer tick.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-tick.C:
			if err := c.advance(); err != nil {
				p := c.run.pipeline
				c.run.stop(&Error{Pipeline: p.name, Err: p.checkpointError(err)})
				return
			}
		}
	}
}

// advance saves how far the sinks have got, if that has changed.
func (c *checkpointer) advance() error {
	changed := false
	for _, n := range c.run.pipeline.nodes {
		if n.finish != nil {
			mark := c.sink(n)
			before := mark.Next
			mark.Next, mark.State = n.part.(ResumableSink).Durable()
			changed = changed || mark.Next > before
		}
	}
	for _, n := range c.run.pipeline.nodes {
		if n.source == n {
			changed = c.mark(n) || changed
		}
	}
	if !changed {
		return nil
	}
	return c.store.save(c.file)
}

// mark moves a source's mark to where all of its sinks are durable, and all
// stages with state have a snapshot.
func (c *checkpointer) mark(source *node) bool {
	next, sinks := Position(0), 0
	var stateful []*node
	for _, n := range c.run.pipeline.nodes {
		if n.source != source {
			continue
		}
		if sink := c.sink(n); sink != nil {
			if sinks++; sinks == 1 || sink.Next < next {
				next = sink.Next
			}
		}
		if n.state != nil {
			stateful = append(stateful, n)
		}
	}
	if len(stateful) > 0 {
		next -= next % snapshotInterval
	}
	mark := c.source(source)
	if next <= mark.Next {
		return false
	}
	snapshots := make(map[string][]byte, len(stateful))
	for _, n := range stateful {
		snapshot, ok := n.state.at(next)
		if !ok {
			return false
		}
		snapshots[n.name] = snapshot
	}
	mark.Next, mark.Snapshots = next, snapshots
	for _, n := range stateful {
		n.state.forget(next)
	}
	return true
}

// end saves the last state of the run, whether it has succeeded or not, and
// gives the checkpoint free.
func (c *checkpointer) end(success bool) error {
	if c == nil {
		return nil
	}
	close(c.done)
	c.wg.Wait()
	err := c.last(success)
	if closing := c.store.close(); err == nil {
		err = closing
	}
	if err != nil {
		return c.run.pipeline.checkpointError(err)
	}
	return nil
}

func (c *checkpointer) last(success bool) error {
	switch {
	case c.new && c.file.Opening:
		return c.store.remove() // nobody has the run's name
	case c.file.Opening:
		return nil
	case !success:
		return c.advance()
	}
	for _, n := range c.run.pipeline.nodes {
		switch mark := c.source(n); {
		case n.source == n:
			mark.Next, mark.Snapshots = Position(n.passed.Load()), map[string][]byte{}
		case n.state != nil:
			mark.Snapshots[n.name] = n.state.last()
		case n.finish != nil:
			mark := c.sink(n)
			mark.Next, mark.State = n.part.(ResumableSink).Durable()
		}
	}
	c.file.Complete = true
	return c.store.save(c.file)
}

// resumed counts the items that the sources need not emit again.
func (p *Pipeline) resumed() (sum uint64) {
	for _, n := range p.nodes {
		if n.source == n {
			sum += uint64(n.from)
		}
	}
	return sum
}
