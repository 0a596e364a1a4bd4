package score

import (
	"strings"
	"unicode/utf8"

	"github.com/commitflow/commitflow/stage"
)

// builtIn are the rules of [Heuristic] with their usual points.
var builtIn = []struct {
	name    string
	points  float32
	applies func(Heuristic, *stage.Commit) bool
}{
	{RuleBase, 20, func(Heuristic, *stage.Commit) bool { return true }},
	{RuleSignedOffBy, 15, func(_ Heuristic, c *stage.Commit) bool { return vouchedFor(c, "signed-off") }},
	{RuleReviewedBy, 20, func(_ Heuristic, c *stage.Commit) bool { return vouchedFor(c, "reviewed") }},
	{RuleAckedBy, 10, func(_ Heuristic, c *stage.Commit) bool { return vouchedFor(c, "acked") }},
	{RuleFixes, 20, func(_ Heuristic, c *stage.Commit) bool { return fixesCommit(c) }},
	{RuleLongMessage, 10, func(_ Heuristic, c *stage.Commit) bool { return longerThan(c.Message, 200) }},
	{RuleRationale, 15, func(h Heuristic, c *stage.Commit) bool { return givesReason(h, c) }},
	{RuleFewFiles, 10, func(_ Heuristic, c *stage.Commit) bool { return 1 <= len(c.Files) && len(c.Files) <= 5 }},
	{RuleManyFiles, -30, func(_ Heuristic, c *stage.Commit) bool { return len(c.Files) > 20 }},
	{RuleTrivialSubject, -50, func(h Heuristic, c *stage.Commit) bool { return soundsTrivial(h, c) }},
}

// vouchedFor reports whether somebody did with the commit what the trailer
// "<deed>-by" says, alone or together with other deeds.
func vouchedFor(c *stage.Commit, deed string) bool {
	for i := range c.Trailers {
		if t := &c.Trailers[i]; !t.Loose && t.Value != "" && t.Tells(deed) {
			return true
		}
	}
	return false
}

// fixesCommit reports whether a trailer says which commit is fixed.
func fixesCommit(c *stage.Commit) bool {
	for i := range c.Trailers {
		if t := &c.Trailers[i]; !t.Loose && t.Is("Fixes") && startsWithHash(t.Value) {
			return true
		}
	}
	return false
}

// startsWithHash reports whether a value begins with 5 to 40 hexadecimal
// digits, the range that occurs in the kernel's history.
func startsWithHash(value string) bool {
	const commit = "commit "
	if len(value) > len(commit) && strings.EqualFold(value[:len(commit)], commit) {
		value = strings.TrimLeft(value[len(commit):], " ")
	}
	digits := 0
	for digits < len(value) && isHexDigit(value[digits]) {
		digits++
	}
	if digits < 5 || digits > 40 {
		return false
	}
	after, _ := utf8.DecodeRuneInString(value[digits:])
	return digits == len(value) || !isWordRune(after)
}

func isHexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// longerThan reports whether a text has more characters than the limit,
// without counting more of them than it must.
func longerThan(text string, limit int) bool {
	text = strings.TrimSpace(text)
	if len(text) <= limit {
		return false
	}
	for range text {
		if limit--; limit < 0 {
			return true
		}
	}
	return false
}

func givesReason(h Heuristic, c *stage.Commit) bool {
	words := h.RationaleWords
	if words == nil {
		words = defaultRationale
	}
	return words.in(c.Prose())
}

func soundsTrivial(h Heuristic, c *stage.Commit) bool {
	words := h.TrivialWords
	if words == nil {
		words = defaultTrivial
	}
	return words.in(withoutQuoted(c.Subject))
}

// withoutQuoted leaves out the subject that the subject of a revert quotes: to
// take back a cleanup that broke something is not trivial.
func withoutQuoted(subject string) string {
	for _, verb := range [...]string{`Revert "`, `Reapply "`} {
		if strings.HasPrefix(subject, verb) {
			return verb
		}
	}
	return subject
}
