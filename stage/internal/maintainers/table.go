package maintainers

import (
	"slices"
	"strings"
)

// table holds the fields of sections by the texts that paths must begin with. What
// there is much of holds few pointers, since many tables may be in use at a time.
type table struct {
	sections []*Section
	counts   []int        // how often each occurs
	paths    int          // the sections that tell which files belong to them
	numbers  []int32      // by serial less first; negative for sections of others
	first    int          // the lowest serial
	literals []literal    // sorted by text
	fields   []tableField // those of all literals
	names    []tableField // N:, which can be about any path
	keywords []int        // the sections with K: fields
}

// literal is the F: fields whose patterns begin with the same text up to the first
// character that stands for others.
type literal struct {
	text string
	// begin and end bound the fields in the table's.
	begin, end int32
	// shorter is the place of the longest other text that this one begins with;
	// -1 for none.
	shorter int32
}

func (l literal) compare(text string) int { return strings.Compare(l.text, text) }

// tableField is a section's field, both by their numbers.
type tableField struct{ section, field int32 }

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
		t.sections, t.counts = append(t.sections, s), append(t.counts, 1)
		if s.HasPaths() {
			t.paths++
		}
		for i := range s.paths {
			switch {
			case s.paths[i].name != nil:
				t.names = append(t.names, tableField{int32(number), int32(i)})
			case !s.paths[i].pattern.never:
				patterns = append(patterns, literalField{s.paths[i].pattern.literal, tableField{int32(number), int32(i)}})
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
	t.literals = make([]literal, 0, len(patterns))
	t.fields = make([]tableField, 0, len(patterns))
	for first := 0; first < len(patterns); {
		text := patterns[first].text
		for ; first < len(patterns) && patterns[first].text == text; first++ {
			t.fields = append(t.fields, patterns[first].tableField)
		}
		t.addLiteral(text)
	}
}

// addLiteral adds a text that comes after all others; its fields are those of no
// other text.
func (t *table) addLiteral(text string) {
	begin := int32(0)
	if n := len(t.literals); n > 0 {
		begin = t.literals[n-1].end
	}
	shorter := t.beginning(len(t.literals)-1, text)
	t.literals = append(t.literals, literal{text, begin, int32(len(t.fields)), int32(shorter)})
}

// fieldsOf gives the fields of a literal.
func (t *table) fieldsOf(l *literal) []tableField { return t.fields[l.begin:l.end] }

// with makes a table of the sections that are not gone, by their numbers, and of
// those of another table, of which it has none; either may be nil. changes tells how
// much more often each occurs. Both tables are sorted, which is what takes the time
// where a table is made of sections.
func (t *table) with(other *table, gone []bool, changes map[*Section]int) *table {
	if other == nil {
		other = &table{}
	}
	all := &table{sections: make([]*Section, 0, len(t.sections)+len(other.sections))}
	renumbered := make([]int32, len(t.sections))
	for number, s := range t.sections {
		if gone != nil && gone[number] {
			renumbered[number] = -1
			continue
		}
		renumbered[number] = int32(len(all.sections))
		all.sections = append(all.sections, s)
		all.counts = append(all.counts, t.counts[number]+changes[s])
	}
	others := int32(len(all.sections))
	for _, s := range other.sections {
		all.sections = append(all.sections, s)
		all.counts = append(all.counts, changes[s])
	}
	all.makeNumbers(all.sections)
	for number, s := range all.sections {
		all.numbers[s.serial-all.first] = int32(number)
		if s.HasPaths() {
			all.paths++
		}
	}
	join := func(to, fields, otherFields []tableField) []tableField {
		for _, f := range fields {
			if number := renumbered[f.section]; number >= 0 {
				to = append(to, tableField{number, f.field})
			}
		}
		for _, f := range otherFields {
			to = append(to, tableField{others + f.section, f.field})
		}
		return to
	}
	all.names = join(nil, t.names, other.names)
	for _, number := range t.keywords {
		if renumbered[number] >= 0 {
			all.keywords = append(all.keywords, int(renumbered[number]))
		}
	}
	for _, number := range other.keywords {
		all.keywords = append(all.keywords, int(others)+number)
	}

	all.literals = make([]literal, 0, len(t.literals)+len(other.literals))
	all.fields = make([]tableField, 0, len(t.fields)+len(other.fields))
	add := func(text string, of, otherOf []tableField) {
		before := len(all.fields)
		if all.fields = join(all.fields, of, otherOf); len(all.fields) > before {
			all.addLiteral(text)
		}
	}
	left := t.literals
	for i := range other.literals { // of which there are few
		right := &other.literals[i]
		at, both := slices.BinarySearchFunc(left, right.text, literal.compare)
		for j := range left[:at] {
			add(left[j].text, t.fieldsOf(&left[j]), nil)
		}
		left = left[at:]
		if both {
			add(right.text, t.fieldsOf(&left[0]), other.fieldsOf(right))
			left = left[1:]
		} else {
			add(right.text, nil, other.fieldsOf(right))
		}
	}
	for j := range left {
		add(left[j].text, t.fieldsOf(&left[j]), nil)
	}
	return all
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
		place = int(t.literals[place].shorter)
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
