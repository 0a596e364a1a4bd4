package sink

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"sync/atomic"
)

// Partition is a part of a dataset with files of its own: a split of a config, as
// Hugging Face datasets calls them.
type Partition struct {
	// Config is the folder below data that its shards lie in; that of the config
	// [DefaultConfig] is data itself, and so it is where Config is empty.
	Config string `json:"config"`
	// Split is the first part of its shards' names.
	Split string `json:"split"`
}

// DefaultConfig is the name of the only config of a dataset that has just one.
const DefaultConfig = "default"

// Partitioned is implemented by rows that belong to one of several partitions.
type Partitioned interface {
	// Partition gives one of those in [JSONL.Partitions]; config may be empty, as in
	// [Partition].
	Partition() (config, split string)
}

// maxPartitions is how many numbers a byte has; fewer are in use, as each has a
// compressor of its own, of some ten megabytes.
const maxPartitions = 256

// trainPartition is what datasets have that are not divided.
var trainPartition = []Partition{{DefaultConfig, "train"}}

func (p Partition) config() string { return orDefault(p.Config, DefaultConfig) }

// String gives the partition as config/split.
func (p Partition) String() string { return p.config() + "/" + p.Split }

// folder is where the shards lie below data.
func (p Partition) folder() string {
	if p.config() == DefaultConfig {
		return ""
	}
	return p.Config
}

// temporaryName gives the place below data of a shard before their total is known.
func (p Partition) temporaryName(number int) string {
	return filepath.Join(p.folder(), fmt.Sprintf("%s-%05d%s", p.Split, number, shardSuffix))
}

// partitions are those of the sink.
func (j *JSONL[T]) partitions() []Partition {
	if len(j.Partitions) == 0 {
		return trainPartition
	}
	return j.Partitions
}

// checkPartitions makes sure that the partitions can be told apart and that rows can
// tell theirs.
func (j *JSONL[T]) checkPartitions() error {
	seen := map[string]bool{}
	for _, p := range j.Partitions {
		if !splitName.MatchString(p.config()) || !splitName.MatchString(p.Split) {
			return fmt.Errorf("partition %q of config %q: use letters, digits and underscores only", p.Split, p.Config)
		}
		if seen[p.String()] {
			return fmt.Errorf("the partition %s is there twice", p)
		}
		seen[p.String()] = true
	}
	if len(j.Partitions) > maxPartitions {
		return fmt.Errorf("%d partitions: use %d at most", len(j.Partitions), maxPartitions)
	}
	if row := reflect.TypeFor[T](); len(j.Partitions) > 1 && !row.Implements(reflect.TypeFor[Partitioned]()) {
		return fmt.Errorf("there are %d partitions, and rows of type %s do not tell theirs: give them a method Partition", len(j.Partitions), row)
	}
	return nil
}

// partitionOf gives the number of the row's partition.
func (j *JSONL[T]) partitionOf(value T) (uint8, error) {
	known := j.partitions()
	if len(known) == 1 {
		return 0, nil
	}
	var p Partition
	p.Config, p.Split = any(value).(Partitioned).Partition()
	p.Config = p.config()
	for i := range known {
		if known[i].Split == p.Split && known[i].config() == p.Config {
			return uint8(i), nil
		}
	}
	return 0, fmt.Errorf("its partition %s is not one of the sink's", p)
}

// maxLag is how many times the size of a shard the rows of all partitions may measure
// together while a shard is open. A shard ends after that though it is not full: what
// comes behind its beginning is not durable, and would have to be made again when a
// run is resumed.
const maxLag = 4

// shardSet holds the shards of all partitions.
type shardSet struct {
	partitions []*shardWriter
	maxBytes   int64
	passed     int64 // what the rows so far measure, those of an earlier run included

	// settledTo is told of shards that have become durable, if it is not nil.
	settledTo *atomic.Pointer[shardMark]
	// settling is told how the shard that ended last came to the disk; nil while
	// none is on its way there.
	settling chan error
}

