package stage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage/internal/maintainers"
)

// However a set came about, it is the same one.
func TestFileSetsAreTheSameHoweverMade(t *testing.T) {
	var sets fileSets
	a, b := Hash{1}, Hash{2}
	top := sets.with(0, "", a)
	set := sets.with(sets.with(top, "x/y/", b), "x.y/", b)
	own, below := sets.files(set)
	assert.Equal(t, a, own)
	assert.Equal(t, []setBelow{{sets.name([]byte("x.y")), sets.with(0, "", b)}, {sets.name([]byte("x")), sets.with(0, "y/", b)}}, below, "in git's order")
	assert.Equal(t, set, sets.of(a, slices.Clone(below)))
	assert.Equal(t, set, sets.with(sets.with(top, "x.y/", b), "x/y/", b))
	assert.Equal(t, set, sets.with(set, "x/y/", b))
	assert.NotEqual(t, set, sets.with(set, "x/y/", a))
	assert.Equal(t, top, sets.with(sets.with(set, "x/y/", Hash{}), "x.y/", Hash{}), "directories without files are none")
	assert.Equal(t, top, sets.with(top, "x/y/", Hash{}))
	assert.Zero(t, sets.with(top, "", Hash{}))
	assert.Zero(t, sets.with(0, "x/", Hash{}))
	own, below = sets.files(0)
	assert.True(t, own.IsZero() && len(below) == 0)
}

// The differences of two sets are those of the files that they were made with.
func TestDifferencesOfFileSets(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var sets fileSets
	paths := []string{"", "a/", "a/b/", "a.b/", "a.b/c/", "a0/", "b/a/", "b/a/c/"}
	type made struct {
		files map[string]Hash
		set   setNumber
	}
	all := []made{{}}
	for range 200 {
		m := made{files: map[string]Hash{}}
		for _, path := range paths {
			if id := (Hash{byte(rng.IntN(3))}); !id.IsZero() {
				m.files[path] = id
				m.set = sets.with(m.set, path, id)
			}
		}
		all = append(all, m)
	}
	count := func(files map[Hash]int, id Hash, by int) {
		if files[id] += by; files[id] == 0 || id.IsZero() {
			delete(files, id)
		}
	}
	for i := range all {
		before, after := all[i], all[rng.IntN(len(all))]
		want, got := map[Hash]int{}, map[Hash]int{}
		for path := range before.files {
			count(want, before.files[path], -1)
		}
		for path := range after.files {
			count(want, after.files[path], 1)
		}
		visits, changed := 0, 0
		for _, path := range paths {
			if before.files[path] != after.files[path] {
				changed++
			}
		}
		sets.differences(before.set, after.set, func(removed, added Hash) {
			visits++
			count(got, removed, -1)
			count(got, added, 1)
		})
		assert.Equal(t, want, got)
		assert.Equal(t, changed, visits, "nothing else is looked at")
	}
}

func TestDirectoriesAreInGitsOrder(t *testing.T) {
	names := []string{"a", "a-b", "a.b", "a0", "ab", "b"}
	for _, x := range names {
		for _, y := range names {
			want := strings.Compare(x+"/", y+"/")
			got := compareDirs(x, y)
			assert.True(t, got == want || got*want > 0, "%s %s", x, y)
		}
	}
	slices.SortFunc(names, compareDirs)
	assert.Equal(t, []string{"a-b", "a.b", "a", "a0", "ab", "b"}, names)
}

func TestPathsThatDecideOfMaintainers(t *testing.T) {
	for path, want := range map[string]bool{
		"MAINTAINERS": true, "a/b/MAINTAINERS": true, "": false, "OLD_MAINTAINERS": false, "a/XMAINTAINERS": false, "MAINTAINERS/a": false,
	} {
		assert.Equal(t, want, isMaintainers(path), path)
	}
	assert.True(t, decidesWhere(".get_maintainer.conf"))
	assert.True(t, decidesWhere("scripts/get_maintainer.pl"))
	assert.False(t, decidesWhere("a/.get_maintainer.conf"))
}

// Where there is too much of what is kept, all of it goes, and what is found then is
// the same.
func TestMaintainersForget(t *testing.T) {
	m := &maintainersFiles{}
	blobs := sectionBlobs{}
	titles := func(files ...Hash) (titles []string) {
		for _, file := range files {
			titles = append(titles, file.String())
		}
		return titles
	}
	index := func(i int) (titles []string) {
		m.forgetIfFull()
		set := m.sets.with(m.sets.with(0, "", Hash{0, 0, 1}), "x/", Hash{byte(i), 0, 2})
		x, err := m.indexOf(t.Context(), blobs, set)
		require.NoError(t, err)
		m.remember(Hash{byte(i)}, knownCommit{set: set})
		var f maintainers.Finder
		f.Path(x, "a/b.c", nil)
		for _, match := range f.Found() {
			titles = append(titles, match.Title)
		}
		return titles
	}
	for i := range 3 {
		assert.Equal(t, titles(Hash{0, 0, 1}, Hash{byte(i), 0, 2}), index(i))
	}
	assert.Len(t, m.commits, 3)
	m.sets.below = append(m.sets.below, make([]setBelow, keptSetBelow)...)
	assert.Equal(t, titles(Hash{0, 0, 1}, Hash{1, 0, 2}), index(1))
	assert.Len(t, m.commits, 1)
	assert.Less(t, len(m.sets.below), 5)

	m.parsed = nil // as when there are too many sections, of which those of a file may be the same
	assert.Equal(t, titles(Hash{0, 0, 1}, Hash{2, 0, 2}), index(2))

	for i := 0; m.parser.Bytes() <= keptText; i++ {
		m.parser.Parse(fmt.Sprintf("T\nM:\t%s%d\n", strings.Repeat("x", 1<<20), i))
	}
	assert.Equal(t, titles(Hash{0, 0, 1}, Hash{5, 0, 2}), index(5))
	assert.Less(t, m.parser.Bytes(), 1000)
	assert.Len(t, m.commits, 1)
}

// The files of one commit may be more than is kept otherwise, and are read once.
func TestMaintainersKeepLargeFiles(t *testing.T) {
	m := &maintainersFiles{}
	blobs := sectionBlobs{padding: keptText/3 + 1}
	index := func(n byte) *maintainers.Index {
		m.forgetIfFull()
		set := m.sets.with(m.sets.with(m.sets.with(0, "", Hash{1}), "x/", Hash{2}), "y/", Hash{n})
		x, err := m.indexOf(t.Context(), blobs, set)
		require.NoError(t, err)
		return x
	}
	x := index(3)
	require.Greater(t, m.parser.Bytes(), keptText)
	assert.Same(t, x, index(3))
	for n := byte(4); n < 7; n++ { // as much again is the most
		index(n)
	}
	assert.Same(t, x, index(3), "not yet too much")
	index(7)
	assert.NotSame(t, x, index(3))
}

// sectionBlobs holds for every id a file with a section, whose title is the id, and
// so many bytes more.
type sectionBlobs struct{ padding int }

func (b sectionBlobs) Blob(_ context.Context, id Hash) ([]byte, error) {
	return fmt.Appendf(nil, "%s\nM:\tA%s\nF:\ta/\n", id, strings.Repeat("x", b.padding)), nil
}
