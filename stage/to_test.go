package stage_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// lines is an encoding sink that writes each number on a line of its length.
type lines struct {
	b        strings.Builder
	last     stage.Position
	finished bool
}

func line(i int) string { return strings.Repeat("x", i%100) + fmt.Sprintln(i) }

func (l *lines) Write(context.Context, stage.Item[int]) error {
	panic("WriteEncoded is called instead")
}

func (l *lines) Encode(dst []byte, i int) ([]byte, error) {
	dither()
	dst = append(dst, line(i)...)
	if i%10 == 0 {
		return dst, stage.Drop("tenth") // what was appended is forgotten
	}
	return dst, nil
}

func (l *lines) WriteEncoded(_ context.Context, at stage.Position, row []byte) error {
	l.last = at
	l.b.Write(row)
	return nil
}

func (l *lines) Finish(context.Context) error {
	l.finished = true
	return nil
}

func TestAnEncodingSinkWritesRowsInOrder(t *testing.T) {
	for _, chunk := range []int{1, 16, 1500} {
		for _, workers := range []int{1, 5} {
			inBubble(t, func(t *testing.T) {
				const n = 2000
				p := stage.New("p", stage.WithChunk(chunk))
				var got lines
				stage.To(stage.From(p, count(n)), &got, stage.Workers(workers))
				report, err := p.Run(t.Context())
				require.NoError(t, err)
				var want strings.Builder
				for i := range n {
					if i%10 != 0 {
						want.WriteString(line(i))
					}
				}
				require.Equal(t, want.String(), got.b.String())
				assert.EqualValues(t, n-1, got.last)
				assert.True(t, got.finished)
				requireComplete(t, report)
				row := report.Stages[1]
				assert.Equal(t, map[string]uint64{"tenth": n / 10}, row.Dropped)
				assert.EqualValues(t, n*9/10, row.Emitted, "rows written")
			})
		}
	}
}

// bulk is an item of any size.
type bulk int

func (b bulk) Size() int { return int(b) }

// scales is an encoding sink that tells how each item came to it.
type scales struct {
	log []string
}

func (s *scales) Encode(dst []byte, b bulk) ([]byte, error) { return fmt.Append(dst, int(b)), nil }

func (s *scales) WriteEncoded(_ context.Context, at stage.Position, row []byte) error {
	s.log = append(s.log, fmt.Sprintf("%d: row %s", at, row))
	return nil
}

func (s *scales) Write(_ context.Context, it stage.Item[bulk]) error {
	if it.Value > stage.LargeItem+1 {
		return stage.Drop("too much")
	}
	s.log = append(s.log, fmt.Sprintf("%d: item %d", it.Position, it.Value))
	return nil
}

func (s *scales) Finish(context.Context) error { return nil }

func TestAnEncodingSinkIsGivenLargeItemsThemselves(t *testing.T) {
	for _, workers := range []int{1, 3} {
		inBubble(t, func(t *testing.T) {
			p := stage.New("p")
			var got scales
			sizes := []bulk{0, stage.LargeItem - 1, stage.LargeItem, 7, stage.LargeItem + 1, stage.LargeItem + 2}
			source := stage.SourceFunc[bulk](func(_ context.Context, emit func(bulk) error) error {
				for _, size := range sizes {
					if err := emit(size); err != nil {
						return err
					}
				}
				return nil
			})
			stage.To(stage.From(p, source), &got, stage.Workers(workers))
			report, err := p.Run(t.Context())
			require.NoError(t, err)
			assert.Equal(t, []string{"0: row 0", "1: row 8388607", "2: item 8388608", "3: row 7", "4: item 8388609"}, got.log)
			requireComplete(t, report)
			assert.Equal(t, map[string]uint64{"too much": 1}, report.Stages[1].Dropped)
			assert.EqualValues(t, 5, report.Stages[1].Emitted)
		})
	}
}

// slowScales takes a second for a large item.
type slowScales struct {
	scales
	encoded atomic.Int64
	ahead   int64 // how many were encoded when that second was over
}

func (s *slowScales) Encode(dst []byte, b bulk) ([]byte, error) {
	s.encoded.Add(1)
	return s.scales.Encode(dst, b)
}

func (s *slowScales) Write(ctx context.Context, it stage.Item[bulk]) error {
	time.Sleep(time.Second) // in a bubble: until the encoders can do no more
	s.ahead = s.encoded.Load()
	return s.scales.Write(ctx, it)
}

func TestEncodersGoOnWhileALargeItemIsWritten(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("p")
		source := stage.SourceFunc[bulk](func(_ context.Context, emit func(bulk) error) error {
			for i := range 5000 {
				size := bulk(1)
				if i == 0 {
					size = stage.LargeItem
				}
				if err := emit(size); err != nil {
					return err
				}
			}
			return nil
		})
		var got slowScales
		stage.To(stage.From(p, source), &got, stage.Workers(2))
		_, err := p.Run(t.Context())
		require.NoError(t, err)
		assert.Greater(t, got.ahead, int64(30*stage.DefaultChunk), "far ahead")
		assert.Less(t, got.ahead, int64(60*stage.DefaultChunk), "but not without bounds")
		assert.Len(t, got.log, 5000)
	})
}

func TestASinkMayDropItems(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("p")
		stage.To(stage.From(p, count(10)), stage.SinkFunc[int](func(_ context.Context, it stage.Item[int]) error {
			if it.Value < 4 {
				return stage.Drop("small")
			}
			return nil
		}))
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		requireComplete(t, report)
		assert.EqualValues(t, 6, report.Stages[1].Out)
	})
}

func TestASinksFailureEndsTheRunInSpiteOfSkip(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("p", stage.OnError(stage.Skip))
		stage.To(stage.From(p, count(100)), stage.SinkFunc[int](func(_ context.Context, it stage.Item[int]) error {
			if it.Value == 40 {
				return errBad
			}
			return nil
		}), stage.Named("out"))
		report, err := p.Run(t.Context())
		require.EqualError(t, err, "p: out: item at position 40: bad item")
		requireBalanced(t, report)
		assert.EqualValues(t, 40, report.Stage("out").Emitted)
	})
}