// newShardSet goes on behind the shards that are finished.
func newShardSet(dir string, partitions []Partition, maxBytes int64, level int, finished []partitionState) *shardSet {
	s := &shardSet{maxBytes: maxBytes}
	for i, partition := range partitions {
		w := &shardWriter{Partition: partition, dir: dir, maxBytes: maxBytes, level: level}
		if len(finished) > 0 {
			w.finished, w.resumed = slices.Clone(finished[i].Shards), finished[i].mark()
		}
		s.partitions = append(s.partitions, w)
	}
	return s
}

// has tells whether the row behind a place is in the shards since an earlier run, and
// counts it if so.
func (s *shardSet) has(partition uint8, at rowMark, bytes int64) bool {
	if !at.before(s.partitions[partition].resumed) {
		return false
	}
	s.passed += bytes
	return true
}

// write adds a row that ends in one of the bytes that Encode leaves; at is the
// place before it.
func (s *shardSet) write(partition uint8, row []byte, at rowMark) error {
	w, err := s.makeRoom(partition, int64(len(row)), at)
	if err != nil {
		return err
	}
	return w.current.write(w.encoder, row)
}

// writeLarge adds a large row; at is the place before it.
func (s *shardSet) writeLarge(partition uint8, row *largeRow, at rowMark) error {
	w, err := s.makeRoom(partition, row.lineBytes(), at)
	if err != nil {
		return err
	}
	return w.current.writeLarge(w.encoder, row)
}

// makeRoom makes sure that the partition has a shard with room for a row of so many
// bytes.
func (s *shardSet) makeRoom(partition uint8, bytes int64, at rowMark) (*shardWriter, error) {
	w := s.partitions[partition]
	for _, other := range s.partitions {
		lags := other.current != nil && s.passed+bytes-other.current.passed > maxLag*s.maxBytes && len(s.partitions) > 1
		if lags || other == w && w.full(bytes) {
			if err := s.finishShard(other, at); err != nil {
				return nil, err
			}
		}
	}
	if w.current == nil {
		if err := w.startShard(at, s.passed); err != nil {
			return nil, err
		}
	}
	s.passed += bytes
	return w, nil
}

// finish ends the last shards; all are durable under their temporary names then. at
// is the place behind the last row. Without any row there is one shard all the same.
func (s *shardSet) finish(at rowMark) error {
	first := s.partitions[0]
	if !slices.ContainsFunc(s.partitions, func(w *shardWriter) bool { return w.current != nil || len(w.finished) > 0 }) {
		if err := first.startShard(at, s.passed); err != nil {
			return err
		}
	}
	for _, w := range s.partitions {
		if w.current != nil {
			if err := s.finishShard(w, at); err != nil {
				return err
			}
		}
	}
	return s.settled()
}

// finishShard ends the current shard of a partition. Its way to the disk is not
// waited for until the next shard ends: a slow disk would hold up the whole pipeline.
func (s *shardSet) finishShard(w *shardWriter, end rowMark) error {
	if err := s.settled(); err != nil {
		return err
	}
	shard, err := w.endShard()
	if err != nil {
		return err
	}
	s.settling = make(chan error, 1)
	settling := s.settling // settled waits for it, and forgets it
	mark := s.mark(end)
	go func() {
		err := shard.settle()
		if err == nil && s.settledTo != nil {
			s.settledTo.Store(mark)
		}
		settling <- err
	}()
	return nil
}

// settled waits until the shard that ended last is durable.
func (s *shardSet) settled() error {
	if s.settling == nil {
		return nil
	}
	err := <-s.settling
	s.settling = nil
	return err
}

// mark tells how far the finished shards reach; end is the place behind the last row.
func (s *shardSet) mark(end rowMark) *shardMark {
	m := &shardMark{next: end.next}
	for _, w := range s.partitions {
		reached := end
		if w.current != nil {
			reached = w.current.start
		}
		m.next = min(m.next, reached.next)
		m.state.Partitions = append(m.state.Partitions, partitionState{
			w.Partition, reached.next, reached.rows, slices.Clone(w.finished),
		})
	}
	return m
}

// abandon closes the shards in progress and lets their files be.
func (s *shardSet) abandon() error {
	var errs []error
	for _, w := range s.partitions {
		errs = append(errs, w.abandon())
	}
	return errors.Join(append(errs, s.settled())...)
}

// states are the partitions with their finished shards.
func (s *shardSet) states() []partitionState {
	return s.mark(rowMark{}).state.Partitions
}
