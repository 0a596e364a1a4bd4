package sink

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/commitflow/commitflow/stage"
)

// jsonlState is what a checkpoint keeps of a [JSONL].
type jsonlState struct {
	Partitions []partitionState `json:"partitions"`
}

// partitionState tells which shards of a partition are durable, and that they hold
// all its rows before a position, and so many rows of that position, those of other
// partitions counted.
type partitionState struct {
	Partition
	Next       stage.Position `json:"next"`
	RowsOfNext int            `json:"rows_of_next"`
	Shards     []Shard        `json:"shards"`
}

func (p *partitionState) mark() rowMark { return rowMark{p.Next, p.RowsOfNext} }

// shardMark is how far the durable shards reach: those of every partition to next at
// least.
type shardMark struct {
	next  stage.Position
	state jsonlState
}

// anyShard tells whether there are shards.
func anyShard(partitions []partitionState) bool {
	return slices.ContainsFunc(partitions, func(p partitionState) bool { return len(p.Shards) > 0 })
}

// samePartitions tells whether a state is that of the partitions, in their order.
func (s *jsonlState) samePartitions(partitions []Partition) bool {
	return slices.EqualFunc(s.Partitions, partitions, func(state partitionState, p Partition) bool {
		return state.Partition.String() == p.String()
	})
}

// ErrUnresumable tells that a directory does not hold the shards that a
// checkpoint knows of.
var ErrUnresumable = errors.New("the directory does not hold what the checkpoint knows of: begin anew with another checkpoint and another directory")

// Resume makes the coming Open go on with the shards that an earlier run has
// finished. It is called by pipelines with a checkpoint, see
// [stage.WithCheckpoint]. Such a sink keeps finished shards when the run fails,
// and a finished dataset grows when the run is resumed: its shards get new names
// then, since these tell their total, and it has no manifest while it grows.
func (j *JSONL[T]) Resume(r stage.Resumption) error {
	mark := shardMark{next: r.Next}
	if r.State != nil {
		if err := json.Unmarshal(r.State, &mark.state); err != nil {
			return fmt.Errorf("jsonl: the state in the checkpoint: %w", err)
		}
		if !mark.state.samePartitions(j.partitions()) && (mark.next > 0 || anyShard(mark.state.Partitions)) {
			return errors.New("jsonl: the checkpoint is of other partitions: begin the run anew")
		}
	}
	j.resumed, j.runID = mark, r.Run
	j.durable.Store(&mark)
	return nil
}

// Durable gives the position behind the shards that are on stable storage, and
// their list.
func (j *JSONL[T]) Durable() (stage.Position, []byte) {
	mark := j.durable.Load()
	if mark == nil {
		return 0, nil
	}
	state, err := json.Marshal(mark.state)
	if err != nil {
		panic(err) // strings and numbers
	}
	return mark.next, state
}

// Configuration names what a checkpoint must not change under a run.
func (j *JSONL[T]) Configuration() map[string]string {
	return map[string]string{
		"partitions":  fmt.Sprint(j.partitions()),
		"shard bytes": strconv.FormatInt(orDefault(j.ShardBytes, defaultShardBytes), 10),
		"row":         reflect.TypeFor[T]().String(),
		"source":      j.Source,
	}
}
