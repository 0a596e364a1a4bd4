package maintainers

import (
	"cmp"
	"slices"
	"strings"
)

// Finder gathers the sections of one commit, in one index. The zero Finder is
// ready to be used again and again, by one goroutine at a time; it allocates until
// it has grown to the size of what it is used for.
type Finder struct {
	depths []int // by the number of the section: that of found ones, else notFound
	found  []int // the numbers of those
	// last tells by the number of the section which of its fields holds for the
	// path that is looked at; ofPath are the numbers for which there is one.
	last    []lastField
	ofPath  []int
	pairs   pairSet // of the path
	matches []Match
	index   *Index // nil before anything is looked for
}

// notFound is no depth of a section.
const notFound = KeywordDepth - 1

// lastField is the last of a section's fields that holds for a path, whose depth
// counts. Its number is 1 higher, so that 0 is none.
type lastField struct{ number, depth int }

// begin makes room for the sections of an index.
func (f *Finder) begin(x *Index) {
	if f.index == x {
		return
	}
	f.index = x
	for more := x.size() - len(f.depths); more > 0; more-- {
		f.depths = append(f.depths, notFound)
		f.last = append(f.last, lastField{})
	}
}

// Path adds the sections of a path. isDir, which may be nil, tells which paths
// are directories.
func (f *Finder) Path(x *Index, path string, isDir func(string) bool) {
	f.begin(x)
	f.pairs.set(path)
	f.inTable(x.base, 0, x.removed, path, isDir)
	if x.added != nil {
		f.inTable(x.added, len(x.base.sections), nil, path, isDir)
	}
	for _, number := range f.ofPath {
		depth := f.last[number].depth
		f.last[number] = lastField{}
		if depth > f.depths[number] && !x.section(number).excludes(path, isDir) {
			f.add(number, depth)
		}
	}
	f.ofPath = f.ofPath[:0]
}

// add notes that a section is found, so deep.
func (f *Finder) add(number, depth int) {
	if f.depths[number] == notFound {
		f.found = append(f.found, number)
	}
	f.depths[number] = depth
}

// inTable tries the fields of a table that can hold for a path. Its sections have
// the numbers from first on.
func (f *Finder) inTable(t *table, first int, removed []bool, path string, isDir func(string) bool) {
	for place := t.of(path); place >= 0; place = int(t.literals[place].shorter) {
		f.fields(t, t.fieldsOf(&t.literals[place]), first, removed, path, isDir)
	}
	f.fields(t, t.names, first, removed, path, isDir)
}

func (f *Finder) fields(t *table, fields []tableField, first int, removed []bool, path string, isDir func(string) bool) {
	for _, try := range fields {
		number := first + int(try.section)
		last := &f.last[number]
		if int(try.field) < last.number || removed != nil && removed[try.section] {
			continue
		}
		field := &t.sections[try.section].paths[try.field]
		depth, ok := 0, false
		if field.name != nil {
			ok = field.name.holdsIn(path, &f.pairs)
		} else {
			depth, ok = field.pattern.match(path, isDir)
		}
		if !ok {
			continue
		}
		if last.number == 0 {
			f.ofPath = append(f.ofPath, number)
		}
		*last = lastField{int(try.field) + 1, depth}
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
	f.begin(x)
	for _, number := range x.base.keywords {
		if x.removed == nil || !x.removed[number] {
			f.keyword(x, number, holds)
		}
	}
	if x.added != nil {
		for _, number := range x.added.keywords {
			f.keyword(x, len(x.base.sections)+number, holds)
		}
	}
}

func (f *Finder) keyword(x *Index, number int, holds func(*expression) bool) {
	if f.depths[number] == notFound && slices.ContainsFunc(x.section(number).keywords, holds) {
		f.add(number, KeywordDepth)
	}
}

// Found gives what was gathered, the deepest first and by title where they are
// equal, and makes room for the next commit. The list is valid until the finder is
// used again.
func (f *Finder) Found() []Match {
	f.matches = f.matches[:0]
	for _, number := range f.found {
		f.matches = append(f.matches, Match{f.index.section(number), f.depths[number]})
		f.depths[number] = notFound
	}
	f.found, f.index = f.found[:0], nil
	slices.SortFunc(f.matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Depth, a.Depth), strings.Compare(a.Title, b.Title),
			slices.Compare(a.Maintainers, b.Maintainers))
	})
	return f.matches
}
