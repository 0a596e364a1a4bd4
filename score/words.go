package score

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Words is a set of words and phrases to look for in a text. It does not
// change, and is safe for concurrent use.
//
// Words match as a whole and in any case: "style" is not in "lifestyle", nor in
// code and names of files such as "style_flags", "style()", "style.css" and
// "doc/style/main". No other forms of a word match than those listed.
//
// The words of a phrase may stand apart by white space, one line break, or
// hyphens: "clean up" is in "clean-up" too.
type Words struct {
	// phrases are found by their first words, in lower case.
	phrases map[string][]phrase
	// firstBytes are the bytes that phrases begin with; bytes that are not
	// ASCII are all there.
	firstBytes [256]bool
	// longest is the length of the longest first word.
	longest int
	err     error
}

// phrase is a phrase without its first word.
type phrase struct {
	rest   []string
	except bool
}

// numberLike stands in a phrase for a number, a version or an abbreviated hash.
const numberLike = "#"

// NewWords makes a set of phrases, of one or more words each.
//
// A word "#", not the first of its phrase, stands for anything that begins with
// a digit, for a version such as v6.1, and for an abbreviated commit hash.
//
// A phrase after "!" is an exception: where it is found, it hides the shorter
// phrases, and the equal one, that begin in it: with "since" and "!since #" the
// text "since v6.1" does not match.
//
// An empty phrase, or one with anything but words in it, makes a set that the
// Open method of its user refuses.
func NewWords(phrases ...string) *Words {
	w := &Words{phrases: make(map[string][]phrase, len(phrases))}
	for i := 0x80; i < len(w.firstBytes); i++ {
		w.firstBytes[i] = true
	}
	var wrong []error
	for _, text := range phrases {
		if err := w.add(text); err != nil {
			wrong = append(wrong, err)
		}
	}
	w.err = errors.Join(wrong...)
	return w
}

func (w *Words) add(text string) error {
	text, except := strings.CutPrefix(text, "!")
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ' ' || r == '-' })
	if len(words) == 0 {
		return errors.New("an empty phrase")
	}
	for i, word := range words {
		if word == numberLike && i > 0 {
			continue
		}
		scan := scanner{text: word}
		if found, ok := scan.next(); !ok || found != word {
			return fmt.Errorf("phrase %q: %q is not a word", text, word)
		}
	}
	w.firstBytes[words[0][0]] = true
	w.longest = max(w.longest, len(words[0]))
	w.phrases[words[0]] = append(w.phrases[words[0]], phrase{words[1:], except})
	return nil
}

// check gives the mistakes in the phrases; a nil set has none.
func (w *Words) check(name string) error {
	if w == nil || w.err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, w.err)
}

// in reports whether the text holds one of the phrases.
func (w *Words) in(text string) bool {
	scan := scanner{text: text}
	for {
		word, ok := scan.next()
		if !ok {
			return false
		}
		if !w.firstBytes[lowerASCII(word[0])] || len(word) > w.longest {
			continue
		}
		after, length, except := scan, 0, false
		for _, p := range w.phrases[string(appendLower(make([]byte, 0, 32), word))] {
			end, found := p.follows(scan)
			if !found || len(p.rest)+1 < length {
				continue
			}
			// Of phrases of one length an exception decides.
			except = p.except || except && len(p.rest)+1 == length
			after, length = end, len(p.rest)+1
		}
		if length > 0 && !except {
			return true
		}
		scan = after
	}
}

// follows reports whether the rest of the phrase comes next, and where it ends.
func (p phrase) follows(scan scanner) (end scanner, found bool) {
	for _, want := range p.rest {
		word, ok := scan.next()
		if !ok || !scan.adjoins || !matches(want, word) {
			return scan, false
		}
	}
	return scan, true
}

func matches(want, word string) bool {
	if want == numberLike {
		return isNumberLike(word)
	}
	return strings.EqualFold(want, word)
}

// isNumberLike takes a word for a number, a version or a hash.
func isNumberLike(word string) bool {
	version := strings.TrimLeft(word, "vV")
	if len(word)-len(version) <= 1 && version != "" && isDigit(version[0]) {
		return true
	}
	digits := 0
	for i := range len(word) {
		if !isHexDigit(word[i]) {
			return false
		}
		if isDigit(word[i]) {
			digits++
		}
	}
	return digits > 0 && len(word) >= 7
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c |= 0x20
	}
	return c
}

// appendLower appends the word in lower case.
func appendLower(dst []byte, word string) []byte {
	for i := range len(word) {
		if word[i] >= 0x80 {
			return append(dst[:0], strings.Map(unicode.ToLower, word)...)
		}
		dst = append(dst, lowerASCII(word[i]))
	}
	return dst
}
