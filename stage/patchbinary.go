package stage

import "strings"

// binaryPatch reads over what `git diff --binary` writes for a file: the new
// content or how it differs from the old one, and mostly the same the other way
// round, each as compressed data in base 85 up to an empty line.
func (p *patchParser) binaryPatch() error {
	if !p.atBinaryData() {
		return p.expected("\"literal\" or \"delta\" and a size")
	}
	for range 2 {
		if !p.atBinaryData() {
			return nil
		}
		p.next()
		for p.atBase85() {
			p.next()
		}
		if line := p.line(); line == nil || hunkLineKind(line) != ' ' || p.text() != "" {
			return p.expected("a line of base 85 data, or the empty line that ends it")
		}
		p.next()
	}
	return nil
}

func (p *patchParser) atBinaryData() bool {
	kind, size, ok := strings.Cut(p.text(), " ")
	if !ok || kind != "literal" && kind != "delta" {
		return false
	}
	_, rest, ok := parseNumber(size)
	return ok && rest == ""
}

// atBase85 reports whether the line is a letter for its number of bytes (A to Z
// for 1 to 26, a to z for 27 to 52) and five characters for every four of them.
func (p *patchParser) atBase85() bool {
	line := p.line()
	if len(line) == 0 {
		return false
	}
	size := 0
	switch c := line[0]; {
	case c >= 'A' && c <= 'Z':
		size = int(c-'A') + 1
	case c >= 'a' && c <= 'z':
		size = int(c-'a') + 27
	default:
		return false
	}
	return len(p.text()) == 1+(size+3)/4*5
}
