package stage_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// deed is a commit in short.
type deed struct {
	author    string
	year      float64
	path      string
	reviewers []string
	merge     bool
	want      stage.Experience
}

func (d deed) commit() *stage.Commit {
	start := time.Date(2005, 4, 16, 0, 0, 0, 0, time.UTC).Unix()
	c := &stage.Commit{
		Author:    stage.Signature{Name: "N", Mail: d.author},
		Committer: stage.Signature{Seconds: start + int64(d.year*365.25*24*60*60)},
	}
	if d.year < 0 {
		c.Committer.Seconds = 0
	}
	c.MappedAuthor = c.Author.Person()
	for _, r := range d.reviewers {
		c.Reviewers = append(c.Reviewers, stage.Person{Mail: r})
	}
	if d.path != "" {
		c.Files = []stage.FileChange{{Kind: stage.Modified, OldPath: d.path, NewPath: d.path}}
	}
	if d.merge {
		c.Parents = make([]stage.Hash, 2)
	}
	return c
}

var deeds = []deed{
	{author: "a", year: 0, path: "mm/a.c", reviewers: []string{"b"}},
	{author: "B", year: 1, path: "net/core/a.c", want: stage.Experience{Reviews: 1}},
	{author: "a", year: 2, path: "mm/b.c", want: stage.Experience{Commits: 1, Years: 2, Subsystems: 1}},
	{author: "a", year: 3, path: "fs/ext4/b.c", reviewers: []string{"a", "b", "c"}, want: stage.Experience{Commits: 2, Years: 3, Subsystems: 1}},
	{author: "b", year: 3, merge: true, want: stage.Experience{Commits: 1, Years: 2, Subsystems: 1, Reviews: 2}},
	{author: "b", year: 0.5, path: "net/core/b.c", want: stage.Experience{Commits: 1, Subsystems: 1, Reviews: 2}},
	{author: "a", year: 4, want: stage.Experience{Commits: 3, Years: 4, Subsystems: 2}},
	{author: "c", year: -1, path: "mm/c.c", want: stage.Experience{Reviews: 1}},
	{author: "c", year: 5, path: "mm/c.c", want: stage.Experience{Commits: 1, Subsystems: 1, Reviews: 1}},
	{author: "c", year: 6, path: "mm/c.c", want: stage.Experience{Commits: 2, Years: 1, Subsystems: 1, Reviews: 1}},
}

func TestAuthorsCountWhatWasBefore(t *testing.T) {
	var authors stage.Authors
	for i, d := range deeds {
		c := d.commit()
		require.NoError(t, authors.Process(t.Context(), c, func(*stage.Commit) {}))
		assert.Equal(t, d.want.Commits, c.Experience.Commits, "%d", i)
		assert.InDelta(t, d.want.Years, c.Experience.Years, 0.01, "%d", i)
		c.Experience.Years = d.want.Years
		assert.Equal(t, d.want, c.Experience, "%d", i)
	}
}

// A run that is broken off anywhere and goes on from what was saved has the same
// figures.
func TestAuthorsGoOn(t *testing.T) {
	for cut := range deeds {
		before, after, whole := &stage.Authors{}, &stage.Authors{}, &stage.Authors{}
		process := func(a *stage.Authors, d deed) stage.Experience {
			c := d.commit()
			require.NoError(t, a.Process(t.Context(), c, func(*stage.Commit) {}))
			return c.Experience
		}
		for i, d := range deeds {
			want := process(whole, d)
			if i < cut {
				process(before, d)
				continue
			}
			if i == cut {
				state, err := before.Snapshot()
				require.NoError(t, err)
				again, err := before.Snapshot()
				require.NoError(t, err)
				assert.Equal(t, state, again)
				require.NoError(t, after.Restore(state))
			}
			assert.Equal(t, want, process(after, d))
		}
	}
}

func TestAuthorsRefuseBrokenStates(t *testing.T) {
	a := &stage.Authors{}
	for _, d := range deeds {
		require.NoError(t, a.Process(t.Context(), d.commit(), func(*stage.Commit) {}))
	}
	state, err := a.Snapshot()
	require.NoError(t, err)
	for n := range state {
		assert.Error(t, new(stage.Authors).Restore(state[:n]), n)
	}
	assert.Error(t, new(stage.Authors).Restore(append(state, 0)))
	assert.ErrorContains(t, new(stage.Authors).Restore([]byte{99}), "another version")
}

func TestAuthorsWithoutPeople(t *testing.T) {
	a := &stage.Authors{}
	for want := range 3 {
		c := &stage.Commit{Author: stage.Signature{Name: "Nameless"}}
		require.NoError(t, a.Process(t.Context(), c, func(*stage.Commit) {}))
		assert.Equal(t, want, c.Experience.Commits)
	}
}

// In a pipeline the figures are those of the order of the source, whatever the
// workers before and behind.
func TestAuthorsInAPipeline(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		p := stage.New("authors")
		source := stage.From(p, stage.SourceFunc[*stage.Commit](func(_ context.Context, emit func(*stage.Commit) error) error {
			for i := range 500 {
				c := &stage.Commit{Position: stage.Position(i), Author: stage.Signature{Mail: fmt.Sprint(i % 7)}}
				if err := emit(c); err != nil {
					return err
				}
			}
			return nil
		}))
		people := stage.Through(source, &stage.People{}, stage.Workers(m.workers))
		counted := stage.Through(people, &stage.Authors{})
		var out collector[*stage.Commit]
		stage.To(stage.Through(counted, stage.Subsystems{}, m.options()...), &out)
		_, err := p.Run(t.Context())
		require.NoError(t, err)
		require.Len(t, out.items, 500)
		for _, c := range out.values() {
			assert.Equal(t, int(c.Position)/7, c.Experience.Commits)
		}
	})
}

// FuzzAuthorsRestore reads states of any bytes.
func FuzzAuthorsRestore(f *testing.F) {
	state, _ := new(stage.Authors).Snapshot()
	f.Add(state)
	f.Add([]byte("\x01\x01\x02mm\x01\x01a\x01\x00\x02\x01\x00"))
	f.Add([]byte("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, state []byte) {
		a := &stage.Authors{}
		if a.Restore(state) == nil {
			again, err := a.Snapshot()
			require.NoError(t, err)
			require.NoError(t, new(stage.Authors).Restore(again))
		}
	})
}
