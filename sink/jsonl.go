package sink

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"sync/atomic"

	"github.com/commitflow/commitflow/stage"
)

// JSONL stores rows as a dataset of JSON Lines in zstd-compressed shards,
// which Hugging Face datasets, pandas, DuckDB and `zstd -dc | jq` read as they
// are:
//
//	out/data/train-00000-of-00002.jsonl.zst
//	out/data/train-00001-of-00002.jsonl.zst
//	out/manifest.json
//
// Where there are several [JSONL.Partitions], each has its own shards, those of
// configs in folders of their names, and all are published together:
//
//	out/data/high/train-00000-of-00001.jsonl.zst
//	out/data/high/test-00000-of-00001.jsonl.zst
//
// A row is a struct of type T (or a pointer to one), and every row has the
// same keys with the same types. Open therefore refuses a T with fields that
// may be absent or change their type: pointers, maps, interfaces, byte slices,
// json.RawMessage and `omitempty`. Nil slices are written as []. Text is
// written as it is, `<`, `>` and `&` included.
//
// Each shard is exactly one zstd frame with a checksum of its content; a row
// never spans two shards. The same rows give the same shards after
// decompression, however many workers encode them. A stream without rows gives
// one shard without rows, so that a reader's `data/train-*` still finds a
// file; Hugging Face datasets, though, loads no dataset of zero rows at all. A
// partition without rows beside others with rows has no shard.
//
// JSON has one kind of number, and an encoder writes 70.0 as 70. A reader that
// infers column types from the first rows takes a float column without
// fractions for integers and an always empty list for a list of nulls; the
// dataset's card should declare the columns.
//
// Rows always come out as valid UTF-8. Each run of bytes that is not becomes
// one U+FFFD, and the row counts as repaired in the manifest; a row that
// implements [UTF8Repairer] can say so in a column of its own.
//
// Until Finish, everything lies in the hidden directory .commitflow-partial
// below Dir; then the shards appear all at once, and the manifest last. A
// directory without a manifest is not a finished dataset. One process at a
// time writes to a directory, and only to one that is empty, absent, or left
// behind by a JSONL whose process died; that one's remains are removed.
//
// The zero value is ready for use, by pointer; its fields must not be changed
// between Open and Close. Encode may be called concurrently, everything else
// from one goroutine at a time.
type JSONL[T any] struct {
	// Dir is the dataset's directory, "dataset" where empty. It is created
	// when absent.
	Dir string
	// Partitions are what the rows are divided into, with names of letters, digits
	// and underscores; the split "train" of one config where there are none. Rows of
	// several are to be [Partitioned].
	Partitions []Partition
	// ShardBytes is the size of a shard before compression, 256 MB where 0. A
	// row larger than that becomes a shard of its own. A shard of one of several
	// partitions also ends when the rows of all that have come since its beginning
	// measure four times that.
	ShardBytes int64
	// Level is zstd's, from 1 to 22, and 1 where 0: it takes some 60 % of the
	// time of level 3, for shards a tenth larger. The encoder has four speeds:
	// levels below 3, 6, 10, and the rest.
	Level int
	// Source is what the rows were made from, such as a repository and its
	// revisions. The manifest repeats it.
	Source string
	// Settings gives what shaped the rows, by name, for the manifest. Finish calls it;
	// nil is for none.
	Settings func() map[string]string
	// Verify is called by Finish when all rows are durable; if it fails nothing is
	// published. nil verifies nothing.
	Verify func() error

	run      *jsonlRun
	failed   error
	manifest *Manifest // nil until Finish has succeeded
	row      []byte

	at   stage.Position // of the last row
	rows int            // of that position so far

	// Of a run with a checkpoint:
	runID   string
	resumed shardMark
	durable atomic.Pointer[shardMark] // nil without a checkpoint
}

// jsonlRun is what exists between Open and Close.
type jsonlRun struct {
	staging *staging
	shards  *shardSet
	// published tells that what there is was published before, and nothing has
	// been added.
	published bool
}

