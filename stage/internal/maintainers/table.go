package maintainers

import (
	"slices"
	"strings"
)

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

func (l literal) compare(text string) int { return strings.Compare(l.text, text) }

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
		text, end := patterns[first].text, first+1
		for end < len(patterns) && patterns[end].text == text {
			end++
		}
		t.addLiteral(text, fields[first:end])
		first = end
	}
}

// addLiteral adds the fields of a text that comes after all others.
func (t *table) addLiteral(text string, fields []tableField) {
	t.literals = append(t.literals, literal{text, fields, t.beginning(len(t.literals)-1, text)})
}

// with makes a table of the sections that are not gone, by their numbers, and of
// those of another table, of which it has none. Both are sorted, which is what takes
// the time where a table is made of sections.
func (t *table) with(other *table, gone []bool) *table {
	all := &table{sections: make([]*Section, 0, len(t.sections)+len(other.sections))}
	renumbered := make([]int, len(t.sections))
	for number, s := range t.sections {
		renumbered[number] = len(all.sections)
		if !gone[number] {
			all.sections = append(all.sections, s)
		}
	}
	others := len(all.sections)
	all.sections = append(all.sections, other.sections...)
	all.makeNumbers(all.sections)
	for number, s := range all.sections {
		all.numbers[s.serial-all.first] = int32(number)
	}
	join := func(to, fields, otherFields []tableField) []tableField {
		for _, f := range fields {
			if !gone[f.section] {
				to = append(to, tableField{renumbered[f.section], f.field})
			}
		}
		for _, f := range otherFields {
			to = append(to, tableField{others + f.section, f.field})
		}
		return to
	}
	all.names = join(nil, t.names, other.names)
	for _, number := range t.keywords {
		if !gone[number] {
			all.keywords = append(all.keywords, renumbered[number])
		}
	}
	for _, number := range other.keywords {
		all.keywords = append(all.keywords, others+number)
	}

	all.literals = make([]literal, 0, len(t.literals)+len(other.literals))
	fields := make([]tableField, 0, t.patterns()+other.patterns())
	add := func(text string, of, otherOf []tableField) {
		start := len(fields)
		if fields = join(fields, of, otherOf); len(fields) > start {
			all.addLiteral(text, fields[start:len(fields):len(fields)])
		}
	}
	left := t.literals
	for _, right := range other.literals { // of which there are few
		at, both := slices.BinarySearchFunc(left, right.text, literal.compare)
		for _, l := range left[:at] {
			add(l.text, l.fields, nil)
		}
		left = left[at:]
		if both {
			add(right.text, left[0].fields, right.fields)
			left = left[1:]
		} else {
			add(right.text, nil, right.fields)
		}
	}
	for _, l := range left {
		add(l.text, l.fields, nil)
	}
	return all
}

// patterns is the number of F: fields.
func (t *table) patterns() (n int) {
	for i := range t.literals {
		n += len(t.literals[i].fields)
	}
	return n
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
	place, found := slices.BinarySearchFunc(t.literals, path, literal.compare)
	if found {
		return place
	}
	return t.beginning(place-1, path)
}
