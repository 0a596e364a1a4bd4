package stage

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/stage/internal/maintainers"
)

// fileSet is the MAINTAINERS files in and below a directory. Equal ones are the
// same, as far as they are kept, and none of them changes.
type fileSet struct {
	own Hash // zero for none
	// names and below are the directories below with such files, in git's order.
	names []string
	below []*fileSet
	// sum is over all of these.
	sum [sha256.Size]byte

	// sections are those of the own file once it has been read.
	sections []*maintainers.Section
	isRead   bool
}

// fileSets holds every set once, by its sum.
type fileSets map[[sha256.Size]byte]*fileSet

// of gives the set of a directory's own file and of those below; nil for none. It
// keeps names and below.
func (sets *fileSets) of(own Hash, names []string, below []*fileSet) *fileSet {
	if own.IsZero() && len(below) == 0 {
		return nil
	}
	size := len(own)
	for _, name := range names {
		size += len(name) + 1 + sha256.Size
	}
	text := append(make([]byte, 0, size), own[:]...)
	for i, name := range names {
		text = append(append(text, name...), 0)
		text = append(text, below[i].sum[:]...)
	}
	sum := sha256.Sum256(text)
	if set := (*sets)[sum]; set != nil {
		return set
	}
	if *sets == nil || len(*sets) >= keptSets {
		*sets = fileSets{}
	}
	set := &fileSet{own: own, names: names, below: below, sum: sum}
	(*sets)[sum] = set
	return set
}

// with gives a set with another file at the path, which leads to the file's
// directory and is "" or ends in a slash; the zero hash takes the file away. The
// set may be nil.
func (sets *fileSets) with(set *fileSet, path string, file Hash) *fileSet {
	if set == nil {
		set = &fileSet{}
	}
	name, rest, deeper := strings.Cut(path, "/")
	if !deeper {
		return sets.of(file, set.names, set.below)
	}
	at, known := slices.BinarySearchFunc(set.names, name, compareDirs)
	var child *fileSet
	if known {
		child = set.below[at]
	}
	changed := sets.with(child, rest, file)
	switch {
	case changed == child:
		return sets.of(set.own, set.names, set.below)
	case changed == nil:
		return sets.of(set.own, slices.Delete(slices.Clone(set.names), at, at+1), slices.Delete(slices.Clone(set.below), at, at+1))
	case !known:
		name = strings.Clone(name)
		return sets.of(set.own, slices.Insert(slices.Clone(set.names), at, name), slices.Insert(slices.Clone(set.below), at, changed))
	}
	below := slices.Clone(set.below)
	below[at] = changed
	return sets.of(set.own, set.names, below)
}

// compareDirs compares the names of directories as git does, by which a name ends
// in a slash.
func compareDirs(a, b string) int {
	n := min(len(a), len(b))
	if order := strings.Compare(a[:n], b[:n]); order != 0 || len(a) == len(b) {
		return order
	}
	if len(a) == n {
		return compareBytes('/', b[n])
	}
	return compareBytes(a[n], '/')
}

func compareBytes(a, b byte) int { return int(a) - int(b) }
