package maintainers

import (
	"slices"
	"strings"
)

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

// mostChanges is how many sections may change before a new table is made.
const mostChanges = 64

// NewIndex makes an index of sections, upon the one before if that is near. The
// sections of both are of one parser.
func NewIndex(sections []*Section, before *Index) *Index {
	x := upon(sections, before)
	if x == nil {
		x = &Index{base: newTable(sections)}
	}
	x.hasPaths = x.findPaths()
	return x
}

// upon makes an index that shares the table of the one before; nil where too much
// has changed.
func upon(sections []*Section, before *Index) *Index {
	if before == nil {
		return nil
	}
	x := &Index{base: before.base}
	gone := make([]bool, len(x.base.sections))
	for number := range gone {
		gone[number] = true
	}
	left := len(gone)
	var added []*Section
	for _, s := range sections {
		number := x.base.number(s)
		switch {
		case number < 0:
			added = append(added, s)
		case gone[number]:
			gone[number] = false
			left--
		}
	}
	if left+len(added) > max(mostChanges, len(sections)/8) {
		return nil
	}
	if left > 0 {
		x.removed = gone
	}
	if len(added) > 0 {
		x.added = newTable(added)
	}
	return x
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

// table holds the fields of sections by the texts that paths must begin with.
type table struct {
	sections []*Section
	numbers  []int32      // by serial less first; negative for sections of others
	first    int          // the lowest serial
	literals []literal    // sorted by text
	names    []tableField // N:, which can be about any path
	keywords []int        // the sections with K: fields
}

// literal is the F: fields whose patterns begin with the same text up to the first
// character that stands for others.
type literal struct {
	text   string
	fields []tableField
	// shorter is the place of the longest other text that this one begins with;
	// -1 for none.
	shorter int
}

// tableField is a section's field, both by their numbers.
type tableField struct{ section, field int }

// newTable makes a table of sections, each of which counts once.
func newTable(sections []*Section) *table {
	t := &table{}
	t.makeNumbers(sections)
	var patterns []literalField
	for _, s := range sections {
		if t.number(s) >= 0 {
			continue
		}
		number := len(t.sections)
		t.numbers[s.serial-t.first] = int32(number)
		t.sections = append(t.sections, s)
		for i := range s.paths {
			switch {
			case s.paths[i].name != nil:
				t.names = append(t.names, tableField{number, i})
			case !s.paths[i].pattern.never:
				patterns = append(patterns, literalField{s.paths[i].pattern.literal, tableField{number, i}})
			}
		}
		if len(s.keywords) > 0 {
			t.keywords = append(t.keywords, number)
		}
	}
	t.makeLiterals(patterns)
	return t
}

// literalField is an F: field and what its pattern begins with.
type literalField struct {
	text string
	tableField
}

// makeLiterals sorts the F: fields by what their patterns begin with.
func (t *table) makeLiterals(patterns []literalField) {
	slices.SortFunc(patterns, func(a, b literalField) int { return strings.Compare(a.text, b.text) })
	fields := make([]tableField, len(patterns))
	for i := range patterns {
		fields[i] = patterns[i].tableField
	}
	t.literals = make([]literal, 0, len(patterns))
	for first := 0; first < len(patterns); {
		l := literal{text: patterns[first].text}
		end := first + 1
		for end < len(patterns) && patterns[end].text == l.text {
			end++
		}
		l.fields, first = fields[first:end], end
		l.shorter = t.beginning(len(t.literals)-1, l.text)
		t.literals = append(t.literals, l)
	}
}

// makeNumbers makes room for the numbers of sections.
func (t *table) makeNumbers(sections []*Section) {
	if len(sections) == 0 {
		return
	}
	t.first = sections[0].serial
	last := t.first
	for _, s := range sections {
		t.first, last = min(t.first, s.serial), max(last, s.serial)
	}
	t.numbers = make([]int32, last-t.first+1)
	for i := range t.numbers {
		t.numbers[i] = -1
	}
}

// number gives the number of a section; -1 for one that is not in the table.
func (t *table) number(s *Section) int {
	if at := s.serial - t.first; at >= 0 && at < len(t.numbers) {
		return int(t.numbers[at])
	}
	return -1
}

// beginning gives the place of the longest text that a path begins with, where all
// such texts are at the place or before it; -1 for none. What lies between a
// beginning of the path and the path itself has the same beginning, so that the
// way leads over beginnings of beginnings only.
func (t *table) beginning(place int, path string) int {
	for place >= 0 && !strings.HasPrefix(path, t.literals[place].text) {
		place = t.literals[place].shorter
	}
	return place
}

// of gives the place of the longest text that a path begins with; -1 for none.
// The others are shorter ones of it.
func (t *table) of(path string) int {
	place, found := slices.BinarySearchFunc(t.literals, path, func(l literal, path string) int { return strings.Compare(l.text, path) })
	if found {
		return place
	}
	return t.beginning(place-1, path)
}
