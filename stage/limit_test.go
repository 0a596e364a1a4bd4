package stage_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// endless emits 0, 1, 2 and so on for as long as anybody takes them.
func endless(read *int) stage.Source[int] {
	return stage.SourceFunc[int](func(_ context.Context, emit func(int) error) error {
		for ; ; *read++ {
			if err := emit(*read); err != nil {
				return err
			}
		}
	})
}

func TestLimitPassesTheFirstItemsAndStopsTheSource(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		var read int
		var got []int
		p := stage.New("limit")
		same := stage.Map(stage.From(p, endless(&read)), "same", func(_ context.Context, v int) (int, error) { return v, nil }, m.options()...)
		stage.To(stage.Limit(same, 100), stage.SinkFunc[int](func(_ context.Context, it stage.Item[int]) error {
			got = append(got, it.Value)
			return nil
		}))
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		assert.Len(t, got, 100)
		limit := report.Stage("Limit")
		assert.EqualValues(t, 100, limit.Out)
		assert.Equal(t, limit.In, limit.Out+limit.DroppedTotal())
		assert.Less(t, read, 10_000)
	})
}

func TestLimitBehindATeeWaitsForTheOtherBranch(t *testing.T) {
	var read, passed int
	p := stage.New("limits")
	short, long := stage.Tee(stage.From(p, endless(&read)))
	stage.To(stage.Limit(short, 10), stage.SinkFunc[int](func(context.Context, stage.Item[int]) error { return nil }))
	stage.To(stage.Limit(long, 5_000), stage.SinkFunc[int](func(context.Context, stage.Item[int]) error {
		passed++
		return nil
	}))
	report, err := p.Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 5_000, passed)
	assert.EqualValues(t, 10, report.Stage("Limit").Out)
}

func TestLimitMustBePositive(t *testing.T) {
	var read int
	p := stage.New("limit")
	stage.To(stage.Limit(stage.From(p, endless(&read)), 0), stage.SinkFunc[int](nil))
	_, err := p.Run(t.Context())
	assert.ErrorContains(t, err, "want at least 1")
}
