package stage_test

import (
	"context"
	"testing"
	"time"

	"github.com/sourcegraph/conc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

type (
	intsIn  = <-chan stage.Item[int]
	intsOut = chan<- stage.Item[int]
)

func runRaw(t *testing.T, n int, f func(context.Context, intsIn, intsOut) error) (got []stage.Item[int], report *stage.Report, err error) {
	p := stage.New("p")
	var sink collector[int]
	stage.To(stage.Raw(stage.From(p, count(n)), "raw", f), &sink)
	report, err = p.Run(t.Context())
	return sink.items, report, err
}

func TestARawStageReadsAndWritesChannels(t *testing.T) {
	for _, n := range []int{0, 1, 16, 1000} {
		inBubble(t, func(t *testing.T) {
			got, report, err := runRaw(t, n, func(_ context.Context, in intsIn, out intsOut) error {
				for first := range in { // each pair becomes its sum
					second, ok := <-in
					if !ok {
						out <- first
						break
					}
					out <- stage.Item[int]{Position: second.Position, Value: first.Value + second.Value}
				}
				return nil
			})
			require.NoError(t, err)
			requireComplete(t, report)
			assert.Len(t, got, (n+1)/2)
			assert.EqualValues(t, (n+1)/2, report.Stage("raw").Emitted)
		})
	}
}

func TestARawStageMayHaveGoroutinesAndHoldEverythingBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		got, report, err := runRaw(t, 5000, func(_ context.Context, in intsIn, out intsOut) error {
			var all []stage.Item[int]
			var wg conc.WaitGroup
			wg.Go(func() {
				for it := range in {
					all = append(all, it)
				}
			})
			wg.Wait()
			for _, it := range all {
				out <- it
			}
			return nil
		})
		require.NoError(t, err)
		requireComplete(t, report)
		assert.Len(t, got, 5000)
	})
}

func TestARawStagesOutputIsNotHeldBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		began := time.Now()
		p := stage.New("p")
		s := stage.Raw(stage.From(p, count(1)), "raw", func(_ context.Context, in intsIn, out intsOut) error {
			for it := range in {
				out <- it
				time.Sleep(time.Hour)
			}
			return nil
		})
		stage.To(s, stage.SinkFunc[int](func(context.Context, stage.Item[int]) error {
			assert.Less(t, time.Since(began), time.Second)
			return nil
		}))
		_, err := p.Run(t.Context())
		require.NoError(t, err)
	})
}

func TestMisuseOfARawStageIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		f    func(context.Context, intsIn, intsOut) error
		want error
		text string
	}{
		"returns at once": {
			func(context.Context, intsIn, intsOut) error { return nil },
			stage.ErrUnread, "p: raw: the stage returned nil before it had read its input to the end",
		},
		"returns half way": {
			func(_ context.Context, in intsIn, out intsOut) error {
				for range 50 {
					out <- <-in
				}
				return nil
			},
			stage.ErrUnread, "p: raw: the stage returned nil before it had read its input to the end",
		},
		"sends out of order": {
			func(_ context.Context, in intsIn, out intsOut) error {
				first, second := <-in, <-in
				out <- second
				out <- first
				for range in {
				}
				return nil
			},
			stage.ErrOrder, "p: raw: item at position 0: item out of order: it was sent after an item at position 1",
		},
		"sends from the future": {
			func(_ context.Context, in intsIn, out intsOut) error {
				out <- stage.Item[int]{Position: 100_000}
				for range in {
				}
				return nil
			},
			stage.ErrOrder, "p: raw: item at position 100000: item out of order: nothing with this position has been received yet",
		},
		"fails": {
			func(context.Context, intsIn, intsOut) error { return errBad },
			errBad, "p: raw: bad item",
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				_, report, err := runRaw(t, 10_000, c.f)
				require.ErrorIs(t, err, c.want)
				require.EqualError(t, err, c.text)
				requireBalanced(t, report)
			})
		})
	}
}