var (
	_ stage.Opener                     = (*JSONL[stage.Commit])(nil)
	_ stage.EncodingSink[stage.Commit] = (*JSONL[stage.Commit])(nil)
	_ stage.Closer                     = (*JSONL[stage.Commit])(nil)
	_ stage.ResumableSink              = (*JSONL[stage.Commit])(nil)
	_ stage.Configured                 = (*JSONL[stage.Commit])(nil)
)

const (
	defaultDir        = "dataset"
	defaultShardBytes = 256 << 20
	defaultLevel      = 1
	maxLevel          = 22
)

// splitName is what readers accept as the name of a split.
var splitName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// Open checks the settings, the row type and the directory, removes what a
// killed run has left there, and claims the directory. Its errors match
// [ErrOccupied] and [ErrLocked] where those are the cause.
func (j *JSONL[T]) Open(context.Context) error {
	if j.run != nil {
		return errors.New("jsonl: Open called twice without Close")
	}
	if err := j.check(); err != nil {
		return fmt.Errorf("jsonl: %w", err)
	}
	run, err := j.open()
	if err != nil {
		return fmt.Errorf("jsonl: %w", err)
	}
	if durable := j.durable.Load(); durable != nil {
		run.shards.settledTo = &j.durable
	}
	j.run = run
	j.failed, j.manifest = nil, nil
	j.at, j.rows = j.resumed.next, 0
	return nil
}

// open claims the directory.
func (j *JSONL[T]) open() (run *jsonlRun, err error) {
	run = &jsonlRun{}
	dir, finished := orDefault(j.Dir, defaultDir), j.resumed.state.Partitions
	if anyShard(finished) || (&staging{dir: dir}).ours(j.runID) {
		run.staging, run.published, err = resumeStaging(dir, j.runID, finished)
	} else {
		run.staging, err = openStaging(dir, j.runID)
	}
	if err != nil {
		return nil, err
	}
	run.shards = newShardSet(run.staging.shardDir(), j.partitions(),
		orDefault(j.ShardBytes, defaultShardBytes), orDefault(j.Level, defaultLevel), finished)
	return run, nil
}

func (j *JSONL[T]) check() error {
	if err := j.checkPartitions(); err != nil {
		return err
	}
	if j.ShardBytes < 0 {
		return fmt.Errorf("shard size %d: use a positive number of bytes, or 0 for %d", j.ShardBytes, int64(defaultShardBytes))
	}
	if j.Level < 0 || j.Level > maxLevel {
		return fmt.Errorf("zstd level %d: use 1 to %d, or 0 for %d", j.Level, maxLevel, defaultLevel)
	}
	return checkRowType(reflect.TypeFor[T]())
}

func orDefault[V comparable](value, otherwise V) V {
	var zero V
	if value == zero {
		return otherwise
	}
	return value
}

// Encode appends value's row to dst, in the form that WriteEncoded takes: that
// is JSON, but for its last byte, or two where there are several partitions. It
// fails for what JSON cannot hold, such as NaN; a row that is a [fmt.Stringer] is
// named by it in the error.
func (j *JSONL[T]) Encode(dst []byte, value T) ([]byte, error) {
	partition, err := j.partitionOf(value)
	if err != nil {
		return dst, encodingError(value, err)
	}
	dst, err = encodeRow(dst, value)
	if err != nil || len(j.Partitions) < 2 {
		return dst, err
	}
	return append(dst, partition), nil
}

// Write encodes and stores one row. One of [stage.LargeItem] bytes or more is
// encoded element by element of its longest list, and never held as a whole.
func (j *JSONL[T]) Write(ctx context.Context, item stage.Item[T]) error {
	if value := rowPointer(&item.Value); isLarge(value) {
		large, err := newLargeRow(value)
		if err == nil {
			var partition uint8
			if partition, err = j.partitionOf(item.Value); err == nil {
				return j.keep(item.Position, partition, large.lineBytes(), func(at rowMark) error {
					return j.run.shards.writeLarge(partition, large, at)
				})
			}
		}
		if !errors.Is(err, errIndivisible) {
			return fmt.Errorf("item %d: %w", item.Position, encodingError(item.Value, err))
		}
	}
	row, err := j.Encode(j.row[:0], item.Value)
	if err != nil {
		return fmt.Errorf("item %d: %w", item.Position, err)
	}
	j.row = row
	return j.WriteEncoded(ctx, item.Position, row)
}

