package stage_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

func TestAStuckSinkHoldsTheSourceBack(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		const stages = 3
		var read atomic.Int64
		source := stage.SourceFunc[int](func(_ context.Context, emit func(int) error) error {
			for i := range 10_000 {
				if err := emit(i); err != nil {
					return err
				}
				read.Add(1)
			}
			return nil
		})
		p := stage.New("test")
		s := stage.From(p, source)
		for range stages {
			s = stage.Map(s, "same", identity, m.options()...)
		}
		stuck := make(chan struct{})
		sink := stage.SinkFunc[int](func(context.Context, stage.Item[int]) error {
			<-stuck
			return nil
		})
		stage.To(s, sink)
		done := make(chan error)
		go func() {
			_, err := p.Run(t.Context())
			done <- err
		}()
		synctest.Wait() // everything is as full as it gets
		// Of each stage: a wire before it, and what its workers are ahead.
		most := int64((stages + 1) * stage.DefaultChunk * (m.workers + 1 + 4*m.workers + 1))
		assert.LessOrEqual(t, read.Load(), most)
		assert.Positive(t, read.Load())
		close(stuck)
		require.NoError(t, <-done)
	})
}

// cargo grows on its way, as commits do when their patches are made.
type cargo struct{ size int }

func (c *cargo) Size() int { return c.size }

func TestBytesInFlightStayWithinTheLimit(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		const limit, size, n = 10_000, 100, 3000
		var afloat, most atomic.Int64
		source := stage.SourceFunc[*cargo](func(_ context.Context, emit func(*cargo) error) error {
			for range n {
				if err := emit(&cargo{size: size}); err != nil {
					return err
				}
				now := afloat.Add(size)
				for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
				}
			}
			return nil
		})
		p := stage.New("test", stage.WithBytesInFlight(limit))
		s := stage.From(p, source)
		for range 10 {
			s = stage.Map(s, "same", func(_ context.Context, c *cargo) (*cargo, error) { return c, nil }, m.options()...)
		}
		stage.To(s, stage.SinkFunc[*cargo](func(context.Context, stage.Item[*cargo]) error {
			time.Sleep(time.Millisecond)
			afloat.Add(-size)
			return nil
		}))
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		requireComplete(t, report)
		// One chunk is let in below the limit, and one is with the source.
		slack := int64(2 * stage.DefaultChunk * size)
		assert.LessOrEqual(t, most.Load(), limit+slack)
		assert.LessOrEqual(t, int64(report.PeakBytes), limit+slack)
		assert.Greater(t, report.PeakBytes, limit-int(slack), "the limit is made use of")
	})
}

func TestItemsCountWithTheSizeTheyHaveGrownTo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const limit, chunk = 1000, 4
		p := stage.New("test", stage.WithBytesInFlight(limit), stage.WithChunk(chunk))
		var grown, most atomic.Int64
		s := stage.Map(stage.From(p, stage.SourceFunc[*cargo](func(_ context.Context, emit func(*cargo) error) error {
			for range 500 {
				if err := emit(&cargo{}); err != nil {
					return err
				}
				time.Sleep(time.Millisecond)
			}
			return nil
		})), "grow", func(_ context.Context, c *cargo) (*cargo, error) {
			c.size = 100
			most.Store(max(most.Load(), grown.Add(100)))
			return c, nil
		})
		for range 10 {
			s = stage.Map(s, "same", func(_ context.Context, c *cargo) (*cargo, error) { return c, nil })
		}
		stage.To(s, stage.SinkFunc[*cargo](func(context.Context, stage.Item[*cargo]) error {
			time.Sleep(50 * time.Millisecond)
			grown.Add(-100)
			return nil
		}))
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		requireComplete(t, report)
		assert.LessOrEqual(t, most.Load(), int64(limit+8*chunk*100))
	})
}

func TestAnItemLargerThanTheLimitPassesAlone(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		p := stage.New("test", stage.WithBytesInFlight(10))
		s := stage.From(p, library{n: 26, load: func(b *book) error {
			b.text = "longer than the limit"
			return nil
		}}, m.options()...)
		batches := stage.Batch(s, 20) // holds more than the limit, too
		stage.To(batches, discard[[]*book]())
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		requireComplete(t, report)
	})
}

func TestEveryKindOfStageGivesItsBytesBack(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		// With room for one chunk at a time, bytes that are never given back
		// would hold the source back for good.
		p := stage.New("test", stage.WithBytesInFlight(1))
		s := stage.From(p, library{n: 500, load: func(b *book) error {
			b.text = "text"
			if b.shelf%10 == 0 {
				return stage.Drop("tenth")
			}
			return nil
		}}, m.options()...)
		s = stage.FlatMap(s, "copy", func(_ context.Context, b *book, emit func(*book)) error {
			for range 1 + 1500*(b.shelf%100/99) {
				emit(&book{shelf: b.shelf, text: b.text + "s"})
			}
			return nil
		}, m.options()...)
		s = stage.Raw(s, "raw", func(_ context.Context, in <-chan stage.Item[*book], out chan<- stage.Item[*book]) error {
			for it := range in {
				it.Value.text += "s"
				out <- it
			}
			return nil
		})
		s = stage.Filter(s, "half", func(b *book) bool { return b.shelf%2 == 1 }, m.options()...)
		first, second := stage.Tee(s)
		stage.To(stage.Batch(first, 7), discard[[]*book]())
		stage.To(stage.Map(second, "shelf", func(_ context.Context, b *book) (int, error) { return b.shelf, nil }, stage.Chunk(3)), &lines{}, stage.Workers(m.workers))
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		requireBalanced(t, report)
		assert.EqualValues(t, 450+5*1500, report.Stage("copy").Emitted)
	})
}

func TestAnExplodingFlatMapFeelsBackPressure(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		const items, each = 8, 3_000
		var emitted, written, most atomic.Int64
		p := stage.New("test", stage.WithChunk(4))
		s := stage.FlatMap(stage.From(p, count(items)), "explode", func(_ context.Context, i int, emit func(int)) error {
			for j := range each {
				emit(i*each + j)
				ahead := emitted.Add(1) - written.Load()
				for seen := most.Load(); ahead > seen && !most.CompareAndSwap(seen, ahead); seen = most.Load() {
				}
			}
			return nil
		}, m.options()...)
		s = stage.Map(s, "same", identity, m.options()...)
		var got collector[int]
		stage.To(s, stage.SinkFunc[int](func(ctx context.Context, it stage.Item[int]) error {
			written.Add(1)
			return got.Write(ctx, it)
		}))
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		requireComplete(t, report)
		if !m.unordered {
			require.Equal(t, numbers(items*each), got.values())
		}
		require.Len(t, got.items, items*each)
		assert.LessOrEqual(t, most.Load(), int64(m.workers*1024+500), "every worker may hold about a thousand")
	})
}

func TestTheFasterBranchOfATeeWaitsForTheSlower(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("test")
		fast, slow := stage.Tee(stage.From(p, count(500)))
		var ahead, most int64
		var lead atomic.Int64
		stage.To(fast, stage.SinkFunc[int](func(context.Context, stage.Item[int]) error {
			ahead = lead.Add(1)
			most = max(most, ahead)
			return nil
		}))
		stage.To(slow, stage.SinkFunc[int](func(context.Context, stage.Item[int]) error {
			time.Sleep(time.Second)
			lead.Add(-1)
			return nil
		}))
		_, err := p.Run(t.Context())
		require.NoError(t, err)
		assert.LessOrEqual(t, most, int64(6*stage.DefaultChunk))
	})
}
