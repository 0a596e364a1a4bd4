package maintainers

import (
	"cmp"
	"slices"
	"strings"
)

// Index finds the sections of some files that a path belongs to. It does not
// change, and is safe for concurrent use.
//
// From one version of the files to the next few sections change, so an index may
// rest upon the table of an earlier one: it then holds what was added, and what
// was taken away.
type Index struct {
	base    *table
	removed map[*Section]bool
	added   *table
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

// NewIndex makes an index of sections, upon the one before if that is near.
func NewIndex(sections []*Section, before *Index) *Index {
	present := make(map[*Section]bool, len(sections))
	for _, s := range sections {
		present[s] = true
	}
	if before == nil {
		return &Index{base: newTable(present)}
	}
	x := &Index{base: before.base, removed: map[*Section]bool{}}
	added := map[*Section]bool{}
	for s := range x.base.sections {
		if !present[s] {
			x.removed[s] = true
		}
	}
	for s := range present {
		if !x.base.sections[s] {
			added[s] = true
		}
	}
	if len(x.removed)+len(added) > max(mostChanges, len(present)/8) {
		return &Index{base: newTable(present)}
	}
	if len(added) > 0 {
		x.added = newTable(added)
	}
	return x
}

// HasPaths reports whether any section tells which files belong to it.
func (x *Index) HasPaths() bool {
	for s := range x.base.sections {
		if s.HasPaths() && !x.removed[s] {
			return true
		}
	}
	return x.added != nil && (len(x.added.homes) > 0 || len(x.added.names) > 0)
}

// Finder gathers the sections of one commit. The zero Finder is ready to be
// used again and again, by one goroutine at a time.
type Finder struct {
	found map[*Section]int // the depth
	last  map[*Section]lastField
}

// lastField is the last of a section's fields that holds for a path, whose depth
// counts.
type lastField struct{ number, depth int }

// Path adds the sections of a path. isDir, which may be nil, tells which paths
// are directories.
func (f *Finder) Path(x *Index, path string, isDir func(string) bool) {
	if f.found == nil {
		f.found, f.last = map[*Section]int{}, map[*Section]lastField{}
	}
	clear(f.last)
	for _, t := range [...]*table{x.base, x.added} {
		if t == nil {
			continue
		}
		var removed map[*Section]bool
		if t == x.base {
			removed = x.removed
		}
		for end := 0; end >= 0; {
			f.fields(t.homes[path[:end]], removed, path, isDir)
			next := strings.IndexByte(path[end:], '/')
			if next < 0 {
				break
			}
			end += next + 1
		}
		f.fields(t.names, removed, path, isDir)
	}
	for s, field := range f.last {
		if s.excludes(path, isDir) {
			continue
		}
		if depth, ok := f.found[s]; !ok || field.depth > depth {
			f.found[s] = field.depth
		}
	}
}

// fields tries fields of a table.
func (f *Finder) fields(fields []tableField, removed map[*Section]bool, path string, isDir func(string) bool) {
	for _, try := range fields {
		field := &try.section.paths[try.number]
		depth, ok := 0, false
		if field.name != nil {
			ok = field.name.holds(path)
		} else {
			depth, ok = field.pattern.match(path, isDir)
		}
		if !ok || removed[try.section] {
			continue
		}
		if last, known := f.last[try.section]; !known || try.number > last.number {
			f.last[try.section] = lastField{try.number, depth}
		}
	}
}

// Text adds the sections whose keywords occur in a text, such as a message.
func (f *Finder) Text(x *Index, text string) {
	f.keywords(x, func(e *expression) bool { return e.holds(text) })
}

// Hunk adds the sections whose keywords occur in a line of a hunk that was added
// or deleted.
func (f *Finder) Hunk(x *Index, hunk string) {
	f.keywords(x, func(e *expression) bool {
		if !e.mayHold(hunk) {
			return false
		}
		for line := range strings.Lines(hunk) {
			if (line[0] == '+' || line[0] == '-') && e.holds(line[1:]) {
				return true
			}
		}
		return false
	})
}

func (f *Finder) keywords(x *Index, holds func(*expression) bool) {
	if f.found == nil {
		f.found, f.last = map[*Section]int{}, map[*Section]lastField{}
	}
	for _, t := range [...]*table{x.base, x.added} {
		if t == nil {
			continue
		}
		for _, s := range t.keywords {
			if _, known := f.found[s]; known || t == x.base && x.removed[s] {
				continue
			}
			if slices.ContainsFunc(s.keywords, holds) {
				f.found[s] = KeywordDepth
			}
		}
	}
}

// HasKeywords reports whether [Finder.Text] can find anything.
func (x *Index) HasKeywords() bool {
	return len(x.base.keywords) > 0 || x.added != nil && len(x.added.keywords) > 0
}

// Found gives what was gathered, the deepest first and by title where they are
// equal, and makes room for the next commit.
func (f *Finder) Found() []Match {
	matches := make([]Match, 0, len(f.found))
	for s, depth := range f.found {
		matches = append(matches, Match{s, depth})
	}
	clear(f.found)
	slices.SortFunc(matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Depth, a.Depth), strings.Compare(a.Title, b.Title),
			slices.Compare(a.Maintainers, b.Maintainers))
	})
	return matches
}

// table holds the fields of sections by the directories that they are about.
type table struct {
	sections map[*Section]bool
	homes    map[string][]tableField
	names    []tableField // N:, which can be about any path
	keywords []*Section
}

// tableField is a section's field.
type tableField struct {
	section *Section
	number  int
}

func newTable(sections map[*Section]bool) *table {
	t := &table{sections: sections, homes: map[string][]tableField{}}
	for s := range sections {
		for i := range s.paths {
			try := tableField{s, i}
			if s.paths[i].name != nil {
				t.names = append(t.names, try)
			} else if !s.paths[i].pattern.never {
				home := s.paths[i].pattern.home()
				t.homes[home] = append(t.homes[home], try)
			}
		}
		if len(s.keywords) > 0 {
			t.keywords = append(t.keywords, s)
		}
	}
	return t
}
