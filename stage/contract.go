package stage

import "context"

// Source produces the items of a stream, in order.
type Source[T any] interface {
	// Read emits every item in order and returns nil at the end. It is called
	// once per run, from one goroutine, and should return soon after ctx is
	// done. emit blocks while the pipeline is full; it fails when the run is over or
	// a [Limit] has enough, and Read must then return that error.
	Read(ctx context.Context, emit func(T) error) error
}

// Opener is implemented by sources, processors and sinks that check their
// settings or prepare something before any item moves. All Open methods of a
// pipeline are called in order, upstream first; the first error ends the run
// before it began.
type Opener interface {
	Open(ctx context.Context) error
}

// Closer is implemented by sources, processors and sinks that hold something
// open. Close is called once at the end of every run in which Open was called
// (or would have been), whether the run succeeded or not, downstream first.
type Closer interface {
	Close() error
}

// Loader is implemented by sources whose Read emits little more than the keys
// of the items: Load then fills each item in, on the workers that were given
// to [From], and the order is kept. Load is called concurrently. Its error
// fails the item, as a processor's error does.
type Loader[T any] interface {
	Load(ctx context.Context, item T) error
}

// Totaler is implemented by sources that know how many items they will emit.
// Total is called after Open; a negative number means unknown.
type Totaler interface {
	Total() int
}

// Processor turns each item of a stream into zero or more items of another.
type Processor[In, Out any] interface {
	// Process handles one item and emits what becomes of it. Returning nil
	// means that the item was passed on (or taken into the processor's state);
	// returning [Drop] means that it was left out on purpose; any other error
	// means that it failed. What was emitted before an error is discarded; but
	// if that was more than a thousand items, some have been passed on already,
	// and the error ends the run.
	//
	// emit may wait for the next stages. It must be called from the goroutine
	// that called Process, and not after Process has returned.
	//
	// With several workers Process is called concurrently.
	Process(ctx context.Context, in In, emit func(Out)) error
}

// Flusher is implemented by processors that hold items back. Such a processor
// runs on one worker and sees the items in order; Flush is called after the
// last one.
type Flusher[Out any] interface {
	Flush(ctx context.Context, emit func(Out)) error
}

// Item is a value with its place in the source's order. Several items may
// share a position: those that came from one item of the source.
type Item[T any] struct {
	Position Position
	Value    T
}

// Sink takes the items at the end of a stream.
type Sink[T any] interface {
	// Write takes one item. It is called from one goroutine, in the order of
	// the stream: of positions, unless a stage was [Unordered]. After
	// the last item of a successful run Finish is called; after a failed or
	// cancelled one it is not.
	Write(ctx context.Context, item Item[T]) error
	// Finish makes everything durable and gives the output its final names.
	Finish(ctx context.Context) error
}

// EncodingSink is a [Sink] that turns items into bytes on the workers given to
// [To], concurrently, and writes those bytes in order on one goroutine.
// WriteEncoded is then called instead of Write. Encode appends to dst and
// returns the extended slice; row is valid during WriteEncoded only.
//
// An item of [LargeItem] bytes or more goes to Write after all: so a sink need
// not hold the item and all of its row at once, but can write it part by part.
type EncodingSink[T any] interface {
	Sink[T]
	Encode(dst []byte, value T) ([]byte, error)
	WriteEncoded(ctx context.Context, position Position, row []byte) error
}

// Drop leaves an item out on purpose: a processor returns it, and the report
// counts it under the reason. Reasons are few and fixed ("quality", "merge"),
// never made from the item.
func Drop(reason string) error { return dropped{reason: reason} }

// DropFor is [Drop] for the sake of something else, such as the row that an item
// repeats. The report does not tell of that, [WithDropped] does.
func DropFor(reason, of string) error { return dropped{reason, of} }

type dropped struct{ reason, of string }

func (d dropped) Error() string { return "dropped: " + d.reason }

// MessageSource gives the messages of a history in one quick pass, before the
// run proper; a [ChainLinker] builds its index from them.
type MessageSource interface {
	// Messages calls each for every commit, oldest first, from one goroutine at a
	// time. Messages and what they hold may be kept, so that several can be read side
	// by side; nobody changes them. It may be called before or after the run, and
	// after Open of the same source.
	Messages(ctx context.Context, each func(Message) error) error
}

// Message is what the quick pass knows of a commit.
type Message struct {
	Position Position
	Hash     Hash
	// Parents are the commit's parents, as far as the source knows them.
	Parents []Hash
	// Seconds is the committer's time, since 1970 in UTC.
	Seconds int64
	// Author and Committer tell people apart: name and mail as they are stored; nil
	// where the source does not tell.
	Author, Committer []byte
	// Text is the whole message as stored: in the commit's own encoding.
	Text []byte
}

// ReleaseSource is a [MessageSource] that knows the releases of its history.
type ReleaseSource interface {
	MessageSource
	// Releases gives the releases in any order. It may be called after
	// Messages.
	Releases(ctx context.Context) ([]Release, error)
}

// Release is a named state of a project, such as a tag "v6.1".
type Release struct {
	Name   string
	Commit Hash
}
