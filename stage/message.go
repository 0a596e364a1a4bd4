package stage

import (
	"strings"

	"github.com/commitflow/commitflow/stage/internal/blanks"
)

// SetMessage stores a commit's whole message, which must be UTF-8 already, and
// sets Subject, Body and Trailers from it, by git's rules and, for loose
// trailers, the kernel's. It copies no text
// but a subject of several lines and folded trailers, and runs in time linear
// in the message. Sources call it once per commit, from whatever they hold:
// commit objects, mails, database rows.
//
// A NUL is text like any other here, while git's own commands show a message
// only up to its first NUL.
func (c *Commit) SetMessage(message string) {
	c.Message = message
	c.Subject, c.Body = splitMessage(message)
	c.Trailers = nil
	if _, cut := cutScissors(message[:len(message)-len(c.Body)]); !cut {
		c.Trailers = parseTrailers(c.Body)
	}
}

// Prose is the body up to its trailers, without the blank lines in between;
// the whole body where it has no trailers. It shares Body's memory.
func (c *Commit) Prose() string {
	block, tail := trailerBlock(c.Body)
	if block == tail {
		return strings.TrimRight(c.Body, gitSpace)
	}
	return strings.TrimRight(c.Body[:block], gitSpace)
}

// gitSpace is what git takes for white space in messages, whatever the locale.
const gitSpace = " \t\r\n"

// splitMessage finds git's %s and %b: the subject is the first paragraph, each
// of its lines trimmed at the right, joined by spaces; the body starts at the
// first line with text after it.
func splitMessage(message string) (subject, body string) {
	paragraph := skipBlankLines(message)
	end, lines := 0, 0
	for end < len(paragraph) {
		line := firstLine(paragraph[end:])
		if isBlank(line) {
			break
		}
		end += len(line)
		lines++
	}
	body = skipBlankLines(paragraph[end:])
	paragraph = paragraph[:end]
	if lines <= 1 {
		return strings.TrimRight(paragraph, gitSpace), body
	}
	var joined strings.Builder
	joined.Grow(len(paragraph))
	for paragraph != "" {
		line := firstLine(paragraph)
		paragraph = paragraph[len(line):]
		if joined.Len() > 0 {
			joined.WriteByte(' ')
		}
		joined.WriteString(strings.TrimRight(line, gitSpace))
	}
	return joined.String(), body
}

// skipBlankLines gives the text from its first line that is not blank.
func skipBlankLines(text string) string {
	for text != "" {
		line := firstLine(text)
		if !isBlank(line) {
			break
		}
		text = text[len(line):]
	}
	return text
}

// firstLine gives the text's first line, with its newline if it has one.
func firstLine(text string) string {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return text[:i+1]
	}
	return text
}

// lastLine gives the text's last line, with its newline if it has one.
func lastLine(text string) string {
	if text == "" {
		return ""
	}
	return text[strings.LastIndexByte(text[:len(text)-1], '\n')+1:]
}

// isBlank reports whether a line holds nothing but white space.
func isBlank(line string) bool {
	for i := range len(line) {
		if !blanks.Is(line[i]) {
			return false
		}
	}
	return true
}
