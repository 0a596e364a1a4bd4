package tokenizer

import (
	"errors"
	"fmt"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// readSplit reads how texts are split into words.
func readSplit(c *component) (splitter, error) {
	steps, bytes, err := readSteps(nil, c)
	if err != nil {
		return nil, err
	}
	if !bytes {
		return nil, errNotByteLevel
	}
	switch len(steps) {
	case 0:
		return nil, errNotByteLevel
	case 1:
		return steps[0], nil
	}
	return sequence(steps), nil
}

// readSteps appends the steps of a pre-tokenizer, and tells whether it ends with
// one that writes bytes as characters.
func readSteps(steps []splitter, c *component) (_ []splitter, bytes bool, err error) {
	if c == nil {
		return steps, false, nil
	}
	switch c.Type {
	case "Sequence":
		for i := range c.PreTokenizers {
			if steps, bytes, err = readSteps(steps, &c.PreTokenizers[i]); err != nil {
				return nil, false, err
			}
		}
		return steps, bytes, nil
	case "ByteLevel":
		if c.AddPrefixSpace {
			return nil, false, errors.New("a pre-tokenizer that adds a space to texts: that is not supported")
		}
		if c.UseRegex == nil || *c.UseRegex {
			steps = append(steps, pattern{gpt2: true})
		}
		return steps, true, nil
	case "Digits":
		if c.IndividualDigits {
			return append(steps, pieces{expression: `\p{N}`}.compiled()), false, nil
		}
		return append(steps, pieces{expression: `\p{N}+`}.compiled()), false, nil
	case "Split":
		if c.Behavior != "Isolated" || c.Invert || c.Pattern.String != nil || c.Pattern.Regex == "" {
			return nil, false, fmt.Errorf("a pre-tokenizer that splits with behavior %q: only isolated matches of a regular expression are supported", c.Behavior)
		}
		if p, ok := known(c.Pattern.Regex); ok {
			return append(steps, p), false, nil
		}
		p, err := compile(c.Pattern.Regex)
		if err != nil {
			return nil, false, err
		}
		return append(steps, p), false, nil
	}
	return nil, false, fmt.Errorf("a pre-tokenizer of type %q: only byte-level BPE is read", c.Type)
}

// pieces splits at the matches of a regular expression: these are words, and so is
// what lies between them.
type pieces struct {
	expression string
	regexp     *regexp2.Regexp
}

// matchTimeout keeps an expression that backtracks without end from hanging: what
// comes after it is one word.
const matchTimeout = 10 * time.Second

func compile(expression string) (pieces, error) {
	compiled, err := regexp2.Compile(expression, regexp2.Unicode)
	if err != nil {
		return pieces{}, fmt.Errorf("the pre-tokenizer's expression: %w", err)
	}
	compiled.MatchTimeout = matchTimeout
	return pieces{expression, compiled}, nil
}

// compiled is for the expressions of this package.
func (p pieces) compiled() pieces {
	p, err := compile(p.expression)
	if err != nil {
		panic(err)
	}
	return p
}

func (p pieces) words(text string, each func(word string) bool) {
	// Matches are counted in characters, words are parts of the text.
	runes := []rune(text)
	at := 0
	emit := func(from, to int) bool { return from == to || each(string(runes[from:to])) }
	match, err := p.regexp.FindRunesMatch(runes)
	for ; err == nil && match != nil; match, err = p.regexp.FindNextMatch(match) {
		if match.RuneLength == 0 {
			continue
		}
		if !emit(at, match.RuneIndex) || !emit(match.RuneIndex, match.RuneIndex+match.RuneLength) {
			return
		}
		at = match.RuneIndex + match.RuneLength
	}
	emit(at, len(runes))
}

// sequence splits the words of each step by the next one.
type sequence []splitter

func (s sequence) words(text string, each func(word string) bool) { s.from(0, text, each) }

func (s sequence) from(step int, text string, each func(word string) bool) (more bool) {
	if step == len(s) {
		return each(text)
	}
	more = true
	s[step].words(text, func(word string) bool {
		more = s.from(step+1, word, each)
		return more
	})
	return more
}
