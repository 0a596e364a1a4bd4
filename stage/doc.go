// Package stage holds the dataflow core of commitflow, the records that flow
// through it, and the stages that work on commits.
//
// # Concepts
//
// A [Pipeline] is a chain of stages, or a tree of them, that runs at the same
// time. It begins with one or more sources, ends in sinks, and between two
// stages lies a [Stream] of items of one type: what does not fit does not
// compile.
//
//	p := stage.New("linux")
//	commits := stage.From(p, source.Git{Repo: "linux.git"})
//	parsed := stage.Through(commits, stage.DiffParser{}, stage.Workers(0)) // one worker per CPU
//	kept := stage.Filter(parsed, "merge", func(c *stage.Commit) bool { return !c.IsMerge() })
//	stage.To(kept, sink.JSONL{Dir: "out"})
//	report, err := p.Run(ctx)
//
// Wiring does nothing but wiring; [Pipeline.Run] does the work, and nothing of
// it runs any more once it has returned.
//
// Order. Every item has a [Position] in its source's order, and keeps it when
// it is turned into something else. Streams are in that order, also behind
// stages with many workers, so output does not depend on timing. [Unordered]
// gives that up where it costs too much.
//
// Chunks. Items travel in small groups, so that the core costs well under a
// microsecond for each item and stage. A group is sent off after a few
// milliseconds if its source is slow to fill it. What is slow itself should
// take items one by one: see [Chunk].
//
// Bounds. A stage that is faster than the next one waits for it, so the source
// runs as fast as the slowest stage. Memory is bounded twice: by the number of
// items between stages (two chunks and a chunk for each worker, and for
// parallel stages up to four chunks per worker that wait for their turn), and
// by their size in bytes (see [WithBytesInFlight]).
//
// Dropping and failing. A stage leaves an item out by returning [Drop] with a
// reason, and fails it by returning any other error or by a panic. By default
// the first failure ends the run; [OnError] changes that. An [*Error] names the
// stage and the commit.
//
// Accounts. The [Report] tells for every stage what went in, what came out,
// what was dropped and why, and how long the stage was busy, blocked and idle.
// In every row, in = out + dropped.
//
// # Stages of your own
//
// There are three ways to write one, from the simplest to the most powerful:
//
//   - A function, with [Map], [Filter] or [FlatMap].
//   - A [Processor], with [Through]: a type with settings, state, and a tail to
//     flush. It may implement [Opener], [Closer] and [Flusher].
//   - A raw stage, with [Raw], which has the channels to itself.
//
// Streams are gathered into slices by [Batch] and split in two by [Tee].
// Sources and sinks are small interfaces, too: see [Source], [Loader], [Sink]
// and [EncodingSink].
//
// Who calls what, and when: all Open methods first, upstream to downstream;
// then everything at once; Finish of the sinks if all went well; and Close,
// downstream to upstream, whatever happened.
package stage
