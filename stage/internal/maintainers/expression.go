package maintainers

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// expression is the value of an N: or K: field: a regular expression, in which
// white space means nothing. needs are texts of which one must occur wherever
// the expression holds, which is far faster to find out; without any it has to be
// tried.
type expression struct {
	regexp *regexp.Regexp
	needs  []string
	pairs  []pairSet // of the needs
	// notBehind, if set, must not hold for the text right before.
	notBehind *regexp.Regexp
}

// newExpression compiles an expression; nil where it has no form that Go's
// regexp knows, such as one that looks ahead. It then holds for nothing. Of what
// Go does not know, "(?<!uni)versal" occurs: not behind "uni".
func newExpression(text string) *expression {
	text = withoutSpace(text)
	var notBehind *regexp.Regexp
	if rest, ok := strings.CutPrefix(text, "(?<!"); ok {
		behind, rest, closed := strings.Cut(rest, ")")
		if notBehind, _ = regexp.Compile("(?:" + behind + ")$"); !closed || notBehind == nil {
			return nil
		}
		text = rest
	}
	if text == "" || len(text) > longestPattern {
		return nil
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		return nil
	}
	needs, _ := required(parsed)
	e := &expression{regexp: compiled, needs: needs, pairs: make([]pairSet, len(needs)), notBehind: notBehind}
	for i, need := range needs {
		e.pairs[i].set(need)
	}
	return e
}

// holdsIn is holds for a text whose pairs are known, which is faster where it does
// not hold.
func (e *expression) holdsIn(text string, pairs *pairSet) bool {
	if len(e.pairs) == 0 {
		return e.holds(text)
	}
	for i := range e.pairs {
		if pairs.mayHold(&e.pairs[i]) {
			return e.holds(text)
		}
	}
	return false
}

// holds reports whether the expression holds somewhere in the text.
func (e *expression) holds(text string) bool {
	if !e.mayHold(text) {
		return false
	}
	if e.notBehind == nil {
		return e.regexp.MatchString(text)
	}
	from := 0
	for range mostTries {
		at := e.regexp.FindStringIndex(text[from:])
		if at == nil {
			return false
		}
		if !e.notBehind.MatchString(text[:from+at[0]]) {
			return true
		}
		if from += at[0] + 1; from > len(text) {
			return false
		}
	}
	return false
}

// mostTries bounds the places where an expression is tried that must not be
// behind something.
const mostTries = 100

// mayHold is false where the expression holds nowhere in the text.
func (e *expression) mayHold(text string) bool {
	return len(e.needs) == 0 || slices.ContainsFunc(e.needs, func(need string) bool { return strings.Contains(text, need) })
}

// withoutSpace takes out white space and comments, as Perl's flag x does: but
// for what is escaped or in brackets.
func withoutSpace(text string) string {
	var out strings.Builder
	inClass := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			out.WriteByte(c)
			i++
			c = text[i]
		case inClass:
			inClass = c != ']'
		case c == '[':
			inClass = true
		case c == ' ' || c == '\t':
			continue
		case c == '#':
			return out.String()
		}
		out.WriteByte(c)
	}
	return out.String()
}

// mostNeeds bounds the texts that are looked for in place of an expression.
const mostNeeds = 8

// required gives texts of which one is in all that an expression holds for. ok
// is false where none can be told.
func required(re *syntax.Regexp) (texts []string, ok bool) {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return nil, false
		}
		return []string{string(re.Rune)}, true
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if found, known := required(sub); known && (!ok || shortest(found) > shortest(texts)) {
				texts, ok = found, true
			}
		}
		return texts, ok
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			found, known := required(sub)
			if !known || len(texts)+len(found) > mostNeeds {
				return nil, false
			}
			texts = append(texts, found...)
		}
		return texts, len(texts) > 0
	}
	return nil, false
}

// shortest gives the length of the shortest text, which finds the most.
func shortest(texts []string) int {
	least := len(texts[0])
	for _, text := range texts {
		least = min(least, len(text))
	}
	return least
}
