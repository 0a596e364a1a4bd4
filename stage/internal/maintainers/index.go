package maintainers

import (
	"maps"
	"slices"
)

// Index finds the sections of some files that a path belongs to. It does not
// change, and is safe for concurrent use.
//
// From one version of the files to the next few sections change, so an index may
// rest upon the table of an earlier one: it then holds what was added, and what
// was taken away. Its sections have numbers, those of the table first.
type Index struct {
	base    *table
	changes map[*Section]int // how many more of a section there are than in base
	removed []bool           // by the number of the section; nil for none
	added   *table           // nil for none
	paths   int              // the sections that tell which files belong to them
}

// Match is a section that a path belongs to.
type Match struct {
	*Section
	// Depth tells how closely the section's pattern names the path: the higher
	// the closer; see pattern.match. It is 0 for N:, and [KeywordDepth] where
	// nothing but a keyword leads to the section.
	Depth int
}

// KeywordDepth is below all others.
const KeywordDepth = -2

// mostChanges is how many sections may change before a new table is made. Each path
// is looked for in both tables, and the one of what was added is made anew for every
// index.
const mostChanges = 40

// NewIndex makes an index of the sections of some files; one that occurs twice is
// found once.
func NewIndex(sections []*Section) *Index {
	none := &Index{base: newTable(nil)}
	return none.With(sections, nil)
}

// With gives an index in which sections were added, and others taken away. Of one
// that occurs more than once each counts for itself. All are of the parser that
// those of x are of.
//
// It takes time for the changes since x's table was made, and where they are too
// many, for a new table.
func (x *Index) With(added, removed []*Section) *Index {
	y := &Index{base: x.base, changes: maps.Clone(x.changes), paths: x.base.paths}
	if y.changes == nil {
		y.changes = make(map[*Section]int, len(added)+len(removed))
	}
	for _, s := range added {
		y.change(s, 1)
	}
	for _, s := range removed {
		y.change(s, -1)
	}
	y.rest()
	return y
}

func (x *Index) change(s *Section, by int) {
	if x.changes[s] += by; x.changes[s] == 0 {
		delete(x.changes, s)
	}
}

// rest makes the index rest upon its table, or upon a new one where too much has
// changed.
func (x *Index) rest() {
	var added []*Section
	var gone []int
	for s, more := range x.changes {
		number := x.base.number(s)
		switch {
		case number < 0 && more > 0:
			added = append(added, s)
		case number < 0: // what was never there
		case x.base.counts[number]+more <= 0:
			gone = append(gone, number)
		}
	}
	if len(gone) > 0 {
		x.removed = make([]bool, len(x.base.sections))
	}
	for _, number := range gone {
		x.removed[number] = true
		if x.base.sections[number].HasPaths() {
			x.paths--
		}
	}
	if len(added) > 0 {
		slices.SortFunc(added, func(a, b *Section) int { return a.serial - b.serial })
		x.added = newTable(added)
		x.paths += x.added.paths
	}
	if len(x.changes) > mostChanges {
		x.base = x.base.with(x.added, x.removed, x.changes)
		x.changes, x.removed, x.added = nil, nil, nil
	}
}

// HasPaths reports whether any section tells which files belong to it.
func (x *Index) HasPaths() bool { return x.paths > 0 }

// HasKeywords reports whether [Finder.Text] can find anything.
func (x *Index) HasKeywords() bool {
	return len(x.base.keywords) > 0 || x.added != nil && len(x.added.keywords) > 0
}

// section gives the section of a number.
func (x *Index) section(number int) *Section {
	if n := len(x.base.sections); number >= n {
		return x.added.sections[number-n]
	}
	return x.base.sections[number]
}

// size is the number of numbers.
func (x *Index) size() int {
	n := len(x.base.sections)
	if x.added != nil {
		n += len(x.added.sections)
	}
	return n
}
