package stage_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// dither waits for a random time, so that workers overtake each other.
func dither() { time.Sleep(rand.N(10 * time.Millisecond)) }

func TestItemsPassThroughEveryKindOfStage(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		const n = 1000
		p := stage.New("test")
		s := stage.From(p, count(n))
		doubled := stage.Map(s, "double", func(_ context.Context, i int) (int, error) {
			dither()
			return 2 * i, nil
		}, m.options()...)
		kept := stage.Filter(doubled, "no multiple of 6", func(i int) bool {
			dither()
			return i%6 != 0
		}, m.options()...)
		twice := stage.FlatMap(kept, "twice", func(_ context.Context, i int, emit func(int)) error {
			dither()
			emit(i)
			emit(i + 1)
			return nil
		}, m.options()...)
		var got collector[int]
		stage.To(twice, &got)

		report, err := p.Run(t.Context())
		require.NoError(t, err)

		var want []stage.Item[int]
		for i := range n {
			if i%3 != 0 {
				want = append(want, stage.Item[int]{Position: stage.Position(i), Value: 2 * i}, stage.Item[int]{Position: stage.Position(i), Value: 2*i + 1})
			}
		}
		if m.unordered {
			slices.SortFunc(got.items, func(a, b stage.Item[int]) int { return a.Value - b.Value })
		}
		require.Equal(t, want, got.items)
		require.True(t, got.finished)
		requireComplete(t, report)
		assert.Equal(t, map[string]uint64{"no multiple of 6": 334}, report.Stage("no multiple of 6").Dropped)
		assert.EqualValues(t, 1332, report.Stage("twice").Emitted)
		assert.EqualValues(t, 666, report.Stage("twice").Out)
	})
}

// sums is a processor with a state: it replaces each number by the sum of all
// so far, holds the latest back, and emits it in Flush.
type sums struct {
	held  []int
	total int
}

func (s *sums) Process(_ context.Context, i int, emit func(int)) error {
	for _, held := range s.held {
		emit(held)
	}
	s.total += i
	s.held = []int{s.total}
	return nil
}

func (s *sums) Flush(_ context.Context, emit func(int)) error {
	for _, held := range s.held {
		emit(held)
	}
	return nil
}

func TestAFlusherSeesItemsInOrderAndEmitsItsTail(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("test")
		s := stage.Map(stage.From(p, count(100)), "delay", func(_ context.Context, i int) (int, error) {
			dither()
			return i, nil
		}, stage.Workers(5))
		var got collector[int]
		stage.To(stage.Through(s, &sums{}), &got)
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		requireComplete(t, report)
		for i, sum := range got.values() {
			require.Equal(t, i*(i+1)/2, sum)
		}
		require.Len(t, got.items, 100)
		assert.EqualValues(t, 99, got.items[99].Position, "Flush emits at the last position")
	})
}

// explosive emits a number of items from Flush, and none before.
type explosive int

func (explosive) Process(context.Context, int, func(int)) error { return nil }

func (e explosive) Flush(_ context.Context, emit func(int)) error {
	for i := range int(e) {
		emit(i)
	}
	return nil
}

func TestFlushMayEmitAnyNumberOfItems(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 17, 5000} {
		inBubble(t, func(t *testing.T) {
			p := stage.New("test")
			var got collector[int]
			stage.To(stage.Through(stage.From(p, count(3)), explosive(n)), &got)
			report, err := p.Run(t.Context())
			require.NoError(t, err)
			require.Equal(t, numbers(n), got.values())
			requireComplete(t, report)
		})
	}
}

func TestBatchesAreFullButForTheLast(t *testing.T) {
	for _, n := range []int{0, 1, 6, 7, 8, 100} {
		inBubble(t, func(t *testing.T) {
			p := stage.New("test")
			var got collector[[]int]
			stage.To(stage.Batch(stage.From(p, count(n)), 7), &got)
			report, err := p.Run(t.Context())
			require.NoError(t, err)
			requireComplete(t, report)
			require.Equal(t, slices.Collect(slices.Chunk(numbers(n), 7)), slices.Collect(slices.Values(got.values())))
			for _, it := range got.items {
				assert.EqualValues(t, it.Value[len(it.Value)-1], it.Position, "a batch is at the position of its last item")
			}
		})
	}
}

func TestBothBranchesOfATeeGetEveryItem(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		p := stage.New("test")
		first, second := stage.Tee(stage.From(p, count(500)))
		var direct, slow collector[int]
		stage.To(first, &direct)
		stage.To(stage.Map(second, "slow", func(_ context.Context, i int) (int, error) {
			dither()
			return i, nil
		}, m.options()...), &slow)
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		requireBalanced(t, report)
		require.Equal(t, numbers(500), direct.values())
		if m.unordered {
			require.ElementsMatch(t, numbers(500), slow.values())
		} else {
			require.Equal(t, numbers(500), slow.values())
		}
	})
}

