package stage

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/stage/internal/maintainers"
)

// fileSet is the MAINTAINERS files in and below a directory. Equal ones are the
// same, as far as they are kept, and none of them changes but for what is noted
// below the sum.
type fileSet struct {
	own Hash // zero for none
	// names and below are the directories below with such files, in git's order.
	names []string
	below []*fileSet
	sum   fileSetSum // of all these

	// sections are those of the own file once it has been read.
	sections []*maintainers.Section
	isRead   bool

	number setNumber
}

// setNumber stands for a set where many are kept, which then hold no pointers for
// the garbage collector to follow. 0 is no set.
type setNumber uint32

// fileSetSum tells sets apart.
type fileSetSum [sha256.Size]byte

// fileSets holds every set once, by its sum.
type fileSets struct {
	known map[fileSetSum]*fileSet
	text  []byte // what a sum is taken of
	// numbers are the sets by their numbers less 1.
	numbers []*fileSet
}

// number gives the number of a set, which may be nil.
func (sets *fileSets) number(set *fileSet) setNumber {
	if set == nil {
		return 0
	}
	if sets.numbered(set.number) != set { // it has none, or one of those given up
		sets.numbers = append(sets.numbers, set)
		set.number = setNumber(len(sets.numbers))
	}
	return set.number
}

// numbered gives the set of a number; nil where it has none.
func (sets *fileSets) numbered(n setNumber) *fileSet {
	if n == 0 || int(n) > len(sets.numbers) {
		return nil
	}
	return sets.numbers[n-1]
}

// begin begins the sum of a set with the directory's own file.
func (sets *fileSets) begin(own Hash) { sets.text = append(sets.text[:0], own[:]...) }

// below adds a directory to the sum.
func (sets *fileSets) below(name string, set *fileSet) {
	sets.text = append(append(sets.text, name...), 0)
	sets.text = append(sets.text, set.sum[:]...)
}

// sum gives the sum, and the set of that sum if it is kept.
func (sets *fileSets) sum() (fileSetSum, *fileSet) {
	sum := fileSetSum(sha256.Sum256(sets.text))
	return sum, sets.known[sum]
}

// add keeps a new set.
func (sets *fileSets) add(set *fileSet) *fileSet {
	if sets.known == nil || len(sets.known) >= keptSets {
		sets.known = map[fileSetSum]*fileSet{}
	}
	sets.known[set.sum] = set
	return set
}

// of gives the set of a directory's own file and of those below; nil for none. It
// keeps names and below.
func (sets *fileSets) of(own Hash, names []string, below []*fileSet) *fileSet {
	if own.IsZero() && len(below) == 0 {
		return nil
	}
	sets.begin(own)
	for i, name := range names {
		sets.below(name, below[i])
	}
	sum, set := sets.sum()
	if set == nil {
		set = sets.add(&fileSet{own: own, names: names, below: below, sum: sum})
	}
	return set
}

// ofWalk gives the set of a directory's own file and of those that a walk has found
// below, of which there are so many.
func (sets *fileSets) ofWalk(own Hash, names []byte, entries []treeEntry, holding int) *fileSet {
	if own.IsZero() && holding == 0 {
		return nil
	}
	sets.begin(own)
	for i := range entries {
		if e := &entries[i]; e.set != nil {
			sets.below(string(names[e.name:e.nameEnd]), e.set)
		}
	}
	sum, set := sets.sum()
	if set != nil {
		return set
	}
	set = &fileSet{own: own, names: make([]string, 0, holding), below: make([]*fileSet, 0, holding), sum: sum}
	for i := range entries {
		if e := &entries[i]; e.set != nil {
			set.names = append(set.names, string(names[e.name:e.nameEnd]))
			set.below = append(set.below, e.set)
		}
	}
	return sets.add(set)
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
