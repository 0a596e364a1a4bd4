package maintainers

import "slices"

// Index finds the sections of some files that a path belongs to. It does not
// change, and is safe for concurrent use.
//
// From one version of the files to the next few sections change, so an index may
// rest upon the table of an earlier one: it then holds what was added, and what
// was taken away. Its sections have numbers, those of the table first.
type Index struct {
	base     *table
	removed  []bool // by the number of the section; nil for none
	added    *table // nil for none
	hasPaths bool
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

// NewIndex makes an index of sections, upon the one before if there is one. The
// sections of both are of one parser.
func NewIndex(sections []*Section, before *Index) *Index {
	x := &Index{}
	if before == nil {
		x.base = newTable(sections)
	} else {
		x.upon(before.base, sections)
	}
	x.hasPaths = x.findPaths()
	return x
}

// upon makes the index rest upon a table, or upon a new one made from it where too
// much has changed.
func (x *Index) upon(base *table, sections []*Section) {
	x.base = base
	gone := make([]bool, len(base.sections))
	for number := range gone {
		gone[number] = true
	}
	left := len(gone)
	var added []*Section
	for _, s := range sections {
		number := base.number(s)
		switch {
		case number < 0:
			added = append(added, s)
		case gone[number]:
			gone[number] = false
			left--
		}
	}
	if left == 0 && len(added) == 0 {
		return
	}
	if left+len(added) > mostChanges {
		x.base = base.with(newTable(added), gone)
		return
	}
	if left > 0 {
		x.removed = gone
	}
	if len(added) > 0 {
		x.added = newTable(added)
	}
}

func (x *Index) findPaths() bool {
	for number, s := range x.base.sections {
		if s.HasPaths() && !(x.removed != nil && x.removed[number]) {
			return true
		}
	}
	return x.added != nil && slices.ContainsFunc(x.added.sections, (*Section).HasPaths)
}

// HasPaths reports whether any section tells which files belong to it.
func (x *Index) HasPaths() bool { return x.hasPaths }

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
