package stage

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
)

// setNumber stands for a set of MAINTAINERS files: those in and below a directory.
// Equal sets have the same number, as long as none is forgotten. 0 is the set of no
// files.
type setNumber uint32

// fileSet is what a number stands for.
type fileSet struct {
	own         Hash   // the directory's own file; zero for none
	begin, size uint32 // the directories below with such files, in fileSets.below
}

// setBelow is a directory below and the files there, of which there are some.
type setBelow struct {
	name nameNumber
	set  setNumber
}

// nameNumber stands for the name of a directory.
type nameNumber uint32

// fileSets holds every set once. There are many, of hundreds of directories each,
// that differ in one file; so they are numbers, which the garbage collector does not
// follow.
type fileSets struct {
	known map[[sha256.Size]byte]setNumber
	sets  []fileSet // by their numbers less 1
	below []setBelow
	names []string // of directories, by their numbers
	named map[string]nameNumber

	text    []byte     // what a sum is taken of
	scratch []setBelow // a set that is being made
}

// How much is kept of sets.
const (
	keptSets     = 50_000
	keptSetBelow = 4_000_000 // directories in them
)

// full reports whether there are so many sets that it is time to forget them.
func (sets *fileSets) full() bool {
	return len(sets.sets) >= keptSets || len(sets.below) >= keptSetBelow
}

// files gives a directory's own file and the directories below, in git's order. The
// list must not be changed.
func (sets *fileSets) files(n setNumber) (own Hash, below []setBelow) {
	if n == 0 {
		return own, nil
	}
	set := sets.sets[n-1]
	return set.own, sets.below[set.begin:][:set.size:set.size]
}

// name gives the number of a directory's name.
func (sets *fileSets) name(name []byte) nameNumber {
	number, known := sets.named[string(name)]
	if !known {
		if sets.named == nil {
			sets.named = map[string]nameNumber{}
		}
		number = nameNumber(len(sets.names))
		sets.names = append(sets.names, string(name))
		sets.named[sets.names[number]] = number
	}
	return number
}

// of gives the set of a directory's own file and of those below, and keeps neither.
func (sets *fileSets) of(own Hash, below []setBelow) setNumber {
	if own.IsZero() && len(below) == 0 {
		return 0
	}
	sets.text = append(sets.text[:0], own[:]...)
	for _, b := range below {
		sets.text = binary.LittleEndian.AppendUint32(sets.text, uint32(b.name))
		sets.text = binary.LittleEndian.AppendUint32(sets.text, uint32(b.set))
	}
	sum := sha256.Sum256(sets.text)
	number, known := sets.known[sum]
	if !known {
		if sets.known == nil {
			sets.known = map[[sha256.Size]byte]setNumber{}
		}
		sets.sets = append(sets.sets, fileSet{own, uint32(len(sets.below)), uint32(len(below))})
		sets.below = append(sets.below, below...)
		number = setNumber(len(sets.sets))
		sets.known[sum] = number
	}
	return number
}

// with gives a set with another file at the path, which leads to the file's
// directory and is "" or ends in a slash; the zero hash takes the file away.
func (sets *fileSets) with(set setNumber, path string, file Hash) setNumber {
	own, below := sets.files(set)
	name, rest, deeper := strings.Cut(path, "/")
	if !deeper {
		return sets.of(file, below)
	}
	at, known := slices.BinarySearchFunc(below, name, func(b setBelow, name string) int {
		return compareDirs(sets.names[b.name], name)
	})
	var child setNumber
	if known {
		child = below[at].set
	}
	changed := sets.with(child, rest, file)
	if changed == child {
		return sets.of(own, below)
	}
	all := append(sets.scratch[:0], below[:at]...)
	if changed != 0 {
		all = append(all, setBelow{sets.name([]byte(name)), changed})
	}
	if known {
		at++
	}
	all = append(all, below[at:]...)
	sets.scratch = all
	return sets.of(own, all)
}

// differences calls visit with the files of which one set has more than another:
// with those taken away, and with those added.
func (sets *fileSets) differences(before, after setNumber, visit func(removed, added Hash)) {
	if before == after {
		return
	}
	own, below := sets.files(before)
	ownAfter, belowAfter := sets.files(after)
	if own != ownAfter {
		visit(own, ownAfter)
	}
	for len(below) > 0 || len(belowAfter) > 0 {
		order := 0
		switch {
		case len(below) == 0:
			order = 1
		case len(belowAfter) == 0:
			order = -1
		case below[0].name != belowAfter[0].name:
			order = compareDirs(sets.names[below[0].name], sets.names[belowAfter[0].name])
		}
		var left, right setNumber
		if order <= 0 {
			left, below = below[0].set, below[1:]
		}
		if order >= 0 {
			right, belowAfter = belowAfter[0].set, belowAfter[1:]
		}
		sets.differences(left, right, visit)
	}
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
