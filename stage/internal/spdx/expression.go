package spdx

import "strings"

// words splits a licence expression at white space and parentheses.
func words(text string) []string {
	var words []string
	for _, field := range strings.Fields(text) {
		for field != "" {
			end := strings.IndexAny(field, "()")
			switch end {
			case -1:
				end = len(field)
			case 0:
				end = 1
			}
			words = append(words, field[:end])
			field = field[end:]
		}
	}
	return words
}

// join writes words with single spaces, and none inside of parentheses.
func join(words []string) string {
	var text strings.Builder
	for i, word := range words {
		if i > 0 && word != ")" && words[i-1] != "(" {
			text.WriteByte(' ')
		}
		text.WriteString(word)
	}
	return text.String()
}

// parser reads an expression of the SPDX specification, annex D:
//
//	expression = term *( ( "AND" / "OR" ) term )
//	term       = "(" expression ")" / license [ "WITH" exception ]
type parser struct {
	words []string
}

// deepest is how deep parentheses may nest.
const deepest = 16

func (p *parser) expression(depth int) bool {
	for {
		if !p.term(depth) {
			return false
		}
		if !p.operator("AND") && !p.operator("OR") {
			return true
		}
	}
}

func (p *parser) term(depth int) bool {
	if p.take("(") {
		return depth < deepest && p.expression(depth+1) && p.take(")")
	}
	return p.identifier() && (!p.operator("WITH") || p.identifier())
}

// take goes past a word if it is the next one.
func (p *parser) take(word string) bool {
	if len(p.words) == 0 || p.words[0] != word {
		return false
	}
	p.words = p.words[1:]
	return true
}

// operator goes past an operator, which may be in upper or in lower case.
func (p *parser) operator(word string) bool {
	return p.take(word) || p.take(strings.ToLower(word))
}

// identifier goes past the identifier of a licence or of an exception.
func (p *parser) identifier() bool {
	if len(p.words) == 0 {
		return false
	}
	if !isIdentifier(p.words[0]) {
		return false
	}
	p.words = p.words[1:]
	return true
}

// isIdentifier reports whether a word can name a licence or an exception.
func isIdentifier[T string | []byte](word T) bool {
	switch string(word) {
	case "", "AND", "OR", "WITH", "and", "or", "with":
		return false
	}
	for i := range len(word) {
		c := word[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte("-.+:", c) < 0 {
			return false
		}
	}
	return true
}
