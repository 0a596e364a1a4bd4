package score

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestWordsAreWhole(t *testing.T) {
	words := NewWords("style", "typo")
	tests := []struct {
		text string
		want bool
	}{
		{"style", true}, {"Style", true}, {"STYLE", true}, {"a style.", true}, {"(style)", true}, {"“style”", true}, {"'style'", true},
		{"style:", true}, {"fix: style", true}, {"coding-style", true}, {"style\n", true}, {"\xffstyle\xff", true},
		{"", false}, {"lifestyle", false}, {"styles", false}, {"stylé", false}, {"éstyle", false}, {"style2", false}, {"sty le", false},
		{"style\u0301", false},
		// code and names
		{"style_flags", false}, {"_style", false}, {"style()", false}, {"style.css", false}, {"css.style", false},
		{"doc/style/main", false}, {"/style/main", false}, {"doc/style.txt", false}, {"see https://x.org/style", false},
		// but alternatives are words
		{"style/typo", true}, {"indent/style", true}, {"x/style.", true}, {"style(s)", true}, {"doc/style/main style", true},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, words.in(test.text), "%q", test.text)
	}
}

func TestWordsInPhrases(t *testing.T) {
	words := NewWords("due to", "as a result", "don't", "since", "!since v6", "!since #", "!ever since", "Größe")
	tests := []struct {
		text string
		want bool
	}{
		{"due to x", true}, {"Due\nto x", true}, {"due \t\r\n  to", true}, {"due-to", true}, {"due due to", true},
		{"due", false}, {"to due", false}, {"due, to", false}, {"due\n\nto", false}, {"due x to", false}, {"overdue to", false}, {"due total", false},
		{"As a result,", true}, {"as a as a result", true}, {"as a", false},
		{"Don't", true}, {"don", false}, {"don' t", false},
		{"größe", true}, {"GRÖSSE", false}, {"GRÖßE", true},
		{"since it is", true}, {"since", true}, {"since, v6.1", true},
		{"since v6.1", false}, {"since 2015", false}, {"since\nV5", false}, {"since 1a2b3c4", false}, {"ever since", false}, {"ever-since x", false},
		{"since vvv", true}, {"since abcdefg", true}, {"since deadbee", true}, {"since 1st", false}, {"since v6.1 since it is", true},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, words.in(test.text), "%q", test.text)
	}
}

func TestWordsLongestPhraseDecides(t *testing.T) {
	words := NewWords("clean up", "!clean up path", "clean up path fix", "!typo", "typo")
	for text, want := range map[string]bool{
		"clean up":          true,
		"clean up path":     false,
		"clean up paths":    true,
		"clean up path fix": true,
		"typo":              false,
	} {
		assert.Equal(t, want, words.in(text), text)
	}
}

func TestDefaultWords(t *testing.T) {
	assert.NoError(t, defaultRationale.check("rationale"))
	assert.NoError(t, defaultTrivial.check("trivial"))

	for _, text := range []string{
		"because", "Since the", "due to", "the reason", "reasons:", "triggers", "triggered by", "the cause", "caused", "causing",
		"This resolves", "resolve it", "As a result,", "leads to", "in order to", "so that", "root-cause", "since commits are rare? no, since then... since so",
	} {
		assert.True(t, defaultRationale.in(text), text)
	}
	for _, text := range []string{
		"", "since v5.3", "since commit 0123456789ab", "since then", "ever since", "since 2.6.12-rc2", "edge-triggered", "trigger_type",
		"led_trigger()", "becausé", "reasonable", "triggerhappy", "unresolved", "drivers/iio/trigger/main",
	} {
		assert.False(t, defaultRationale.in(text), text)
	}
	for _, text := range []string{
		"Fix typo", "typos in comments", "Whitespace", "white-space", "formatting:", "cleanup", "cleanups", "Clean up x", "clean-up",
		"remove unused x", "indent", "indentation", "re-indent", "style:", "coding style",
	} {
		assert.True(t, defaultTrivial.in(text), text)
	}
	for _, text := range []string{
		"", "lifestyle", "new-style drivers", "cleanup_module", "fix the cleanup path", "cleanup()", "information", "reused", "typology", "Documentation/style/x",
	} {
		assert.False(t, defaultTrivial.in(text), text)
	}

	DefaultTrivialWords()[0] = "changed"
	assert.Equal(t, "typo", DefaultTrivialWords()[0], "the caller has a copy")
}

func TestWordsDoNotAllocate(t *testing.T) {
	text := strings.Repeat("Reading it too early makes the driver slow; this is no re\nsult of drivers/a/b.c. ", 10)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if defaultRationale.in(text) {
			t.Fatal("found something")
		}
	}))
}

func BenchmarkWords(b *testing.B) {
	text := strings.Repeat("Reading it too early makes the driver slow; this is no re\nsult of drivers/a/b.c. ", 10)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		defaultRationale.in(text)
	}
}

func FuzzWords(f *testing.F) {
	f.Add("due to", "It was due\nto x")
	f.Add("!since #", "since v6.1")
	f.Add("clean up", "drivers/a/b.c: Clean-up()")
	f.Add("größe", "GRÖßE \xff")
	f.Fuzz(func(t *testing.T, phrase, text string) {
		found := NewWords(phrase).in(text)
		if found {
			assert.False(t, strings.HasPrefix(phrase, "!"))
		}
		words := NewWords(phrase)
		if words.err == nil && !strings.HasPrefix(phrase, "!") && !strings.Contains(phrase, numberLike) && isPlain(phrase) {
			assert.True(t, words.in("x, "+phrase+", x"), "%q finds itself", phrase)
		}
		// Every word is taken from the text, in order, and none is empty.
		scan := scanner{text: text}
		for {
			before := scan.pos
			word, ok := scan.next()
			if !ok {
				break
			}
			assert.NotEmpty(t, word)
			assert.Greater(t, scan.pos, before)
			assert.True(t, strings.HasSuffix(text[:scan.pos], word))
			if utf8.ValidString(text) {
				assert.True(t, utf8.ValidString(word))
			}
		}
	})
}

// isPlain holds for phrases of ASCII letters, hyphens and spaces.
func isPlain(phrase string) bool {
	return strings.Trim(strings.ToLower(phrase), "abcdefghijklmnopqrstuvwxyz -") == "" && strings.IndexFunc(phrase, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
