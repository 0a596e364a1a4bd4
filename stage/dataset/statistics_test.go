package dataset_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage/dataset"
)

func pass(t *testing.T, s *dataset.Statistics, rows ...*dataset.Row) {
	t.Helper()
	for _, r := range rows {
		var passed *dataset.Row
		require.NoError(t, s.Process(t.Context(), r, func(r *dataset.Row) { passed = r }))
		require.Same(t, r, passed)
	}
}

func counted(prompt, output int, license, date string) *dataset.Row {
	return &dataset.Row{Metadata: &dataset.Metadata{Repo: "r", License: license, Date: date, PromptTokens: prompt, OutputTokens: output}}
}

func TestStatistics(t *testing.T) {
	a, b, c := counted(1, 10, "MIT", "2020"), counted(2, 20, "", "2019"), counted(3, 30, "MIT", "2021")
	b.Repaired, c.LeftOut = true, []dataset.LeftOut{{}}
	s := &dataset.Statistics{}
	pass(t, s, a, b)
	state, err := s.Snapshot()
	require.NoError(t, err)
	pass(t, s, c)

	resumed := &dataset.Statistics{}
	require.NoError(t, resumed.Restore(state))
	pass(t, resumed, c)
	for _, s := range []*dataset.Statistics{s, resumed} {
		require.EqualValues(t, 3, s.Rows())
		require.EqualValues(t, 1, s.Repaired())
		require.EqualValues(t, 1, s.LeftOut())
		require.Equal(t, map[string]int64{"MIT": 2, "": 1}, s.Licenses())
		require.Equal(t, map[string]int64{"r": 3}, s.Repos())
		oldest, newest := s.Dates()
		require.Equal(t, "2019 2021", oldest+" "+newest)
		require.Equal(t, []int{2, 20, 33}, []int{s.Prompt().Quantile(0.5), s.Output().Quantile(0.5), s.Total().Quantile(1)})
	}
	require.Error(t, resumed.Restore([]byte("no state")))
}

func TestStatisticsBoundWhatComesFromFiles(t *testing.T) {
	s := &dataset.Statistics{}
	for i := range 1500 {
		pass(t, s, counted(0, 0, fmt.Sprint("L", i), "2020"))
	}
	require.Len(t, s.Licenses(), 1001)
	require.EqualValues(t, 500, s.Licenses()[dataset.Others])
}

func TestStatisticsCallFirstOnce(t *testing.T) {
	calls := 0
	s := &dataset.Statistics{First: func() error { calls++; return nil }}
	pass(t, s, counted(0, 0, "", ""), counted(0, 0, "", ""))
	require.Equal(t, 1, calls)
	failing := &dataset.Statistics{First: func() error { return errors.New("cannot") }}
	require.ErrorContains(t, failing.Process(t.Context(), counted(0, 0, "", ""), nil), "cannot")
}

func TestHistogram(t *testing.T) {
	h := &dataset.Histogram{}
	require.Zero(t, h.Quantile(0.5))
	for i := 100; i > 0; i-- {
		h.Add(i)
	}
	for q, want := range map[float64]int{0: 1, 0.01: 1, 0.5: 50, 0.501: 51, 0.95: 95, 1: 100} {
		require.Equal(t, want, h.Quantile(q), "%v", q)
	}
	require.EqualValues(t, 5, h.Above(95))
	require.EqualValues(t, 100, h.Len())
}

// The columns that a mode declares are those of its rows, in their order.
func TestColumnsOfModes(t *testing.T) {
	for _, mode := range dataset.Modes() {
		for _, format := range mode.Formats() {
			columns := mode.Columns(format)
			first := fmt.Sprintf("%T", columns[0])
			require.Equal(t, mode == dataset.ModePreference, strings.Contains(first, "preference"), first)
			require.IsType(t, &dataset.Metadata{}, columns[1])
			require.Len(t, columns, map[bool]int{false: 2, true: 3}[mode != dataset.ModeStandard && mode != dataset.ModeCommitMessage && mode != dataset.ModeExplain])
		}
	}
}
