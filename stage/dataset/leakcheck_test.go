package dataset

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// splitRow is a row of a split.
func splitRow(id byte, split string, patch byte, links ...byte) *Row {
	commit := stage.Hash{id}
	r := &Row{Metadata: &Metadata{ID: "standard/" + commit.String() + "/a.c", Commit: commit}, split: split, patchID: stage.Hash{patch}}
	for _, link := range links {
		r.Links = append(r.Links, Link{Commit: stage.Hash{link}})
	}
	return r
}

func leaksOf(t *testing.T, l *LeakCheck, rows ...*Row) error {
	t.Helper()
	passed := 0
	for _, r := range rows {
		require.NoError(t, l.Process(t.Context(), r, func(*Row) { passed++ }))
	}
	assert.Len(t, rows, passed, "all rows pass")
	return l.Err()
}

func TestLeaksNameBothRowsAndSplits(t *testing.T) {
	one, two := stage.Hash{1}.String(), stage.Hash{2}.String()
	for _, test := range []struct {
		name string
		rows []*Row
		says string
	}{
		{"nothing", []*Row{splitRow(1, TrainSplit, 1, 3), splitRow(2, TestSplit, 2, 4)}, ""},
		{"all in one split", []*Row{splitRow(1, TrainSplit, 1, 3), splitRow(1, TrainSplit, 1, 3)}, ""},
		{"no patch-id", []*Row{splitRow(1, TrainSplit, 0), splitRow(2, TestSplit, 0)}, ""},
		{"a commit", []*Row{splitRow(1, TrainSplit, 1), splitRow(1, ValidationSplit, 2)},
			"row standard/" + one + "/a.c of train and row standard/" + one + "/a.c of validation share the commit " + one},
		{"a link", []*Row{splitRow(1, TrainSplit, 1), splitRow(2, TestSplit, 2, 1)},
			"row standard/" + one + "/a.c of train and row standard/" + two + "/a.c of test share the linked commit " + one},
		{"a link that is seen before its commit", []*Row{splitRow(2, TestSplit, 2, 1), splitRow(1, TrainSplit, 1)}, "share the commit " + one},
		{"a commit without a row", []*Row{splitRow(1, TrainSplit, 1, 9), splitRow(2, TestSplit, 2, 9)}, "share the linked commit " + stage.Hash{9}.String()},
		{"a patch-id", []*Row{splitRow(1, TrainSplit, 7), splitRow(2, TestSplit, 7)}, "share the patch-id " + stage.Hash{7}.String()},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := leaksOf(t, &LeakCheck{}, test.rows...)
			if test.says == "" {
				assert.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrLeak)
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "\n")

			// And as well if the run is interrupted in between, or after.
			for at := range test.rows {
				var before, after LeakCheck
				_ = leaksOf(t, &before, test.rows[:at+1]...)
				state, err := before.Snapshot()
				require.NoError(t, err)
				require.NoError(t, after.Restore(state))
				assert.ErrorContains(t, leaksOf(t, &after, test.rows[at+1:]...), test.says)
			}
		})
	}
}

func TestLeakCheckKnowsGroups(t *testing.T) {
	l := &LeakCheck{History: &stage.ChainLinker{Groups: true, Messages: seriesOfTwo{}}}
	require.NoError(t, l.History.Open(t.Context()))
	assert.ErrorContains(t, leaksOf(t, l, splitRow(1, TrainSplit, 1), splitRow(2, TestSplit, 2)), "share the series that begins with "+stage.Hash{1}.String())
}

func TestLeakCheckRefusesUnknownSplits(t *testing.T) {
	assert.ErrorContains(t, (&LeakCheck{}).Process(t.Context(), splitRow(1, "dev", 1), func(*Row) {}), `there is no split "dev"`)
}

// FuzzLeakCheckState restores states that somebody has changed.
func FuzzLeakCheckState(f *testing.F) {
	l := &LeakCheck{}
	_ = l.check(splitRow(1, TrainSplit, 7, 3))
	_ = l.check(splitRow(2, TestSplit, 7))
	state, _ := l.Snapshot()
	f.Add(state)
	f.Add([]byte{leakState, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Add([]byte{leakState, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, state []byte) {
		l := &LeakCheck{}
		if l.Restore(state) != nil {
			return
		}
		require.NoError(t, l.check(splitRow(5, TestSplit, 6, 7)))
		again, err := l.Snapshot()
		require.NoError(t, err)
		require.NoError(t, new(LeakCheck).Restore(again))
	})
}

// seriesOfTwo is a history of two patches of one thread.
type seriesOfTwo struct{}

func (seriesOfTwo) Messages(_ context.Context, each func(stage.Message) error) error {
	for n := range byte(2) {
		text := fmt.Appendf(nil, "x\n\nLink: https://lore.kernel.org/r/20240105101112.3456-%d-me@example.org\n", n+1)
		if err := each(stage.Message{Position: stage.Position(n), Hash: stage.Hash{n + 1}, Text: text}); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkLeakCheck is the cost of a row, with its memory.
func BenchmarkLeakCheck(b *testing.B) {
	l := &LeakCheck{}
	r := splitRow(1, TrainSplit, 1, 2)
	b.ReportAllocs()
	for n := uint64(1); b.Loop(); n++ {
		for _, hash := range []*stage.Hash{&r.Commit, &r.patchID, &r.Links[0].Commit} {
			binary.LittleEndian.PutUint64(hash[:], n)
		}
		if err := l.check(r); err != nil {
			b.Fatal(err)
		}
	}
}
