package stage

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// ReasonLimit is why items behind the end of a [Limit] are dropped.
const ReasonLimit = "limit"

// Limit passes the first n items and drops the rest. Once it has passed n, the
// source is told to stop, so that a short sample of a long history takes a
// short time; what was on its way by then is counted as dropped for
// [ReasonLimit]. Behind a [Tee] the source stops when the other branch has
// enough too.
func Limit[T any](s Stream[T], n int) Stream[T] {
	stage := s.after("Limit", nil, nil)
	if n < 1 {
		s.p.mistake("%s: a limit of %d items: want at least 1", stage.name, n)
	}
	l := &limiter{node: stage, most: uint64(max(n, 0))}
	return through(s, stage, s.wire.size, labour[T, T]{
		before: keepState(stage, l),
		step: func(box *outbox[T]) func(context.Context, Item[T]) error {
			l.check() // a resumed run may have had enough before
			return func(_ context.Context, it Item[T]) error {
				if l.passed == l.most {
					return Drop(ReasonLimit)
				}
				box.emit(it.Value)
				l.passed++
				l.check()
				return nil
			}
		},
	})
}

// limiter counts what a [Limit] has passed.
type limiter struct {
	node         *node
	most, passed uint64
}

// check tells the stages before when it is enough.
func (l *limiter) check() {
	if l.passed == l.most {
		l.node.upstream.enough()
	}
}

// Snapshot gives the count.
func (l *limiter) Snapshot() ([]byte, error) {
	return binary.AppendUvarint(nil, l.passed), nil
}

// Restore sets the count.
func (l *limiter) Restore(state []byte) error {
	passed, n := binary.Uvarint(state)
	if n != len(state) || passed > l.most {
		return fmt.Errorf("the checkpoint has a limit's count of %x, for a limit of %d", state, l.most)
	}
	l.passed = passed
	return nil
}

// errEnough ends the reading of a source whose items nobody wants any more.
var errEnough = errors.New("enough items have been read")

// enough tells a node that one of its outputs takes no more; when none does, it
// passes that on to the node before it.
func (n *node) enough() {
	for n != nil && int(n.sated.Add(1)) == len(n.outputs) {
		n = n.upstream
	}
}

// wanted reports whether any of the node's outputs still takes items.
func (n *node) wanted() bool { return int(n.sated.Load()) < len(n.outputs) }
