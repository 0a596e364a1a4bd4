package stage_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

func TestAReportIsReadableByEye(t *testing.T) {
	report := &stage.Report{
		Pipeline: "linux",
		Elapsed:  12*time.Second + 345*time.Millisecond,
		Stages: []stage.StageReport{
			{Name: "source.Git", Workers: 2, In: 1234567, Out: 1234566, Emitted: 1234566, Dropped: map[string]uint64{"failed": 1}, Busy: 2*time.Hour + 3*time.Minute + 29*time.Second, Idle: 999 * time.Nanosecond},
			{Name: "quality", Workers: 1, In: 1234566, Out: 999, Emitted: 999, Dropped: map[string]uint64{"quality": 1233000, "merge": 567}, Busy: 61 * time.Second, Blocked: 1234567 * time.Nanosecond},
			{Name: "größe", Workers: 16, In: 999, Out: 999, Emitted: 5000, Busy: 1234 * time.Millisecond, Idle: 12345 * time.Nanosecond},
		},
		Failed:    12,
		PeakBytes: 200 << 20,
		Failures: []*stage.Error{
			{Pipeline: "linux", Stage: "source.Git", Item: &stage.FailedItem{Position: 17, Identity: "commit 0123"}, Err: errors.New("object missing\nand a stack")},
		},
	}
	want := strings.TrimPrefix(`
linux: 12.3s, at most 200.0 MiB in flight
stage       workers         in        out  emitted    dropped  failed   busy  blocked  idle  dropped by reason
source.Git        2  1,234,567  1,234,566                   1       1   2h3m       0s   1µs  failed 1
quality           1  1,234,566        999           1,233,567       0   1m1s    1.2ms    0s  quality 1,233,000, merge 567
größe            16        999        999    5,000          0       0  1.23s       0s  12µs
failed in source.Git: commit 0123 (position 17): object missing
… and 11 more failed
`, "\n")
	assert.Equal(t, want, report.String())
	var written bytes.Buffer
	n, err := report.WriteTo(&written)
	require.NoError(t, err)
	assert.EqualValues(t, len(want), n)
	assert.Equal(t, want, written.String())
}

func TestAnEmptyReportIsOneLine(t *testing.T) {
	assert.Equal(t, "p: 0s\n", (&stage.Report{Pipeline: "p"}).String())
}

func TestTimesTellWhoHoldsUpTheOthers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("p")
		s := stage.From(p, count(200))
		s = stage.Map(s, "quick", identity)
		s = stage.Map(s, "slow", func(_ context.Context, i int) (int, error) {
			time.Sleep(time.Second)
			return i, nil
		}, stage.Chunk(1))
		s = stage.Map(s, "served", identity)
		stage.To(s, discard[int]())
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		requireComplete(t, report)
		assert.Equal(t, 200*time.Second, report.Stage("slow").Busy)
		assert.Zero(t, report.Stage("quick").Busy)
		assert.Greater(t, report.Stage("quick").Blocked, 100*time.Second)
		assert.Equal(t, 200*time.Second, report.Stage("served").Idle)
	})
}

func TestProgressIsReportedAtIntervalsAndAtTheEnd(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		var told []stage.Progress
		p := stage.New("p", stage.WithProgress(time.Second, func(now stage.Progress) { told = append(told, now) }))
		s := stage.From(p, library{n: 20, load: func(*book) error { return nil }}, m.options()...)
		kept := stage.Filter(s, "last", func(b *book) bool { return b.shelf < 15 }, stage.Chunk(1))
		quick, slow := stage.Tee(kept)
		stage.To(quick, discard[*book]())
		stage.To(slow, stage.SinkFunc[*book](func(context.Context, stage.Item[*book]) error {
			time.Sleep(100 * time.Millisecond)
			return nil
		}))
		_, err := p.Run(t.Context())
		require.NoError(t, err)
		require.Len(t, told, 2)
		assert.Equal(t, time.Second, told[0].Elapsed)
		assert.EqualValues(t, 20, told[0].Total)
		assert.InDelta(t, 10, told[0].Done, 1, "what the slowest sink has written")
		assert.InDelta(t, 10, told[0].Rate, 1)
		assert.False(t, told[0].Final)
		assert.True(t, told[1].Final)
		assert.EqualValues(t, 20, told[1].Read)
		assert.EqualValues(t, 20, told[1].Done, "dropped items are done with, too")
	})
}

func TestTheLastProgressComesAfterAFailure(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var told []stage.Progress
		p := stage.New("p", stage.WithProgress(time.Second, func(now stage.Progress) { told = append(told, now) }))
		stage.To(stage.Map(stage.From(p, count(1000)), "check", failAt(500)), discard[int]())
		_, err := p.Run(t.Context())
		require.Error(t, err)
		last := told[len(told)-1]
		assert.True(t, last.Final)
		assert.Equal(t, -1, last.Total, "the source does not know")
		assert.Less(t, last.Done, last.Read)
	})
}
