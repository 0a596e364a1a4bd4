package stage

import (
	"fmt"
	"strings"
)

// phraseIndex finds phrases in a text: it maps the first word of each to the
// words that must follow and the rule that asked.
type phraseIndex map[string][]phrase

type phrase struct {
	rest []string
	rule int
}

// add takes a phrase on behalf of a rule.
func (x phraseIndex) add(text string, rule int) error {
	t := readWords(text, nil, nil)
	if len(t.words) == 0 {
		return fmt.Errorf("the phrase %q has no word", text)
	}
	p := phrase{rule: rule}
	for _, w := range t.words[1:] {
		p.rest = append(p.rest, string(t.lower(w)))
	}
	first := string(t.lower(t.words[0]))
	x[first] = append(x[first], p)
	return nil
}

// wordText is a text in lower case, cut into words. Letters, digits and
// underscores make a word, and an apostrophe within one.
type wordText struct {
	text  string
	folds []byte // text in lower case
	words []wordSpan
}

type wordSpan struct{ start, end int }

// maxWords is how much of a text is read: a subject with more words than that
// is a message without a blank line after its subject.
const maxWords = 200

// readWords cuts a text into its first words. It uses the two slices' memory
// as far as that goes.
func readWords(text string, folds []byte, words []wordSpan) wordText {
	t := wordText{text: text, folds: append(folds, text...), words: words}
	start := -1
	for i, b := range t.folds {
		if 'A' <= b && b <= 'Z' {
			t.folds[i] = b | 0x20
		}
		inside := isWordByte(b) || b == '\'' && start >= 0 && i+1 < len(t.folds) && isWordByte(t.folds[i+1])
		switch {
		case inside && start < 0:
			start = i
		case !inside && start >= 0:
			t.words = append(t.words, wordSpan{start, i})
			start = -1
			if len(t.words) == maxWords {
				return t
			}
		}
	}
	if start >= 0 {
		t.words = append(t.words, wordSpan{start, len(text)})
	}
	return t
}

func (t *wordText) lower(w wordSpan) []byte { return t.folds[w.start:w.end] }

// find calls each for every place where a phrase of the index stands between
// the words first and last (exclusive).
func (t *wordText) find(x phraseIndex, first, last int, each func(p phrase, from, to int)) {
	for i := first; i < last; i++ {
		for _, p := range x[string(t.lower(t.words[i]))] {
			if end := i + 1 + len(p.rest); end <= last && t.follows(i, p.rest) {
				each(p, i, end)
			}
		}
	}
}

// has tells whether any phrase of the index stands between the words.
func (t *wordText) has(x *phraseIndex, first, last int) bool {
	found := false
	if x != nil {
		t.find(*x, first, last, func(phrase, int, int) { found = true })
	}
	return found
}

// follows tells whether the rest of a phrase stands after word i, with nothing
// but blanks and hyphens between.
func (t *wordText) follows(i int, rest []string) bool {
	for n, word := range rest {
		w := t.words[i+n+1]
		if string(t.lower(w)) != word {
			return false
		}
		for _, b := range t.folds[t.words[i+n].end:w.start] {
			if b != ' ' && b != '-' && b != '/' {
				return false
			}
		}
	}
	return true
}

// affirms tells whether the words from up to to are said of the change: not
// denied, and not part of a name.
func (t *wordText) affirms(from, to int) bool {
	for i := max(0, from-2); i < from; i++ {
		if isNegation(t.lower(t.words[i])) && t.sameClause(i, from) {
			return false
		}
	}
	return to-from > 1 || !t.isName(t.words[from])
}

// isName tells whether a word is the name of a function or a file, or an
// option of a command: refactor(), lib/refactor.c, --refactor.
func (t *wordText) isName(w wordSpan) bool {
	before, after := t.text[:w.start], t.text[w.end:]
	switch {
	case strings.HasSuffix(before, "/"), strings.HasSuffix(before, "."), strings.HasSuffix(before, " -"), strings.HasSuffix(before, "--"):
		return true
	case strings.HasPrefix(after, "("), strings.HasPrefix(after, "="), strings.HasPrefix(after, "["), strings.HasPrefix(after, "/"):
		return true
	}
	return len(after) > 1 && after[0] == '.' && isWordByte(after[1])
}

// sameClause tells whether no punctuation stands between two words.
func (t *wordText) sameClause(from, to int) bool {
	for _, b := range t.folds[t.words[from].end:t.words[to].start] {
		if b == ',' || b == ';' || b == ':' || b == '.' || b == '(' || b == ')' {
			return false
		}
	}
	return true
}

func isNegation(word []byte) bool {
	switch string(word) {
	case "no", "not", "non", "never", "without", "don't", "dont", "doesn't", "isn't", "cannot", "can't":
		return true
	}
	return false
}
