package stage_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// mode is a way to run a stage.
type mode struct {
	workers   int
	unordered bool
}

func (m mode) options() []stage.StageOption {
	options := []stage.StageOption{stage.Workers(m.workers)}
	if m.unordered {
		options = append(options, stage.Unordered())
	}
	return options
}

// inEachMode runs a test with one and with many workers, with and without
// order. Each run has a bubble of its own, in which time is free and a deadlock
// is a failure rather than a wait.
func inEachMode(t *testing.T, test func(t *testing.T, m mode)) {
	for _, workers := range []int{1, 5} {
		for _, unordered := range []bool{false, true} {
			m := mode{workers, unordered}
			t.Run(fmt.Sprintf("workers=%d,unordered=%v", workers, unordered), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { test(t, m) })
			})
		}
	}
}

// inBubble runs a test once, in a bubble.
func inBubble(t *testing.T, test func(t *testing.T)) { synctest.Test(t, test) }

// collector is a sink that keeps what it gets.
type collector[T any] struct {
	items    []stage.Item[T]
	finished bool
}

func (c *collector[T]) Write(_ context.Context, it stage.Item[T]) error {
	c.items = append(c.items, it)
	return nil
}

func (c *collector[T]) Finish(context.Context) error {
	c.finished = true
	return nil
}

func (c *collector[T]) values() []T {
	values := make([]T, 0, len(c.items))
	for _, it := range c.items {
		values = append(values, it.Value)
	}
	return values
}

// numbers gives 0 to n-1.
func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func identity(_ context.Context, i int) (int, error) { return i, nil }

// discard is a sink for those who look at something else.
func discard[T any]() stage.Sink[T] {
	return stage.SinkFunc[T](func(context.Context, stage.Item[T]) error { return nil })
}

// requireBalanced checks that no stage has lost sight of an item.
func requireBalanced(t *testing.T, report *stage.Report) {
	t.Helper()
	for _, s := range report.Stages {
		require.Equal(t, s.In, s.Out+s.DroppedTotal(), "in = out + dropped in %s:\n%s", s.Name, report)
	}
}

// requireComplete checks moreover that every item reached the next stage, in a
// pipeline without branches.
func requireComplete(t *testing.T, report *stage.Report) {
	t.Helper()
	requireBalanced(t, report)
	for i := 1; i < len(report.Stages); i++ {
		assert.Equal(t, report.Stages[i-1].Emitted, report.Stages[i].In, "items between the stages %d and %d:\n%s", i-1, i, report)
	}
}
