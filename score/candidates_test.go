package score_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/stage"
)

// wholeCommit is the n-th commit of an invented history, with all that a source
// gives of it.
func wholeCommit(n int) *stage.Commit {
	c := commit(1, fmt.Sprintf("mm: fix leak %d\n", n))
	c.Repo, c.Position, c.Hash = "history", stage.Position(n), stage.Hash{0xc0, byte(n >> 8), byte(n)}
	return c
}

// keyed is a source that is loaded commit by commit, as a repository is.
type keyed struct {
	n      int
	loaded atomic.Int64
	bad    map[stage.Position]bool
	closed int
}

func (s *keyed) Read(_ context.Context, emit func(*stage.Commit) error) error {
	for i := range s.n {
		if err := emit(&stage.Commit{Repo: "history", Position: stage.Position(i), Hash: wholeCommit(i).Hash}); err != nil {
			return err
		}
	}
	return nil
}

func (s *keyed) Load(_ context.Context, c *stage.Commit) error {
	s.loaded.Add(1)
	if s.bad[c.Position] {
		return errors.New("an object is missing")
	}
	whole := wholeCommit(int(c.Position))
	if whole.Hash != c.Hash {
		return fmt.Errorf("position %d is not commit %s", c.Position, c.Hash)
	}
	whole.Repo = c.Repo
	*c = *whole
	return nil
}

func (s *keyed) Close() error { s.closed++; return nil }

// windowed is a source that is read by positions, as a database is.
type windowed struct {
	n       int
	windows int
}

func (s *windowed) Read(context.Context, func(*stage.Commit) error) error {
	return errors.New("reads all of it")
}

func (s *windowed) Qualities(_ context.Context, each func(stage.Position, float32) error) error {
	for i := range s.n {
		if err := each(stage.Position(i), qualityOf(i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *windowed) ReadAt(_ context.Context, positions []stage.Position, emit func(*stage.Commit) error) error {
	s.windows++
	if !slices.IsSorted(positions) {
		return errors.New("positions out of order")
	}
	for _, p := range positions {
		if p == 11 {
			continue // gone
		}
		if err := emit(wholeCommit(int(p))); err != nil {
			return err
		}
	}
	return nil
}

// qualityOf is the heuristic score of the n-th commit: not in order, with ties.
func qualityOf(n int) float32 { return float32(n * 7 % 10 * 10) }

func labelled(s stage.Stream[*stage.Commit]) stage.Stream[*stage.Commit] {
	return stage.Map(s, "label", func(_ context.Context, c *stage.Commit) (*stage.Commit, error) {
		c.Quality.Score = qualityOf(int(c.Position))
		if c.Position%2 == 0 {
			c.Tags = []stage.Tag{{Name: "driver"}}
		}
		c.Subsystems = []string{[]string{"mm", "net", "fs"}[c.Position%3]}
		return c, nil
	}, stage.Workers(3))
}

// chosen gives the positions that a source of candidates emits, in its order.
func chosen(t *testing.T, s *score.Candidates, options ...stage.StageOption) (positions []int) {
	t.Helper()
	p := stage.New("chosen")
	stage.To(stage.From(p, s, options...), stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		assert.NotEmpty(t, it.Value.Message, "it is complete")
		assert.Equal(t, "history", it.Value.Repo)
		positions = append(positions, int(it.Value.Position))
		return nil
	}))
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	return positions
}

// expected computes the choice the plain way.
func expected(n int, fits func(int) bool, limit int, inOrder bool) (positions []int) {
	for i := range n {
		if fits(i) {
			positions = append(positions, i)
		}
	}
	if !inOrder {
		slices.SortStableFunc(positions, func(a, b int) int { return int(qualityOf(b) - qualityOf(a)) })
	}
	if limit > 0 && len(positions) > limit {
		positions = positions[:limit]
	}
	return positions
}

func TestCandidatesAreTheBest(t *testing.T) {
	all := func(int) bool { return true }
	tests := map[string]struct {
		candidates score.Candidates
		fits       func(int) bool
	}{
		"all":        {score.Candidates{}, all},
		"limit":      {score.Candidates{Limit: 17}, all},
		"one":        {score.Candidates{Limit: 1}, all},
		"in order":   {score.Candidates{InOrder: true, Limit: 30}, all},
		"quality":    {score.Candidates{MinQuality: 50, Limit: 30}, func(i int) bool { return qualityOf(i) >= 50 }},
		"tags":       {score.Candidates{Tags: []string{"x", "driver"}}, func(i int) bool { return i%2 == 0 }},
		"subsystems": {score.Candidates{Subsystems: []string{"net"}, MinQuality: 20}, func(i int) bool { return i%3 == 1 && qualityOf(i) >= 20 }},
		"none":       {score.Candidates{MinQuality: 100}, func(int) bool { return false }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, workers := range []int{1, 4} {
				from := &keyed{n: 500}
				c := test.candidates
				c.From, c.Label, c.Workers = from, labelled, workers
				want := expected(500, test.fits, c.Limit, c.InOrder)
				assert.Equal(t, want, chosen(t, &c, stage.Workers(workers)))
				assert.EqualValues(t, 500+len(want), from.loaded.Load(), "the second pass reads what was chosen")
				assert.Equal(t, 1, from.closed)
			}
		})
	}
}

func TestCandidatesOfADatabase(t *testing.T) {
	from := &windowed{n: 300}
	got := chosen(t, &score.Candidates{From: from, Limit: 100, MinQuality: 10})
	want := expected(300, func(i int) bool { return qualityOf(i) >= 10 }, 100, false)
	assert.Contains(t, want, 11)
	want = slices.DeleteFunc(want, func(i int) bool { return i == 11 })
	assert.Equal(t, want, got)
	assert.Equal(t, 2, from.windows)
}

func TestCandidatesLeaveOutWhatCannotBeRead(t *testing.T) {
	c := &score.Candidates{From: &keyed{n: 10, bad: map[stage.Position]bool{3: true, 4: true}}, Label: labelled, InOrder: true}
	assert.Equal(t, []int{0, 1, 2, 5, 6, 7, 8, 9}, chosen(t, c))
	assert.EqualValues(t, 2, c.Unreadable())
}

func TestCandidatesEndWhenNobodyIsAsked(t *testing.T) {
	from := &keyed{n: 1000}
	n := 0
	c := &score.Candidates{From: from, Label: labelled, Until: func() bool { n++; return n > 5 }}
	assert.Len(t, chosen(t, c), 5)
	n = 0
	c = &score.Candidates{From: &windowed{n: 300}, Until: func() bool { n++; return n > 1 }}
	assert.Len(t, chosen(t, c), 63, "a window, without the one that has gone")
}

func TestCandidatesCheckTheirSettings(t *testing.T) {
	for want, c := range map[string]*score.Candidates{
		"From is nil":                     {},
		"cannot be read at chosen places": {From: stage.SourceFunc[*stage.Commit](nil)},
		"a quality of 101: want 0 to 100": {From: &keyed{}, MinQuality: 101},
		"a limit of -1":                   {From: &keyed{}, Limit: -1},
	} {
		assert.ErrorContains(t, c.Open(t.Context()), want)
	}
}
