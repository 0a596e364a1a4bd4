package stage_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

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
