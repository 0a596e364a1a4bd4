package stage

// What follows is implemented by parts that can take part in a pipeline with a
// checkpoint (see [WithCheckpoint]). Resume methods are called before Open, in
// the order of wiring; a pipeline without a checkpoint does not call them.

// ResumableSource is a [Source] that can begin in the middle. A source that is
// not one is read from its beginning and what had been read before is thrown
// away, so it must emit the same items every time.
type ResumableSource interface {
	// Resume makes the coming Read begin with the item at next, in the order
	// that state describes: items before next must be the same as then, those
	// behind may have become more. state is what State gave in an earlier run,
	// and nil in a first one; an error tells that this order cannot be had any
	// more.
	Resume(state []byte, next Position) error
	// State describes the order in which Read emits. It is called once, after
	// Open.
	State() ([]byte, error)
}

// ResumableSink is a [Sink] whose output survives the process. Every sink of a
// pipeline with a checkpoint must be one.
type ResumableSink interface {
	// Resume tells the sink where the run stands. It must open nothing that has
	// to be closed. It fails if the output is not what the sink has described.
	Resume(Resumption) error
	// Durable gives the position before which everything that was written is
	// on stable storage, such that a crash of the machine does not undo it, and
	// describes the output up to there, in a form of the sink's own. If some
	// rows of that position are durable as well, the description says how many,
	// for the sink to pass over them when they come again. Neither goes back
	// while the run lasts. It is called from Resume on until Close, some times a
	// second and from another goroutine than Write.
	Durable() (next Position, state []byte)
}

// Resumption tells a [ResumableSink] where a run with a checkpoint stands.
type Resumption struct {
	// Run identifies the run; it is the same after every interruption.
	Run string
	// Next and State are what Durable gave last, as far as the checkpoint knows:
	// more may have become durable since, and will be written again. They are
	// zero in a run that begins. The sink gets no item before Next.
	Next  Position
	State []byte
}

// Snapshotter is a [Processor] that carries state from item to item and can
// save it. It runs on one worker, after ordered stages only. A [Flusher] in a
// pipeline with a checkpoint must be one.
type Snapshotter interface {
	// Snapshot gives the state between two items, in a form of the processor's
	// own; the core keeps the slice. It is called once in some thousand
	// positions, and after Flush.
	Snapshot() ([]byte, error)
	// Restore sets a new processor to a state. It is called before Open, and
	// with nothing but what Snapshot gave, perhaps by an earlier version.
	Restore(state []byte) error
}

// Configured is implemented by parts whose settings shape what comes out. A
// checkpoint goes on only under the settings that it was made with.
type Configured interface {
	// Configuration gives each such setting by its name, written out. Settings
	// that change nothing but speed or memory are left out.
	Configuration() map[string]string
}

// ReasonResumed counts the items that a sink had written before the run was
// interrupted: it went on further than the checkpoint knew.
const ReasonResumed = "written before"
