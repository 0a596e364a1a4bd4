package stage

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// However a set came about, it is the same one.
func TestFileSetsAreTheSameHoweverMade(t *testing.T) {
	var sets fileSets
	a, b := Hash{1}, Hash{2}
	top := sets.with(nil, "", a)
	set := sets.with(sets.with(top, "x/y/", b), "x.y/", b)
	assert.Equal(t, []string{"x.y", "x"}, set.names, "in git's order")
	assert.Same(t, set, sets.with(sets.with(top, "x.y/", b), "x/y/", b))
	assert.Same(t, set, sets.with(set, "x/y/", b))
	assert.NotSame(t, set, sets.with(set, "x/y/", a))
	assert.Same(t, top, sets.with(sets.with(set, "x/y/", Hash{}), "x.y/", Hash{}), "directories without files are none")
	assert.Same(t, top, sets.with(top, "x/y/", Hash{}))
	assert.Nil(t, sets.with(top, "", Hash{}))
	assert.Nil(t, sets.with(nil, "x/", Hash{}))

	names, entries := []byte("oldx.yx"), []treeEntry{
		{name: 0, nameEnd: 3},
		{name: 3, nameEnd: 6, set: set.below[0]},
		{name: 6, nameEnd: 7, set: set.below[1]},
	}
	assert.Same(t, set, sets.ofWalk(a, names, entries, 2))
	var others fileSets
	assert.Equal(t, set, others.ofWalk(a, names, entries, 2))
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

// A set is found by its number until the numbers are given up, and then gets another.
func TestNumbersOfFileSets(t *testing.T) {
	var m maintainersFiles
	assert.Zero(t, m.number(nil))
	assert.Nil(t, m.sets.numbered(0))
	first, second := m.sets.with(nil, "", Hash{1}), m.sets.with(nil, "", Hash{2})
	assert.NotEqual(t, m.number(first), m.number(second))
	assert.Equal(t, m.number(first), m.number(first))
	assert.Same(t, first, m.sets.numbered(first.number))
	m.remember(Hash{3}, knownCommit{set: first.number})

	for i := len(m.sets.numbers); i < keptSets; i++ {
		m.number(&fileSet{})
	}
	assert.Same(t, second, m.sets.numbered(m.number(second)), "which forgets the first one")
	assert.Len(t, m.sets.numbers, 1)
	assert.Empty(t, m.commits, "as what it stands for has no number any more")
	assert.Same(t, first, m.sets.numbered(m.number(first)))
	assert.Same(t, second, m.sets.numbered(second.number))
}
