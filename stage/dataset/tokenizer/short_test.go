package tokenizer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What is told at a glance is what the pattern tells, and another word is never taken
// for it, not even one that goes on with zeros.
func TestShortWordsAreThoseOfThePattern(t *testing.T) {
	p := pattern{digits: 3}
	seen := map[shortWord]string{}
	for _, text := range append(texts, "a\x00", "a\x00\x00b", "abcdefg", "abcdefgh", "-abcdef", "-abcdefg", "(a)", "aé", "abé", "'d", "9a", "\na", "\x7fab", "@`[{Az") {
		for at := 0; at < len(text); at++ {
			end := p.next(text, at)
			if word, size := lettersAt(text, at); size > 0 {
				require.Equal(t, end-at, size, "%.40q at %d", text, at)
				require.Equal(t, newShortWord(text, at, size), word)
			}
			for size := 1; size <= min(shortLen, len(text)-at); size++ {
				word := newShortWord(text, at, size)
				require.Zero(t, word&shortTokens)
				if other, ok := seen[word]; ok {
					require.Equal(t, other, text[at:at+size])
				}
				seen[word] = text[at : at+size]
			}
		}
	}
}

func TestShortCacheKeepsTwoWordsOfAPlace(t *testing.T) {
	c := newShortCache()
	same := func(word shortWord) bool { return c.places(word) == c.places(1) }
	var words []shortWord
	for word := shortWord(1); len(words) < 3; word++ {
		if same(word) {
			words = append(words, word)
		}
	}
	for i, word := range words {
		_, ok := c.find(word)
		require.False(t, ok)
		c.keep(word, i+1)
	}
	_, ok := c.find(words[0])
	require.False(t, ok, "it was driven out")
	for i, word := range words[1:] {
		tokens, ok := c.find(word)
		require.True(t, ok)
		require.Equal(t, i+2, tokens)
	}
}