func TestOutputDoesNotDependOnWorkersOrChunks(t *testing.T) {
	output := func(t *testing.T, workers, chunk, stageChunk int) []stage.Item[int] {
		p := stage.New("test", stage.WithChunk(chunk))
		s := stage.FlatMap(stage.From(p, count(300)), "some", func(_ context.Context, i int, emit func(int)) error {
			dither()
			if i%7 == 0 {
				return stage.Drop("seventh")
			}
			for j := range i % 5 {
				emit(10*i + j)
			}
			return nil
		}, stage.Workers(workers), stage.Chunk(stageChunk))
		s = stage.Map(s, "same", identity, stage.Workers(workers))
		var got collector[int]
		stage.To(s, &got)
		_, err := p.Run(t.Context())
		require.NoError(t, err)
		return got.items
	}
	inBubble(t, func(t *testing.T) {
		want := output(t, 1, 16, 16)
		for _, workers := range []int{1, 2, 9} {
			for _, chunk := range []int{1, 5, 1000} {
				require.Equal(t, want, output(t, workers, chunk, 3))
			}
		}
	})
}

func TestAnUnorderedStageDoesNotWaitForASlowItem(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("test")
		s := stage.Map(stage.From(p, count(1000)), "work", func(_ context.Context, i int) (int, error) {
			if i == 0 {
				time.Sleep(time.Hour)
			}
			return i, nil
		}, stage.Workers(2), stage.Unordered(), stage.Chunk(1))
		var got collector[int]
		stage.To(s, &got)
		_, err := p.Run(t.Context())
		require.NoError(t, err)
		require.Equal(t, append(numbers(1000)[1:], 0), got.values())
	})
}

func TestSlowItemsAreSharedOutOneByOne(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("test")
		s := stage.Map(stage.From(p, count(8)), "ask a model", func(_ context.Context, i int) (int, error) {
			time.Sleep(time.Minute)
			return i, nil
		}, stage.Workers(8), stage.Chunk(1))
		stage.To(s, discard[int]())
		began := time.Now()
		_, err := p.Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, time.Minute, time.Since(began).Truncate(time.Second))
	})
}

func TestASlowSourceDoesNotHoldItemsBack(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		p := stage.New("test")
		source := stage.SourceFunc[time.Time](func(_ context.Context, emit func(time.Time) error) error {
			for i := range 40 {
				if err := emit(time.Now()); err != nil {
					return err
				}
				time.Sleep(time.Duration(i%3) * time.Minute)
			}
			return nil
		})
		var delays []time.Duration
		sink := stage.SinkFunc[time.Time](func(_ context.Context, emitted stage.Item[time.Time]) error {
			delays = append(delays, time.Since(emitted.Value))
			return nil
		})
		same := func(_ context.Context, t time.Time) (time.Time, error) { return t, nil }
		stage.To(stage.Map(stage.From(p, source), "same", same, m.options()...), sink)
		_, err := p.Run(t.Context())
		require.NoError(t, err)
		require.Len(t, delays, 40)
		assert.LessOrEqual(t, slices.Max(delays), 20*time.Millisecond)
	})
}

// library is a source that emits shelf numbers first and fills in the rest on
// the workers.
type library struct {
	n    int
	load func(*book) error
}

type book struct {
	shelf int
	text  string
}

func (b *book) Size() int        { return len(b.text) }
func (b *book) Identity() string { return "book " + string(rune('A'+b.shelf)) }

func (l library) Read(_ context.Context, emit func(*book) error) error {
	for i := range l.n {
		if err := emit(&book{shelf: i}); err != nil {
			return err
		}
	}
	return nil
}

func (l library) Load(_ context.Context, b *book) error { return l.load(b) }

func (l library) Total() int { return l.n }

func TestALoaderLoadsInParallelAndKeepsTheOrder(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		p := stage.New("test")
		s := stage.From(p, library{n: 200, load: func(b *book) error {
			dither()
			if b.shelf%10 == 3 {
				return stage.Drop("lent")
			}
			b.text = "read"
			return nil
		}}, m.options()...)
		var got collector[*book]
		stage.To(s, &got)
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		requireComplete(t, report)
		require.Len(t, got.items, 180)
		for _, it := range got.items {
			require.Equal(t, "read", it.Value.text)
			require.EqualValues(t, it.Value.shelf, it.Position)
		}
		if !m.unordered {
			require.True(t, slices.IsSortedFunc(got.items, func(a, b stage.Item[*book]) int { return int(a.Position) - int(b.Position) }))
		}
		require.Len(t, report.Stages, 2, "reading and loading share a row")
		assert.EqualValues(t, 200, report.Stages[0].In)
		assert.Equal(t, map[string]uint64{"lent": 20}, report.Stages[0].Dropped)
	})
}
