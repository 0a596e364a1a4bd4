package stage_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

func TestDroppedItemsAreToldOf(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		type told struct{ stage, reason string }
		got := map[stage.Position]told{}
		p := stage.New("test", stage.OnError(stage.Skip), stage.WithDropped(func(d stage.Dropped) {
			got[d.Position] = told{d.Stage, d.Reason}
		}))
		odd := stage.Filter(stage.From(p, count(10)), "even", func(i int) bool { return i%2 == 1 }, m.options()...)
		mapped := stage.Map(odd, "map", func(_ context.Context, i int) (int, error) {
			switch i {
			case 3:
				return 0, stage.Drop("three")
			case 5:
				return 0, errors.New("five")
			}
			return i, nil
		}, m.options()...)
		stage.To(mapped, discard[int]())
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, map[stage.Position]told{
			0: {"even", "even"}, 2: {"even", "even"}, 4: {"even", "even"}, 6: {"even", "even"}, 8: {"even", "even"},
			3: {"map", "three"}, 5: {"map", stage.ReasonFailed},
		}, got)
		require.Equal(t, uint64(5), report.Stage("even").DroppedTotal())
	})
	_, err := stage.New("p", stage.WithDropped(nil)).Run(t.Context())
	require.ErrorContains(t, err, "the function is nil")
}

func TestDroppedCommitsAreNamed(t *testing.T) {
	var got []stage.Dropped
	p := stage.New("test", stage.WithDropped(func(d stage.Dropped) { got = append(got, d) }))
	kept := stage.Filter(stage.From(p, subjects("a", "b")), "b", func(c *stage.Commit) bool { return c.Subject != "b" })
	stage.To(kept, discard[*stage.Commit]())
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, []stage.Dropped{{Position: 1, Identity: "commit " + stage.Hash{}.String(), Stage: "b", Reason: "b"}}, got)
}
