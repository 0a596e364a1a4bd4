package stage

import (
	"strings"

	"github.com/commitflow/commitflow/stage/internal/blanks"
)

// The kernel's maintainers and tools take a trailer for one wherever it begins a
// line: people leave a blank line between "Fixes:" and "Signed-off-by:", or
// write prose below them. Only trailers that the kernel's documents name count
// there (Documentation/process: submitting-patches, stable-kernel-rules,
// coding-assistants), and only with a value of their kind, since prose begins
// lines with words and colons, too.

// appendLoose appends the trailers that stand in text outside of a trailer
// block.
func appendLoose(trailers []Trailer, text string) []Trailer {
	for text != "" {
		line := firstLine(text)
		colon := trailerColon(line)
		if colon < 0 || !isLoose(strings.TrimRight(line[:colon], gitSpace), line[colon+1:]) {
			text = text[len(line):]
			continue
		}
		end := looseLength(text)
		trailers = append(trailers, Trailer{
			Key:   strings.TrimRight(line[:colon], gitSpace),
			Value: unfold(text[colon+1 : end]),
			Loose: true,
		})
		text = text[end:]
	}
	return trailers
}

// looseLength is the length of the trailer that text begins with: its line, and
// those after it that are folded or complete the quoted subject of a commit,
// which many an editor wraps.
func looseLength(text string) int {
	const mostLines = 4
	end := len(firstLine(text))
	for lines := 1; lines < mostLines && end < len(text); lines++ {
		next := firstLine(text[end:])
		quoting := strings.Contains(text[:end], `("`) && !strings.Contains(text[:end], `")`)
		if isBlank(next) || !blanks.Is(next[0]) && !(quoting && trailerColon(next) < 0) {
			break
		}
		end += len(next)
	}
	return end
}

// isLoose reports whether a line with the key and the value is a trailer
// wherever it stands.
func isLoose(key, value string) bool {
	value = strings.TrimLeft(value, " \t")
	switch {
	case equalFoldASCII(key, "Fixes"):
		return beginsWithCommit(value)
	case equalFoldASCII(key, "Closes"), equalFoldASCII(key, "Link"):
		return isURL(value)
	case equalFoldASCII(key, "Cc"):
		return strings.Contains(value, "stable@") || strings.Contains(value, "stable+")
	case equalFoldASCII(key, "Assisted-by"):
		return !isBlank(value)
	case len(key) > 3 && equalFoldASCII(key[len(key)-3:], "-by"):
		return strings.IndexByte(value, '@') >= 0
	}
	return false
}

func isURL(value string) bool {
	return strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://")
}

// beginsWithCommit reports whether a text begins with the name of a commit, as
// in "0123456789ab", "commit 0123456" and the address of one.
func beginsWithCommit(value string) bool {
	if isURL(value) {
		return true
	}
	c := refCursor{s: value}
	c.any("<")
	if c.word("commit") {
		c.blanks()
	}
	return c.hex(minFixesDigits) != ""
}
