package score

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
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
	// beginnings tells which two bytes a phrase may begin with: the lower five
	// bits of the first lead to a bit for those of the second, or for 0 where
	// there is none. That leaves the case of a letter out, and most words of a
	// text need not be looked up.
	beginnings [32]uint32
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
	at, bit := beginning(words[0])
	w.beginnings[at] |= bit
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
		if len(word) > w.longest || !w.mayBegin(word) {
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

// mayBegin reports whether a phrase may begin with a word.
func (w *Words) mayBegin(word string) bool {
	if word[0] >= utf8.RuneSelf || len(word) > 1 && word[1] >= utf8.RuneSelf {
		return true // its lower case may be any other bytes
	}
	at, bit := beginning(word)
	return w.beginnings[at]&bit != 0
}

// beginning gives the place of a word's first two bytes in the beginnings.
func beginning(word string) (at byte, bit uint32) {
	second := byte(0)
	if len(word) > 1 {
		second = word[1]
	}
	return word[0] & 31, 1 << (second & 31)
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
