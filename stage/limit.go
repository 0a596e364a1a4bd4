package stage

import (
	"context"
	"errors"
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
	over := Drop(ReasonLimit)
	return through(s, stage, s.wire.size, labour[T, T]{
		step: func(box *outbox[T]) func(context.Context, Item[T]) error {
			passed := 0
			return func(_ context.Context, it Item[T]) error {
				if passed == n {
					return over
				}
				box.emit(it.Value)
				if passed++; passed == n {
					stage.upstream.enough()
				}
				return nil
			}
		},
	})
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