// WriteEncoded stores a row as Encode made it. It fails when the disk is full,
// and then every later call and Finish fail alike.
func (j *JSONL[T]) WriteEncoded(_ context.Context, position stage.Position, row []byte) error {
	partition := uint8(0)
	if last := len(row) - 1; len(j.Partitions) > 1 && last >= 0 {
		row, partition = row[:last], row[last]
	}
	if len(row) == 0 || int(partition) >= len(j.partitions()) {
		return fmt.Errorf("jsonl: item %d: a row that Encode has not made", position)
	}
	return j.keep(position, partition, int64(len(row)), func(at rowMark) error {
		return j.run.shards.write(partition, row, at)
	})
}

// keep stores a row of a partition, of so many bytes, by calling write with the place
// before it.
func (j *JSONL[T]) keep(position stage.Position, partition uint8, bytes int64, write func(rowMark) error) error {
	if j.run == nil || j.manifest != nil {
		return errors.New("jsonl: write to a sink that is not open")
	}
	if j.failed == nil {
		if err := j.store(position, partition, bytes, write); err != nil {
			j.failed = fmt.Errorf("jsonl: item %d: %w", position, err)
		}
	}
	return j.failed
}

// store adds a row to the shards, unless it is in them since an earlier run.
func (j *JSONL[T]) store(position stage.Position, partition uint8, bytes int64, write func(rowMark) error) error {
	if position != j.at {
		j.at, j.rows = position, 0
	}
	at := rowMark{position, j.rows}
	j.rows++
	if j.run.shards.has(partition, at, bytes) {
		return nil
	}
	if j.run.published {
		if err := j.run.staging.gather(j.resumed.state.Partitions); err != nil {
			return err
		}
		j.run.published = false
	}
	return write(at)
}

// Finish makes all rows durable and publishes them under their final names,
// the manifest last. If ctx is done before that begins, or anything fails,
// nothing is published.
func (j *JSONL[T]) Finish(ctx context.Context) error {
	if j.run == nil || j.manifest != nil {
		return errors.New("jsonl: Finish of a sink that is not open")
	}
	if j.failed != nil {
		return j.failed
	}
	if j.failed = j.finish(ctx); j.failed != nil {
		j.failed = fmt.Errorf("jsonl: %w", j.failed)
	}
	return j.failed
}

func (j *JSONL[T]) finish(ctx context.Context) error {
	if !j.run.published {
		if err := j.run.shards.finish(rowMark{j.at, j.rows}); err != nil {
			return err
		}
	}
	if j.Verify != nil {
		if err := j.Verify(); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	settings := map[string]string{}
	if j.Settings != nil {
		settings = j.Settings()
	}
	manifest := newManifest(j.Source, settings, j.run.shards.states())
	if !j.run.published {
		if err := j.run.staging.publish(manifest); err != nil {
			return err
		}
	}
	j.manifest = manifest
	return nil
}

// Close gives the directory free. Without a successful Finish before, it
// removes all that the run has written; in a pipeline with a checkpoint it leaves
// the finished shards, to be gone on with. It may be called in any state, and
// again.
func (j *JSONL[T]) Close() error {
	run := j.run
	if run == nil {
		return nil
	}
	j.run, j.row = nil, nil
	abandoned := run.shards.abandon()
	leave := run.staging.discard
	if j.runID != "" && j.manifest == nil && !run.published && anyShard(run.shards.states()) {
		leave = run.staging.release // the shards stay, to be gone on with
	}
	if err := errors.Join(abandoned, leave()); err != nil {
		return fmt.Errorf("jsonl: %w", err)
	}
	return nil
}
