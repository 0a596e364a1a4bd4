// Package maintainers reads MAINTAINERS files and finds the sections that a path
// or a text belongs to, as the kernel's scripts/get_maintainer.pl does.
//
// The rules are those of the file's own preamble and of the script's observable
// behaviour: every section that matches is found, not only the nearest.
package maintainers

import "strings"

// Section is one entry of a MAINTAINERS file. It does not change once it is
// parsed.
type Section struct {
	// Title is the line above the section's first field; "" where a file begins
	// with a field.
	Title string
	// Status is the S: field, such as "Maintained".
	Status string
	// Maintainers are the M: fields, "Name <mail>"; of an older file's pair of P:
	// and M: both. Reviewers are the R: fields, and Lists the addresses of L:.
	Maintainers []string
	Reviewers   []string
	Lists       []string

	// paths are the F: and N: fields in order, and excluded the X: fields.
	paths    []field
	excluded []pattern
	// keywords are the K: fields.
	keywords []*expression

	// serial tells the sections of a parser apart: the first has 0.
	serial int
}

// field is an F: or an N: field.
type field struct {
	pattern pattern
	name    *expression // set for N:
}

// HasPaths reports whether the section tells which files belong to it; those of
// older files do not.
func (s *Section) HasPaths() bool { return len(s.paths) > 0 }

// excludes reports whether an X: field takes the path out of the section.
func (s *Section) excludes(path string, isDir func(string) bool) bool {
	for i := range s.excluded {
		if _, ok := s.excluded[i].match(path, isDir); ok {
			return true
		}
	}
	return false
}

// isField reports whether a line begins with a capital letter and a colon.
func isField(line string) bool {
	return len(line) >= 2 && line[0] >= 'A' && line[0] <= 'Z' && line[1] == ':'
}

// cutField reads a line "F:\tpath": a capital letter, a colon, and the value
// after any white space.
func cutField(line string) (letter byte, value string, ok bool) {
	if !isField(line) {
		return 0, "", false
	}
	return line[0], strings.Trim(line[2:], " \t\r\n\v\f"), true
}

// parseSection reads a section: a title and fields, without other lines.
func parseSection(title string, fields []string) *Section {
	s := &Section{Title: title}
	name := "" // of a P: field that waits for its M:
	for _, line := range fields {
		letter, value, _ := cutField(line)
		switch letter {
		case 'P':
			name = value
			continue
		case 'M':
			if name != "" && strings.IndexByte(value, '<') < 0 {
				value = name + " <" + value + ">"
			}
			s.Maintainers = append(s.Maintainers, value)
		case 'R':
			s.Reviewers = append(s.Reviewers, value)
		case 'L':
			if address, _, _ := strings.Cut(value, " "); address != "" {
				s.Lists = append(s.Lists, address)
			}
		case 'S':
			s.Status = value
		case 'F':
			if value != "" {
				s.paths = append(s.paths, field{pattern: newPattern(value)})
			}
		case 'X':
			if value != "" {
				s.excluded = append(s.excluded, newPattern(value))
			}
		case 'N':
			if e := newExpression(value); e != nil {
				s.paths = append(s.paths, field{name: e})
			}
		case 'K':
			if e := newExpression(value); e != nil {
				s.keywords = append(s.keywords, e)
			}
		}
		name = ""
	}
	return s
}

// Parser reads MAINTAINERS files. Sections that have been read before are found
// again by their text, since from one version of a file to the next nearly all
// are the same one. The zero Parser is ready; it is for one goroutine at a time.
type Parser struct {
	known map[string]*Section
	bytes int
	next  int // serial
}

// Bytes is the length of the text of all sections that the parser knows, which it
// does not forget.
func (p *Parser) Bytes() int { return p.bytes }

// Parse gives the sections of a file. Comments and blank lines do not count, and
// a section begins where a line that is no field is followed by one that is;
// there is no wrong text. It takes time and memory linear in the text.
func (p *Parser) Parse(text string) (sections []*Section) {
	title, titleAt := "", 0
	start, end := 0, 0 // of a section that has fields, with its title
	finish := func() {
		if end > start {
			sections = append(sections, p.section(text[start:end], title))
			start, end = 0, 0
		}
	}
	for at := 0; at < len(text); {
		from := at
		if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
			at += i + 1
		} else {
			at = len(text)
		}
		line := text[from:at]
		if isField(line) {
			if end == 0 {
				start = titleAt
			}
			end = at
			continue
		}
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			finish()
			title, titleAt = line, from
		}
	}
	finish()
	return sections
}

// section gives the section of a text.
func (p *Parser) section(text, title string) *Section {
	if s := p.known[text]; s != nil {
		return s
	}
	if p.known == nil {
		p.known = map[string]*Section{}
	}
	p.bytes += len(text)
	text = strings.Clone(text)
	var fields []string
	for line := range strings.Lines(text) {
		if isField(line) {
			fields = append(fields, line)
		}
	}
	s := parseSection(strings.Clone(title), fields)
	s.serial = p.next
	p.next++
	p.known[text] = s
	return s
}
