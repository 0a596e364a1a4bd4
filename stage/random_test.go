package stage_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// randomStream adds random stages to a stream and tells what comes out of them.
func randomStream(rng *rand.Rand, s stage.Stream[int], items []stage.Item[int]) (stage.Stream[int], []stage.Item[int]) {
	doze := func() {
		if d := rand.N(100); d < 10 {
			time.Sleep(time.Duration(d) * time.Millisecond)
		}
	}
	for range rng.IntN(6) {
		options := []stage.StageOption{stage.Workers(1 + rng.IntN(4)), stage.Chunk(1 + rng.IntN(40))}
		key := 2 + rng.IntN(5)
		var next []stage.Item[int]
		switch rng.IntN(4) {
		case 0:
			s = stage.Map(s, "map", func(_ context.Context, i int) (int, error) {
				doze()
				return i + key, nil
			}, options...)
			for _, it := range items {
				next = append(next, stage.Item[int]{Position: it.Position, Value: it.Value + key})
			}
		case 1:
			s = stage.Filter(s, "filter", func(i int) bool {
				doze()
				return i%key != 0
			}, options...)
			for _, it := range items {
				if it.Value%key != 0 {
					next = append(next, it)
				}
			}
		case 2:
			most := 3000 // too many to be held back
			if len(items) > 600 {
				most = 1
			}
			times := func(i int) int {
				if i%401 == 0 {
					return most
				}
				return i % key
			}
			s = stage.FlatMap(s, "flatmap", func(_ context.Context, i int, emit func(int)) error {
				doze()
				for range times(i) {
					emit(i)
				}
				return nil
			}, options...)
			for _, it := range items {
				for range times(it.Value) {
					next = append(next, it)
				}
			}
		case 3:
			s = stage.Raw(s, "raw", func(_ context.Context, in <-chan stage.Item[int], out chan<- stage.Item[int]) error {
				for it := range in {
					out <- it
				}
				return nil
			})
			next = items
		}
		items = next
		if len(items) > 4000 {
			break
		}
	}
	return s, items
}

// The core agrees with the obvious way to do the same, whatever the shape of the
// pipeline, the number of workers and the size of chunks.
func TestRandomPipelines(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 0))
				p := stage.New("random", stage.WithChunk(1+rng.IntN(40)))
				n := rng.IntN(600)
				var items []stage.Item[int]
				for i := range n {
					items = append(items, stage.Item[int]{Position: stage.Position(i), Value: i})
				}
				trunk, items := randomStream(rng, stage.From(p, count(n)), items)
				first, second := stage.Tee(trunk)
				first, wantFirst := randomStream(rng, first, items)
				second, wantSecond := randomStream(rng, second, items)
				var gotFirst, gotSecond collector[int]
				stage.To(first, &gotFirst)
				stage.To(second, &gotSecond)

				report, err := p.Run(t.Context())
				require.NoError(t, err)
				requireBalanced(t, report)
				require.True(t, slices.Equal(wantFirst, gotFirst.items))
				require.True(t, slices.Equal(wantSecond, gotSecond.items))
			})
		})
	}
}
